package actors_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

var errOver = errors.New("over")

// cancelled returns a context that ends after d, with errOver.
func cancelled(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(d, func() { cancel(errOver) })
	return ctx
}

func TestInput_endsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		began := time.Now()
		in := bufio.NewScanner(actors.Input(cancelled(t, time.Second), r))
		if in.Scan() || !errors.Is(in.Err(), errOver) || time.Since(began) != time.Second {
			t.Errorf("Scan ended after %v with %v, want after 1s with %v", time.Since(began), in.Err(), errOver)
		}
		_ = w.Close()
	})
}

func TestInput_givesALineThatCameTooLateToTheNextReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		first := bufio.NewReader(actors.Input(cancelled(t, time.Second), r))
		if line, err := first.ReadString('\n'); line != "" || err != errOver {
			t.Fatalf("the first reader got %q, %v; want nothing, %v", line, err, errOver)
		}
		go func() { _, _ = io.WriteString(w, "late\nlater\n"); _ = w.Close() }()
		synctest.Wait()
		all, err := io.ReadAll(actors.Input(t.Context(), r))
		if string(all) != "late\nlater\n" || err != nil {
			t.Errorf("the next reader got %q, %v; want both lines", all, err)
		}
	})
}

func TestInput_whatComesAtTheVeryEndIsForTheNextReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		ctx := cancelled(t, time.Second)
		time.AfterFunc(time.Second, func() { _, _ = io.WriteString(w, "x") })
		var taken [1]byte
		n, err := actors.Input(ctx, r).Read(taken[:])
		if n == 0 {
			n, err = actors.Input(t.Context(), r).Read(taken[:])
		}
		if n != 1 || err != nil || taken[0] != 'x' {
			t.Errorf("the two readers together got %q, %v; want x", taken[:n], err)
		}
		_ = w.Close()
	})
}

func TestInput_afterItsContextTakesNothing(t *testing.T) {
	r := strings.NewReader("x")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errOver)
	if n, err := actors.Input(ctx, r).Read(make([]byte, 1)); n != 0 || err != errOver || r.Len() != 1 {
		t.Errorf("Read = %d, %v, with %d bytes left; want 0, %v, and 1", n, err, r.Len(), errOver)
	}
}

func TestInput_losesNothing(t *testing.T) {
	text := strings.Repeat("0123456789", 10_000)
	for name, r := range map[string]io.Reader{
		"whole":          strings.NewReader(text),
		"byte by byte":   iotest.OneByteReader(strings.NewReader(text)),
		"end with data":  iotest.DataErrReader(strings.NewReader(text)),
		"not comparable": uncomparable{r: []io.Reader{strings.NewReader(text)}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := io.ReadAll(iotest.HalfReader(actors.Input(t.Context(), r)))
			if string(got) != text || err != nil {
				t.Errorf("read %d bytes, %v; want the %d that there were", len(got), err, len(text))
			}
		})
	}
}

// An uncomparable reader cannot be looked up.
type uncomparable struct{ r []io.Reader }

func (u uncomparable) Read(p []byte) (int, error) { return u.r[0].Read(p) }

func TestInput_takesNoMoreThanItIsAskedFor(t *testing.T) {
	r := strings.NewReader("ab")
	if n, err := actors.Input(t.Context(), r).Read(make([]byte, 1)); n != 1 || err != nil || r.Len() != 1 {
		t.Errorf("Read = %d, %v, with %d bytes left; want 1, nil and 1", n, err, r.Len())
	}
}

func TestInput_passesAnErrorOnAfterTheData(t *testing.T) {
	r := io.MultiReader(strings.NewReader("data"), iotest.ErrReader(errOver))
	got, err := io.ReadAll(actors.Input(t.Context(), r))
	if string(got) != "data" || err != errOver {
		t.Errorf("read %q, %v; want data, %v", got, err, errOver)
	}
}

// Nobody else would survive it: the goroutine is Input's.
func TestInput_returnsAPanicOfItsReaderWithItsStack(t *testing.T) {
	_, err := io.ReadAll(actors.Input(t.Context(), &bursting{}))
	var p *shutdown.PanicError
	if !errors.As(err, &p) || p.Value != "burst" || !strings.Contains(string(p.Stack), "input_test.go") {
		t.Errorf("ReadAll() = %v, want a panic with its stack", err)
	}
}

type bursting struct{}

func (*bursting) Read([]byte) (int, error) { panic("burst") }
