//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const outputKept = 256 << 10 // bytes; of what comes after, nothing is kept

// output is what a program writes to standard output and error: a named pipe,
// so that it can be closed, or filled, while the program runs.
type output struct {
	path    string   // of the pipe; "" if it is a terminal
	reader  *os.File // our end
	done    chan struct{}
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed at the next write
}

// newPipe makes the pipe and returns the end that the program gets.
func newPipe(dir string) (*output, *os.File, error) {
	path := filepath.Join(dir, "output")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return nil, nil, err
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	writer, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		reader.Close()
		return nil, nil, err
	}
	return newOutput(reader, path), writer, nil
}

func newOutput(reader *os.File, path string) *output {
	o := &output{path: path, reader: reader, done: make(chan struct{}), changed: make(chan struct{})}
	return o
}

// read keeps what the program writes, until nobody can write any more, or
// pause or close is called.
func (o *output) read() {
	defer close(o.done)
	buf := make([]byte, 4096)
	for {
		n, err := o.reader.Read(buf)
		o.mu.Lock()
		if o.text.Len() < outputKept {
			o.text.Write(buf[:n])
		}
		close(o.changed)
		o.changed = make(chan struct{})
		o.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// said returns all that was written after the first from bytes.
func (o *output) said(from int) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.text.Bytes()[min(from, o.text.Len()):])
}

func (o *output) size() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Len()
}

// wait returns a channel that is closed when something more was written.
func (o *output) wait() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.changed
}

// close lets the program find out that nobody reads any more.
func (o *output) close() { o.reader.Close() }

// fill makes every further write of the program wait for ever: nobody reads,
// and the pipe is full.
func (o *output) fill() error {
	if err := o.reader.SetReadDeadline(time.Now()); err != nil {
		return err
	}
	<-o.done
	fd, err := syscall.Open(o.path, syscall.O_WRONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	for _, size := range []int{4096, 1} {
		for err = nil; err == nil; {
			_, err = syscall.Write(fd, bytes.Repeat([]byte{'.'}, size))
		}
		if err != syscall.EAGAIN {
			return err
		}
	}
	return nil
}

// tail is the end of what was written, for a program that did not come up.
func (o *output) tail() string {
	text := strings.TrimSpace(o.said(0))
	if text == "" {
		return "it said nothing"
	}
	lines := strings.Split(text, "\n")
	return "its last words: " + quote(lines[len(lines)-1], 160)
}
