package shutdown_test

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A second Ctrl-C is heard by whatever begins at that very moment.
func TestSecondCtrlC_atTheVeryStartOfASlot(t *testing.T) {
	press := func(s *stop) { s.Signal(os.Interrupt) }
	for name, register := range map[string]func(s *stop, block <-chan struct{}){
		"pressed in the finalizer that begins": func(s *stop, block <-chan struct{}) {
			s.Register("stubborn", func(context.Context) error { press(s); <-block; return nil })
		},
		"pressed by the one that ends": func(s *stop, block <-chan struct{}) {
			s.Register("stubborn", func(context.Context) error { <-block; return nil })
			s.Register("presses", func(context.Context) error { press(s); return nil })
		},
		"pressed by another at the same instant": func(s *stop, block <-chan struct{}) {
			s.Register("stubborn", func(context.Context) error { <-block; return nil })
			s.Register("ends", func(context.Context) error { go press(s); return nil })
		},
		"pressed when a service is told": func(s *stop, block <-chan struct{}) {
			s.Keep("stubborn", func(ctx context.Context) error { <-ctx.Done(); press(s); <-block; return nil })
		},
		"pressed while an overtaken one is waited for": func(s *stop, block <-chan struct{}) {
			s.Register("stubborn", func(context.Context) error { go press(s); <-block; return nil }, shutdown.Within(time.Nanosecond))
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 15 { // whoever is first
				synctest.Test(t, func(t *testing.T) {
					s, block := newStop(), make(chan struct{})
					defer close(block)
					s.Register("oldest", s.marks("oldest"))
					register(s, block)
					s.Go("actor", func(ctx context.Context) error { <-ctx.Done(); time.Sleep(time.Second); return nil })
					s.run()
					s.Signal(os.Interrupt)
					<-s.result
					if took := time.Since(s.began); took > 1200*time.Millisecond {
						t.Errorf("Run returned at %v, want 200ms after the second Ctrl-C at most", took)
					}
					s.wantEvents(t, "oldest")
				})
			}
		})
	}
}

// Somebody who hammers Ctrl-C is heard after half a second: what is an echo of
// something does not make the next an echo.
func TestHammeredCtrlC_isHeardAfterHalfASecond(t *testing.T) {
	for _, interval := range []time.Duration{10 * time.Millisecond, 300 * time.Millisecond, 450 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			s, block := newStop(), make(chan struct{})
			defer close(block)
			s.Register("stubborn", func(context.Context) error { <-block; return nil })
			s.run()
			go func() {
				for s.State() != shutdown.Stopped {
					s.Signal(os.Interrupt)
					time.Sleep(interval)
				}
			}()
			<-s.result
			defer time.Sleep(interval) // for who hammers
			if took := time.Since(s.began); !s.Report().Forced || took > 500*time.Millisecond+interval+200*time.Millisecond {
				t.Errorf("every %v: forced %v after %v", interval, s.Report().Forced, took)
			}
		})
	}
}

// The longer the grace, the more of it is left between two reminders, but nobody
// waits half an hour for the first.
func TestReminders_ofALongGrace(t *testing.T) {
	for name, c := range map[string]struct {
		grace time.Duration
		until time.Duration
		want  []time.Duration
	}{
		"an hour": {time.Hour, 10 * time.Minute, []time.Duration{
			30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute}},
		"all there is": {1<<63 - 1, 3 * time.Minute, []time.Duration{
			30 * time.Second, time.Minute, 2 * time.Minute}},
		"three seconds": {3 * time.Second, 2900 * time.Millisecond, []time.Duration{
			time.Second, 2 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, block := newStop(), make(chan struct{})
				s.Grace = c.grace
				var heard []time.Duration
				s.Observe(func(e shutdown.Event) {
					if e.Type == shutdown.EventWaiting {
						heard = append(heard, time.Since(s.began))
					}
				})
				s.Go("mule", func(context.Context) error { <-block; return nil })
				s.run()
				s.Stop(nil)
				time.Sleep(c.until)
				synctest.Wait()
				close(block)
				<-s.result
				if len(heard) != len(c.want) {
					t.Fatalf("reminders at %v, want %v", heard, c.want)
				}
				for i := range heard {
					if heard[i] != c.want[i] {
						t.Errorf("reminders at %v, want %v", heard, c.want)
					}
				}
			})
		})
	}
}
