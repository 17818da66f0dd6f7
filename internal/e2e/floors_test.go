//go:build unix

package e2e_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A file of package shutdown names only what stands on its own floor or below, by the
// table of docs/decisions/0025-floors.md, in which every file stands.
func TestFloors_noFileNamesWhatStandsAbove(t *testing.T) {
	floors := floorsOf(read(t, "docs/decisions/0025-floors.md"))
	files, info, pkg := names(t, filepath.Join(root, "shutdown"))
	for name, object := range info.Uses {
		from, to := fileOf(files, name.Pos()), fileOf(files, object.Pos())
		if object.Pkg() != pkg || from == to || isLocal(object, pkg) {
			continue
		}
		above, known := floors[to]
		if below, alsoKnown := floors[from]; !known || !alsoKnown {
			t.Errorf("%s or %s stands on no floor", from, to)
		} else if above < below {
			t.Errorf("%s names %s, of %s, which stands above it", from, name.Name, to)
		}
	}
}

// floorsOf returns the floor of each file in the table, counted from the top.
func floorsOf(page string) map[string]int {
	floors := make(map[string]int)
	row := regexp.MustCompile("(?m)^\\| [^|`]+ \\| (`[^|]*) \\|")
	for floor, cells := range row.FindAllStringSubmatch(page, -1) {
		for _, name := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(cells[1], -1) {
			floors[name[1]] = floor
		}
	}
	return floors
}

// names resolves the names in the files of a package. What they import is left out,
// and the errors that follow from that do not matter.
func names(t *testing.T, directory string) (*token.FileSet, *types.Info, *types.Package) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(directory, "*.go"))
	check(t, err)
	files, info := token.NewFileSet(), &types.Info{Uses: make(map[*ast.Ident]types.Object)}
	var parsed []*ast.File
	for _, path := range paths {
		if !strings.HasSuffix(path, "_test.go") {
			file, err := parser.ParseFile(files, path, nil, 0)
			check(t, err)
			parsed = append(parsed, file)
		}
	}
	config := types.Config{Error: func(error) {}}
	pkg, _ := config.Check("shutdown", files, parsed, info)
	return files, info, pkg
}

func fileOf(files *token.FileSet, at token.Pos) string {
	return strings.TrimSuffix(filepath.Base(files.Position(at).Filename), ".go")
}

// isLocal reports whether object is a variable of one function.
func isLocal(object types.Object, pkg *types.Package) bool {
	v, ok := object.(*types.Var)
	return ok && !v.IsField() && v.Parent() != pkg.Scope()
}
