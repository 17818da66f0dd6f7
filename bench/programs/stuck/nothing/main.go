// Nothing has as many goroutines, or as much memory, as lastcall would have, and
// dies of SIGTERM: how long the kernel takes to free it.
//
//	nothing actors|holds NUMBER
package main

import (
	"log"
	"os"
	"runtime"
	"strconv"
	"sync"

	"github.com/seed7e043c35/lastcall/bench/programs/parent"
)

// A hold of lastcall takes about so many bytes.
type hold [8]uint64

func main() {
	n, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	var holds []hold
	switch os.Args[1] {
	case "actors":
		park(n)
	case "holds":
		for i := range n {
			holds = append(holds, hold{uint64(i)})
		}
	}
	parent.Ready("")
	parent.Wait()
	runtime.KeepAlive(holds)
}

func park(n int) {
	var up sync.WaitGroup
	up.Add(n)
	for range n {
		go func() { // ends with the process
			up.Done()
			select {}
		}()
	}
	up.Wait()
}
