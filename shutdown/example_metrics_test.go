package shutdown_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// stopMetrics counts what a stop does, in the text form that Prometheus reads.
// A process that ends is seldom scraped once more: what serves these numbers
// should do so in a finalizer's time, or push them.
type stopMetrics struct {
	mu      sync.Mutex
	ended   map[string]int // by labels
	buckets [len(stopSeconds)]int
	stops   int
	seconds float64
}

// stopSeconds are the upper bounds of the histogram's buckets.
var stopSeconds = [...]float64{1, 2, 5, 10, 30}

// observe is for Manager.Observe.
func (s *stopMetrics) observe(m *shutdown.Manager) func(shutdown.Event) {
	return func(e shutdown.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case e.Type == shutdown.EventFinished && e.Err == nil:
			s.count(e.Component.Kind, "ok")
		case e.Type == shutdown.EventFinished:
			s.count(e.Component.Kind, "failed")
		case e.Type == shutdown.EventStuck:
			s.count(e.Component.Kind, "stuck")
		case e.Type == shutdown.EventLeaked:
			s.count(e.Component.Kind, "leaked")
		case e.Type == shutdown.EventState && e.State == shutdown.Stopped:
			s.took(m.Report().Took)
		}
	}
}

func (s *stopMetrics) count(kind shutdown.Kind, result string) {
	if s.ended == nil {
		s.ended = make(map[string]int)
	}
	s.ended[fmt.Sprintf("{kind=%q,result=%q}", kind, result)]++
}

func (s *stopMetrics) took(d time.Duration) {
	s.stops++
	s.seconds += d.Seconds()
	for i, bound := range stopSeconds {
		if d.Seconds() <= bound {
			s.buckets[i]++
		}
	}
}

// writeTo writes the metrics as a scrape would see them.
func (s *stopMetrics) writeTo(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintln(w, "# TYPE shutdown_ended_total counter")
	for _, labels := range slices.Sorted(maps.Keys(s.ended)) {
		fmt.Fprintf(w, "shutdown_ended_total%s %d\n", labels, s.ended[labels])
	}
	fmt.Fprintln(w, "# TYPE shutdown_seconds histogram")
	for i, bound := range stopSeconds {
		fmt.Fprintf(w, "shutdown_seconds_bucket{le=\"%g\"} %d\n", bound, s.buckets[i])
	}
	fmt.Fprintf(w, "shutdown_seconds_bucket{le=\"+Inf\"} %d\n", s.stops)
	fmt.Fprintf(w, "shutdown_seconds_sum %.0f\n", s.seconds)
	fmt.Fprintf(w, "shutdown_seconds_count %d\n", s.stops)
}

// Metrics are one more listener to the manager's events: counters by kind and
// result, and a histogram of how long stops take.
func ExampleManager_Observe_metrics() {
	silent := zerolog.Nop()
	m := &shutdown.Manager{Signals: []os.Signal{}, Logger: &silent}
	var metrics stopMetrics
	m.Observe(metrics.observe(m))

	m.Register("database", func(context.Context) error { return nil })
	m.Register("upload", func(context.Context) error { return errors.New("disk full") })
	m.Go("api", func(ctx context.Context) error {
		<-ctx.Done()
		return nil
	})
	m.Stop(nil)
	fmt.Println(m.Run(context.Background()))
	metrics.writeTo(os.Stdout)
	// Output:
	// shutdown: finalizer "upload": disk full
	// # TYPE shutdown_ended_total counter
	// shutdown_ended_total{kind="actor",result="ok"} 1
	// shutdown_ended_total{kind="finalizer",result="failed"} 1
	// shutdown_ended_total{kind="finalizer",result="ok"} 1
	// # TYPE shutdown_seconds histogram
	// shutdown_seconds_bucket{le="1"} 1
	// shutdown_seconds_bucket{le="2"} 1
	// shutdown_seconds_bucket{le="5"} 1
	// shutdown_seconds_bucket{le="10"} 1
	// shutdown_seconds_bucket{le="30"} 1
	// shutdown_seconds_bucket{le="+Inf"} 1
	// shutdown_seconds_sum 0
	// shutdown_seconds_count 1
}
