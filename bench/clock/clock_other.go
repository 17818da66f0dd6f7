//go:build !linux

package clock

import "time"

// CPU returns 0: it is measured on Linux only.
func CPU() time.Duration { return 0 }

// Of returns 0: it is measured on Linux only.
func Of(int) time.Duration { return 0 }
