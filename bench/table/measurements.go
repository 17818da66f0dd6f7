package main

import (
	"bufio"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A subject is what one benchmark measures: BenchmarkStop/n=10/impl=fx-2 is of
// Stop, in the case n=10, as implemented by fx.
type subject struct {
	of   string
	in   string // the case; empty if there is only one
	impl string
}

// measurements are all that a run has measured of each subject, by unit, the
// subjects in their order, and what the run says of itself, such as its date.
type measurements struct {
	about    map[string]string
	subjects []subject
	values   map[subject]map[string][]float64
}

// processors is what the testing package appends to a name.
var processors = regexp.MustCompile(`-\d+$`)

// aboutRun is a line that says something of the run, such as "cpu: AMD EPYC".
var aboutRun = regexp.MustCompile(`^([a-z]+): +(.*)$`)

// parse reads the output of go test -bench. What means nothing to it is
// skipped.
func parse(r io.Reader) (*measurements, error) {
	all := &measurements{about: make(map[string]string), values: make(map[subject]map[string][]float64)}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if about := aboutRun.FindStringSubmatch(lines.Text()); about != nil {
			all.about[about[1]] = about[2]
		}
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		s := parseName(fields[0])
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, err
			}
			all.add(s, fields[i+1], value)
		}
	}
	if len(all.subjects) == 0 {
		return nil, errors.Join(errors.New("there are no results in it"), lines.Err())
	}
	return all, lines.Err()
}

func parseName(name string) subject {
	name = processors.ReplaceAllString(strings.TrimPrefix(name, "Benchmark"), "")
	parts := strings.Split(name, "/")
	s := subject{of: parts[0], impl: "lastcall"}
	for _, part := range parts[1:] {
		if impl, ok := strings.CutPrefix(part, "impl="); ok {
			s.impl = impl
		} else {
			s.in = part
		}
	}
	return s
}

func (all *measurements) add(s subject, unit string, value float64) {
	units := all.values[s]
	if units == nil {
		units = make(map[string][]float64)
		all.values[s] = units
		all.subjects = append(all.subjects, s)
	}
	units[unit] = append(units[unit], value)
}

// median returns the median of what was measured, if anything was.
func (all *measurements) median(s subject, unit string) (value float64, ok bool) {
	values := slices.Sorted(slices.Values(all.values[s][unit]))
	if len(values) == 0 {
		return 0, false
	}
	return values[len(values)/2], true
}

// least returns the least that was measured, if anything was. A benchmark that
// measures a thing several times says itself what the least was.
func (all *measurements) least(s subject, unit string) (value float64, ok bool) {
	values := all.values[s][unit]
	if own := all.values[s][least]; unit == time && len(own) > 0 {
		values = own
	}
	if len(values) == 0 {
		return 0, false
	}
	return slices.Min(values), true
}

// ratio returns us as a multiple of them, by the medians; empty if one of them
// was not measured.
func (all *measurements) ratio(us, them subject, unit string) string {
	return quotient(all.median(us, unit))(all.median(them, unit))
}

func (all *measurements) ratioOfLeast(us, them subject, unit string) string {
	return quotient(all.least(us, unit))(all.least(them, unit))
}

func quotient(ours float64, ok bool) func(theirs float64, okToo bool) string {
	return func(theirs float64, okToo bool) string {
		if !ok || !okToo || theirs == 0 {
			return ""
		}
		return multiple(ours / theirs)
	}
}

// span returns the lowest and the highest ratio of the rounds in which both were
// measured; empty if there was only one.
func (all *measurements) span(us, them subject, unit string) string {
	ours, theirs := all.values[us][unit], all.values[them][unit]
	if len(ours) != len(theirs) || len(ours) < 2 {
		return ""
	}
	var ratios []float64
	for i := range ours {
		ratios = append(ratios, ours[i]/theirs[i])
	}
	return multiple(slices.Min(ratios)) + " to " + multiple(slices.Max(ratios))
}

// cases returns the cases in which something was measured, and by whom.
func (all *measurements) cases(of string) (in, impls []string) {
	for _, s := range all.subjects {
		if s.of != of {
			continue
		}
		if !slices.Contains(in, s.in) {
			in = append(in, s.in)
		}
		if !slices.Contains(impls, s.impl) {
			impls = append(impls, s.impl)
		}
	}
	return in, impls
}
