package shutdowntest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// A line is one that a program has printed.
type line struct {
	stream int // 0: standard output, 1: standard error
	number int
	text   []byte
	whole  bool // its end has come, or nothing is to come any more
	ended  bool // its end has come
	taken  bool // a test has waited for it
}

// lines are those of the two streams of a program, in the order in which they
// were begun. The zero value has none.
type lines struct {
	kept    []*line
	begun   int      // how many there were
	size    int      // of what is kept
	missing [2]int   // what is not kept any more, in bytes
	open    [2]*line // what each stream has begun and not ended
}

const (
	// A program that does not stop printing must not fill the machine's memory
	// before its test ends.
	outputKept = 64 << 20

	lineCosts = 64 // in memory, besides its text
)

// add adds what a stream has brought.
func (ls *lines) add(stream int, text []byte) {
	for piece := range bytes.Lines(text) {
		l := ls.open[stream]
		if l == nil {
			l = &line{stream: stream, number: ls.begun}
			ls.kept, ls.open[stream] = append(ls.kept, l), l
			ls.begun++
			ls.size += lineCosts
		}
		l.text = append(l.text, piece...)
		ls.size += len(piece)
		if piece[len(piece)-1] == '\n' {
			l.text = bytes.TrimRight(l.text, "\r\n")
			l.whole, l.ended, ls.open[stream] = true, true, nil
		}
	}
	if ls.size > outputKept {
		ls.forget()
	}
}

// end says that nothing is to come any more.
func (ls *lines) end() {
	for _, l := range ls.open {
		if l != nil {
			l.whole = true
		}
	}
}

// forget forgets the older half of what is kept.
func (ls *lines) forget() {
	var kept []*line
	for _, l := range ls.kept {
		if ls.size > outputKept/2 && l != ls.open[l.stream] {
			ls.missing[l.stream] += len(l.text) + 1
			ls.size -= len(l.text) + 1 + lineCosts
			continue
		}
		kept = append(kept, l)
	}
	ls.kept = kept
	for _, l := range ls.open {
		if l != nil && len(l.text) > outputKept/2 { // one without an end
			half := len(l.text) / 2
			ls.missing[l.stream] += half
			ls.size -= half
			l.text = bytes.Clone(l.text[half:])
		}
	}
}

// texts returns what was printed: on each of the streams, and in all.
func (ls *lines) texts() (stdout, stderr, all string) {
	var of [2]strings.Builder
	var both strings.Builder
	for stream, missing := range ls.missing {
		if missing > 0 {
			fmt.Fprintf(&of[stream], "[… %d bytes …]\n", missing)
		}
	}
	if missing := ls.missing[0] + ls.missing[1]; missing > 0 {
		fmt.Fprintf(&both, "[… %d bytes …]\n", missing)
	}
	for _, l := range ls.kept {
		for _, b := range []*strings.Builder{&of[l.stream], &both} {
			b.Write(l.text)
			if l.ended {
				b.WriteByte('\n')
			}
		}
	}
	return of[0].String(), of[1].String(), both.String()
}

// A search looks at each line once, however often it is asked, but for those
// whose end had not come.
type search struct {
	fits   func(*line) bool
	number int     // of the first that it has not looked at
	open   []*line // what it has to look at again
}

// next returns the oldest line that fits and is not taken; nil if there is none
// yet.
func (s *search) next(ls *lines) *line {
	begin, _ := slices.BinarySearchFunc(ls.kept, s.number, func(l *line, number int) int { return l.number - number })
	open := s.open
	s.open = nil
	for _, l := range slices.Concat(open, ls.kept[begin:]) {
		if !l.taken && s.fits(l) {
			return l
		}
		if !l.whole {
			s.open = append(s.open, l)
		}
	}
	s.number = ls.begun
	return nil
}
