//go:build unix

package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

func writeJSON(w io.Writer, r *report) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false) // commands are to be read
	return e.Encode(r)
}

// JUnit's XML, as the common readers of it take it: failures are what is bad,
// errors what could not be judged.
type suite struct {
	XMLName  xml.Name   `xml:"testsuite"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Time     string     `xml:"time,attr"`
	Cases    []testCase `xml:"testcase"`
}

type testCase struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Failure *message `xml:"failure"`
	Error   *message `xml:"error"`
	Skipped *message `xml:"skipped"`
	Output  string   `xml:"system-out,omitempty"`
}

type message struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func writeJUnit(w io.Writer, r *report) error {
	s := suite{Name: "stopcheck", Time: fmt.Sprintf("%.3f", float64(r.TookMillis)/1000)}
	for _, one := range r.Checks {
		s.add(one)
	}
	if r.Refused != "" {
		s.Errors++
		s.Cases = append(s.Cases, testCase{Class: "stopcheck", Name: "judged", Error: &message{Message: r.Refused}})
	}
	s.Tests = len(s.Cases)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// add adds a case. What does not decide is not failed, whatever it came to.
func (s *suite) add(one result) {
	c := testCase{Class: "stopcheck", Name: one.Name}
	switch {
	case one.Verdict == skipped:
		s.Skipped++
		c.Skipped = &message{Message: one.Seen}
	case one.Decides && (one.Verdict == bad || one.Verdict == sometimes):
		s.Failures++
		c.Failure = &message{one.Seen, one.Why + "\n" + one.Again}
	case one.Decides && one.Verdict == unknown:
		s.Errors++
		c.Error = &message{Message: one.Seen}
	default:
		c.Output = string(one.Verdict) + ": " + one.Seen
	}
	s.Cases = append(s.Cases, c)
}

// writeGitHub writes workflow commands, which GitHub Actions shows as
// annotations.
func writeGitHub(w io.Writer, r *report) error {
	escape := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace
	write := func(level, name, text string) (err error) {
		_, err = fmt.Fprintf(w, "::%s title=stopcheck %s::%s\n", level, name, escape(text))
		return err
	}
	for _, one := range r.Checks {
		level := map[verdict]string{bad: "error", sometimes: "error", unknown: "warning", note: "notice"}[one.Verdict]
		if level == "" {
			continue
		}
		if level == "error" && !one.Decides {
			level = "warning"
		}
		text := one.Seen
		if one.Verdict == bad || one.Verdict == sometimes {
			text += "\n" + one.Why + "\n" + one.Again
		}
		if err := write(level, one.Name, text); err != nil {
			return err
		}
	}
	if r.Refused != "" {
		return write("error", "not judged", r.Refused)
	}
	_, err := fmt.Fprintf(w, "stopcheck: %s\n", r.counts())
	return err
}
