//go:build linux || darwin || freebsd

package guard_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/guard"
)

// A directory that is gone when the program is, whatever ends it.
func ExampleFinally() {
	quiet := zerolog.Nop()
	m := &shutdown.Manager{Logger: &quiet}
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	work := filepath.Join(dir, "work")

	m.Go("run", func(ctx context.Context) error {
		g, err := guard.Open(filepath.Join(dir, "guard")) // settles what dead processes left there
		if err != nil {
			return err
		}
		shutdown.Finally(ctx, "guard", g.Close)

		// Before it is made: there is no moment in which a kill -9 leaves it.
		if _, err := guard.Finally(ctx, "work directory", g, guard.RemoveAll(work)); err != nil {
			return err
		}
		return os.Mkdir(work, 0o700)
	})
	err := m.Run(context.Background())
	_, gone := os.Stat(work)
	fmt.Println(err, os.IsNotExist(gone))
	// Output: <nil> true
}

// What shall stay is released.
func ExampleEntry_Release() {
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	g, err := guard.Open(filepath.Join(dir, "guard"))
	if err != nil {
		fmt.Println(err)
		return
	}
	upload := filepath.Join(dir, "upload")
	half, err := g.Remove(upload)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = os.WriteFile(upload, []byte("all of it"), 0o600)
	_ = half.Release() // it is whole
	fmt.Println(g.Close())
	_, err = os.Stat(upload)
	fmt.Println(err)
	// Output:
	// <nil>
	// <nil>
}
