// Command parley is the desktop app. See parley --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"parley/app/config"
	"parley/assets"
)

func main() {
	flags, err := config.ParseFlags(os.Args[1:], os.Stdout)
	if errors.Is(err, config.ErrDone) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "parley:", err)
		os.Exit(2)
	}
	if flags.Version {
		fmt.Println("parley", assets.Version)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err = run(ctx, flags)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "parley:", err)
		os.Exit(1)
	}
}
