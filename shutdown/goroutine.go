package shutdown

import (
	"bytes"
	"runtime"
	"strconv"
)

// yieldIfLate lets others go first if ctx, of something that is being started,
// has ended. Something that starts another of its kind and returns, for ever,
// would otherwise keep the only processor from the stop: a goroutine that is
// started by one that ends comes before all that are waiting for their turn.
func yieldIfLate(ctx interface{ Err() error }) {
	if ctx.Err() != nil {
		runtime.Gosched()
	}
}

// goroutineID returns the number of the calling goroutine, as stack traces
// show it. It serves only to tell a call from inside from one from outside.
func goroutineID() uint64 {
	var buf [64]byte
	text := bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	number, _, _ := bytes.Cut(text, []byte(" "))
	id, _ := strconv.ParseUint(string(number), 10, 64)
	return id
}
