package recipes

import (
	"context"
	"os"
	"os/exec"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// job runs a program that a stop lets finish. When the time for work is up it is
// asked to end, then killed, with all that it has started itself.
func job(ctx context.Context, name string, args ...string) error {
	done, err := shutdown.FromContext(ctx).Hold(name) // named, and waited for
	if err != nil {
		return err // the stop has begun
	}
	defer done()
	cmd := exec.Command(name, args...) // not CommandContext, which kills it when ctx ends
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return actors.Command(cmd)(shutdown.Work(ctx))
}
