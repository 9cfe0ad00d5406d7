//go:build !linux

// Command parley-bench measures what forwarding media costs a Parley server. It runs on Linux alone.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "parley-bench runs on Linux: it reads /proc and uses sendmmsg")
	os.Exit(1)
}
