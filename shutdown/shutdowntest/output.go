package shutdowntest

import (
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// An output is what a program prints, as it comes.
type output struct {
	t       testing.TB
	ours    []*os.File // what we read from
	theirs  []*os.File // the program's ends
	readers sync.WaitGroup

	mu      sync.Mutex
	lines   []*line       // guarded by mu
	open    [2]*line      // guarded by mu: what each stream has begun and not ended
	over    bool          // guarded by mu: nothing is to come any more
	changed chan struct{} // guarded by mu: closed, and replaced, when something has come
}

// A line is one that a program has printed.
type line struct {
	stream int // 0: standard output, 1: standard error
	text   string
	taken  bool // a test has waited for it
}

func newOutput(t testing.TB) *output { return &output{t: t, changed: make(chan struct{})} }

// connect reads from the streams that are nil.
func (o *output) connect(streams ...*io.Writer) {
	for i, stream := range streams {
		if *stream != nil {
			continue
		}
		r, w, err := os.Pipe()
		if err != nil {
			o.t.Fatal(err)
		}
		*stream = w
		o.read(i, r, w)
	}
}

// follow reads from one end of a terminal, of which the program has the other.
func (o *output) follow(ours, theirs *os.File) { o.read(0, ours, theirs) }

func (o *output) read(stream int, ours, theirs *os.File) {
	o.ours, o.theirs = append(o.ours, ours), append(o.theirs, theirs)
	o.readers.Go(func() { // ends when the program and all that it has started have, or with settle
		for buf := make([]byte, 32<<10); ; {
			n, err := ours.Read(buf)
			o.add(stream, string(buf[:n]))
			if err != nil {
				return // of a terminal that everybody has left that is EIO
			}
		}
	})
}

// add takes in what a stream has brought.
func (o *output) add(stream int, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for piece := range strings.Lines(text) {
		l := o.open[stream]
		if l == nil {
			l = &line{stream: stream}
			o.lines, o.open[stream] = append(o.lines, l), l
		}
		l.text += piece
		if strings.HasSuffix(piece, "\n") {
			l.text = strings.TrimRight(l.text, "\r\n")
			o.open[stream] = nil
		}
	}
	o.changedLocked()
}

func (o *output) changedLocked() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// started closes what is the program's, or everything if it was not started.
func (o *output) started(yes bool) {
	for _, f := range o.theirs {
		f.Close()
	}
	if !yes {
		o.settle()
	}
}

// settle waits until everything has been read that the program has printed.
// Who has outlived it may hold the streams open: then that is what is there.
func (o *output) settle() {
	read := make(chan struct{})
	go func() { o.readers.Wait(); close(read) }() // ends with the readers
	for _, f := range o.ours {
		_ = f.SetReadDeadline(time.Now().Add(slack)) // which not every system has for pipes
	}
	select {
	case <-read:
	case <-time.After(2 * slack):
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over = true
	o.changedLocked()
}

// take waits for a line that fits and that nobody has taken yet, and takes it.
// It returns false when there is none and nothing more is to come, or when
// giveUp is closed.
func (o *output) take(fits func(l *line, whole bool) bool, giveUp <-chan struct{}) (text string, ok bool) {
	for {
		l, over, changed := o.look(fits)
		if l != nil {
			return l.text, true
		}
		if over {
			return "", false
		}
		select {
		case <-changed:
		case <-giveUp:
			return "", false
		}
	}
}

// look takes a line that is there already, or tells how to wait for more.
func (o *output) look(fits func(l *line, whole bool) bool) (found *line, over bool, changed <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, l := range o.lines {
		if !l.taken && fits(l, o.over || l != o.open[l.stream]) {
			l.taken = true
			return &line{text: l.text}, false, nil
		}
	}
	return nil, o.over, o.changed
}

// texts returns what was printed: on each of the streams, and in all.
func (o *output) texts() (stdout, stderr, all string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var of [2]strings.Builder
	var both strings.Builder
	for _, l := range o.lines {
		text := l.text
		if l != o.open[l.stream] {
			text += "\n"
		}
		of[l.stream].WriteString(text)
		both.WriteString(text)
	}
	return of[0].String(), of[1].String(), both.String()
}
