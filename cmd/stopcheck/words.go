//go:build unix

package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// quote shows a line of foreign output: without control characters, and not
// longer than that.
func quote(line string, longest int) string {
	line = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.TrimSpace(stripColour(line)))
	if runes := []rune(line); len(runes) > longest {
		line = string(runes[:longest-1]) + "…"
	}
	return `"` + line + `"`
}

// stripColour takes out escape sequences of terminals.
func stripColour(s string) string {
	var b strings.Builder
	inside := false
	for _, r := range s {
		switch {
		case r == '\x1b':
			inside = true
		case inside:
			inside = !unicode.IsLetter(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// distinct joins what differs, with how often.
func distinct(all []string) string {
	var parts []string
	for _, one := range all {
		if n := count(all, one); n > 1 {
			one = fmt.Sprintf("%d × %s", n, one)
		}
		if !slices.Contains(parts, one) {
			parts = append(parts, one)
		}
	}
	return strings.Join(parts, ", ")
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

func sortStrings(s []string) { slices.Sort(s) }
