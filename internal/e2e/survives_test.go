//go:build unix

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The table in docs/survives.md names tests that exist, and all scenes of the
// hostile kinds are in it.
func TestWhatWeSurviveIsShownByTestsThatExist(t *testing.T) {
	table := read(t, "docs/survives.md")
	usual := testSources(t, "internal/e2e", "", "shutdown")
	for row := range strings.Lines(table) {
		tests, sources := row[strings.LastIndex(row, " | ")+1:], usual
		if place := regexp.MustCompile("` in ([a-z0-9/]+)").FindStringSubmatch(tests); place != nil {
			sources += testSources(t, place[1])
		}
		for _, name := range regexp.MustCompile("`(Test[^`]*)`").FindAllStringSubmatch(tests, -1) {
			function, scene, _ := strings.Cut(name[1], "/")
			if !strings.Contains(sources, "func "+function+"(t *testing.T)") {
				t.Errorf("%s is in the table, and not where the table says", function)
			}
			if scene != "" && !strings.Contains(sources, fmt.Sprintf("%q:", strings.ReplaceAll(scene, "_", " "))) {
				t.Errorf("%s has no scene %q", function, scene)
			}
		}
	}
	for kind, scenes := range map[string]map[string]scene{
		"TestCodeThatFightsBack": hostileCode, "TestCodeThatSpins": spinningCode, "TestSignalsAtAnyMoment": hostileSignals,
	} {
		for name := range scenes {
			if full := kind + "/" + strings.ReplaceAll(name, " ", "_"); !strings.Contains(table, "`"+full+"`") {
				t.Errorf("%s is not in the table", full)
			}
		}
	}
}

// testSources is the text of all test files in some directories.
func testSources(t *testing.T, directories ...string) string {
	t.Helper()
	var all strings.Builder
	for _, directory := range directories {
		files, err := filepath.Glob(filepath.Join(root, directory, "*_test.go"))
		check(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			check(t, err)
			all.Write(text)
		}
	}
	return all.String()
}
