// Command parley-server runs a Parley server and manages its projects, sessions, tokens and invites. See parley-server --help.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"parley/assets"
	"parley/server/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command.Run(ctx, os.Args[1:], os.Stdout, os.Stderr, assets.Version)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "parley-server:", err)
		os.Exit(1)
	}
}
