package shutdown

import (
	"container/heap"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
	"github.com/seed7e043c35/lastcall/internal/process"
	"github.com/seed7e043c35/lastcall/internal/queue"
)

// How much is kept of what happens.
const (
	failuresKept = 1000 // by name; the rest is counted
	asidesKept   = 256  // of the failures, those that are somebody else's: they must not crowd out the program's
	slowestKept  = 256  // of what ended without failure
	laterKept    = 64   // further reasons to stop that are wishes, and told of whatever they say
)

// outcome is an Outcome on the way: its site is looked up when it is reported.
type outcome struct {
	component
	began    time.Time
	took     time.Duration
	err      error // a failure
	status   process.Status
	leaked   bool
	returned error  // what an actor returned, where that is no failure
	text     string // of that
	aside    bool   // a failure that is somebody else's to deal with
}

func (o *outcome) fail(err error, status process.Status) { o.err, o.status = err, status }

func (o outcome) public(began time.Time) Outcome {
	return Outcome{o.component.public(), max(0, o.began.Sub(began)), o.took, o.err, o.leaked, o.returned}
}

// A ledger is what has happened, bounded, for everybody who wants to know. Its
// lock is taken after the manager's, or alone; it calls nobody.
type ledger struct {
	clock   *clock.Clock  // of the stop
	worst   process.Worst // what happened that decides the exit status
	current atomic.Uint32 // the state; written under the manager's mu

	all     queue.Queue[record]      // what is said of it; has a lock of its own
	lines   queue.Queue[record]      // of that, what a log says without being asked for every success: it cannot be crowded out
	behind  func() []<-chan struct{} // where the program's own log has not heard everything; nil if it has none
	aborted chan struct{}            // closed when nobody is to wait for listeners

	drain    time.Duration // that Run began with; guarded by the manager's mu
	detailed atomic.Bool   // somebody wants to hear of every success

	mu      sync.Mutex
	cause   reason // for the stop; zero before
	laters  []reason
	forced  bool
	entered [Stopped + 1]time.Time
	atStop  int
	failed  []outcome // and leaked
	asides  int       // of the failed: those that are somebody else's to deal with
	unnamed int       // further failures
	slowest slowest
	totals  [KindResource + 1]Total // by kind
}

// A record is an event whose component's site is looked up only when somebody
// hears it.
type record struct {
	Event
	site    uintptr
	text    string   // of Err, as it was read; empty if Err is a word of our own
	summary *summary // nil if the event is not about the stop itself
}

// state returns the state as it is now.
func (l *ledger) state() State { return State(l.current.Load()) }

// note notes how something ended.
func (l *ledger) note(o outcome) {
	if l.state() == Stopped {
		return
	}
	l.add(o)
	if o.err != nil && !o.aside {
		l.worst.Raise(o.status)
	}
}

func (l *ledger) add(o outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &l.totals[o.kind]
	switch o.err.(type) {
	case nil:
		t.OK++
	case *StuckError:
		t.Stuck++
	case *CutError:
		t.Cut++
	default:
		t.Failed++
	}
	switch {
	case o.err == nil && !o.leaked:
		l.slowest.add(o)
	case o.aside && l.asides == asidesKept:
	case len(l.failed) < failuresKept:
		l.failed = append(l.failed, o)
		if o.aside {
			l.asides++
		}
	case o.err != nil && !o.aside:
		l.unnamed++
	}
}

// endedByOwner notes that what was registered has been ended by its owner: during
// a stop that is one thing less to end, and went well.
func (l *ledger) endedByOwner(kind Kind, s State) {
	if s < Stopping || s == Stopped {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.totals[kind].OK++
}

// addMore counts failures that nobody has named.
func (l *ledger) addMore(stuck int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unnamed += stuck
	l.totals[KindNone].Stuck += stuck
}

// hasFailuresBesidesTheCause reports whether something else has failed.
func (l *ledger) hasFailuresBesidesTheCause() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.failed, func(o outcome) bool { return o.err != nil && !o.aside && !same(o.err, l.cause.err) })
}

func (l *ledger) leak(kind Kind) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.totals[kind].Leaked++
}

// because notes why the stop begins.
func (l *ledger) because(r reason) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cause = r
}

// why returns why the stop has begun; the zero reason if it has not.
func (l *ledger) why() reason {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause
}

// isNoWish says that the cause, the parent's deadline, was none: somebody was not done
// with his work.
func (l *ledger) isNoWish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cause.wish = false
}

// force notes that the stop has been forced, and reports whether it had not been.
func (l *ledger) force() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := !l.forced
	l.forced = true
	return first
}

// later keeps a further reason to stop and tells of it, if it is worth that: a
// failure is, once, and the first wishes are.
func (l *ledger) later(r reason) {
	if l.keep(r) {
		l.emit(Event{Type: EventCause, Err: r.err}, component{})
	}
}

func (l *ledger) keep(r reason) (worthTelling bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := same(r.err, l.cause.err)
	for _, earlier := range l.laters {
		known = known || same(r.err, earlier.err)
	}
	most := laterKept
	if !r.wish {
		most = failuresKept
	}
	if known || len(l.laters) >= most {
		if _, recorded := failedComponent(r.err); !known && !r.wish && !recorded {
			l.unnamed++ // what a component brought is counted as its end
		}
		return false
	}
	l.laters = append(l.laters, r)
	return len(l.laters) <= laterKept
}

// enter notes that the state s is entered now.
func (l *ledger) enter(s State, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entered[s] = now
	l.current.Store(uint32(s))
}

// since returns when the state s was entered; zero if it was not.
func (l *ledger) since(s State) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entered[s]
}

func (l *ledger) setAtStop(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.atStop = n
}

func (l *ledger) wantDetail() { l.detailed.Store(true) }

func (l *ledger) wantsDetail() bool { return l.detailed.Load() }

// slowest is a heap of outcomes with the fastest on top.
type slowest []outcome

func (s slowest) Len() int           { return len(s) }
func (s slowest) Less(i, j int) bool { return s[i].took < s[j].took }
func (s slowest) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *slowest) Push(o any)        { *s = append(*s, o.(outcome)) }
func (s *slowest) Pop() any          { panic("unused") }

func (s *slowest) add(o outcome) {
	switch {
	case len(*s) < slowestKept:
		heap.Push(s, o)
	case o.took > (*s)[0].took:
		(*s)[0] = o
		heap.Fix(s, 0)
	}
}

// missed is the record of events that a listener was too slow for.
func missed(oldest record, n uint64) record {
	return record{Event: Event{
		Time: oldest.Time, State: oldest.State, Left: oldest.Left,
		Type: EventMissed, Err: notice(fmt.Sprintf("shutdown: %d events missed by a slow listener", n)),
	}}
}
