// Package parent is how the programs that are measured talk to the process that
// measures them: lines on standard output, and the end of standard input.
package parent

import (
	"fmt"
	"io"
	"os"
	"runtime"
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
	fmt.Println(runtime.NumGoroutine(), stats.HeapAlloc+stats.StackInuse)
}

// Wait returns when the parent has closed standard input.
func Wait() { _, _ = io.Copy(io.Discard, os.Stdin) }
