// A command-line tool with cobra.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func main() {
	var grace time.Duration
	root := &cobra.Command{
		Use:           "tool",
		SilenceErrors: true, // Main says them
		SilenceUsage:  true, // a failure is no mistake in the arguments
	}
	serve := &cobra.Command{
		Use:  "serve",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error { // the flags have been parsed
			m := shutdown.Default()
			m.Grace, m.Quiet = grace, true
			shutdown.Main(run) // does not return
			return nil
		},
	}
	serve.Flags().DurationVar(&grace, "grace", shutdown.DefaultGrace, "how long a stop may take")
	root.AddCommand(serve)
	if err := root.Execute(); err != nil { // before Main: nothing has been opened
		fmt.Fprintln(os.Stderr, "tool:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context) error {
	fmt.Println("ready", shutdown.Default().Grace)
	<-ctx.Done()
	if os.Getenv("FAIL") != "" {
		return errors.New("not saved")
	}
	return nil
}
