// Package config holds what the app is started with (Flags) and what it remembers (Settings).
package config
