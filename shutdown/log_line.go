package shutdown

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/seed7e043c35/lastcall/signals"
)

// A level says how important a line is.
type level uint8

const (
	debugLevel level = iota // each success, start and change of state
	infoLevel               // it goes as it should
	warnLevel               // look at it when there is time
	errorLevel              // something was lost
)

// A line is what the log says of one event. The keys of the fields are
// constant:
//
//	kind, name, site   the component: what it is, and where it was handed over
//	cause              why the stop began, where that was a wish
//	error              why something failed
//	state              of the manager
//	grace, drain, took, paused, left  durations, in milliseconds or whatever zerolog is set to
//	stack              where something is stuck, panicked, or a leaked resource was created
//	type, age          of a leaked resource
//	pending            how many actors, holds, finalizers and so on there were to stop
//	status             with which the process ends
//	ok, failed, stuck, cut, leaked  how many ended well, or how else
type line struct {
	time    time.Time
	level   level
	message string
	fields  []field
}

// A field's value is a string, an int or a time.Duration.
type field struct {
	key   string
	value any
}

func (l *line) add(key string, value any) { l.fields = append(l.fields, field{key, value}) }

// addIfAny adds a number, or a duration, that is not 0.
func addIfAny[T int | time.Duration](l *line, key string, n T) {
	if n != 0 {
		l.add(key, n)
	}
}

// A speaker puts events into words. It knows no Manager: what it says depends
// on the events alone.
type speaker struct {
	person bool    // somebody at a terminal reads the lines, and may press Ctrl-C
	said   []error // failures whose components have not ended yet
}

// saidKept is how many failures a speaker remembers to have told of.
const saidKept = 256

// sayings are the words for events that always mean the same.
var sayings = map[EventType]line{
	EventForced:    {level: warnLevel, message: "stopping at once"},
	EventStarted:   {level: debugLevel, message: "started"},
	EventWaiting:   {level: warnLevel, message: "still waiting"},
	EventOvertaken: {level: warnLevel, message: "overtaken: the next finalizer is started while this one goes on"},
	EventStuck:     {level: errorLevel, message: "still running at the end of its time"},
	EventLeaked:    {level: warnLevel, message: "not closed by its owner"},
	EventCut:       {level: warnLevel, message: "the time for its work is up"},
	EventReloading: {level: infoLevel, message: "reloading"},
	EventMissed:    {level: warnLevel, message: "events missed"},
}

// say returns the line for e, whose error says text if it is no word of our own,
// with the stop as it was then.
func (s *speaker) say(e Event, text string, stop summary) line {
	l, known := sayings[e.Type]
	l.time = e.Time
	switch {
	case e.Type == EventState:
		s.sayState(&l, e, stop)
		return l
	case e.Type == EventCause:
		s.sayReason(&l, e.Err, text, stop)
		return l
	case e.Type == EventForced:
		l.message += s.hint("; press Ctrl-C again to exit now")
		return l
	case e.Type == EventFinished:
		l.level, l.message = s.ended(e)
	case e.Type == EventReloaded:
		l.level, l.message = infoLevel, "reloaded"
		if e.Err != nil {
			l.level, l.message = errorLevel, "reload failed"
			l.add("kind", "reload")
		}
	case e.Type == EventCut:
		e.Err = nil // the words say it
	case e.Type == EventNotice:
		l.level, l.message = infoLevel, e.Err.Error()
		return l
	case !known:
		l.level, l.message = infoLevel, e.Type.String()
	}
	l.describe(e, text)
	return l
}

// ended returns how important it is that a component has ended, and the words.
// A failure that began the stop, or was a further reason for it, has had its
// line.
func (s *speaker) ended(e Event) (level, string) {
	switch {
	case e.Err != nil && s.recall(e.Err):
		return debugLevel, "failed"
	case e.Err != nil && isCut(e.Err):
		return errorLevel, "cut"
	case e.Err != nil:
		return errorLevel, "failed"
	case e.Took >= slow:
		return warnLevel, "slow"
	}
	return debugLevel, "done"
}

func isCut(err error) bool {
	_, cut := err.(*CutError)
	return cut
}

// sayReason says why the stop would have begun, had it not begun already.
func (s *speaker) sayReason(l *line, err error, text string, stop summary) {
	switch {
	case finished(err): // an actor has merely ended
		l.level, l.message = debugLevel, "a further reason to stop"
		l.add("cause", textOf(err, text))
	case stop.wish:
		l.level, l.message = infoLevel, "a further reason to stop"
		l.add("cause", textOf(err, text))
	default:
		l.level, l.message = errorLevel, "failed"
		if isCut(err) {
			l.message = "cut"
		}
		l.addFailure(err, text)
		s.remember(err)
	}
}

