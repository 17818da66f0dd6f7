package shutdowntest

import (
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// inBubble calls fn in the bubble in which its caller is, or else in a new one,
// while somebody outside watches that time goes on there. If it does not, the new
// bubble is left behind, and stands says who holds its clock. A new bubble panics if
// goroutines are left in it; when fn returns false they are known already.
func inBubble(t *testing.T, fn func() (clean bool)) (stands string) {
	t.Helper()
	if bubbled() {
		inThisBubble(fn)
		return ""
	}
	return inNewBubble(t, fn)
}

// bubbled reports whether the caller is in a bubble.
func bubbled() bool { return thisBubble() != "" }

// inThisBubble can end only with fn: nobody outside can end what a bubble waits
// for. So the process ends when it has no hope, as it would when the time for
// all tests is up.
func inThisBubble(fn func() (clean bool)) {
	var over atomic.Bool
	defer over.Store(true)
	number := thisBubble()
	outside(func() { // ends with fn, or the process
		if why := standstill(number, over.Load, forEver); why != "" {
			panic("shutdowntest: " + why)
		}
	})
	fn()
}

// inNewBubble leaves the bubble behind when its time does not pass any more.
func inNewBubble(t *testing.T, fn func() (clean bool)) (stands string) {
	t.Helper()
	var over atomic.Bool
	number := make(chan string, 1)
	ended := make(chan ending, 1)
	found := make(chan string, 1) // buffered, as the others: who comes late must not wait
	go func() {                   // ends with the bubble; one whose time stands still is left behind
		defer over.Store(true)
		bubble(t, ended, func() bool { number <- thisBubble(); return fn() })
	}()
	patience := timeLeft(t)
	go func() { found <- standstill(<-number, over.Load, patience) }() // ends with the bubble, or when its time stands still
	select {
	case stands = <-found:
		if stands != "" {
			return stands
		}
		(<-ended).pass(t) // it has ended before we looked
	case end := <-ended:
		end.pass(t)
	}
	return ""
}

// An ending is how a bubble has ended.
type ending struct {
	returned bool
	panicked any // if it has not returned; nil if it was left by Goexit, as FailNow does
}

// pass does to the test what the bubble has done.
func (e ending) pass(t *testing.T) {
	t.Helper()
	switch {
	case e.panicked != nil:
		panic(e.panicked)
	case !e.returned:
		t.FailNow()
	}
}

// bubble runs fn in a bubble and says how that has ended.
func bubble(t *testing.T, ended chan<- ending, fn func() (clean bool)) {
	clean := true
	var e ending
	defer func() {
		if v := recover(); v != nil {
			if clean {
				e.panicked = v
			}
			e.returned = !clean // what is left in the bubble is known
		}
		ended <- e
	}()
	synctest.Test(t, func(*testing.T) { clean = fn() })
	e.returned = true
}

// thisBubble returns the number of the caller's bubble; empty if it is in none.
func thisBubble() string {
	buf := make([]byte, 1<<10) // enough for the first line
	return bubbleOf(headerOf(string(buf[:runtime.Stack(buf, false)])))
}
