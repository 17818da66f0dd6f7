package resource

import (
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unique"
)

// maxFrames is how much of a creation stack is kept.
const maxFrames = 32

type frames [maxFrames]uintptr

// A birth is when and where a resource was created. Equal stacks share their
// memory.
type birth struct {
	created time.Time
	stack   unique.Handle[frames]
}

// newBirth returns the birth of what the caller of the exported function that
// calls it creates.
func newBirth() birth {
	var pcs frames
	runtime.Callers(3, pcs[:]) // beyond Callers, newBirth and the exported function
	return birth{time.Now(), unique.Make(pcs)}
}

func (b *birth) Created() time.Time { return b.created }

func (b *birth) site() uintptr { return b.stack.Value()[0] }

// Stack returns the stack for a person to read: a function and where it is, a
// line each, without the frames in which every goroutine begins.
func (b *birth) Stack() string {
	pcs := b.stack.Value()
	n := 0
	for n < len(pcs) && pcs[n] != 0 {
		n++
	}
	var text strings.Builder
	for frames := runtime.CallersFrames(pcs[:n]); ; {
		frame, more := frames.Next()
		if name := frame.Function; name != "" && !strings.HasPrefix(name, "runtime.") {
			text.WriteString(shortName(name) + " " + frame.File + ":" + strconv.Itoa(frame.Line) + "\n")
		}
		if !more {
			return text.String()
		}
	}
}

// shortName leaves of a function's import path the last element.
func shortName(function string) string { return filepath.Base(function) }
