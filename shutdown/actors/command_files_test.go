//go:build unix

package actors_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// A slowWriter takes its time once: until it is released.
type slowWriter struct {
	bytes.Buffer
	written  chan struct{} // closed by the first Write
	released chan struct{}
}

func (w *slowWriter) Write(p []byte) (int, error) {
	if w.Len() == 0 {
		close(w.written)
		<-w.released
	}
	return w.Buffer.Write(p)
}

func newSlowWriter() *slowWriter {
	return &slowWriter{written: make(chan struct{}), released: make(chan struct{})}
}

// fills makes a shell fill a pipe, 60,000 bytes, and end.
const fills = `printf '%060000d' 0`

func TestCommand_waitsForAWriterHoweverSlowItIs(t *testing.T) {
	t.Parallel()
	slow := newSlowWriter()
	cmd := exec.Command("sh", "-c", fills)
	cmd.Stdout, cmd.WaitDelay = slow, 50*time.Millisecond // less than passes below
	result := make(chan error, 1)
	go func() { result <- actors.Command(cmd)(t.Context()) }()
	select {
	case <-slow.written:
	case err := <-result:
		t.Fatalf("the actor returned %v before anything was written", err)
	}
	select {
	case err := <-result:
		t.Errorf("the actor returned %v before the output was written", err)
	case <-time.After(100 * time.Millisecond): // what is tested is that this time passes
	}
	close(slow.released)
	if err := <-result; err != nil || slow.Len() != 60_000 {
		t.Errorf("the actor returned %v with %d bytes written, want nil and 60000", err, slow.Len())
	}
}

func TestCommand_outputThatTimeCutsShortIsAnError(t *testing.T) {
	t.Parallel()
	m := newManager(time.Second, 0) // 800 ms for the writer
	slow := newSlowWriter()
	defer close(slow.released)
	cmd := exec.Command("sh", "-c", fills)
	cmd.Stdout = slow
	returned := actor(m, actors.Command(cmd))
	result := start(m)
	<-slow.written
	m.Stop(nil)
	if err := <-returned; err == nil || !strings.Contains(err.Error(), "not all of the child's output") {
		t.Errorf("the actor returned %v, want that output was lost", err)
	}
	<-result
}

// A foreign is a reader and writer that does something else.
type foreign func()

func (f foreign) Write(p []byte) (int, error) { f(); return len(p), nil }
func (f foreign) Read(p []byte) (int, error)  { f(); return 0, io.EOF }

func bursts() { panic("burst") }

func TestCommand_aPanicOfItsFilesIsOneOfTheActor(t *testing.T) {
	for name, connect := range map[string]func(cmd *exec.Cmd){
		"writer": func(cmd *exec.Cmd) { cmd.Stdout = foreign(bursts) },
		"reader": func(cmd *exec.Cmd) { cmd.Stdin = foreign(bursts) },
		"writer, and the reader fails": func(cmd *exec.Cmd) {
			cmd.Stdin, cmd.Stdout = iotest.ErrReader(errors.New("no such thing")), foreign(bursts)
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newManager(time.Minute, 0)
			cmd := exec.Command("sh", "-c", "cat; echo hello; exit 3")
			connect(cmd)
			m.Go("child", actors.Command(cmd))
			err := m.Run(t.Context())
			var p *shutdown.PanicError
			if !errors.As(err, &p) || p.Value != "burst" || !strings.Contains(string(p.Stack), "command_files_test.go") {
				t.Fatalf("Run() = %v, want a panic with its stack", err)
			}
			if got := m.Report().Status.Code; got != 2 {
				t.Errorf("the status is %d, want 2", got)
			}
		})
	}
}

func TestCommand_aGoexitOfItsFilesIsAnError(t *testing.T) {
	cmd := exec.Command("cat")
	cmd.Stdin = foreign(runtime.Goexit)
	if err := actors.Command(cmd)(t.Context()); err == nil || !strings.Contains(err.Error(), "Goexit") {
		t.Errorf("the actor returned %v, want that its reader left by Goexit", err)
	}
}

func TestCommand_aWriterThatFailsIsNotHiddenByWhatBecomesOfTheChild(t *testing.T) {
	want := errors.New("no space left")
	cmd := exec.Command("sh", "-c", "while echo hello; do :; done 2>/dev/null; exit 3")
	r, w := io.Pipe()
	_ = r.CloseWithError(want)
	cmd.Stdout = w
	var exit *exec.ExitError
	if err := actors.Command(cmd)(t.Context()); !errors.Is(err, want) || !errors.As(err, &exit) {
		t.Errorf("the actor returned %v, want %v and how the child ended", err, want)
	}
}

func TestCommand_aWriterThatFailsIsTheActorsError(t *testing.T) {
	t.Parallel()
	want := errors.New("no space left")
	cmd := exec.Command("sh", "-c", "echo hello")
	r, w := io.Pipe()
	_ = r.CloseWithError(want)
	cmd.Stdout = w
	if err := actors.Command(cmd)(t.Context()); !errors.Is(err, want) {
		t.Errorf("the actor returned %v, want %v", err, want)
	}
}

