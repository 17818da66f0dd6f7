package actors_test

import (
	"context"
	"fmt"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A queue hands out jobs until it is closed or empty; a job that was neither
// acknowledged nor handed back is lost to everybody until a timeout.
type queue struct{ jobs chan string }

func (q *queue) fetch(ctx context.Context) (job string, err error) {
	select {
	case job := <-q.jobs:
		return job, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (q *queue) acknowledge(job string) { fmt.Println("done:", job) }
func (q *queue) handBack(job string)    { fmt.Println("handed back:", job) }

// consume is an actor. It fetches until the first cause of a stop, finishes what
// it has in hand while the work's time lasts, and hands back what it could not
// finish.
func consume(q *queue, work func(ctx context.Context, job string) error) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		m := shutdown.FromContext(ctx)
		fetching, stopFetching := context.WithCancel(ctx)
		defer stopFetching()
		go func() { // ends with the stop, or with the actor
			select {
			case <-m.Draining(): // not Context: another replica can take the next job already
				stopFetching()
			case <-fetching.Done():
			}
		}()
		for m.Ready() {
			job, err := q.fetch(fetching)
			switch {
			case fetching.Err() != nil && err != nil:
				return nil
			case err != nil:
				return err // the queue's own: begins the stop
			}
			if work(shutdown.Work(ctx), job) != nil {
				q.handBack(job) // its time was up, or it failed: somebody else may try
				continue
			}
			q.acknowledge(job)
		}
		return nil // while the others drain, too: it has merely finished
	}
}

// A consumer of a queue stops fetching at Draining, finishes what it has in
// hand, and hands back what it cannot finish: WorkContext has the last word. A
// consumer that works on several jobs at once does the same in each of its
// goroutines, or marks each job with a Hold.
func Example_queueConsumer() {
	m := newManager(0, 0)
	q := &queue{make(chan string, 3)}
	q.jobs <- "first"
	q.jobs <- "second"

	m.Go("consumer", consume(q, func(ctx context.Context, job string) error {
		if job == "second" {
			m.Stop(nil) // as if a signal had come right now
			<-m.Context().Done()
			q.jobs <- "third" // is not for us any more
		}
		return ctx.Err() // nil: the work's time is not up
	}))
	fmt.Println("stopped:", m.Run(context.Background()))
	fmt.Println("left for others:", <-q.jobs)
	// Output:
	// done: first
	// done: second
	// stopped: <nil>
	// left for others: third
}

// What cannot be finished in time is handed back at the end of WorkContext.
func Example_queueConsumerOutOfTime() {
	m := newManager(100*time.Millisecond, 0) // 80 ms for work in flight: too short to be kind
	q := &queue{make(chan string, 1)}
	q.jobs <- "endless"
	m.Go("consumer", consume(q, func(ctx context.Context, _ string) error {
		m.Stop(nil) // as if a signal had come right now
		<-ctx.Done()
		return ctx.Err()
	}))
	fmt.Println("stopped:", m.Run(context.Background()))
	// Output:
	// handed back: endless
	// stopped: <nil>
}
