// Package command is parley-server's command line: what each command does, what it prints, and its help.
package command
