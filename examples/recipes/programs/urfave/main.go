// A command-line tool with urfave/cli.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func main() {
	cli.OsExiter = shutdown.Exit // what cli.Exit and HandleExitCoder call
	var grace time.Duration
	serve := &cli.Command{
		Name:  "serve",
		Flags: []cli.Flag{&cli.DurationFlag{Name: "grace", Value: shutdown.DefaultGrace, Destination: &grace}},
		Action: func(context.Context, *cli.Command) error { // the flags have been parsed
			m := shutdown.Default()
			m.Grace, m.Quiet = grace, true
			shutdown.Main(run) // does not return
			return nil
		},
	}
	tool := &cli.Command{Name: "tool", Commands: []*cli.Command{serve}}
	if err := tool.Run(context.Background(), os.Args); err != nil {
		fmt.Fprintln(os.Stderr, "tool:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context) error {
	fmt.Println("ready", shutdown.Default().Grace)
	<-ctx.Done()
	return nil
}
