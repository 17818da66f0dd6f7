// Package queue is a bounded queue of what has been said, with any number of
// listeners. Each reads it at its own pace, in a goroutine that exists only
// while there is something to hear: an idle queue has no goroutines, and a
// listener that blocks delays nobody.
package queue

import (
	"slices"
	"sync"
)

// Size is how many items the queue keeps for its slowest listener.
const Size = 4096

// A Queue is a bounded queue of items. The zero Queue is ready to use. All
// methods may be called from any goroutine, listeners included.
type Queue[T any] struct {
	mu        sync.Mutex
	ring      []T    // grows up to Size, then wraps
	next      uint64 // the number of items so far
	listeners []*Listener[T]
}

// A Listener hears what is in a queue, and then whatever comes.
type Listener[T any] struct {
	hear   func(T)
	missed func(oldest T, n uint64) T

	// guarded by the queue's mu
	next    uint64        // the number of the item to hear next
	busy    bool          // it has a goroutine
	stopped bool          // it is to hear no more
	caughUp chan struct{} // if not nil: closed when it has heard everything
}

// Listen lets hear hear every item that is still in the queue and then whatever
// comes, one after the other. Of those that the queue could not keep for it,
// missed makes an item: it gets their number and the oldest that is still
// there. A panic or Goexit in hear ends that one call.
func (q *Queue[T]) Listen(hear func(T), missed func(oldest T, n uint64) T) *Listener[T] {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := &Listener[T]{hear: hear, missed: missed, next: q.oldest()}
	q.listeners = append(q.listeners, l)
	q.wake(l)
	return l
}

// Stop lets l hear nothing more, beyond what it is hearing now.
func (q *Queue[T]) Stop(l *Listener[T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l.stopped = true
	q.listeners = slices.DeleteFunc(q.listeners, func(other *Listener[T]) bool { return other == l })
}

// Append puts an item in the queue.
func (q *Queue[T]) Append(item T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.ring) < Size {
		q.ring = append(q.ring, item)
	} else {
		q.ring[q.next%Size] = item
	}
	q.next++
	for _, l := range q.listeners {
		q.wake(l)
	}
}

// oldest is the number of the oldest item that is still there.
func (q *Queue[T]) oldest() uint64 { return q.next - uint64(len(q.ring)) }

func (q *Queue[T]) at(n uint64) T { return q.ring[n%Size] }

func (q *Queue[T]) wake(l *Listener[T]) {
	if !l.busy && l.next != q.next {
		l.busy = true
		go q.serve(l) // ends when l has caught up
	}
}

// serve lets l hear one item after the other until it has heard them all.
func (q *Queue[T]) serve(l *Listener[T]) {
	exiting := true
	defer func() {
		if exiting { // Goexit: the rest needs a goroutine that lives
			go q.serve(l)
		}
	}()
	for {
		item, ok := q.take(l)
		if !ok {
			exiting = false
			return
		}
		l.call(item)
	}
}

func (l *Listener[T]) call(item T) {
	defer func() { _ = recover() }() // it ends that one call
	l.hear(item)
}

// take returns the next item for l, or says that it has caught up.
func (q *Queue[T]) take(l *Listener[T]) (item T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if l.next != q.next && !l.stopped {
		if oldest := q.oldest(); l.next < oldest {
			n := oldest - l.next
			l.next = oldest
			return l.missed(q.at(oldest), n), true
		}
		l.next++
		return q.at(l.next - 1), true
	}
	l.busy = false
	if l.caughUp != nil {
		close(l.caughUp)
		l.caughUp = nil
	}
	return item, false
}

// Behind returns, for each listener that has not heard everything that has been
// said by now, a channel that is closed when it has.
func (q *Queue[T]) Behind() []<-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	var behind []<-chan struct{}
	for _, l := range q.listeners {
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
