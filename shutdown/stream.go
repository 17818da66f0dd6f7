package shutdown

import (
	"fmt"
	"sync"
	"time"
)

// streamSize is how many events the queue keeps for its slowest listener.
const streamSize = 4096

// A stream is a bounded queue of events with any number of listeners. Each
// reads it at its own pace, in a goroutine that exists only while there is
// something to hear: an idle stream has no goroutines, and a listener that
// blocks delays nobody.
type stream struct {
	mu        sync.Mutex
	ring      []record // grows up to streamSize, then wraps
	next      uint64   // the number of events so far
	listeners []*listener
}

// A record is an event whose component's site is looked up only when somebody
// hears it.
type record struct {
	Event
	site uintptr
}

type listener struct {
	fn func(Event)

	// guarded by the stream's mu
	next    uint64        // the number of the event to hear next
	busy    bool          // it has a goroutine
	caughUp chan struct{} // if not nil: closed when it has heard everything
}

// listen adds a listener, which hears what is still in the queue and then
// whatever comes.
func (s *stream) listen(fn func(Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &listener{fn: fn, next: s.next - uint64(len(s.ring))}
	s.listeners = append(s.listeners, l)
	s.wakeLocked(l)
}

func (s *stream) append(r record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ring) < streamSize {
		s.ring = append(s.ring, r)
	} else {
		s.ring[s.next%streamSize] = r
	}
	s.next++
	for _, l := range s.listeners {
		s.wakeLocked(l)
	}
}

func (s *stream) wakeLocked(l *listener) {
	if !l.busy && l.next != s.next {
		l.busy = true
		go s.serve(l) // ends when l has caught up
	}
}

// serve lets l hear one event after the other until it has heard them all. A
// call that ends in a panic or in Goexit is that one call's affair.
func (s *stream) serve(l *listener) {
	exiting := true
	defer func() {
		if exiting { // Goexit: the rest needs a goroutine that lives
			go s.serve(l)
		}
	}()
	for {
		event, ok := s.nextFor(l)
		if !ok {
			exiting = false
			return
		}
		protect(func() error { l.fn(event); return nil }, func(error) {})
	}
}

func (s *stream) nextFor(l *listener) (Event, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.next == s.next {
		l.busy = false
		if l.caughUp != nil {
			close(l.caughUp)
			l.caughUp = nil
		}
		return Event{}, false
	}
	if oldest := s.next - uint64(len(s.ring)); l.next < oldest {
		missed := oldest - l.next
		l.next = oldest
		event := s.ring[oldest%streamSize].Event
		return Event{
			Time: event.Time, State: event.State, Left: event.Left,
			Type: EventMissed, Err: fmt.Errorf("shutdown: %d events missed by a slow listener", missed),
		}, true
	}
	r := s.ring[l.next%streamSize]
	l.next++
	r.Component.Site = siteName(r.site)
	return r.Event, true
}

// settle waits until every listener has heard everything, but not beyond the
// deadline nor when cut is closed.
func (s *stream) settle(deadline time.Time, cut <-chan struct{}) {
	for _, behind := range s.behind() {
		await(behind, deadline, cut)
	}
}

// behind returns, for each listener that has not caught up, a channel that is
// closed when it has.
func (s *stream) behind() []<-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	var behind []<-chan struct{}
	for _, l := range s.listeners {
		if !l.busy {
			continue
		}
		if l.caughUp == nil {
			l.caughUp = make(chan struct{})
		}
		behind = append(behind, l.caughUp)
	}
	return behind
}
