//go:build unix

// Stopcheck tests from outside how a program, in any language, stops: what its
// users lose when it is asked to end, how long that takes, and what it leaves
// behind.
//
//	stopcheck ./server
//	stopcheck -url http://localhost:8080/ -- node server.js
//	stopcheck -format junit -require answered,process1 -- ./server
//
// The program is started afresh for each check. docs/stopcheck.md explains the
// checks, the formats and the statuses.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	adoptOrphans() // what a program leaves behind must not get lost among the children of process 1
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}
