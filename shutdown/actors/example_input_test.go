package actors_test

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// A loop over the lines of standard input that one Ctrl-C ends.
func ExampleInput() {
	stdin := strings.NewReader("hello\nworld\n") // os.Stdin

	run := func(ctx context.Context) error {
		in := bufio.NewScanner(actors.Input(ctx, stdin))
		for in.Scan() {
			fmt.Println(in.Text())
		}
		return in.Err()
	}

	_ = run(context.Background())
	// Output:
	// hello
	// world
}

// What cannot be interrupted at all, such as waiting for a lock on a file, is
// left behind: a goroutine, and a select.
func ExampleInput_uninterruptible() {
	open := func() (*strings.Reader, error) { select {} } // bolt.Open of a locked file

	run := func(ctx context.Context) error {
		opened := make(chan error, 1) // buffered: one that comes too late ends as well
		go func() { _, err := open(); opened <- err }()
		select {
		case err := <-opened:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}

	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	fmt.Println(run(ctx))
	// Output: context deadline exceeded
}
