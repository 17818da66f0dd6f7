//go:build unix && !linux

package main

import "net/netip"

// ports: only Linux says who listens where, in files that anybody can read.
func (*tree) ports() []netip.AddrPort { return nil }

func portsOf([]process) []netip.AddrPort { return nil }

func ephemeral(uint16) bool { return false }
