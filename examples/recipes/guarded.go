package recipes

import (
	"context"
	"os"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/guard"
)

// workDirectory makes a directory that does not outlive the program. A finalizer
// removes it; after kill -9 the next start does, or at once a helper, if Open is
// given guard.Helper().
func workDirectory(ctx context.Context, journals, dir string) error {
	g, err := guard.Open(journals) // first settles what dead processes left there
	if err != nil {
		return err
	}
	shutdown.Finally(ctx, "guard", g.Close)
	if _, err := guard.Finally(ctx, "work directory", g, guard.RemoveAll(dir)); err != nil {
		return err
	}
	return os.Mkdir(dir, 0o700) // after it was registered: no moment is left out
}
