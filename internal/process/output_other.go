//go:build !unix

package process

import "os"

// Stderr returns standard error itself: there is no duplicating it.
func Stderr() *Output { return &Output{os.Stderr} }

func (o *Output) Restore() {}
