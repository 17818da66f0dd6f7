package shutdown

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

var (
	exiting  atomic.Bool // Exit runs what has been registered, since Main had not been called
	exitOnce sync.Once   // guards that
)

// Exit is like os.Exit with the stop before it: it asks for the stop of the
// process's own manager and ends the calling goroutine, running its deferred
// calls, wherever that is. It never returns. From then on nobody's Goexit is
// a failure: it may come out in other goroutines than the one that called Exit.
//
// The exit status is code, if that is not 0 and nothing worse happens (see
// [ExitCode]). A code outside 0…255 becomes 1. Without a running [Main], Exit
// runs what has been registered, within the grace, and ends the process; a Main
// that is called after that does not begin its run.
func Exit(code int) {
	m := Default()
	left.Store(true)
	code = validStatus(code)
	err := &ExitError{code}
	if code == 0 {
		m.request(wish(err))
	} else {
		judge(err, nil, func(v verdict) { m.request(failing(err, v)) })
	}
	if !mainCalled.Load() {
		exitOnce.Do(func() {
			exiting.Store(true)
			go m.exitWithoutMain()
		})
	}
	runtime.Goexit()
}

// exitWithoutMain runs what has been registered with the process's own manager
// and ends the process. If the program runs that manager itself, it only waits
// for the end of that.
func (m *Manager) exitWithoutMain() {
	end := m.ownProcess()
	m.lock()
	_, err := m.settingsLocked()
	m.refused = err != nil
	ran := m.ran
	m.mu.Unlock()
	if !ran {
		m.dropActors()
	}
	if m.Run(context.Background()) == ErrRunTwice {
		<-m.done
	}
	end.Stopped() // if it was before this was the process's
	m.lastLine(end)
	end.Now()
}
