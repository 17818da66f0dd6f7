package shutdown_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// The examples show what the program does; what its log says is for its own
// documentation.
var silence = zerolog.Nop()

// A program is one function. It opens things and says at once how to close
// them; then it does its work until its context is cancelled. If it fails half
// way, what it had opened by then is closed.
func ExampleMain() {
	run := func(ctx context.Context) error {
		listener, err := net.Listen("tcp", ":8080")
		if err != nil {
			return err
		}
		shutdown.Finally(ctx, "listener", listener.Close)
		<-ctx.Done() // serve
		return nil
	}
	shutdown.Main(run) // the only line of main
}

// The zero Manager is ready to use. It runs its actors until one of them
// returns, or there is another reason to stop, and then its finalizers.
func ExampleManager() {
	m := &shutdown.Manager{Logger: &silence}
	m.Register("database", func(context.Context) error {
		fmt.Println("database closed")
		return nil
	})
	m.Go("server", func(ctx context.Context) error {
		<-ctx.Done()
		fmt.Println("server stopped")
		return nil
	})
	m.Go("batch", func(context.Context) error {
		fmt.Println("batch done")
		return nil // with this, the program has done its work
	})
	fmt.Println("result:", m.Run(context.Background()))
	// Output:
	// batch done
	// server stopped
	// database closed
	// result: <nil>
}

// Settings are fields. Main reads those of the process's own manager, before
// the environment variables SHUTDOWN_GRACE and SHUTDOWN_DRAIN.
func ExampleDefault() {
	m := shutdown.Default()
	m.Grace = 25 * time.Second // Kubernetes kills after 30 s
	m.Drain = 5 * time.Second  // until no load balancer sends anything any more
	shutdown.Main(func(ctx context.Context) error {
		<-ctx.Done()
		return nil
	})
}

// A package that no context reaches registers with the process.
func ExampleRegister() {
	spans := make(chan string, 100)
	shutdown.Register("telemetry", func(ctx context.Context) error {
		close(spans) // and send them, until ctx ends
		return ctx.Err()
	})
}

// Finalizers run newest first: what was opened later may need what was opened
// before.
func ExampleManager_Register() {
	m := &shutdown.Manager{Logger: &silence}
	for _, name := range []string{"database", "cache", "listener"} {
		m.Register(name, func(context.Context) error {
			fmt.Println("closing", name)
			return nil
		})
	}
	m.Stop(nil)
	_ = m.Run(context.Background())
	// Output:
	// closing listener
	// closing cache
	// closing database
}

// Finally takes every shape of a cleanup as it is, and registers it with
// whatever the context belongs to: here, the manager.
func ExampleFinally() {
	m := &shutdown.Manager{Logger: &silence}
	m.Go("run", func(ctx context.Context) error {
		shutdown.Finally(ctx, "database", func() error { fmt.Println("database closed"); return nil })
		shutdown.Finally(ctx, "ticker", func() { fmt.Println("ticker stopped") })
		shutdown.Finally(ctx, "spans", func(context.Context) error { fmt.Println("spans sent"); return nil })
		return nil
	})
	_ = m.Run(context.Background())
	// Output:
	// spans sent
	// ticker stopped
	// database closed
}

// What was registered can be closed before its time; it is closed only once.
func ExampleFinalizer_Run() {
	m := &shutdown.Manager{Logger: &silence}
	ctx := m.Context()
	file := shutdown.Finally(ctx, "file", func() { fmt.Println("file closed") })
	fmt.Println("error:", file.Run(ctx))
	fmt.Println("still registered:", file.Unregister())

	m.Stop(nil)
	_ = m.Run(context.Background())
	// Output:
	// file closed
	// error: <nil>
	// still registered: false
}

// What is opened for one job is closed with it, and not at the end of the
// program, however the job ends.
func ExampleScope() {
	err := shutdown.Scope(context.Background(), "job 7", func(ctx context.Context) error {
		shutdown.Finally(ctx, "input", func() { fmt.Println("input closed") })
		shutdown.Finally(ctx, "output", func() { fmt.Println("output closed") })
		fmt.Println("working")
		return errors.New("disk full")
	})
	fmt.Println("result:", err)
	// Output:
	// working
	// output closed
	// input closed
	// result: disk full
}

// A constructor that fails half way closes what it has opened. One that
// succeeds leaves it to its caller's scope.
func ExampleConstruct() {
	openStore := func(ctx context.Context, damaged bool) error {
		return shutdown.Construct(ctx, "store", func(ctx context.Context) error {
			shutdown.Finally(ctx, "file", func() { fmt.Println("file closed") })
			if damaged {
				return errors.New("index damaged")
			}
			shutdown.Finally(ctx, "index", func() { fmt.Println("index closed") })
			return nil
		})
	}
	_ = shutdown.Scope(context.Background(), "program", func(ctx context.Context) error {
		fmt.Println("result:", openStore(ctx, true))
		fmt.Println("result:", openStore(ctx, false))
		fmt.Println("using the store")
		return nil
	})
	// Output:
	// file closed
	// result: index damaged
	// result: <nil>
	// using the store
	// index closed
	// file closed
}

