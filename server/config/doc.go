// Package config is what a server is started with, its defaults, and the small file that tells other programs where it listens.
package config
