package progress_test

import (
	"context"
	"log"
	"os"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/progress"
)

// A program for people says who it is waiting for once they have pressed
// Ctrl-C. Started by a supervisor, it logs as it always does.
func ExampleTerminal() {
	run := func(ctx context.Context) error {
		<-ctx.Done()
		return nil
	}
	main := func() {
		display := progress.Terminal(os.Stderr)
		display.Watch(shutdown.Default())
		log.SetOutput(display) // its lines go above the display's
		shutdown.Main(run)
	}
	_ = main
}