// A stop waits for the work in flight before it closes what that work needs,
// and no more is taken on.
func ExampleManager_Hold() {
	m := &shutdown.Manager{Logger: &silence}
	m.Register("database", func(context.Context) error { fmt.Println("database closed"); return nil })
	m.Go("consumer", func(ctx context.Context) error {
		release, err := m.Hold("message 7")
		if err != nil {
			return nil // stopping: somebody else will get the message
		}
		go func() {
			defer release()
			<-ctx.Done() // the stop comes in the middle of it
			_, err := m.Hold("message 8")
			fmt.Println("message 8 refused:", errors.Is(err, shutdown.ErrStopping))
			fmt.Println("message 7 done")
		}()
		return nil
	})
	_ = m.Run(context.Background())
	// Output:
	// message 8 refused: true
	// message 7 done
	// database closed
}

// A background service outlives the actors, which need it to the end, and is
// stopped in its turn among the finalizers.
func ExampleManager_Keep() {
	m := &shutdown.Manager{Logger: &silence}
	lines := make(chan string)
	m.Register("file", func(context.Context) error { fmt.Println("file closed"); return nil })
	m.Keep("writer", func(ctx context.Context) error {
		for {
			select {
			case line := <-lines:
				fmt.Println("written:", line)
			case <-ctx.Done():
				fmt.Println("writer stopped")
				return nil
			}
		}
	})
	m.Go("worker", func(ctx context.Context) error {
		lines <- "at work"
		m.Stop(nil)
		<-ctx.Done()
		lines <- "good bye"
		return nil
	})
	_ = m.Run(context.Background())
	// Output:
	// written: at work
	// written: good bye
	// writer stopped
	// file closed
}

// Add takes an actor as oklog/run has them. The interrupt may wait: here for
// the requests in flight, until the time of work in flight is up.
func ExampleManager_Add() {
	m := &shutdown.Manager{Logger: &silence}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		m.Stop(nil) // in the middle of a request
		<-m.Context().Done()
		io.WriteString(w, "answered all the same")
	})}
	m.Add("api",
		func() error { return server.Serve(listener) },
		func(error) {
			if server.Shutdown(m.WorkContext()) != nil {
				_ = server.Close()
			}
		})
	m.Go("client", func(context.Context) error {
		response, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			return err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		fmt.Println(string(body))
		return err
	})
	fmt.Println("result:", m.Run(context.Background())) // "http: Server closed" is no failure
	// Output:
	// answered all the same
	// result: <nil>
}

