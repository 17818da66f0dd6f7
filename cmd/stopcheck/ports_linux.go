package main

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ports returns the TCP addresses on which the processes of the tree listen,
// by the inodes of their sockets.
func (t *tree) ports() []netip.AddrPort { return portsOf(t.alive()) }

func portsOf(all []process) []netip.AddrPort {
	sockets := map[string]bool{}
	pid := 0
	for _, p := range all {
		pid = p.pid
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.pid))
		for _, link := range links {
			if to, err := os.Readlink(link); err == nil && strings.HasPrefix(to, "socket:[") {
				sockets[strings.Trim(to, "socket:[]")] = true
			}
		}
	}
	if len(sockets) == 0 {
		return nil // the tables of a busy machine take the kernel some milliseconds each
	}
	var found []netip.AddrPort
	for _, l := range append(listeners(pid, "tcp"), listeners(pid, "tcp6")...) {
		if sockets[l.inode] && !slices.Contains(found, l.at) {
			found = append(found, l.at)
		}
	}
	slices.SortFunc(found, func(a, b netip.AddrPort) int { return int(a.Port()) - int(b.Port()) })
	return found
}

type listener struct {
	at    netip.AddrPort
	inode string
}

// listeners reads a table of sockets, as the process sees it; proc_net(5).
func listeners(pid int, table string) (found []listener) {
	const listening = "0A"
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < 10 || f[3] != listening {
			continue
		}
		if at, ok := parseAddr(f[1]); ok {
			found = append(found, listener{at, f[9]})
		}
	}
	return found
}

// parseAddr reads an address as the kernel writes it: words of four bytes in
// the order of the machine, here taken to be little endian.
func parseAddr(s string) (netip.AddrPort, bool) {
	addr, port, _ := strings.Cut(s, ":")
	raw, err := hex.DecodeString(addr)
	n, err2 := strconv.ParseUint(port, 16, 16)
	if err != nil || err2 != nil {
		return netip.AddrPort{}, false
	}
	for i := 0; i+4 <= len(raw); i += 4 {
		slices.Reverse(raw[i : i+4])
	}
	ip, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(ip.Unmap(), uint16(n)), ok
}

// ephemeral says whether the kernel chooses such a port for those who do not
// care: a program that asked for port 0.
func ephemeral(port uint16) bool {
	var low, high uint16
	text, _ := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	_, err := fmt.Sscan(string(text), &low, &high)
	return err == nil && low <= port && port <= high
}
