package shutdown

import (
	"errors"
	"os"
	"slices"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/signals"
)

// A log is the listener that writes events to the manager's logger. The names
// of the fields are constant:
//
//	kind, name, site   the component: what it is, and where it was handed over
//	cause              why the stop began
//	state              of the manager
//	grace, drain, took, left  durations, in milliseconds or whatever zerolog is set to
//	error              why something failed
//	stack              where something is stuck, panicked, or a leaked resource was created
//	type, age          of a leaked resource
//	pending            how many actors, holds, finalizers and so on there were to stop
//	ok, failed, stuck, leaked  how many ended well, or how else
type log struct {
	manager *Manager
	logger  *zerolog.Logger // made when the first event is heard
}

func newLog(m *Manager) *log { return &log{manager: m} }

// logsDebug reports whether the log wants to hear of every success.
func (m *Manager) logsDebug() bool {
	return m.Logger != nil && max(m.Logger.GetLevel(), zerolog.GlobalLevel()) <= zerolog.DebugLevel
}

// defaultLogger returns the logger of a manager that was given none. Its
// writer has no Close that a fatal event could call.
func (m *Manager) defaultLogger() *zerolog.Logger {
	out := m.stderr
	if out == nil {
		out = os.Stderr
	}
	var logger zerolog.Logger
	if isatty.IsTerminal(out.Fd()) {
		logger = zerolog.New(zerolog.ConsoleWriter{Out: out, TimeFormat: time.TimeOnly, NoColor: plain()})
	} else {
		logger = zerolog.New(unclosable{out})
	}
	logger = logger.Level(zerolog.InfoLevel)
	return &logger
}