func TestCommand_outputAndErrorToOneWriterKeepTheirOrder(t *testing.T) {
	t.Parallel()
	var both bytes.Buffer
	cmd := exec.Command("sh", "-c", "echo 1; echo 2 >&2; echo 3; echo 4 >&2")
	cmd.Stdout, cmd.Stderr = &both, &both
	if err := actors.Command(cmd)(t.Context()); err != nil || both.String() != "1\n2\n3\n4\n" {
		t.Errorf("the actor returned %v, the child wrote %q; want nil and four lines in order", err, both.String())
	}
	if cmd.Stdout != &both || cmd.Stderr != &both {
		t.Error("the command's writers are not those that it was given")
	}
}

func TestCommand_aWriterForErrorsAlone(t *testing.T) {
	t.Parallel()
	var errs bytes.Buffer
	cmd := exec.Command("sh", "-c", "echo 1; echo 2 >&2")
	cmd.Stderr = &errs
	if err := actors.Command(cmd)(t.Context()); err != nil || errs.String() != "2\n" {
		t.Errorf("the actor returned %v, the child wrote %q; want nil and 2", err, errs.String())
	}
}

func TestCommand_refusesStdoutPipeAndStderrPipe(t *testing.T) {
	t.Parallel()
	for name, pipe := range map[string]func(*exec.Cmd) (io.ReadCloser, error){
		"StdoutPipe": (*exec.Cmd).StdoutPipe, "StderrPipe": (*exec.Cmd).StderrPipe,
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("sh", "-c", "echo hello")
			out, err := pipe(cmd)
			if err != nil {
				t.Fatal(err)
			}
			err = actors.Command(cmd)(t.Context())
			if err == nil || !strings.Contains(err.Error(), "set Stdout and Stderr to writers") || cmd.Process != nil {
				t.Errorf("the actor returned %v, the process is %v; want an error that says what to use, and none", err, cmd.Process)
			}
			if text, _ := io.ReadAll(out); len(text) > 0 { // that it ends is the point
				t.Errorf("the reader got %q", text)
			}
		})
	}
}

func TestCommand_stdinPipeMayBeUsed(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	cmd := exec.Command("cat")
	cmd.Stdout = &out
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() { // ends with the child at the latest
		_, _ = io.WriteString(in, "hello")
		_ = in.Close()
	}()
	if err := actors.Command(cmd)(t.Context()); err != nil || out.String() != "hello" {
		t.Errorf("the actor returned %v, the child wrote %q; want nil and hello", err, out.String())
	}
}

func TestCommand_readsAStdinThatIsNoFileToItsEnd(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	cmd := exec.Command("cat")
	cmd.Stdin, cmd.Stdout = strings.NewReader(strings.Repeat("x", 1_000_000)), &out
	if err := actors.Command(cmd)(t.Context()); err != nil || out.Len() != 1_000_000 {
		t.Errorf("the actor returned %v, the child wrote %d bytes; want nil and a million", err, out.Len())
	}
}

func TestCommand_aStdinWithoutAnEndDelaysNobody(t *testing.T) {
	t.Parallel()
	endless, _ := io.Pipe()
	cmd := exec.Command("true")
	cmd.Stdin = endless
	if err := actors.Command(cmd)(t.Context()); err != nil { // that it returns at all is the point
		t.Errorf("the actor returned %v, want nil", err)
	}
}

// Its end by the stop is none of the child's doing, and no failure.
func TestCommand_aStdinMadeByInputEndsWithTheStop(t *testing.T) {
	for name, of := range map[string]func(ctx context.Context) context.Context{
		"an actor": func(ctx context.Context) context.Context { return ctx },
		"a job":    shutdown.Work,
	} {
		t.Run(name, func(t *testing.T) {
			m := newManager(time.Minute, 0)
			cmd := exec.Command("cat") // ends when its input does
			stdin, w := io.Pipe()
			defer w.Close()
			returned := actor(m, func(ctx context.Context) error {
				cmd.Stdin = actors.Input(ctx, stdin)
				return actors.Command(cmd)(of(ctx))
			})
			result := start(m)
			_, _ = io.WriteString(w, "hello\n") // returns when the child's input is read
			m.Stop(nil)
			if err := <-returned; err != nil {
				t.Errorf("the actor returned %v, want nil", err)
			}
			<-result
		})
	}
}

func TestCommand_aStdinThatFailsIsTheActorsError(t *testing.T) {
	t.Parallel()
	want := errors.New("unreadable")
	cmd := exec.Command("cat")
	cmd.Stdin = iotest.ErrReader(want)
	if err := actors.Command(cmd)(t.Context()); !errors.Is(err, want) {
		t.Errorf("the actor returned %v, want %v", err, want)
	}
}

func TestCommand_thatCannotBeStartedClosesItsPipes(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("/nonexistent")
	cmd.Stdin, cmd.Stdout = strings.NewReader("hello"), new(bytes.Buffer)
	if err := actors.Command(cmd)(t.Context()); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("the actor returned %v, want what was wrong and nothing else", err)
	}
}
