package shutdowntest

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// How long the clock of a bubble may stand still in real time, and how often it
// is looked at. Files are read and packages initialised in less; people wait no
// longer for a test to say what is wrong.
var standstillTime = 3 * time.Second // shorter in our own tests

const standstillLook = 500 * time.Millisecond

// standstill looks at the bubble with this number, from outside, until over.
// It says who holds the bubble's clock when that has stood still for so long
// that it will not go on, or still does after so much time in all.
func standstill(bubble string, over func() bool, patience time.Duration) (why string) {
	var last []string
	began := time.Now()
	since := began
	for !over() {
		<-time.After(min(standstillLook, patience-time.Since(began)+1)) // a bubble's channels cannot be used from outside
		waiting, working := holdersOf(bubble)
		switch {
		case over():
		case time.Since(began) > patience:
			return neverWaits(slices.Concat(working, waiting))
		case len(working) > 0 || len(waiting) == 0 || !slices.Equal(waiting, last):
			last, since = waiting, time.Now()
		case time.Since(since) > standstillTime:
			return standsStill(waiting)
		}
	}
	return ""
}

// holdersOf says which goroutines of a bubble hold its clock: those that wait,
// but not durably, and those that are running. While there are any of these, they
// may be just working.
func holdersOf(bubble string) (waiting, working []string) {
	all := strings.Split(stacks(), "\n\n")
	byName := make(map[string]string, len(all))
	for _, stack := range all {
		byName[nameOf(stack)] = stack
	}
	for _, stack := range all {
		header := headerOf(stack)
		switch {
		case bubbleOf(header) != bubble || strings.Contains(header, "(durable)"):
		case strings.Contains(header, "[running") || strings.Contains(header, "[runnable"):
			working = append(working, describe(stack, byName))
		default:
			waiting = append(waiting, describe(stack, byName))
		}
	}
	return waiting, working
}

// nameOf returns the first words of a stack, such as "goroutine 35".
func nameOf(stack string) string {
	name, _, _ := strings.Cut(headerOf(stack), " [")
	return name
}

// describe says in what a goroutine waits and where in the program that is:
//
//	net.(*TCPListener).Accept, shop/main.go:31 (goroutine 35)
func describe(stack string, byName map[string]string) string {
	frames := framesOf(stack)
	what := waitsIn(stack, frames)
	site := "in a goroutine of a package"
	for depth := 0; stack != "" && depth < 100; depth++ {
		if i := slices.IndexFunc(framesOf(stack), frame.users); i >= 0 {
			site = shortSite(framesOf(stack)[i].site)
			break
		}
		stack = byName[creatorOf(stack)] // of who has started it, if that is still there
	}
	return what + ", " + site
}

// waitsIn names what the innermost frames are about: the innermost function of
// the standard library that has a name for people. Where there is none, the
// goroutine's own code waits, for a channel from outside of the bubble.
func waitsIn(stack string, frames []frame) string {
	for _, f := range frames {
		if !f.standard() {
			break
		}
		if f.exported() {
			return f.function
		}
	}
	_, state, _ := strings.Cut(headerOf(stack), "[")
	state, _, _ = strings.Cut(state, ",")
	return strings.TrimSuffix(state, "]:")
}

// standsStill is what a test is told of those who wait.
func standsStill(waiting []string) string {
	return fmt.Sprintf("the fake clock has stood still for %v of real time, because what waits for something outside of the bubble lets no time pass:\n"+
		"\t%s\nRun is for code without sockets, files and processes: use shutdowntest.Start, which runs in real time",
		standstillTime, strings.Join(waiting, "\n\t"))
}

// neverWaits is what it is told of those who do not.
func neverWaits(working []string) string {
	return "the time for all tests is nearly up, and the stop is not over: no time passes in the bubble as long as something works there:\n" +
		"\t" + strings.Join(working, "\n\t")
}

// outside calls fn in a goroutine outside of the bubble in which the caller is.
// A cleanup is the one thing that leaves a bubble; testing/synctest says so.
func outside(fn func()) {
	type garbage struct{ _ [4]*int } // with pointers: not put together with others
	runtime.AddCleanup(new(garbage), func(struct{}) { go fn() }, struct{}{})
	runtime.GC()
}
