package process

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAsk_saysSoIfNobodyAnswersInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		defer close(block)
		for name, c := range map[string]struct {
			words func() string
			want  string
			takes time.Duration
		}{
			"somebody":          {func() string { return "the mule\n" }, "the mule\n", 0},
			"somebody, in time": {func() string { time.Sleep(askFor / 2); return "the mule\n" }, "the mule\n", askFor / 2},
			"nobody":            {func() string { <-block; return "" }, "shutdown: what is still running could not be found out\n", askFor},
		} {
			e, began := End{Words: c.words}, time.Now()
			if got, took := e.ask(askFor), time.Since(began); got != c.want || took != c.takes {
				t.Errorf("%s answers: %q after %v, want %q after %v", name, got, took, c.want, c.takes)
			}
		}
	})
}
