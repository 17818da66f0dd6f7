// Package parent is how the programs that are measured talk to the process that
// measures them: lines on standard output, and the end of standard input.
package parent

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/seed7e043c35/lastcall/bench/clock"
)

// Ready says that the program is ready, with a word that its parent may want to
// know, and then in a second line what it costs to be idle: the number of
// goroutines, and the bytes of heap and stacks in use.
func Ready(word string) {
	fmt.Println("ready", word)
	runtime.GC()
	runtime.GC() // the second frees what the cleanups of the first let go
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Println("costs", runtime.NumGoroutine(), stats.HeapAlloc+stats.StackInuse)
}

// Wait returns when the parent has closed standard input.
func Wait() { _, _ = io.Copy(io.Discard, os.Stdin) }

// rest is how long a program has done nothing before it stops: what ran until
// then is asleep.
const rest = 5 * time.Millisecond

// Stop calls stop after a rest, once, and says what that took: nanoseconds, those
// of them on a processor, and how many pages were touched for the first time.
func Stop(stop func() error) {
	time.Sleep(rest)
	pages, cpu, began := faults(), clock.CPU(), time.Now()
	err := stop()
	took, busy, touched := time.Since(began), clock.CPU()-cpu, faults()-pages
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("stopped", took.Nanoseconds(), busy.Nanoseconds(), touched)
}
