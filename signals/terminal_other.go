//go:build !unix

package signals

// Terminal reports whether the process has a controlling terminal now, the
// closing of which is what SIGHUP means. Here nothing has one: on Windows the
// closing of a console is SIGTERM.
func Terminal() bool { return false }
