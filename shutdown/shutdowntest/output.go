package shutdowntest

import (
	"io"
	"os"
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
	printed lines         // guarded by mu
	over    bool          // guarded by mu: nothing is to come any more
	changed chan struct{} // guarded by mu: closed, and replaced, when something has come
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
			o.add(stream, buf[:n])
			if err != nil {
				return // of a terminal that everybody has left that is EIO
			}
		}
	})
}

// add takes in what a stream has brought.
func (o *output) add(stream int, text []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.printed.add(stream, text)
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
		o.close()
		return
	}
	go func() { o.readers.Wait(); o.end() }() // ends with the readers
}

// settle waits until everything has been read that the program has printed.
// Who has outlived it may hold the streams open: then that is what is there.
// They are not closed: that might kill him before he is counted.
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
	o.end()
}

// end says that nothing is to come any more.
func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over = true
	o.printed.end()
	o.changedLocked()
}

func (o *output) close() {
	for _, f := range o.ours {
		f.Close()
	}
}

// take waits for a line that fits and that nobody has taken yet, and takes it.
// It returns false when there is none and nothing more is to come, or when
// giveUp is closed.
func (o *output) take(fits func(*line) bool, giveUp <-chan struct{}) (text string, ok bool) {
	for s := (search{fits: fits}); ; {
		found, over, changed := o.look(&s)
		if found != nil {
			return string(found), true
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
func (o *output) look(s *search) (found []byte, over bool, changed <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if l := s.next(&o.printed); l != nil {
		l.taken = true
		return append([]byte{}, l.text...), false, nil
	}
	return nil, o.over, o.changed
}

// isOver reports whether nothing is to come any more.
func (o *output) isOver() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.over
}

// texts returns what was printed: on each of the streams, and in all.
func (o *output) texts() (stdout, stderr, all string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.printed.texts()
}
