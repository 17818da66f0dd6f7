// Package parallel lets tests wait together.
package parallel

import (
	"flag"
	"strconv"
)

// AtLeast lets n of the parallel tests of a package run at the same time, even if
// there are fewer processors: for tests that wait for processes or for time, and
// do little else. If go test was called with -parallel, that counts. It is to be
// called by TestMain, before m.Run, and parses the flags.
func AtLeast(n int) {
	flag.Parse()
	usual := flag.Lookup("test.parallel")
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f == usual })
	if now, err := strconv.Atoi(usual.Value.String()); err == nil && now < n && !asked {
		_ = flag.Set(usual.Name, strconv.Itoa(n))
	}
}
