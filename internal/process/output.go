package process

import (
	"os"
	"time"
)

// An Output is a duplicate of standard error that stays open whatever happens to
// the original.
type Output struct {
	File *os.File
}

// Write writes text, but waits for that no longer than patience.
func (o *Output) Write(text string, patience time.Duration) {
	if text == "" {
		return
	}
	written := make(chan struct{})
	go func() { // ends when the write does, or with the process
		defer close(written)
		_, _ = o.File.WriteString(text)
	}()
	select {
	case <-written:
	case <-time.After(patience):
	}
}
