package shutdown

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/internal/clock"
	"github.com/seed7e043c35/lastcall/signals"
)

// DefaultGrace is the grace of a [Manager] whose Grace is 0: inside the 10 s
// that docker stop and Cloud Run allow, with a second for the rest of the
// world.
const DefaultGrace = 9 * time.Second

// The environment variables that Main reads. Whoever deploys the program knows
// the supervisor's limit better than whoever wrote it.
const (
	graceVariable = "SHUTDOWN_GRACE"
	drainVariable = "SHUTDOWN_DRAIN"
)

// Settings are what a manager's fields say, and then what that amounts to with the
// environment in their place. Those of Run are made when it begins; nobody writes to
// them.
type settings struct {
	grace, drain time.Duration
	signals      []os.Signal // that ask for a stop
	hangup       []os.Signal // that are caught besides
	terminal     bool        // there was one when Run began, and hangup may mean its closing
	touches      bool        // whether any signal is touched at all
	logger       *zerolog.Logger
	slog         *slog.Logger
	quiet        bool
	reload       func(context.Context) error
	flush        func(context.Context) error
	note         string // to be said when the log can
}

func (s *settings) takesSignals() bool { return s.touches && len(s.signals) > 0 }

// inside is s for a manager that runs inside of another: that one hears the signals.
func (s settings) inside() settings {
	s.touches, s.hangup, s.drain, s.reload = false, nil, 0, nil
	return s
}

// with returns what s, a manager's fields, amounts to with what the environment says,
// or an error if they contradict themselves or each other.
func (s settings) with(o overrides) (settings, error) {
	all := s.numbers(o)
	switch {
	case s.grace < 0:
		return all, &settingsError{fmt.Sprintf("Grace is %v: want more than 0, or 0 for the default of %v", s.grace, DefaultGrace)}
	case s.drain < 0:
		return all, &settingsError{fmt.Sprintf("Drain is %v: want 0 or more", s.drain)}
	case all.drain > all.grace/clock.MaxDrainShare:
		return all, &settingsError{fmt.Sprintf("Drain is %v: want at most half of the grace, which is %v", all.drain, all.grace)}
	case s.logger != nil && s.slog != nil:
		return all, &settingsError{"Logger and Slog are both set: want one of them"}
	case slices.Contains(s.signals, nil):
		return all, &settingsError{"Signals contains nil"}
	case s.reload != nil && slices.ContainsFunc(s.signals, isHangup):
		return all, &settingsError{"Reload is set, and Signals contains SIGHUP: want one of them"}
	}
	all.touches = s.signals == nil || len(s.signals) > 0
	if all.signals = slices.Clone(s.signals); s.signals == nil {
		all.signals = signals.Termination()
	}
	if s.reload != nil {
		all.signals = slices.DeleteFunc(all.signals, isHangup)
	}
	if all.touches {
		all.hangup, all.terminal = hangupOf(s.signals, s.reload != nil)
	}
	return all, nil
}

func isHangup(sig os.Signal) bool { return slices.Contains(signals.Hangup(), sig) }

// hangupOf returns the signal that is caught so that the program does not die of
// it, and whether there is a terminal whose closing it could mean.
func hangupOf(set []os.Signal, reload bool) (caught []os.Signal, terminal bool) {
	for _, sig := range signals.Hangup() {
		if reload || set == nil && !signals.Terminal() {
			caught = append(caught, sig)
		}
	}
	return caught, reload && signals.Terminal()
}

// numbers is s with the grace and the drain that there are. A grace that the
// environment sets shortens a drain of the program's own which it makes too long: no
// crash loop at a deploy because somebody has lowered one number.
func (s settings) numbers(o overrides) settings {
	if s.grace == 0 {
		s.grace = DefaultGrace
	}
	if o.drain != nil {
		s.drain = *o.drain
	}
	if o.grace == nil {
		return s
	}
	s.grace = *o.grace
	if most := s.grace / clock.MaxDrainShare; o.drain == nil && s.drain > most {
		s.note = fmt.Sprintf("%s=%v shortens the drain from %v to %v: it is at most half of the grace", graceVariable, s.grace, s.drain, most)
		s.drain = most
	}
	return s
}

// Overrides are what the environment says in place of the fields.
type overrides struct {
	grace, drain *time.Duration
	text         string // as it was given, for errors
}

// readOverrides reads the environment. If that makes no sense, the error says so in
// one line, with both variables and values.
func readOverrides(getenv func(string) string) (overrides, error) {
	grace, drain := getenv(graceVariable), getenv(drainVariable)
	var o overrides
	if grace == "" && drain == "" {
		return o, nil
	}
	o.text = fmt.Sprintf("%s=%q %s=%q", graceVariable, grace, drainVariable, drain)
	if d, err := time.ParseDuration(grace); err == nil && d > 0 {
		o.grace = &d
	} else if grace != "" {
		return o, o.refusal(fmt.Sprintf("%s: want a positive duration such as 9s or 1m30s", graceVariable))
	}
	if d, err := time.ParseDuration(drain); err == nil && d >= 0 {
		o.drain = &d
	} else if drain != "" {
		return o, o.refusal(fmt.Sprintf("%s: want a duration such as 3s, or 0 for none", drainVariable))
	}
	return o, nil
}

func (o overrides) refusal(why string) error {
	if o.text == "" {
		return &settingsError{why}
	}
	return &settingsError{o.text + ": " + withoutPrefix(why)}
}
