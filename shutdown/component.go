package shutdown

import (
	"path"
	"runtime"
	"strconv"
)

// A Kind says what a [Component] is.
type Kind uint8

const (
	KindNone      Kind = iota // no component: the event is about the stop itself
	KindActor                 // given to Go, Add or Main
	KindService               // a background service, given to Keep
	KindHold                  // work in flight, announced with Hold
	KindScope                 // a function called by Scope or Construct
	KindFinalizer             // given to Register or Finally
	KindResource              // given to resource.Ensure or resource.Track
)

var kindNames = [...]string{"", "actor", "service", "hold", "scope", "finalizer", "resource"}

func (k Kind) String() string { return nameOf(kindNames[:], k) }

// MarshalText returns the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// A Component is something that a stop ends or waits for.
type Component struct {
	Kind Kind
	Name string // as given by its owner
	Site string // file:line of the call that handed it over; empty for holds
}

// String returns the kind and the quoted name, with the site in brackets if
// there is one.
func (c Component) String() string {
	s := c.Kind.String() + " " + strconv.Quote(c.Name)
	if c.Site != "" {
		s += " (" + shortSite(c.Site) + ")"
	}
	return s
}

// shortSite leaves of a file's path what a person needs to find it: the last
// directory and the name.
func shortSite(site string) string {
	dir, file := path.Split(site) // with forward slashes on every system, as Go has them
	return path.Join(path.Base(dir), file)
}

// A component is a Component whose site has not been looked up yet: looking it
// up costs more than everything else about a registration.
type component struct {
	kind Kind
	name string
	site uintptr // a return address; see callSite
}

func (c component) public() Component {
	return Component{Kind: c.kind, Name: c.name, Site: siteName(c.site)}
}

// callSite returns where the exported function that calls it was called.
func callSite() uintptr {
	var pc [1]uintptr
	runtime.Callers(3, pc[:]) // beyond Callers, callSite and the exported function
	return pc[0]
}

func siteName(pc uintptr) string {
	if pc == 0 {
		return ""
	}
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return siteOf(frame)
}

func siteOf(frame runtime.Frame) string { return frame.File + ":" + strconv.Itoa(frame.Line) }
