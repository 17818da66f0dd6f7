// Terminal asks for a password, and leaves the terminal as it was, however it
// ends: by an answer, by Ctrl-C, or by the second one.
package main

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/term"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func main() { shutdown.Main(run) }

func run(ctx context.Context) error {
	password, err := ask(ctx, "Password: ")
	if err != nil {
		return err
	}
	fmt.Printf("logged in with %d characters\n", len(password))
	return nil
}

// ask asks for something that is not to be shown, on standard input. It returns
// the cause of ctx when that ends first.
//
// The terminal is restored by a finalizer, and not here: ReadPassword may only
// be about to turn the echo off when ctx ends, and a stop that is forced starts
// every finalizer.
func ask(ctx context.Context, prompt string) (string, error) {
	fd := int(os.Stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	restore := shutdown.Finally(ctx, "terminal", func() error { return term.Restore(fd, before) })
	fmt.Print(prompt)

	type answer struct {
		password []byte
		err      error
	}
	answered := make(chan answer, 1) // buffered: one that comes too late ends as well
	go func() {                      // ends with the answer, or with the process
		password, err := term.ReadPassword(fd)
		answered <- answer{password, err}
	}()
	select {
	case a := <-answered:
		restore.Unregister() // ReadPassword has done it
		fmt.Println()
		return string(a.password), a.err
	case <-ctx.Done():
		fmt.Println()
		return "", context.Cause(ctx)
	}
}
