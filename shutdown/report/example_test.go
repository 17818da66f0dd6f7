package report_test

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/report"
)

// With this line in main, SHUTDOWN_REPORT=stop.html in the environment leaves
// behind a picture of the stop.
func ExampleFromEnv() {
	run := func(ctx context.Context) error {
		<-ctx.Done()
		return nil
	}
	main := func() {
		report.FromEnv(shutdown.Default())
		shutdown.Main(run)
	}
	_ = main
}

// A program that keeps its own manager has the report when Run has returned,
// and may write it wherever it likes.
func ExampleText() {
	database := shutdown.Component{Kind: shutdown.KindFinalizer, Name: "database", Site: "/src/app/main.go:12"}
	r := shutdown.Report{ // usually from Manager.Report
		State:  shutdown.Stopped,
		Cause:  errors.New("terminated signal received"),
		Took:   2 * time.Second,
		Grace:  9 * time.Second,
		Phases: []shutdown.Phase{{State: shutdown.Stopping, Took: time.Second / 2}, {State: shutdown.Finalizing, Began: time.Second / 2, Took: 3 * time.Second / 2}},
		Outcomes: []shutdown.Outcome{
			{Component: shutdown.Component{Kind: shutdown.KindActor, Name: "api", Site: "/src/app/main.go:20"}, Took: time.Second / 2},
			{Component: database, Began: time.Second / 2, Took: 3 * time.Second / 2, Err: &shutdown.FinalizerError{Component: database, Err: errors.New("disk full")}},
		},
		Totals: map[shutdown.Kind]shutdown.Total{shutdown.KindActor: {OK: 1}, shutdown.KindFinalizer: {Failed: 1}},
	}
	_ = report.Text(os.Stdout, r)
	// Output:
	// Stopped in 2s of 9s, because: terminated signal received
	// 1 failed; slowest: finalizer "database", 1.5s, app/main.go:12
	//
	// stopping             ████████························     500ms
	// finalizing           ········████████████████████████      1.5s
	//
	// actor      api       ████████························     500ms  app/main.go:20
	// finalizer  database  ········████████████████████████      1.5s  failed  app/main.go:12
	//            disk full
}
