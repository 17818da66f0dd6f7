package shutdown

import (
	"os"
	"time"
)

// An errorOutput is a duplicate of standard error that stays open whatever
// happens to the original.
type errorOutput struct {
	file *os.File
}

// write writes text, but waits for that no longer than patience.
func (o *errorOutput) write(text string, patience time.Duration) {
	written := make(chan struct{})
	go func() { // ends when the write does, or with the process
		defer close(written)
		_, _ = o.file.WriteString(text)
	}()
	await(written, time.Now().Add(patience), nil)
}
