// Guard carries out, or lists, what processes have left in a directory of
// package guard. For init containers, timers and whoever wants to look:
//
//	$ guard list /var/lib/shop/guard
//	$ guard settle /var/lib/shop/guard
//
// It sees the files and processes that it can see: run it as the same user, in
// the same container or one with the same volumes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/guard"
)

const usage = `Guard carries out the clean-ups that dead processes have left in a directory.

	guard settle DIR    carry them out, newest first; those of the living are left alone
	guard list DIR      show them, and change nothing

The status is 0 if all went well, 1 if something failed, 2 if it was called in another way.
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("guard", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err == nil && f.NArg() == 2 && f.Arg(0) == "settle":
		err = settle(f.Arg(1), stdout, stderr)
	case err == nil && f.NArg() == 2 && f.Arg(0) == "list":
		err = list(f.Arg(1), stdout)
	default:
		fmt.Fprintln(stderr, "guard: want settle DIR or list DIR; -h says more")
		return 2
	}
	if err != nil {
		if !errors.Is(err, errSaid) {
			fmt.Fprintln(stderr, err)
		}
		return 1
	}
	return 0
}

// errSaid is what has been said already.
var errSaid = errors.New("said")

func settle(dir string, stdout, stderr io.Writer) error {
	said := false
	err := guard.Settle(dir, guard.Tell(func(o guard.Outcome) {
		if o.Err != nil {
			said = true
			fmt.Fprintln(stderr, "guard:", o)
			return
		}
		fmt.Fprintln(stdout, o)
	}))
	if said {
		return errSaid
	}
	return err
}

func list(dir string, stdout io.Writer) error {
	journals, err := guard.List(dir)
	if err != nil {
		return err
	}
	var failed []error
	for _, j := range journals {
		state := "dead"
		if j.Alive {
			state = "alive"
		}
		fmt.Fprintf(stdout, "%q, process %d, %s\n", j.Program, j.PID, state)
		for _, c := range j.Cleanups {
			fmt.Fprintf(stdout, "\t%s  %q\n", c.Since.Format(time.RFC3339), c.Cleanup)
			if c.Failure != "" {
				fmt.Fprintf(stdout, "\t\tfailed: %q\n", c.Failure)
			}
		}
		failed = append(failed, j.Err)
	}
	return errors.Join(failed...)
}
