package recipes

import (
	"context"
	"os"
	"testing"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Servers that the tests start are registered with the process: Exit ends
// them, and then the process, with the status of the tests.
func TestMain(m *testing.M) {
	shutdown.Exit(m.Run())
}

// start runs a program under a manager of its own. It ends with the test, or
// when stop is called, which returns Run's result.
func start(t *testing.T, run func(ctx context.Context) error) (m *shutdown.Manager, stop func() error) {
	t.Helper()
	silent := zerolog.Nop()
	m = &shutdown.Manager{Logger: &silent, Signals: []os.Signal{}}
	m.Go("run", run)
	result := make(chan error, 1)
	go func() { result <- m.Run(context.Background()) }() // ends when the manager has stopped
	stop = func() error {
		m.Stop(nil)
		err := <-result
		result <- err
		return err
	}
	t.Cleanup(func() { stop() })
	return m, stop
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// runAll runs a program until it returns by itself, and returns Run's result.
func runAll(t *testing.T, run func(ctx context.Context) error) error {
	t.Helper()
	m, stop := start(t, run)
	<-m.Done()
	return stop()
}
