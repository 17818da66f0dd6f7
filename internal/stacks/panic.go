package stacks

import (
	"bytes"
	"runtime/debug"
)

// OfPanic returns the stack of the calling goroutine as Go would print it
// for the panic that is being recovered: without the frames that do that.
func OfPanic() []byte {
	stack := debug.Stack()
	header, frames, _ := bytes.Cut(stack, []byte("\n"))
	for rest := frames; len(rest) > 0; {
		function, after, _ := bytes.Cut(rest, []byte("\n"))
		_, after, _ = bytes.Cut(after, []byte("\n")) // its file and line
		if bytes.HasPrefix(function, []byte("panic(")) {
			frames = after
			break
		}
		rest = after
	}
	return append(append(header[:len(header):len(header)], '\n'), frames...)
}
