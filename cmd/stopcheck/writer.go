//go:build unix

package main

import "io"

// A writer shows what is found: at once as far as its format can, the rest at
// the end.
type writer interface {
	looked(*looked)
	busy(check string)
	found(result)
	end(*report) error
}

// newWriter returns that of -format. Formats for machines go to stdout at the
// end; a person may follow the text on stderr.
func newWriter(s settings, stdout, stderr io.Writer) writer {
	switch s.format {
	case "json":
		return machine{newText(s, stderr, stderr), stdout, writeJSON}
	case "junit":
		return machine{newText(s, stderr, stderr), stdout, writeJUnit}
	case "github":
		return machine{newText(s, stderr, stderr), stdout, writeGitHub}
	}
	return newText(s, stdout, stderr)
}

// machine is a format that needs the whole report.
type machine struct {
	*text
	out   io.Writer
	write func(io.Writer, *report) error
}

func (m machine) end(r *report) error {
	if err := m.text.end(r); err != nil {
		return err
	}
	return m.write(m.out, r)
}
