//go:build linux || darwin || freebsd

package guard

// HelperPID returns the number of a guard's helper; 0 if it has none.
func HelperPID(g *Guard) int { return g.helper }

// CompactAbove has journals compacted that are longer than n bytes.
func CompactAbove(n int64) { compactAbove = n }

// BeganEarlier changes the time at which the leader of e's group began.
func BeganEarlier(e *Entry) { e.cleanup.Args[1] = "1" }
