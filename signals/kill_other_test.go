//go:build !unix

package signals_test

import "testing"

func syscallKill(*testing.T) {}
