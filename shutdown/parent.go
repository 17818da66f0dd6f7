package shutdown

import (
	"context"
	"time"
)

// watch asks for the stop when the context given to Run ends, or the time for work
// around it. A context without an end is one of nobody's, or of those around.
func (m *Manager) watch(parent context.Context) {
	ended, told := parent.Done(), m.outer.workOver()
	if ended == nil {
		told = m.outer.told()
	}
	select {
	case <-ended:
		m.parentEnded(parent)
	case <-told:
		m.request(wish(m.outer.cause()))
	case <-m.ctx.Done():
	}
}

// parentEnded asks for the stop because the context given to Run has ended. Why
// it has is for code of others to say: the stop does not wait for that.
func (m *Manager) parentEnded(parent context.Context) {
	why := make(chan reason, 2) // buffered: what comes too late, or a second time, nobody wants
	go protect(                 // ends when parent has said why
		func() error { readEnd(parent, func(r reason) { why <- r }); return nil },
		func(error) {},
	)
	select {
	case r := <-why:
		r.deadline = r.deadline || m.outer.isOutOfTime()
		m.request(r)
	case <-time.After(2 * readingTakes):
		r := wish(context.Canceled)
		r.verdict = unread
		m.request(r)
	}
}

// readEnd tells why parent has ended, and once more if that could be read after
// all.
func readEnd(parent context.Context, tell func(reason)) {
	cause, deadline := context.Cause(parent), parent.Err() == context.DeadlineExceeded
	if cause == nil { // it says that it has not ended
		cause = context.Canceled
	}
	ended := func(v verdict) {
		r := wish(cause)
		r.verdict, r.deadline = v, deadline
		tell(r)
	}
	read(cause, nil, func() { ended(unread) }, ended)
}
