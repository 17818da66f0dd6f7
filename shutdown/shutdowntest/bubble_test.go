package shutdowntest

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// What never waits could be working, until there is no time left for that.
func TestStandstill_saysWhoWorksOnWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	var enough atomic.Bool
	number, ended := make(chan string, 1), make(chan struct{})
	go func() { // ends with enough
		defer close(ended)
		synctest.Test(t, func(*testing.T) {
			for number <- thisBubble(); !enough.Load(); {
				runtime.Gosched()
			}
		})
	}()
	said := standstill(<-number, func() bool { return false }, 200*time.Millisecond)
	enough.Store(true)
	<-ended
	for _, want := range []string{"nearly up", "shutdowntest/bubble_test.go:"} {
		if !strings.Contains(said, want) {
			t.Errorf("it says %q, want in it %q", said, want)
		}
	}
}

func TestBubbled(t *testing.T) {
	if bubbled() {
		t.Error("a test is in a bubble that is in none")
	}
	synctest.Test(t, func(t *testing.T) {
		if !bubbled() {
			t.Error("a test in a bubble is in none")
		}
		if deadline, ok := deadlineOf(t); ok {
			t.Errorf("a test in a bubble has until %v", deadline)
		}
	})
}
