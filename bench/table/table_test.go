package main

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const output = `date: 2026-11-25
BenchmarkRegister/impl=lastcall-2           100  90 ns/op  80 cpu-ns/op  1 allocs/op
BenchmarkRegister/impl=context.AfterFunc-2  100  100 ns/op  90 cpu-ns/op  2 allocs/op
BenchmarkRegister/impl=lastcall-2           100  120 ns/op  85 cpu-ns/op  1 allocs/op
BenchmarkRegister/impl=context.AfterFunc-2  100  100 ns/op  95 cpu-ns/op  2 allocs/op
BenchmarkRegister/impl=lastcall-2           100  80 ns/op  85 cpu-ns/op  1 allocs/op
BenchmarkRegister/impl=context.AfterFunc-2  100  100 ns/op  95 cpu-ns/op  2 allocs/op
BenchmarkSignal/impl=lastcall-2             100  300 ns/op  270 min-ns/op
BenchmarkSignal/impl=signal.NotifyContext-2 100  100 ns/op  90 min-ns/op
BenchmarkStopActors/n=10/impl=lastcall-2    1    5000 ns/op  77 live-B
--- SKIP: BenchmarkReplacement/behind=nginx/impl=lastcall
`

func measured(t *testing.T) *measurements {
	t.Helper()
	all, err := parse(strings.NewReader(output))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestBounds_sayInHowManyWaysTheyWereLookedAt(t *testing.T) {
	var text strings.Builder
	writeBounds(&text, measured(t))
	for _, want := range []string{
		"| 90 ns | 100 ns context.AfterFunc | 0.90 | 0.80 to 1.20 | 0.80 | 0.89 | ≤ 1.0 | yes |",
		"| 300 ns | 100 ns signal.NotifyContext | 3.00 |  | 3.00 |  | ≤ 2.5 | **no** |",
		"| … behind nginx | not measured |",
		"- Signal (signal to Context() cancelled). SIGPIPE",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("writeBounds:\n%s\nwant %q in it", text.String(), want)
		}
	}
	if strings.Contains(text.String(), whyRegister) {
		t.Errorf("writeBounds says why a bound is not kept that is kept:\n%s", text.String())
	}
}

func TestEveryBound_saysWhyItMayNotBeKept(t *testing.T) {
	for _, b := range bounds {
		if b.why == "" || b.before == "" {
			t.Errorf("%q says why %q, before %q", b.work, b.why, b.before)
		}
	}
}

func TestPicture_isWellFormed(t *testing.T) {
	d := xml.NewDecoder(strings.NewReader(picture(measured(t))))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestRenew_replacesOnlyWhatIsBetweenItsLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(path, []byte("above\n"+opening+"old\n"+closing+"below\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := renew(path, "new\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if want := "above\n" + opening + "\nnew\n\n" + closing + "below\n"; err != nil || string(got) != want {
		t.Errorf("renew: %q, %v, want %q", got, err, want)
	}
}