func (s *speaker) sayState(l *line, e Event, stop summary) {
	l.level, l.message = debugLevel, e.State.String()
	switch e.State {
	case Draining:
		l.level, l.message = infoLevel, "draining: not ready any more, still serving"+s.hintAfter(stop.cause)
		l.add("cause", textOf(stop.cause, stop.text))
		l.add("grace", stop.grace)
		l.add("drain", stop.drain)
	case Stopping:
		s.sayStopping(l, stop)
	case Finalizing:
		l.add("cause", textOf(stop.cause, stop.text))
	case Stopped:
		sayStopped(l, stop)
	}
}

// sayStopping is the first line of most stops. A program that has merely done
// its work has none.
func (s *speaker) sayStopping(l *line, stop summary) {
	l.message += s.hintAfter(stop.cause)
	switch {
	case !stop.asked:
		l.level = errorLevel
		l.addFailure(stop.cause, stop.text)
		s.remember(stop.cause)
	case !stop.byEntry:
		l.level = infoLevel
		fallthrough
	default:
		l.add("cause", textOf(stop.cause, stop.text))
	}
	l.add("grace", stop.grace)
	l.add("pending", stop.pending)
}

// sayStopped is the last line of a stop. It is an error if the process ends
// with a status other than 0 because something failed, and only then.
func sayStopped(l *line, stop summary) {
	failed := stop.first != nil && stop.status != 0
	switch {
	case failed:
		l.level, l.message = errorLevel, "stopped, not everything went well"
	case !stop.byEntry:
		l.level = infoLevel
	}
	l.add("cause", textOf(stop.cause, stop.text))
	addIfAny(l, "status", stop.status)
	l.add("took", stop.took)
	addIfAny(l, "paused", stop.paused)
	l.add("ok", stop.totals.OK)
	addIfAny(l, "failed", stop.totals.Failed)
	addIfAny(l, "stuck", stop.totals.Stuck)
	addIfAny(l, "cut", stop.totals.Cut)
	addIfAny(l, "leaked", stop.totals.Leaked)
	if failed {
		l.addComponent(blamed(stop.first))
	}
}

// describe adds what there is to say of a component.
func (l *line) describe(e Event, text string) {
	if c := e.Component; c.Kind != KindNone {
		l.addComponent(c.Kind.String(), c.Name, c.Site)
	}
	addIfAny(l, "took", e.Took)
	switch err := e.Err.(type) {
	case nil:
	case *LeakError:
		l.add("type", err.Type)
		l.add("age", err.Age)
		l.add("stack", err.Stack)
	case *StuckError:
		l.add("left", e.Left)
		l.addStack(err.Stack)
	default:
		l.addError(err, text)
	}
}

// addFailure adds what there is to say of a failure that came as a reason to
// stop.
func (l *line) addFailure(err error, text string) {
	l.addComponent(blamed(err))
	l.addError(err, text)
}

func (l *line) addComponent(kind, name, site string) {
	l.add("kind", kind)
	if name != "" {
		l.add("name", name)
	}
	if site != "" {
		l.add("site", shortSite(site))
	}
}

func (l *line) addError(err error, text string) {
	l.add("error", textOf(err, text))
	if p, ok := err.(*PanicError); ok {
		l.addStack(string(p.Stack))
	}
}

func (l *line) addStack(stack string) {
	if stack != "" {
		l.add("stack", stack)
	}
}

// blamed returns whose failure err is. What is no component's was said to Stop
// or to Exit.
func blamed(err error) (kind, name, site string) {
	if c, ok := failedComponent(err); ok {
		return c.Kind.String(), c.Name, c.Site
	}
	if _, ok := err.(*ExitError); ok {
		return "exit", "", ""
	}
	return "stop", "", ""
}

// textOf returns what err says, which is text unless err is a word of our own,
// without the kind and the name of its component: those are fields of their own.
func textOf(err error, text string) string {
	if text == "" && err != nil {
		text = err.Error()
	}
	if c, ok := failedComponent(err); ok {
		text = strings.TrimPrefix(text, fmt.Sprintf("shutdown: %s %q", c.Kind, c.Name))
		text = strings.TrimPrefix(strings.TrimPrefix(text, ":"), " ")
	}
	return text
}

// remember notes that a line has told of err.
func (s *speaker) remember(err error) {
	if len(s.said) < saidKept {
		s.said = append(s.said, err)
	}
}

// recall reports whether a line has told of err, and forgets it: it will not
// come again.
func (s *speaker) recall(err error) bool {
	i := slices.IndexFunc(s.said, func(told error) bool { return same(told, err) })
	if i < 0 {
		return false
	}
	s.said = slices.Delete(s.said, i, i+1)
	return true
}

// hintAfter tells a person who reads this at the terminal how to end the
// program at once.
func (s *speaker) hintAfter(cause error) string {
	if sig, ok := cause.(*signals.Error); ok && sig.Signal == os.Interrupt {
		return s.hint("; press Ctrl-C again to exit now")
	}
	return s.hint("; press Ctrl-C to exit now")
}

// hint returns text if there is a person to read it.
func (s *speaker) hint(text string) string {
	if s.person {
		return text
	}
	return ""
}
