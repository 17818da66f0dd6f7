// Mainthread shows how a program stops whose window system wants the main
// thread, on which it runs a loop that does not return before it is told to.
package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func init() { runtime.LockOSThread() } // main's goroutine stays on the main thread

func main() {
	w := newWindow()
	go shutdown.Main(func(ctx context.Context) error { return run(ctx, w) }) // ends the process
	w.loop()
	select {} // the window is closed; Main has the last word
}

func run(ctx context.Context, w *window) error {
	shutdown.Finally(ctx, "window", w.close) // ends the loop, when all others have ended
	fmt.Println("ready")
	select {
	case <-ctx.Done(): // a signal
	case <-w.closing: // the user closes it
	}
	return nil
}

// A window stands in for a GUI toolkit.
type window struct {
	closing, events chan struct{}
	closed          chan struct{}
}

func newWindow() *window {
	return &window{closing: make(chan struct{}), events: make(chan struct{}), closed: make(chan struct{})}
}

func (w *window) loop() {
	defer close(w.closed)
	<-w.events
}

func (w *window) close() {
	close(w.events)
	<-w.closed
	fmt.Println("window closed")
}
