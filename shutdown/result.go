package shutdown

import (
	"errors"
	"fmt"
	"slices"
)

// result joins the failures that a program has to answer for, none twice. A wish is
// never among them: who looks for what asked for the stop, to ignore it, must not
// overlook a failure.
func (l *ledger) result() error {
	var r joined
	l.failures(func(err error, _ []*PanicError) { r.add(err) })
	return r.error()
}

// failures tells of each failure that a program has to answer for, with the panics
// in it, in the order in which they happened: the cause of the stop if it is one, and
// what came after it. Some are told of twice.
func (l *ledger) failures(tell func(error, []*PanicError)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause.err != nil && !l.cause.wish {
		tell(l.cause.err, l.cause.panics)
	}
	if l.forced {
		tell(ErrForced, nil)
	}
	for _, o := range l.failed {
		if o.err != nil && !o.aside {
			tell(o.err, panicsIn(o.err))
		}
	}
	for _, later := range l.laters {
		if !later.wish {
			tell(later.err, later.panics)
		}
	}
	if l.unnamed > 0 {
		tell(notice(fmt.Sprintf("shutdown: and %d more failures", l.unnamed)), nil)
	}
}

// panicsIn returns the panics in err, which is a word of our own.
func panicsIn(err error) []*PanicError {
	if p, ok := err.(*PanicError); ok {
		return []*PanicError{p}
	}
	return readingOf(err).panics
}

// panics returns those in what Run returns, none twice.
func (l *ledger) panics() (all []*PanicError) {
	l.failures(func(_ error, panics []*PanicError) {
		for _, p := range panics {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	})
	return all
}

// joined is a list of errors, none of them twice.
type joined struct {
	all  []error
	told map[error]bool
}

func (j *joined) add(err error) {
	if isComparable(err) {
		if j.told[err] {
			return
		}
		if j.told == nil {
			j.told = make(map[error]bool)
		}
		j.told[err] = true
	}
	j.all = append(j.all, err)
}

// error returns the errors joined, or the only one.
func (j *joined) error() error {
	if len(j.all) == 1 {
		return j.all[0]
	}
	return errors.Join(j.all...)
}
