// Package stacks finds where goroutines are that carry a label of ours, and shows
// it to people.
package stacks

import (
	"bytes"
	"context"
	"runtime/pprof"
	"strconv"
	"sync/atomic"
)

// label is the label by which the goroutines of one thing are found.
const label = "lastcall"

var lastID atomic.Uint64

// NewID returns a number that is unique in the process, and never 0.
func NewID() uint64 { return lastID.Add(1) }

// Labelled returns ctx with the labels by which goroutines are found: what they
// belong to, for people, and the number id for [Find].
func Labelled(ctx context.Context, what string, id uint64) context.Context {
	return pprof.WithLabels(ctx, pprof.Labels("shutdown", what, label, strconv.FormatUint(id, 10)))
}

// Find returns, by id, the stacks of the goroutines that carry the label of one
// of the ids: of those that were started with it and of those that they
// started in turn, which come after them. Where there are several, an empty line is
// between them.
//
// It reads a goroutine profile, which stops the world only for a moment,
// whatever the number of goroutines; a dump of all stacks was seen to stop it
// for half a second. The text of the profile costs 10 to 20 µs a goroutine.
func Find(wanted map[uint64]bool) map[uint64]string {
	if len(wanted) == 0 {
		return make(map[uint64]string)
	}
	var profile bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&profile, 1) // a Buffer never fails
	return find(wanted, profile.Bytes())
}

func find(wanted map[uint64]bool, profile []byte) map[uint64]string {
	stacks := make(map[uint64]string)
	for block := range bytes.SplitSeq(profile, []byte("\n\n")) {
		id := labelOf(block)
		if !wanted[id] {
			continue
		}
		switch text := stackOf(block); {
		case text == "": // one of our own that has the label of who called us
		case stacks[id] == "":
			stacks[id] = text
		case isStarted(block):
			stacks[id] = text + "\n" + stacks[id]
		default:
			stacks[id] += "\n" + text
		}
	}
	return stacks
}

// labelOf returns the id to which a stack in a goroutine profile belongs, or 0.
func labelOf(block []byte) uint64 {
	_, labels, _ := bytes.Cut(block, []byte("\n# labels: "))
	labels, _, _ = bytes.Cut(labels, []byte("\n"))
	_, value, found := bytes.Cut(labels, []byte(strconv.Quote(label)+`:"`))
	if !found {
		return 0
	}
	number, _, _ := bytes.Cut(value, []byte(`"`))
	id, _ := strconv.ParseUint(string(number), 10, 64)
	return id
}
