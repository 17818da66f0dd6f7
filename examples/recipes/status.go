package recipes

import (
	"context"
	"log/slog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// app returns a status and ends no process, so that a test can call it. Main is
// os.Exit(app(context.Background(), slog.Default(), run)).
func app(ctx context.Context, log *slog.Logger, run func(ctx context.Context) error) (status int) {
	m := &shutdown.Manager{Slog: log}
	m.Go("run", run)
	return shutdown.ExitCode(m.Run(ctx)) // what failed has been logged
}
