package shutdowntest

import (
	"path"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
)

// A frame is a call in the dump of a goroutine.
type frame struct {
	function string // with its import path: "net.(*TCPListener).Accept"
	site     string // file:line
}

// framesOf returns the frames of a goroutine's stack, innermost first, without
// the one that started it. In a dump each is two lines:
//
//	net.(*TCPListener).Accept(0xc000010000)
//		/usr/local/go/src/net/tcpsock.go:380 +0x30
func framesOf(stack string) (frames []frame) {
	lines := strings.Split(stack, "\n")
	for i := 0; i+1 < len(lines); i++ {
		site, ok := strings.CutPrefix(lines[i+1], "\t")
		if !ok || strings.HasPrefix(lines[i], "\t") || strings.HasPrefix(lines[i], "created by ") {
			continue
		}
		function := lines[i]
		if end := strings.LastIndexByte(function, '('); end > 0 {
			function = function[:end]
		}
		site, _, _ = strings.Cut(site, " +0x")
		frames = append(frames, frame{function, site})
	}
	return frames
}

// creatorOf returns the goroutine that started the one with this stack, such as
// "goroutine 35"; empty if that is not said.
func creatorOf(stack string) string {
	_, creator, _ := strings.Cut(stack, "\ncreated by ")
	creator, _, _ = strings.Cut(creator, "\n")
	_, creator, _ = strings.Cut(creator, " in ")
	return creator
}

// pkg returns the import path of f's package.
func (f frame) pkg() string {
	slash := strings.LastIndex(f.function, "/") + 1
	name, _, _ := strings.Cut(f.function[slash:], ".")
	return f.function[:slash] + name
}

// exported reports whether f is a function that others can call.
func (f frame) exported() bool {
	name := f.function[len(f.pkg()):]
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return strings.ContainsRune(".(*)", r) }) {
		if c := part[0]; c < 'A' || 'Z' < c {
			return false
		}
	}
	return !strings.HasPrefix(f.pkg(), "internal/") && f.pkg() != "syscall" && f.pkg() != "runtime"
}

// users reports whether f is the program's or the test's own: neither the
// standard library's nor of the packages that run it.
func (f frame) users() bool { return !f.standard() && !f.ours() }

// ours reports whether f is of a package of this module that programs use. Its
// function would not tell: what is inlined into a program has a name of that.
func (f frame) ours() bool {
	file, ok := strings.CutPrefix(f.site, ownSource)
	first, _, _ := strings.Cut(file, "/")
	return ok && !strings.Contains(file, "_test.go:") && (first == "shutdown" || first == "resource" || first == "signals")
}

// ownSource is the directory of this module's source.
var ownSource = func() string {
	_, file, _, _ := runtime.Caller(0)
	return strings.TrimSuffix(file, "shutdown/shutdowntest/frames.go")
}()

// standard reports whether f is the standard library's.
func (f frame) standard() bool {
	if f.pkg() == "main" || f.pkg() == mainModule || strings.HasPrefix(f.pkg(), mainModule+"/") {
		return false
	}
	if standardSource != "" {
		return strings.HasPrefix(f.site, standardSource)
	}
	host, _, _ := strings.Cut(f.pkg(), "/") // built with -trimpath: other modules' paths begin with a host
	return !strings.Contains(host, ".")
}

// mainModule is the path of the module that is tested; "?" if it is not known.
var mainModule = func() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path != "" {
		return info.Main.Path
	}
	return "?"
}()

// standardSource is the directory of the standard library's source where the
// test was built; empty with -trimpath.
var standardSource = func() string {
	pc := reflect.ValueOf(runtime.Gosched).Pointer()
	file, _ := runtime.FuncForPC(pc).FileLine(pc)
	return strings.TrimSuffix(file, "runtime/proc.go")
}()

// shortSite leaves of a file's path what a person needs to find it: the last
// directory and the name.
func shortSite(site string) string {
	dir, file := path.Split(site) // with forward slashes on every system, as Go has them
	return path.Join(path.Base(dir), file)
}
