//go:build unix

package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// What docs/observing.md shows of examples/shop is what it does: the same
// components, registered in the same lines, the same one failed, the same stuck.
func TestShop_stopsAsThePageOnSeeingAStopShows(t *testing.T) {
	t.Parallel()
	shop := filepath.Join(t.TempDir(), "shop")
	if out, err := exec.Command("go", "build", "-o", shop, root+"/examples/shop").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	page := read(t, "docs/observing.md")
	for hang, wantStatus := range map[string]string{"": "1", "1": "124"} {
		t.Run("HANG="+hang, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "stop.json")
			p := shutdowntest.Exec(t, exec.Command(shop), shutdowntest.Env("HANG="+hang, "SHUTDOWN_REPORT="+file))
			p.Line("the shop is open; Ctrl-C closes it")
			p.Signal(syscall.SIGTERM)
			if got := p.Wait().Status.String(); got != wantStatus {
				t.Errorf("it ended with %s, want %s", got, wantStatus)
			}
			for _, o := range outcomes(t, file) {
				if !regexp.MustCompile(o.line()).MatchString(page) {
					t.Errorf("docs/observing.md does not show %+v", o)
				}
			}
		})
	}
}

// An outcome is a component in a report.
type outcome struct{ Kind, Name, Site, Result string }

// line matches what the page shows of it.
func (o outcome) line() string {
	result := o.Result
	if result == "ok" {
		result = "" // the page says nothing of those
	}
	site := ""
	if o.Site != "" {
		site = "shop/" + filepath.Base(o.Site)
	}
	return fmt.Sprintf(`(?m)^%s +%s  .*%s.*%s$`, o.Kind, o.Name, result, regexp.QuoteMeta(site))
}

func outcomes(t *testing.T, file string) []outcome {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var report struct{ Outcomes []outcome }
	if err := json.Unmarshal(text, &report); err != nil || len(report.Outcomes) < 7 {
		t.Fatalf("%v, %d components in\n%s", err, len(report.Outcomes), text)
	}
	return report.Outcomes
}
