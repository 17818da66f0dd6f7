// Table makes of the output of the benchmarks what a person reads: tables in
// Markdown, and the plot of how a stop grows.
//
//	go run ./table [-plot growth.svg] [-into README.md] run.txt
//
// The tables go to standard output, or into a file, between the lines
// <!-- tables --> and <!-- /tables -->, where they replace what is there.
// Of several measurements of the same thing it shows the median.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	plot := flag.String("plot", "", "write the plot to this `file`, as SVG")
	into := flag.String("into", "", "renew the tables in this `file`, in place of standard output")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: table [-plot file] [-into file] run.txt")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *plot, *into); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

func run(path, plot, into string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	all, err := parse(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if plot != "" {
		if err := os.WriteFile(plot, []byte(picture(all)), 0o644); err != nil {
			return err
		}
	}
	var tables bytes.Buffer
	writeAbout(&tables, all)
	writeBounds(&tables, all)
	writeTables(&tables, all)
	if into == "" {
		_, err := tables.WriteTo(os.Stdout)
		return err
	}
	return renew(into, tables.String())
}

// The lines between which a file has the tables.
const (
	opening = "<!-- tables -->\n"
	closing = "<!-- /tables -->\n"
)

// renew puts the tables into the file that has room for them.
func renew(path, tables string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, opened := strings.Cut(string(text), opening)
	_, after, closed := strings.Cut(rest, closing)
	if !opened || !closed {
		return fmt.Errorf("%s: want the lines %q and %q, with the tables between them", path, opening, closing)
	}
	return os.WriteFile(path, []byte(before+opening+"\n"+tables+"\n"+closing+after), 0o644)
}
