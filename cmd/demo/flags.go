package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// settings are what the flags say.
type settings struct {
	addr, db, guard  string
	workers, traffic int
	grace, drain     time.Duration
	verbose          bool
	trouble          *trouble
}

// parse returns what args say. If they make no sense the error is one line; if
// they ask for help it is flag.ErrHelp, and help has been given.
func parse(args []string) (settings, error) {
	s := settings{trouble: &trouble{}}
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.StringVar(&s.addr, "addr", "127.0.0.1:8080", "listen on `host:port`; port 0 is any that is free")
	f.StringVar(&s.db, "db", "jobs.db", "keep the jobs in this SQLite `file`, or in the PostgreSQL\ndatabase that a postgres:// URL names, which others may share")
	f.StringVar(&s.guard, "guard", "", "remove the jobs' temporary files even after kill -9, at the next start:\nkeep what is to be removed in this `directory`")
	f.IntVar(&s.workers, "workers", 4, "work on `n` jobs at the same time")
	f.IntVar(&s.traffic, "traffic", 20, "make `n` jobs a second; 0 for none")
	f.DurationVar(&s.grace, "grace", shutdown.DefaultGrace, "stop within this `time`; SHUTDOWN_GRACE overrides it")
	f.DurationVar(&s.drain, "drain", 0, "after SIGTERM, go on serving for this `time` while not ready;\nSHUTDOWN_DRAIN overrides it")
	f.BoolVar(&s.verbose, "v", false, "log every job, and every component that ends")
	f.StringVar(&s.trouble.stuck, "stuck", "", "trouble: an `actor` or a finalizer that never returns")
	f.BoolVar(&s.trouble.panics, "panic", false, fmt.Sprintf("trouble: panic in job %d", troubledJob))
	f.BoolVar(&s.trouble.fatal, "fatal", false, fmt.Sprintf("trouble: log a fatal error in job %d", troubledJob))
	f.BoolVar(&s.trouble.leaks, "leak", false, fmt.Sprintf("trouble: leave the temporary file of job %d open", troubledJob))

	f.SetOutput(io.Discard) // or it would print everything it knows for every mistake
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Printf("Demo is a job inbox that stops well. Usage: demo [flags]\n\n")
		f.SetOutput(os.Stdout)
		f.PrintDefaults()
		fmt.Printf("\nSHUTDOWN_REPORT=stop.html has it leave a picture of its stop.\n")
	case err != nil:
	case f.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q; -h shows what there is", f.Arg(0))
	case s.workers < 1:
		err = fmt.Errorf("-workers %d: want 1 or more", s.workers)
	case s.traffic < 0 || s.traffic > maxTraffic:
		err = fmt.Errorf("-traffic %d: want 0 to %d", s.traffic, maxTraffic)
	case s.grace <= 0:
		err = fmt.Errorf("-grace %v: want more than 0", s.grace)
	case s.trouble.stuck != "" && s.trouble.stuck != "actor" && s.trouble.stuck != "finalizer":
		err = fmt.Errorf("-stuck %q: want actor or finalizer", s.trouble.stuck)
	}
	return s, err
}
