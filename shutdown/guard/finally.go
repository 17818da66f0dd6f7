package guard

import (
	"context"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Finally registers c twice: with g, as data for a reader after a sudden death,
// and as a finalizer of the innermost open scope of ctx, or of the program, as
// [shutdown.Finally] describes, which carries it out in its turn and releases it.
//
// Call it before what c removes is made. If the journal cannot be written,
// nothing is registered. The entry's Release takes back both, and its Settle does
// what is to be done earlier.
func Finally(ctx context.Context, name string, g *Guard, c Cleanup, opts ...shutdown.FinalizerOption) (*Entry, error) {
	e, err := g.Register(c)
	if err != nil {
		return nil, err
	}
	e.mu.Lock() // the stop may come to it before the next line is over
	defer e.mu.Unlock()
	e.finalizer = shutdown.Finally(ctx, name, e.Settle, opts...)
	return e, nil
}
