package clock

import (
	"testing"
	"testing/synctest"
	"time"
)

// pause makes c believe that the process has not been running for d, by making
// it older by that.
func (c *Clock) pause(d time.Duration) {
	c.change(func(s *state) bool { s.Began = s.Began.Add(-d); return true })
}

func begun() *Clock {
	c := new(Clock)
	c.Begin(time.Now(), 10*time.Second)
	return c
}

func TestClock_beginsOnce(t *testing.T) {
	c := begun()
	if c.Begin(time.Now(), time.Hour) || c.Budget().Grace != 10*time.Second {
		t.Errorf("begun twice: %+v", c.Budget())
	}
}

func TestAwait_waitsUntilTheTimeThatTheBudgetSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, began := begun(), time.Now()
		if c.Await(nil, Budget.Actors) {
			t.Error("what never comes has come")
		}
		if got := time.Since(began); got != 8*time.Second {
			t.Errorf("waited for %v, want 8s", got)
		}
	})
}

func TestAwait_looksAgainWhenTheStopIsForced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, began := begun(), time.Now()
		time.AfterFunc(1234*time.Millisecond, func() { c.Force(time.Now()) })
		c.Await(nil, Budget.Actors)
		if got := time.Since(began); got != 1234*time.Millisecond {
			t.Errorf("waited for %v, want 1.234s", got)
		}
	})
}

// However many wake up at once when a process is continued: nobody sees the time of
// the pause as time that has passed.
func TestPause_isSeenByEverybodyWhoLooks(t *testing.T) {
	for range 2000 {
		c, go4 := begun(), make(chan struct{})
		c.pause(time.Hour)
		paused := make(chan time.Duration)
		for range 4 {
			go func() { <-go4; paused <- c.Budget().Paused }()
		}
		close(go4)
		for range 4 {
			if got := <-paused; got < time.Hour-beat || got > time.Hour {
				t.Fatalf("somebody who looked saw a pause of %v, want an hour", got)
			}
		}
	}
}

// What is said after a pause that nobody has noticed yet is not moved by it.
func TestPause_movesNothingThatComesAfterIt(t *testing.T) {
	for name, say := range map[string]func(c *Clock, at time.Time) time.Time{
		"a stop that is forced": func(c *Clock, at time.Time) time.Time { c.Force(at); return c.Budget().Forced },
		"an end":                func(c *Clock, at time.Time) time.Time { c.EndBy(at); return c.Budget().End() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := begun()
				time.Sleep(3 * time.Second) // nobody looks meanwhile
				if now := time.Now(); say(c, now) != now {
					t.Errorf("moved by %v", say(c, now).Sub(now))
				}
				if got, want := c.Budget().Paused, 3*time.Second-beat; got != want {
					t.Errorf("paused for %v, want %v", got, want)
				}
			})
		})
	}
}

func TestAwait_lastsAsMuchLongerAsThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, began := begun(), time.Now()
		time.AfterFunc(3050*time.Millisecond, func() { c.pause(time.Hour) }) // half a beat after the last look
		c.Await(nil, Budget.Actors)
		if got := time.Since(began); got != 7950*time.Millisecond { // the hour is no time at all for the fake clock
			t.Errorf("waited for %v, want 7.95s", got)
		}
		if got := c.Budget().Paused; got != time.Hour-beat/2 {
			t.Errorf("paused for %v, want an hour, less half a beat in which it may have been alive", got)
		}
	})
}

func TestDelays_areNoPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := begun()
		c.pause(missing - beat - 1)
		c.Await(nil, Budget.Actors)
		if got := c.Budget().Paused; got != 0 {
			t.Errorf("paused for %v", got)
		}
	})
}

func TestClockInside_endsWithTheOuterOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outer := new(Clock)
		c := Inside(outer, time.Now(), time.Minute)
		if got := c.Budget().Grace; got != time.Minute {
			t.Errorf("grace %v, want its own", got)
		}
		outer.Begin(time.Now(), 10*time.Second)
		if got := c.Budget().Grace; got != 10*time.Second {
			t.Errorf("grace %v, want the outer one's", got)
		}
		short := Inside(outer, time.Now(), time.Second)
		outer.Force(time.Now())
		if b := short.Budget(); b.Grace != time.Second || b.Forced.IsZero() {
			t.Errorf("%+v, want its own grace, forced", b)
		}
		time.Sleep(time.Second)
		outer.Stop(time.Now())
		time.Sleep(time.Second)
		if b := Inside(outer, time.Now(), time.Minute).Budget(); b.Grace != time.Minute || !b.Forced.IsZero() {
			t.Errorf("%+v, want a time of its own after the stop", b)
		}
	})
}

func TestAwait_looksAgainWhenWhatIsInsideIsToEndEarlier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, began := Inside(begun(), time.Now(), 10*time.Second), time.Now()
		time.AfterFunc(1234*time.Millisecond, func() { c.EndBy(began.Add(time.Second)) })
		c.Await(nil, Budget.Over)
		if got := time.Since(began); got != 1234*time.Millisecond {
			t.Errorf("waited for %v, want 1.234s", got)
		}
	})
}

func TestAwait_looksAgainInsideWhenTheStopAroundIsForced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outer := begun()
		c, began := Inside(outer, time.Now(), time.Second), time.Now()
		time.AfterFunc(123*time.Millisecond, func() { outer.Force(time.Now()) })
		c.Await(nil, Budget.LastCall)
		if got := time.Since(began); got != 123*time.Millisecond {
			t.Errorf("waited for %v, want 123ms", got)
		}
	})
}
