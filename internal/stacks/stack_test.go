package stacks

import (
	"strings"
	"testing"
)

func TestStack_beginsWithTheFrameToLookAt(t *testing.T) {
	std := standardSource
	block := strings.Join([]string{
		"1 @ 0x1 0x2",
		`# labels: {"lastcall":"7", "shutdown":"actor api"}`,
		"#\t0x1\tinternal/poll.(*FD).Read+0x1\t\t" + std + "internal/poll/fd_unix.go:165",
		"#\t0x2\tnet.(*conn).Read+0x2\t\t\t" + std + "net/net.go:196",
		"#\t0x3\tmain.flush+0x3\t\t\t\t/src/app/writer.go:27",
		"#\t0x4\tnet/http.HandlerFunc.ServeHTTP+0x4\t" + std + "net/http/server.go:2294",
		"#\t0x5\tnet/http.serverHandler.ServeHTTP+0x5\t" + std + "net/http/server.go:3301",
		"#\t0x6\texample.com/app/api.(*Server).run+0x6\t/src/app/api/server.go:61",
		"#\t0x7\tgithub.com/seed7e043c35/lastcall/shutdown.protect+0x7\t/src/shutdown/panic.go:52",
	}, "\n")
	want := "main.flush(...) in net.(*conn).Read\n\t/src/app/writer.go:27\n" +
		"\t… 2 of net/http\nexample.com/app/api.(*Server).run(...)\n\t/src/app/api/server.go:61\n"
	if got := stackOf([]byte(block)); got != want {
		t.Errorf("stackOf() =\n%s\nwant\n%s", got, want)
	}
	if got := labelOf([]byte(block)); got != 7 {
		t.Errorf("labelOf() = %d, want 7", got)
	}
}

func TestStack_ofNothingButTheStandardLibraryIsShown(t *testing.T) {
	block := "1 @ 0x1\n#\t0x1\ttime.Sleep+0x1\t" + standardSource + "time/sleep.go:300\n"
	if got, want := stackOf([]byte(block)), "time.Sleep(...)\n"; !strings.HasPrefix(got, want) {
		t.Errorf("stackOf() = %q, want it to begin with %q", got, want)
	}
}

func TestStandardSource_isThatOfTheRuntime(t *testing.T) {
	if !strings.HasSuffix(standardSource, "src/") && standardSource != "" {
		t.Errorf("standardSource = %q", standardSource)
	}
}

// Of several goroutines with one label the one comes first that the manager has
// started; what we have started ourselves, and has the label too, is left out.
func TestFind_beginsWithTheGoroutineThatTheManagerHasStarted(t *testing.T) {
	block := func(lines ...string) string {
		return "1 @ 0x1\n# labels: {\"lastcall\":\"7\"}\n" + strings.Join(lines, "\n")
	}
	profile := strings.Join([]string{
		block("#\t0x1\tmain.reader+0x1\t/src/main.go:16"),
		block("#\t0x1\tgithub.com/seed7e043c35/lastcall/internal/clock.(*Clock).Await+0x1\t/src/clock.go:203",
			"#\t0x2\tgithub.com/seed7e043c35/lastcall/internal/process.(*End).watch+0x2\t/src/end.go:54"),
		block("#\t0x1\tmain.run+0x1\t/src/main.go:24", "#\t0x2\tgithub.com/seed7e043c35/lastcall/shutdown.(*engine).execute+0x2\t/src/actor.go:70"),
	}, "\n\n")
	want := "main.run(...)\n\t/src/main.go:24\n\nmain.reader(...)\n\t/src/main.go:16\n"
	if got := find(map[uint64]bool{7: true}, []byte(profile))[7]; got != want {
		t.Errorf("find() =\n%s\nwant\n%s", got, want)
	}
}
