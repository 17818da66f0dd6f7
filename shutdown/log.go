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

// startLog lets the log that set asks for begin to listen, on standard error out if
// that says nothing else, which is a person's if Main runs the manager. What has
// happened before is still in the queue. It is called without the lock: whether a level is enabled may be foreign code.
func (l *ledger) startLog(set *settings, out *os.File, main bool) {
	own := set.logger != nil || set.slog != nil
	if set.quiet {
		l.lines.Listen(newQuietLog(out, main).hear, missed)
		if !own {
			return
		}
	}
	to := &log{to: writerTo(set, out)}
	to.speaker.person = !own && main && isatty.IsTerminal(out.Fd())
	heard := &l.lines
	if to.to.enabled(debugLevel) {
		l.wantDetail()
		heard = &l.all
	}
	heard.Listen(to.hear, missed)
	if own && to.to.enabled(errorLevel) {
		l.behind = heard.Behind
	}
}

// writerTo returns the writer that set asks for.
func writerTo(set *settings, out *os.File) writer {
	switch {
	case set.slog != nil:
		return slogWriter{set.slog.Handler()}
	case set.logger != nil:
		return newZerologWriter(set.logger)
	}
	return newZerologWriter(defaultLogger(out))
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

// logTime is how the log writes the time, unless zerolog is set to something
// else: as RFC 3339, with milliseconds.
const logTime = "2006-01-02T15:04:05.000Z07:00"

// roundedForLog is d without digits that nobody reads.
func roundedForLog(d time.Duration) time.Duration { return d.Round(time.Microsecond) }
