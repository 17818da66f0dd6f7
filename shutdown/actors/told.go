package actors

import (
	"bytes"
	"context"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync/atomic"
	"time"
)

// toldLabel marks the functions of RegisterOnShutdown. Shutdown starts them in
// goroutines of their own and says nothing more of them. What they have in
// common with nobody else is where they come from: a goroutine inherits the
// profiler labels of the one that starts it.
const toldLabel = "lastcall-told"

var lastTold atomic.Uint64

// The pauses between two looks at whether they are still running: the first,
// and the longest that they grow to.
const (
	firstLook = 100 * time.Microsecond
	lastLook  = 10 * time.Millisecond
)

// shutdown has the server close its idle connections and tell everybody who
// wants to know. It returns a channel that is closed when those have returned;
// if work ends first, it never is.
func (s *httpServer) shutdown(ctx context.Context) (functions <-chan struct{}) {
	id := strconv.FormatUint(lastTold.Add(1), 10)
	begun, over := make(chan struct{}), make(chan struct{})
	go func() { // ends when the functions do, or when the work's time is up
		pprof.SetGoroutineLabels(pprof.WithLabels(ctx, pprof.Labels(toldLabel, id)))
		_ = s.Shutdown(ended()) // does everything once and does not wait: that is for us to do
		pprof.SetGoroutineLabels(ctx)
		close(begun)
		if awaitLabelled(s.work, id) {
			close(over)
		}
	}()
	<-begun
	return over
}

// shutdownByOthers is what is left to do when the program has called Shutdown.
func shutdownByOthers(context.Context) (functions <-chan struct{}) {
	none := make(chan struct{})
	close(none)
	return none
}

// ended returns a context that has ended.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// awaitLabelled returns true when no goroutine carries the label id, or false
// when ctx ends. It has to look again and again, at the cost of one goroutine profile,
// which stops the world only for a moment; it spends a tenth of its time on
// that at most.
func awaitLabelled(ctx context.Context, id string) bool {
	label := []byte(strconv.Quote(toldLabel) + ":" + strconv.Quote(id))
	runtime.Gosched() // most of them have nothing to do but to close a channel
	for pause := firstLook; ; pause = min(2*pause, lastLook) {
		began := time.Now()
		var profile bytes.Buffer
		_ = pprof.Lookup("goroutine").WriteTo(&profile, 1) // a Buffer never fails
		if !bytes.Contains(profile.Bytes(), label) {
			return true
		}
		select {
		case <-time.After(max(pause, 10*time.Since(began))):
		case <-ctx.Done():
			return false
		}
	}
}
