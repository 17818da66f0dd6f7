package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/rs/zerolog/log"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A traffic is a client of the program's own: it posts jobs.
type traffic struct {
	url       string
	perSecond int
}

const (
	maxTraffic = 10_000 // jobs a second
	shortestMS = 20     // that a job of the traffic takes; four workers are
	longestMS  = 300    // just about enough for 20 such jobs a second
)

// run posts jobs until ctx is cancelled.
func (t traffic) run(ctx context.Context) error {
	tick := time.NewTicker(time.Second / time.Duration(t.perSecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		// A request that has been begun is finished, therefore Work. One that
		// the stop overtakes finds nobody listening, which is no failure.
		if err := t.post(shutdown.Work(ctx)); err != nil && ctx.Err() == nil {
			log.Warn().Err(err).Msg("traffic")
		}
	}
}

func (t traffic) post(ctx context.Context) error {
	body := fmt.Appendf(nil, `{"text": "made by -traffic", "work_ms": %d}`, shortestMS+rand.IntN(longestMS-shortestMS))
	request, err := http.NewRequestWithContext(ctx, "POST", t.url+"/jobs", bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body) // so that the connection is used again
	if response.StatusCode != http.StatusAccepted {
		return fmt.Errorf("POST /jobs: %s", response.Status)
	}
	return nil
}
