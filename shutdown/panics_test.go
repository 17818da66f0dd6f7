package shutdown

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/synctest"

	"github.com/rs/zerolog"
)

// Main prints each panic as Go would, also one of a manager inside, however it was
// wrapped on its way out, and each once.
func TestPanics_areFoundWhereverTheyAreWrapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := new(zerolog.Logger)
		outer := &Manager{Logger: silent, Signals: []os.Signal{}}
		outer.Go("part", func(ctx context.Context) error {
			inner := &Manager{Logger: silent}
			inner.Register("bad, too", func(context.Context) error { return errors.New("boom") })
			inner.Go("bad", func(context.Context) error { panic("burst") })
			return fmt.Errorf("part: %w", inner.Run(ctx))
		})
		err := outer.Run(context.Background())
		outer.Stop(err)
		if all := outer.ledger.panics(); len(all) != 1 || all[0].Value != "burst" {
			t.Errorf("panics() = %v", all)
		}
		if got := outer.Report().Status.Code; got != 2 {
			t.Errorf("status %d, want 2", got)
		}
	})
}
