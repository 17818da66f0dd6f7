package stacks

import (
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
)

// stackOf turns a stack in a goroutine profile into one for a person who wants
// to know where to look: the innermost function that is not the standard
// library's comes first, with what it is waiting in; further functions of the
// standard library are counted, and package shutdown's are left out.
//
//	main.flush(...) in net.(*conn).Read
//		/src/app/writer.go:27
//	main.run(...)
//		/src/app/main.go:61
func stackOf(block []byte) string {
	var (
		text   strings.Builder
		folded []frame
		shown  bool
	)
	for _, f := range framesOf(block) {
		if f.standard() {
			folded = append(folded, f)
			continue
		}
		switch {
		case len(folded) > 0 && !shown:
			fmt.Fprintf(&text, "%s(...) in %s\n\t%s\n", f.function, folded[len(folded)-1].function, f.site)
		case len(folded) > 0:
			fmt.Fprintf(&text, "\t… %d of %s\n%s(...)\n\t%s\n", len(folded), folded[0].pkg(), f.function, f.site)
		default:
			fmt.Fprintf(&text, "%s(...)\n\t%s\n", f.function, f.site)
		}
		folded, shown = nil, true
	}
	if shown {
		return text.String()
	}
	for _, f := range folded { // nothing but the standard library: better than nothing
		fmt.Fprintf(&text, "%s(...)\n\t%s\n", f.function, f.site)
	}
	return text.String()
}

// A frame is a line of a stack in a goroutine profile.
type frame struct {
	function string // with its import path
	site     string // file:line
}

// module begins the names of this module's functions.
const module = "github.com/seed7e043c35/lastcall/"

// isOwn reports whether a function is one of package shutdown's, or of what that
// stands on: no use to anybody who looks for code of the program.
func isOwn(function string) bool {
	name, ours := strings.CutPrefix(function, module)
	if !ours {
		return false
	}
	pkg, _, _ := strings.Cut(name, ".")
	switch pkg {
	case "shutdown", "internal/clock", "internal/process", "internal/queue", "internal/stacks":
		return true
	}
	return false
}

// isStarted reports whether a stack in a goroutine profile is that of a goroutine
// which package shutdown has started: one of its functions is the outermost.
func isStarted(block []byte) bool {
	lines := strings.Split(strings.TrimRight(string(block), "\n"), "\n")
	fields := strings.Fields(lines[len(lines)-1])
	return len(fields) > 2 && strings.HasPrefix(fields[2], module+"shutdown.")
}

// framesOf returns the frames of a stack in a goroutine profile, innermost
// first, without our own. They look like this, and their columns are
// aligned by tabs:
//
//	#	0x4dca64	main.work+0x44	/src/main.go:27
func framesOf(block []byte) []frame {
	var frames []frame
	for line := range strings.Lines(string(block)) {
		line, ok := strings.CutPrefix(line, "#\t")
		if !ok {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 3 || isOwn(fields[1]) {
			continue
		}
		function, _, _ := strings.Cut(fields[1], "+0x")
		frames = append(frames, frame{function, strings.Join(fields[2:], " ")})
	}
	return frames
}

// pkg returns the import path of f's package.
func (f frame) pkg() string {
	slash := strings.LastIndex(f.function, "/") + 1
	name, _, _ := strings.Cut(f.function[slash:], ".")
	return f.function[:slash] + name
}

// standard reports whether f is the standard library's.
func (f frame) standard() bool {
	if f.pkg() == "main" {
		return false
	}
	if standardSource != "" {
		return strings.HasPrefix(f.site, standardSource)
	}
	// Built with -trimpath: other modules' paths begin with a host, the main
	// module's with its name.
	host, _, _ := strings.Cut(f.site, "/")
	return host != "" && !strings.Contains(host, ".") && !strings.HasPrefix(f.site, mainModule())
}

// mainModule returns the path of the program's module with a slash, or a slash
// if it is not known.
func mainModule() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "/"
	}
	return info.Main.Path + "/"
}

// standardSource is the directory of the standard library's source where the
// program was built; empty with -trimpath.
var standardSource = func() string {
	pc := reflect.ValueOf(runtime.Gosched).Pointer()
	file, _ := runtime.FuncForPC(pc).FileLine(pc)
	return strings.TrimSuffix(file, "runtime/proc.go")
}()
