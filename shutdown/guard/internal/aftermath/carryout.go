//go:build linux || darwin || freebsd

package aftermath

// carryOut does c, which a process called owner has registered. Each clean-up
// may be done again: what is gone already counts as done. Commands write to the
// descriptor output, if that is not negative.
func (c Cleanup) carryOut(owner Owner, output int) error {
	if !c.Valid() {
		return failure{"carry out", c.String(), errUnknown}
	}
	switch c.Verb {
	case Remove:
		return remove(c.Args[0])
	case RemoveAll:
		return removeAll(c.Args[0])
	case EndGroup:
		pid, _ := number(c.Args[0])
		return group{int(pid), c.Args[1], c.Args[2]}.end(owner)
	}
	return run(c.Args[0], c.Args[1], c.Args[2:], output)
}
