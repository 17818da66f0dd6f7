//go:build !linux

package systemd

import "time"

// There is no systemd here.

func transmit(address, message string) (full bool) { return false }

func monotonic() time.Duration { return 0 }
