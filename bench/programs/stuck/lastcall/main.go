// Lastcall has parts that do not end when they are told to:
//
//	lastcall actors|holds NUMBER
package main

import (
	"context"
	"os"
	"strconv"
	"sync"

	"github.com/seed7e043c35/lastcall/bench/programs/parent"
	"github.com/seed7e043c35/lastcall/shutdown"
)

func main() { shutdown.Main(run) }

func run(ctx context.Context) error {
	n, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return err
	}
	switch os.Args[1] {
	case "actors":
		stuckActors(n)
	case "holds":
		stuckHolds(n)
	}
	parent.Ready("")
	<-ctx.Done()
	return nil
}

func stuckActors(n int) {
	var up sync.WaitGroup
	up.Add(n)
	for range n {
		shutdown.Default().Go("stuck", func(context.Context) error {
			up.Done()
			select {}
		})
	}
	up.Wait()
}

func stuckHolds(n int) {
	for range n {
		_, _ = shutdown.Default().Hold("stuck") // no stop has begun
	}
}
