package resource

import (
	"runtime/pprof"
	"sync"
	"sync/atomic"
)

var (
	profileOnce sync.Once
	profile     atomic.Pointer[pprof.Profile] // nil until Profile is called
)

// Profile makes the resources that are tracked from now on appear in the pprof
// profile "resources", by the stack of their creation: for net/http/pprof at
// /debug/pprof/resources, for go tool pprof, and for [pprof.Lookup]. It returns
// the profile. A resource given to [Ensure] leaves it when the manager notices
// that it is closed.
//
// It is not on by itself because it doubles the cost of tracking. Further calls
// do nothing but return the profile.
func Profile() *pprof.Profile {
	profileOnce.Do(func() { profile.Store(pprof.NewProfile("resources")) })
	return profile.Load()
}

// profileSkip leaves out the frames between pprof and the call of Ensure or
// Track.
const profileSkip = 7

func profileAdd(r any) {
	if p := profile.Load(); p != nil {
		p.Add(r, profileSkip)
	}
}

func profileRemove(r any) {
	if p := profile.Load(); p != nil {
		p.Remove(r)
	}
}
