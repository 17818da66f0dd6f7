package e2e_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the module's directory, seen from here.
const root = "../.."

// read returns the text of a file of the module.
func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReadme_firstProgramIsTheOneThatIsCompiled(t *testing.T) {
	_, program, _ := strings.Cut(read(t, "README.md"), "```go\n")
	program, _, _ = strings.Cut(program, "```")
	_, compiled, _ := strings.Cut(read(t, "internal/readme/main.go"), "package main")
	if got, want := strings.TrimSpace(program), "package main"+strings.TrimRight(compiled, "\n"); got != want {
		t.Errorf("the first program of README.md differs from internal/readme/main.go")
	}
}

func TestReadme_testsAreThoseThatAreRun(t *testing.T) {
	_, readme, _ := strings.Cut(read(t, "README.md"), "## Testing your own stop")
	readme, _, _ = strings.Cut(readme, "\n## ")
	compiled := read(t, "shutdown/shutdowntest/readme_test.go") + read(t, "shutdown/shutdowntest/example_test.go")
	for document, text := range map[string]string{"README.md": readme, "docs/testing.md": read(t, "docs/testing.md")} {
		blocks := strings.Split(text, "```go\n")[1:]
		if len(blocks) == 0 {
			t.Errorf("%s shows no test", document)
		}
		for _, block := range blocks {
			if code, _, _ := strings.Cut(block, "```"); !strings.Contains(compiled, code) {
				t.Errorf("%s shows what is not run:\n%s", document, code)
			}
		}
	}
}

// The README is read in one go: what is longer belongs to a page in docs.
func TestReadme_isShort(t *testing.T) {
	if got, most := strings.Count(read(t, "README.md"), "\n"), 219; got > most {
		t.Errorf("README.md has %d lines, want %d at most", got, most)
	}
}

func TestReadme_promisesAreShownByTestsThatExist(t *testing.T) {
	link := regexp.MustCompile("\\[`((?:Test|Fuzz)\\w+)`\\]\\(([^)]+)\\)")
	links := link.FindAllStringSubmatch(read(t, "README.md"), -1)
	if len(links) < 10 {
		t.Errorf("only %d promises are linked to a test", len(links))
	}
	for _, l := range links {
		if name, file := l[1], l[2]; !strings.Contains(read(t, file), "func "+name+"(") {
			t.Errorf("%s has no %s", file, name)
		}
	}
}

// What the documents call a test is one, somewhere in the repository.
func TestDocs_nameTestsThatExist(t *testing.T) {
	defined := make(map[string]bool)
	for _, file := range files(t, "_test.go") {
		for _, f := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark|Example)\w*)\(`).FindAllStringSubmatch(read(t, file), -1) {
			defined[f[1]] = true
		}
	}
	for _, document := range files(t, ".md") {
		for _, name := range regexp.MustCompile("`((?:Test|Fuzz|Benchmark|Example)[A-Z]\\w*)").FindAllStringSubmatch(read(t, document), -1) {
			if !defined[name[1]] {
				t.Errorf("%s: there is no %s", document, name[1])
			}
		}
	}
}

// A link to a file, or to a heading of a page, leads there.
func TestDocs_linksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:\s]*)(?:#([^)\s]*))?\)`)
	for _, document := range files(t, ".md") {
		for _, l := range link.FindAllStringSubmatch(read(t, document), -1) {
			target, heading := filepath.Join(filepath.Dir(document), l[1]), l[2]
			if l[1] == "" {
				target = document
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s: %s leads nowhere", document, l[0])
			} else if heading != "" && !slices.Contains(headings(read(t, target)), heading) {
				t.Errorf("%s: %s has no heading #%s", document, target, heading)
			}
		}
	}
}

// headings returns the names by which links find a page's headings.
func headings(page string) (names []string) {
	for _, h := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		name := regexp.MustCompile(`[^\w -]`).ReplaceAllString(strings.ToLower(h[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

// files returns the module's files whose names end so.
func files(t *testing.T, suffix string) (found []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, suffix) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
