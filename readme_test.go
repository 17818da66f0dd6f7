package lastcall_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
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
