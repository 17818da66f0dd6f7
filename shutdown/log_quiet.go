package shutdown

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
)

// quietFor is how long a stop may take without a word: a person who has pressed
// Ctrl-C begins to wonder then.
const quietFor = 500 * time.Millisecond

// A quietLog is the listener that speaks for a command-line tool: in plain
// words, and only of what its user has to know.
type quietLog struct {
	speaker speaker
	name    string // of the program
	crashes bool   // panics are said by somebody else: Main prints them

	mu   sync.Mutex
	out  io.Writer
	late *time.Timer // says that the stop takes its time; nil before the stop
	over bool
}

func newQuietLog(out *os.File, main bool) *quietLog {
	return &quietLog{
		speaker: speaker{person: main && isatty.IsTerminal(out.Fd())},
		name:    filepath.Base(os.Args[0]),
		crashes: main,
		out:     out,
	}
}

func (q *quietLog) hear(r record) {
	e, read, stop := r.heard()
	if e.Type == EventState {
		q.follow(e.State, stop)
	}
	if text := q.say(e, read, stop); text != "" {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.print(text)
	}
}

// follow sees to it that a stop that takes its time is said to have begun.
func (q *quietLog) follow(s State, stop summary) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case s == Stopped:
		q.over = true
		if q.late != nil {
			q.late.Stop()
		}
	case s >= Draining && q.late == nil:
		text := "stopping" + q.speaker.hintAfter(stop.cause)
		q.late = time.AfterFunc(quietFor, func() { q.sayLate(text) })
	}
}

func (q *quietLog) sayLate(text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.over {
		q.print(text)
	}
}

// print writes text behind the name of the program, as tools do. What follows
// its first line stands further in, so that it cannot pass for another message.
func (q *quietLog) print(text string) {
	text = strings.ReplaceAll(printable(strings.TrimRight(text, "\n")), "\n", "\n    ")
	_, _ = fmt.Fprintf(q.out, "%s: %s\n", q.name, text) // a log that cannot be written cannot say so either
}

// say returns the words for e, or nothing.
func (q *quietLog) say(e Event, read string, stop summary) string {
	switch e.Type {
	case EventState:
		if e.State == Stopping && !stop.asked {
			return q.failure(stop.cause, stop.text, stop.byEntry)
		}
	case EventCause:
		if !stop.wish && !finished(e.Err) {
			return q.failure(e.Err, read, false)
		}
	case EventFinished:
		return q.ended(e)
	case EventWaiting:
		return fmt.Sprintf("waiting for %v, for %v now", e.Component, roundedForPeople(e.Took))
	case EventOvertaken:
		return fmt.Sprintf("going on without waiting for %v after %v", e.Component, roundedForPeople(e.Took))
	case EventStuck:
		return stuckInWords(e)
	case EventLeaked:
		return fmt.Sprintf("%v was not closed by its owner", e.Component)
	case EventReloaded:
		if e.Err != nil {
			return "reload failed: " + textOf(e.Err, read)
		}
	case EventMissed:
		return withoutPrefix(e.Err.Error())
	}
	return ""
}

// failure is what a failure says, if it says anything. It is remembered, so
// that the end of its component does not say it again.
func (q *quietLog) failure(err error, read string, byEntry bool) string {
	q.speaker.remember(err)
	switch e := err.(type) {
	case *ExitError:
		return "" // it has a status and no text
	case *PanicError:
		if q.crashes {
			return ""
		}
	case *ActorError:
		if _, exit := e.Err.(*ExitError); exit && byEntry {
			return ""
		}
	}
	if byEntry {
		return textOf(err, read)
	}
	if read == "" {
		read = err.Error()
	}
	return withoutPrefix(read)
}

func (q *quietLog) ended(e Event) string {
	switch {
	case e.Err != nil && !q.speaker.recall(e.Err):
		text := q.failure(e.Err, "", false)
		q.speaker.recall(e.Err) // it will not come again
		return text
	case e.Err == nil && e.Took >= slow:
		return fmt.Sprintf("%v took %v", e.Component, roundedForPeople(e.Took))
	}
	return ""
}

func stuckInWords(e Event) string {
	text := fmt.Sprintf("%v is still running after %v", e.Component, roundedForPeople(e.Took))
	if stuck, ok := e.Err.(*StuckError); ok && stuck.Stack != "" {
		text += ":\n" + stuck.Stack
	}
	return text
}

func roundedForPeople(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }
