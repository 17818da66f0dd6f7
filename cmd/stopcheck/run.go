//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
)

// The statuses with which stopcheck ends.
const (
	statusWell    = 0 // every check that decides was passed
	statusBad     = 1 // one was not
	statusUsage   = 2 // stopcheck was called wrongly
	statusUnknown = 3 // it could not be judged
)

// run is stopcheck, from its arguments to its status: it looks at the program
// once, tries every check, and writes the report to stdout.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return statusWell
	case err != nil:
		fmt.Fprintln(stderr, "stopcheck:", err)
		return statusUsage
	case s.list:
		list(stdout)
		return statusWell
	}
	out := newWriter(s, stdout, stderr)
	report := judge(ctx, s, out)
	if err := out.end(report); err != nil {
		fmt.Fprintln(stderr, "stopcheck:", err)
		return statusUnknown
	}
	return report.Status
}

// judge looks at the program, or the image, and tries the checks on it. What it
// has found is shown at once, and returned.
func judge(ctx context.Context, s settings, out writer) *report {
	r := newReport(s)
	var err error
	if s.image != "" {
		err = judgeImage(ctx, s, r, out)
	} else {
		err = judgeProgram(ctx, s, r, out)
	}
	if err == nil && ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	r.conclude(err)
	return r
}

func judgeProgram(ctx context.Context, s settings, r *report, out writer) error {
	seen, err := look(ctx, s)
	if err != nil {
		return err
	}
	r.Looked = seen.asJSON()
	out.looked(seen)
	return makeAll(ctx, s, seen, func(res result) {
		r.Checks = append(r.Checks, res)
		out.found(res)
	}, out.busy)
}

// list names the checks, for -list.
func list(w io.Writer) {
	for _, c := range checks {
		fmt.Fprintf(w, "%-11s %s\n", c.name, c.about)
	}
	for _, c := range imageChecks {
		fmt.Fprintf(w, "%-11s %s (with -image)\n", c.name, c.about)
	}
}
