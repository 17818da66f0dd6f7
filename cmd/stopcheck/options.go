//go:build unix

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"
)

// settings are what the flags and arguments say.
type settings struct {
	command  []string // the program and its arguments
	image    string
	url      string
	method   string
	ready    string
	dir      string
	env      repeated
	grace    time.Duration // how long a stop may take
	start    time.Duration // how long a start may take
	format   string
	require  names
	skip     names
	only     names
	parallel int
	list     bool
}

// repeated is a flag that may be given several times.
type repeated []string

func (l *repeated) String() string     { return strings.Join(*l, " ") }
func (l *repeated) Set(v string) error { *l = append(*l, v); return nil }

// names is a flag of names of checks, with commas between.
type names []string

func (n *names) String() string { return strings.Join(*n, ",") }

func (n *names) Set(v string) error {
	for name := range strings.SplitSeq(v, ",") {
		if !known(name) {
			return fmt.Errorf("no check is called %q; -list names them", name)
		}
		*n = append(*n, name)
	}
	return nil
}

func known(name string) bool {
	is := func(c check) bool { return c.name == name }
	return slices.ContainsFunc(checks, is) || slices.ContainsFunc(imageChecks, is)
}

var formats = []string{"text", "json", "junit", "github"}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	var usage bool
	f := flag.NewFlagSet("stopcheck", flag.ContinueOnError)
	f.SetOutput(io.Discard) // an error is one line, which run writes
	f.StringVar(&s.url, "url", "", "`URL` for requests; without it the ports are found (on Linux), and / is asked for")
	f.StringVar(&s.method, "method", "GET", "`method` of the requests")
	f.StringVar(&s.ready, "ready", "", "how to know that the program is up: `text` in a line of its output, a port, or a URL")
	f.StringVar(&s.dir, "dir", "", "working `directory` of the program")
	f.Var(&s.env, "env", "`KEY=VALUE` for the program's environment; may be repeated")
	f.DurationVar(&s.grace, "grace", 10*time.Second, "how long a stop may take: docker's 10s, Kubernetes' 30s, systemd's 90s, or your own")
	f.DurationVar(&s.start, "start", 30*time.Second, "how long a start may take")
	f.StringVar(&s.format, "format", "text", "text, json, junit or github")
	f.Var(&s.require, "require", "only these `checks` decide about the status; one that cannot be made here then gives 3")
	f.Var(&s.skip, "skip", "`checks` that are left out")
	f.Var(&s.only, "only", "the only `checks` that are made")
	f.IntVar(&s.parallel, "parallel", 0, "how many copies of the program may run at once; 0: several where each start has a port of its own")
	f.StringVar(&s.image, "image", "", "check this container `image` with docker or podman, in place of a program")
	f.BoolVar(&s.list, "list", false, "name the checks and end")
	f.Usage = func() { usage = true }
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		help(f, stderr)
	}
	if err != nil || usage {
		return s, err
	}
	s.command = f.Args()
	return s, s.check()
}

func (s *settings) check() error {
	if s.list {
		return nil
	}
	switch {
	case len(s.command) == 0 && s.image == "":
		return errors.New("which program? stopcheck [flags] [--] program [arguments]; -h explains the flags")
	case len(s.command) > 0 && s.image != "":
		return errors.New("-image takes no program besides: what the image starts is checked")
	case !slices.Contains(formats, s.format):
		return fmt.Errorf("-format %q is none of %s", s.format, strings.Join(formats, ", "))
	case s.grace < time.Second:
		return fmt.Errorf("-grace %v is too short to judge by; 1s is the least", s.grace)
	case s.parallel < 0:
		return fmt.Errorf("-parallel %d makes no sense", s.parallel)
	}
	return s.checkURL()
}

func (s *settings) checkURL() error {
	if s.url == "" {
		return nil
	}
	u, err := url.Parse(strings.ReplaceAll(s.url, "{port}", "1"))
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("-url %q is no http or https URL", s.url)
	}
	return nil
}

func help(f *flag.FlagSet, w io.Writer) {
	fmt.Fprint(w, `stopcheck tests from outside how a program, in any language, stops.

	stopcheck [flags] [--] program [arguments]

The program is started afresh for each check. In its arguments, in -env and in
-url, {port} stands for a free port and {dir} for an empty directory, others at
each start.

`)
	f.SetOutput(w)
	f.PrintDefaults()
	fmt.Fprint(w, "\nStatus: 0 it stops well, 1 it does not, 2 called wrongly, 3 it could not be judged.\n")
}
