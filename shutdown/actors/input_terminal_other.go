//go:build !linux

package actors

import "io"

// readFrom is r.Read. To keep a process in the background from being stopped by
// it, as on Linux, takes cgo here.
func readFrom(r io.Reader, p []byte) (n int, err error) { return r.Read(p) }
