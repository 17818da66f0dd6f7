package recipes

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pages are those whose code stands in this module.
var pages = []string{"moving.md", "recipes.md", "cleanups.md", "libraries.md", "command-line.md", "guard.md"}

// What a page shows is compiled, and run by the other tests: each of its blocks
// of Go stands in a file of this module, apart from how far it is indented.
func TestPages_theirCodeIsTheCodeHere(t *testing.T) {
	sources := goSources(t)
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
		check(t, err)
		blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(text), -1)
		if len(blocks) == 0 {
			t.Errorf("%s has no code", page)
		}
		for _, block := range blocks {
			if !strings.Contains(sources, flush(block[1])) {
				t.Errorf("%s: no file of this module has\n%s", page, block[1])
			}
		}
	}
}

func goSources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		all.WriteString(flush(string(text)))
		return err
	})
	check(t, err)
	return all.String()
}

// flush returns code without its indentation.
func flush(code string) string {
	return regexp.MustCompile(`(?m)^[\t ]+`).ReplaceAllString(code, "")
}
