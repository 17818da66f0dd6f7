package shutdown

import (
	"errors"
	"fmt"
)

// result joins the failures that a program has to answer for, none twice, in the
// order in which they happened: the cause of the stop if it is one, and what
// came after it. A wish is never among them: who looks for what asked for the
// stop, to ignore it, must not overlook a failure.
func (l *ledger) result(cause reason) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var r joined
	if cause.err != nil && !cause.wish {
		r.add(cause.err)
	}
	if l.forced {
		r.add(ErrForced)
	}
	for _, o := range l.failed {
		if o.err != nil && !o.aside {
			r.add(o.err)
		}
	}
	for _, later := range l.laters {
		if !later.wish {
			r.add(later.err)
		}
	}
	if l.unnamed > 0 {
		r.add(notice(fmt.Sprintf("shutdown: and %d more failures", l.unnamed)))
	}
	return r.error()
}

// panics returns those in what Run returns.
func (m *Manager) panics() (all []*PanicError) {
	err := m.result()
	for _, part := range append(partsOf(err), err) {
		if p, ok := part.(*PanicError); ok {
			all = append(all, p)
		}
	}
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
