package shutdown_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func TestManagerInsideAnActor_losesNothingBecauseTheOuterOneIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		outer, middle, inner := newStop(), newStop(), newStop()
		outer.Register("database", outer.marks("database"))
		inner.Register("journal", outer.marks("journal"))
		inner.Register("mule", func(context.Context) error { <-block; return nil })
		middle.Register("queue", outer.marks("queue"))
		middle.Go("inner", inner.Run)
		outer.Go("middle", middle.Run)
		outer.run()
		outer.Stop(nil)
		if err := <-outer.result; !errors.As(err, new(*shutdown.StuckError)) {
			t.Errorf("Run() = %v, want what is stuck inside", err)
		}
		outer.wantEvents(t, "journal", "queue", "database")
		close(block)
	})
}

func TestManagerInside_isForcedWithTheOuterOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		outer, inner := newStop(), newStop()
		inner.Register("journal", outer.marks("journal"))
		inner.Register("mule", func(context.Context) error { <-block; return nil })
		outer.Go("part", inner.Run)
		outer.run()
		outer.Signal(os.Interrupt)
		time.Sleep(time.Second)
		outer.Signal(os.Interrupt)
		<-inner.Done()
		outer.wantAt(t, "journal", time.Second)
		close(block)
		<-outer.result
	})
}

// A stop of its own that is under way when the outer one begins has no more time
// than that leaves to it.
func TestManagerInside_isBoundedInAStopOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		outer, inner := newStop(), newStop()
		inner.Grace = time.Hour
		inner.Register("journal", outer.marks("journal"))
		inner.Register("mule", func(context.Context) error { <-block; return nil })
		outer.Go("part", inner.Run)
		outer.run()
		inner.Stop(nil)
		time.Sleep(time.Second)
		outer.Stop(nil)
		<-outer.result
		outer.mu.Lock()
		defer outer.mu.Unlock()
		if at, ok := outer.times["journal"]; !ok || at > 8900*time.Millisecond {
			t.Errorf("the journal was closed at %v", at)
		}
		close(block)
	})
}

func TestManagerInside_takesNoSignalsAndHasNoDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outer, inner := newStop(), newStop()
		inner.Drain, inner.Signals = time.Second, nil
		inner.Go("server", untilCancelled)
		outer.Go("part", inner.Run)
		outer.run()
		outer.Signal(sigterm)
		outer.wantResult(t, 0)
	})
}