// plain reports whether the user wants no colours.
func plain() bool { return os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" }

// unclosable hides a file's Close.
type unclosable struct{ file *os.File }

func (u unclosable) Write(p []byte) (int, error) { return u.file.Write(p) }

func (l *log) event(e Event) {
	if l.logger == nil {
		if l.logger = l.manager.Logger; l.logger == nil {
			l.logger = l.manager.defaultLogger()
		}
	}
	level, message := l.say(e)
	line := l.logger.WithLevel(level)
	if line == nil || level < max(l.logger.GetLevel(), zerolog.GlobalLevel()) {
		return
	}
	line.Time(zerolog.TimestampFieldName, e.Time)
	l.describe(line, e)
	line.Msg(message)
}

// say returns how important e is, and the words for it.
func (l *log) say(e Event) (zerolog.Level, string) {
	switch e.Type {
	case EventState:
		return l.sayState(e)
	case EventCause:
		return zerolog.InfoLevel, "a further reason to stop"
	case EventForced:
		return zerolog.WarnLevel, "stopping at once" + l.hint("; press Ctrl-C again to exit now")
	case EventStarted:
		return zerolog.DebugLevel, "started"
	case EventFinished:
		switch {
		case e.Err != nil && same(e.Err, l.manager.stopCause()):
			return zerolog.DebugLevel, "failed" // the line that says "stopping" has said it
		case e.Err != nil:
			return zerolog.ErrorLevel, "failed"
		case e.Took >= slow:
			return zerolog.WarnLevel, "slow"
		}
		return zerolog.DebugLevel, "done"
	case EventWaiting:
		return zerolog.WarnLevel, "still waiting"
	case EventOvertaken:
		return zerolog.WarnLevel, "overtaken: the next finalizer is started while this one goes on"
	case EventStuck:
		return zerolog.ErrorLevel, "still running at the end of its time"
	case EventLeaked:
		return zerolog.WarnLevel, "not closed by its owner"
	default:
		return zerolog.WarnLevel, "events missed"
	}
}

func (l *log) sayState(e Event) (zerolog.Level, string) {
	hint := l.hint("; press Ctrl-C to exit now")
	if sig := (*signals.Error)(nil); errors.As(e.Err, &sig) && sig.Signal == os.Interrupt {
		hint = l.hint("; press Ctrl-C again to exit now")
	}
	switch e.State {
	case Draining:
		return zerolog.InfoLevel, "draining: not ready any more, still serving" + hint
	case Stopping:
		if l.entryError(e.Err) != nil {
			return zerolog.ErrorLevel, "failed" // all that most programs have to say then
		}
		return l.importance(e.Err), "stopping" + hint
	case Stopped:
		return l.sayStopped(e.Err)
	}
	return zerolog.DebugLevel, e.State.String()
}

func (l *log) sayStopped(cause error) (zerolog.Level, string) {
	failures := slices.DeleteFunc(l.manager.Report().Failures(), func(o Outcome) bool { return same(o.Err, cause) })
	switch {
	case len(failures) > 0:
		return zerolog.ErrorLevel, "stopped, not everything went well"
	case l.byEntry(cause):
		return zerolog.DebugLevel, "stopped"
	}
	return zerolog.InfoLevel, "stopped"
}

// importance is the level at which a stop because of cause is worth a line. A
// program that has merely done its work says nothing.
func (l *log) importance(cause error) zerolog.Level {
	var e *ActorError
	switch {
	case !errors.As(cause, &e):
		return zerolog.InfoLevel
	case e.Err != nil:
		return zerolog.ErrorLevel
	case l.byEntry(cause):
		return zerolog.DebugLevel
	}
	return zerolog.InfoLevel
}

// byEntry reports whether cause is that Main's run has returned: then there is
// no more to say than why, if it failed.
func (l *log) byEntry(cause error) bool {
	e, ok := cause.(*ActorError)
	return ok && l.manager.process && e.Name == entryName
}

// hint returns text if there is a person at standard error to read it.
func (l *log) hint(text string) string {
	if l.manager.process && isatty.IsTerminal(l.manager.stderr.Fd()) {
		return text
	}
	return ""
}

// describe adds to line what there is to say of e.
func (l *log) describe(line *zerolog.Event, e Event) {
	c := e.Component
	if c.Kind != KindNone {
		line.Str("kind", c.Kind.String()).Str("name", c.Name)
		if c.Site != "" {
			line.Str("site", shortSite(c.Site))
		}
	}
	if e.Took > 0 {
		line.Dur("took", e.Took)
	}
	var (
		stuck   *StuckError
		leak    *LeakError
		crashed *PanicError
	)
	switch {
	case e.Type == EventState:
		l.describeState(line, e)
	case errors.As(e.Err, &leak):
		line.Str("type", leak.Type).Dur("age", leak.Age).Str("stack", leak.Stack)
	case errors.As(e.Err, &stuck):
		line.Dur("left", e.Left)
		if stuck.Stack != "" {
			line.Str("stack", stuck.Stack)
		}
	case errors.As(e.Err, &crashed):
		line.AnErr("error", e.Err).Bytes("stack", crashed.Stack)
	case e.Err != nil:
		line.AnErr("error", e.Err)
	}
}

func (l *log) describeState(line *zerolog.Event, e Event) {
	if e.Err == nil {
		return
	}
	if err := l.entryError(e.Err); err != nil {
		line.AnErr("error", err)
		return
	}
	r := l.manager.Report()
	line.AnErr("cause", e.Err)
	switch e.State {
	case Draining:
		line.Dur("grace", r.Grace).Dur("drain", l.manager.Drain)
		return
	case Stopping, Finalizing:
		line.Dur("grace", r.Grace).Int("pending", r.AtStop)
		return
	}
	var all Total
	for _, t := range r.Totals {
		all.OK += t.OK
		all.Failed += t.Failed
		all.Stuck += t.Stuck
		all.Leaked += t.Leaked
	}
	line.Dur("took", r.Took)
	if r.Paused > 0 {
		line.Dur("paused", r.Paused)
	}
	line.Int("ok", all.OK)
	countIfAny(line, "failed", all.Failed)
	countIfAny(line, "stuck", all.Stuck)
	countIfAny(line, "leaked", all.Leaked)
}

// entryError returns the error with which Main's run began the stop, if that is
// what did.
func (l *log) entryError(cause error) error {
	if !l.byEntry(cause) {
		return nil
	}
	return cause.(*ActorError).Err
}

func countIfAny(line *zerolog.Event, name string, n int) {
	if n > 0 {
		line.Int(name, n)
	}
}
