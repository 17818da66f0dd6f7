package actors

import (
	"context"
	"sync"
)

// shutdown has the server close its idle connections and call the functions of
// RegisterOnShutdown. It returns a channel that is closed when those have
// returned.
func (s *httpServer) shutdown() (functions <-chan struct{}) {
	var running sync.WaitGroup
	s.count(&running)
	_ = s.Shutdown(ended()) // does everything once and does not wait: that is for us to do
	over := make(chan struct{})
	go func() { // ends with the last function
		running.Wait()
		close(over)
	}()
	return over
}

// count has running count the functions of RegisterOnShutdown. The server
// starts them in goroutines and says nothing more of them, so each is replaced,
// where the server keeps it, by one that also says when it has returned.
//
// To look for them among all goroutines would stop the world, for seconds if
// there are many, and find what they have started as well: the connections
// that an http.Client keeps.
func (s *httpServer) count(running *sync.WaitGroup) {
	mu, functions := private[sync.Mutex](s.Server, "mu"), private[[]func()](s.Server, "onShutdown")
	if mu == nil || functions == nil {
		return // they are called all the same
	}
	mu.Lock()
	defer mu.Unlock()
	for i, f := range *functions {
		running.Add(1)
		returned := sync.OnceFunc(running.Done) // if the program calls Shutdown as well, it is called again
		(*functions)[i] = func() {
			defer returned()
			f()
		}
	}
}

// shutdownByOthers is what is left to do when the program has called Shutdown.
func shutdownByOthers() (functions <-chan struct{}) {
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
