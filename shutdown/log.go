package shutdown

import (
	"os"
	"time"

	"github.com/mattn/go-isatty"
)

// A log is the listener that says what happens: it puts each event into words,
// once, and gives them to the manager's logger.
type log struct {
	speaker speaker
	to      writer
}

// A writer is where lines go: a zerolog.Logger or a slog.Logger.
type writer interface {
	enabled(level) bool
	write(line)
}

// startLog lets the log begin to listen. Which logger it is, is decided now;
// what has happened before is still in the queue.
//
// It is called without the lock: whether a level is enabled may be foreign code.
func (m *Manager) startLog() {
	out, main := m.output()
	if m.Quiet {
		m.ledger.lines.Listen(newQuietLog(out, main).hear, missed)
		if m.Logger == nil && m.Slog == nil {
			return
		}
	}
	l := &log{to: m.writer(out)}
	if m.Logger == nil && m.Slog == nil {
		l.speaker.person = main && isatty.IsTerminal(out.Fd())
	}
	heard := &m.ledger.lines
	if l.to.enabled(debugLevel) {
		m.ledger.wantDetail()
		heard = &m.ledger.all
	}
	heard.Listen(l.hear, missed)
	if (m.Logger != nil || m.Slog != nil) && l.to.enabled(errorLevel) {
		m.locked(func() { m.logBehind = heard.Behind })
	}
}

// writer returns the one that writes to the manager's logger.
func (m *Manager) writer(out *os.File) writer {
	switch {
	case m.Slog != nil:
		return slogWriter{m.Slog.Handler()}
	case m.Logger != nil:
		return newZerologWriter(m.Logger)
	}
	return newZerologWriter(defaultLogger(out))
}

// output returns the manager's standard error, and whether Main runs it.
func (m *Manager) output() (out *os.File, main bool) {
	if end := m.process.Load(); end != nil {
		return end.Stderr.File, true
	}
	return os.Stderr, false
}

func (l *log) hear(r record) {
	said := l.speaker.say(r.heard())
	if l.to.enabled(said.level) {
		l.to.write(said)
	}
}

// heard returns the event with the site of its component, what its error says, and
// the stop as it was then.
func (r record) heard() (e Event, text string, stop summary) {
	e = r.Event
	e.Component.Site = siteName(r.site)
	if r.summary != nil {
		stop = *r.summary
	}
	return e, r.text, stop
}

// routine reports whether e is a success of a single component: nothing that a
// log would say unless it was asked to say everything.
func routine(e Event) bool {
	switch e.Type {
	case EventStarted:
		return true
	case EventFinished:
		return e.Err == nil && e.Took < slow
	}
	return false
}

// logTime is how the log writes the time, unless zerolog is set to something
// else: as RFC 3339, with milliseconds.
const logTime = "2006-01-02T15:04:05.000Z07:00"

// roundedForLog is d without digits that nobody reads.
func roundedForLog(d time.Duration) time.Duration { return d.Round(time.Microsecond) }
