package shutdown

import "time"

// An EventType says what an [Event] is about.
type EventType uint8

const (
	EventState     EventType = iota // the state in State was entered; Err is the cause from the first on
	EventCause                      // a reason to stop arrived after the first one; Err says which
	EventForced                     // a second Ctrl-C: the last call is now
	EventStarted                    // a component started; a service, a finalizer or a resource: to stop
	EventFinished                   // a component ended; Took says how long it took, Err why it failed
	EventWaiting                    // a reminder: the component is being waited for, and has been for Took
	EventOvertaken                  // a finalizer's slot ended; the next is started while it goes on
	EventStuck                      // a component is still running at the end of its time; Err is a *StuckError
	EventLeaked                     // a resource was not closed by its owner; Err is a *LeakError
	EventCut                        // the time for the component's work has ended; Err is ErrCut or ErrForced
	EventReloading                  // Reload is called
	EventReloaded                   // Reload has returned; Err is what it returned
	EventNotice                     // something to know that is no failure; Err says it
	EventMissed                     // this listener was too slow for the queue; Err says how many events it missed
)

var eventNames = [...]string{"state", "cause", "forced", "started", "finished", "waiting", "overtaken", "stuck", "leaked", "cut", "reloading", "reloaded", "notice", "missed"}

func (t EventType) String() string { return nameOf(eventNames[:], t) }

// MarshalText returns the type's name.
func (t EventType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// An Event is something that happened in a [Manager]; see [Manager.Observe].
type Event struct {
	Time      time.Time
	State     State // of the manager at that time
	Type      EventType
	Component Component     // zero if the event is about the stop itself
	Took      time.Duration // how long the component took, or has taken so far
	Left      time.Duration // what was left of the grace; 0 before a stop
	Err       error
}
