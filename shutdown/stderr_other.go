//go:build !unix

package shutdown

import "os"

// duplicateStderr returns standard error itself: there is no duplicating it.
func duplicateStderr() *errorOutput { return &errorOutput{os.Stderr} }

func (o *errorOutput) restore() {}