// An actor watches its context. That it returns the context's error when it
// was told to stop is no failure.
func ExampleManager_Go() {
	m := &shutdown.Manager{Logger: &silence}
	jobs := make(chan int, 3)
	m.Go("worker", func(ctx context.Context) error {
		for {
			select {
			case job := <-jobs:
				fmt.Println("job", job)
				if job == 3 {
					m.Signal(syscall.SIGTERM) // as if the operating system had sent it
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	jobs <- 1
	jobs <- 2
	jobs <- 3
	fmt.Println("result:", m.Run(context.Background()))
	fmt.Println("because:", context.Cause(m.Context()))
	// Output:
	// job 1
	// job 2
	// job 3
	// result: <nil>
	// because: terminated signal received
}

// The context of an actor says when to take no more. What it has taken gets a
// context that lives on.
func ExampleWork() {
	m := &shutdown.Manager{Logger: &silence}
	m.Go("api", func(ctx context.Context) error {
		query := shutdown.Work(ctx) // what a request's query gets
		m.Stop(nil)
		<-ctx.Done()
		fmt.Println("new requests:", ctx.Err())
		fmt.Println("the query:", query.Err())
		return nil
	})
	_ = m.Run(context.Background())
	// Output:
	// new requests: context canceled
	// the query: <nil>
}

// After SIGTERM a program with a Drain goes on serving, but is not ready any
// more. What need not wait for load balancers leaves at once: here the consumer
// of a queue.
func ExampleManager_Draining() {
	m := &shutdown.Manager{Drain: time.Second, Logger: &silence}
	left := make(chan struct{})
	m.Go("consumer", func(context.Context) error {
		<-m.Draining()
		fmt.Println("consumer leaves; ready:", m.Ready())
		close(left)
		return nil
	})
	m.Go("server", func(ctx context.Context) error {
		m.Signal(syscall.SIGTERM)
		<-left
		fmt.Println("still serving")
		m.Stop(nil) // somebody knows that no more will come: the drain is over
		<-ctx.Done()
		fmt.Println("server stopped")
		return nil
	})
	_ = m.Run(context.Background())
	// Output:
	// consumer leaves; ready: false
	// still serving
	// server stopped
}

// A finalizer that may hang gets less time than the grace would leave it.
func ExampleWithin() {
	m := &shutdown.Manager{Logger: &silence}
	m.Register("database", func(context.Context) error { fmt.Println("database closed"); return nil })
	m.Register("remote cache", func(ctx context.Context) error {
		<-ctx.Done() // nobody answers
		return ctx.Err()
	}, shutdown.Within(time.Millisecond))
	m.Stop(nil)
	fmt.Println(m.Run(context.Background()))
	// Output:
	// database closed
	// shutdown: finalizer "remote cache": context deadline exceeded
}

// An observer hears every event, in order, and delays nobody.
func ExampleManager_Observe() {
	m := &shutdown.Manager{Logger: &silence}
	m.Observe(func(e shutdown.Event) {
		switch e.Type {
		case shutdown.EventState:
			fmt.Println(e.State)
		case shutdown.EventFinished:
			fmt.Println("-", e.Component.Kind, e.Component.Name)
		}
	})
	m.Register("database", func(context.Context) error { return nil })
	m.Go("server", func(ctx context.Context) error { <-ctx.Done(); return nil })
	m.Stop(nil)
	_ = m.Run(context.Background())
	// Output:
	// running
	// stopping
	// - actor server
	// finalizing
	// - finalizer database
	// stopped
}

// A report says what happened, also while it happens.
func ExampleReport() {
	m := &shutdown.Manager{Logger: &silence}
	m.Register("database", func(context.Context) error { return nil })
	m.Register("file", func(context.Context) error { return errors.New("disk full") })
	m.Stop(nil)
	_ = m.Run(context.Background())

	r := m.Report()
	fmt.Println(r.State, "because:", r.Cause)
	fmt.Println("within the grace:", r.Took <= r.Grace)
	total := r.Totals[shutdown.KindFinalizer]
	fmt.Println(total.OK, "ended well,", total.Failed, "failed")
	for _, o := range r.Failures() {
		fmt.Println(o.Kind, o.Name, "-", o.Err)
	}
	// Output:
	// stopped because: shutdown: stop requested
	// within the grace: true
	// 1 ended well, 1 failed
	// finalizer file - shutdown: finalizer "file": disk full
}

// What Main would exit with, for programs that run their own manager. That of
// the worst thing that happened counts.
func ExampleExitCode() {
	wrong := errors.New("no such table")
	for _, err := range []error{
		nil,
		wrong,
		&shutdown.ExitError{Code: 3},
		errors.Join(wrong, &shutdown.StuckError{}),
		errors.Join(wrong, &shutdown.StuckError{}, &shutdown.PanicError{}),
	} {
		fmt.Println(shutdown.ExitCode(err))
	}
	// Output:
	// 0
	// 1
	// 3
	// 124
	// 2
}

// A command that has its result ends the process with the stop before it, from
// wherever it is.
func ExampleExit() {
	shutdown.Main(func(ctx context.Context) error {
		defer fmt.Println("deferred calls run")
		shutdown.Finally(ctx, "file", func() { fmt.Println("and finalizers") })
		shutdown.Exit(3)
		return nil // never reached
	})
}

// A panic in an actor or a finalizer begins the stop and is a part of its
// result. The others end as they should.
func ExamplePanicError() {
	m := &shutdown.Manager{Logger: &silence}
	m.Register("database", func(context.Context) error { fmt.Println("database closed"); return nil })
	m.Go("parser", func(context.Context) error { panic("unexpected end of input") })

	var crash *shutdown.PanicError
	if errors.As(m.Run(context.Background()), &crash) {
		fmt.Println(crash.Kind, crash.Name, "-", crash.Value)
		fmt.Println("with its stack:", len(crash.Stack) > 0)
	}
	// Output:
	// database closed
	// actor parser - unexpected end of input
	// with its stack: true
}

// What does not end is left behind, and named. The others are not kept from
// running by it.
func ExampleStuckError() {
	m := &shutdown.Manager{Grace: time.Second / 4, Logger: &silence}
	answer := make(chan struct{})
	m.Register("database", func(context.Context) error { fmt.Println("database closed"); return nil })
	m.Register("lock server", func(context.Context) error { <-answer; return nil }, shutdown.Within(time.Millisecond))
	m.Stop(nil)

	var stuck *shutdown.StuckError
	if errors.As(m.Run(context.Background()), &stuck) {
		fmt.Println(stuck.Kind, stuck.Name, "is still running")
		fmt.Println("with its stack:", stuck.Stack != "")
	}
	close(answer)
	// Output:
	// database closed
	// finalizer lock server is still running
	// with its stack: true
}
