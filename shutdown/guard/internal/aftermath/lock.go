//go:build linux || darwin || freebsd

package aftermath

import "syscall"

// lock takes the exclusive lock on fd, if need be when somebody gives it back.
// Without wait, EWOULDBLOCK says that somebody has it.
func lock(fd int, wait bool) error {
	how := syscall.LOCK_EX
	if !wait {
		how |= syscall.LOCK_NB
	}
	_, err := again(func() (struct{}, error) { return struct{}{}, syscall.Flock(fd, how) })
	return err
}

// take returns the journal at path once nobody else has its lock; nil if it is
// gone, or, without wait, if its owner lives.
func take(path string, wait bool) (*Journal, error) {
	for {
		fd, err := openJournal(path)
		if err != nil || fd < 0 {
			return nil, err
		}
		j := &Journal{path: path, fd: fd}
		err = j.lock(wait)
		if err == nil && isAt(fd, path) {
			return j, nil
		}
		j.Close() // was compacted meanwhile, or is done with; or somebody lives
		if err == syscall.EWOULDBLOCK {
			return nil, nil
		}
		if err != nil {
			return nil, failure{"lock", path, err}
		}
	}
}

// openJournal opens a journal that can be trusted. It returns -1 if there is none.
func openJournal(path string) (int, error) {
	const flags = syscall.O_RDWR | syscall.O_APPEND | syscall.O_NOFOLLOW | syscall.O_NONBLOCK | syscall.O_CLOEXEC
	fd, err := open(path, flags, 0)
	if err == syscall.ENOENT {
		return -1, nil
	}
	if err != nil {
		return -1, failure{"open", path, err}
	}
	var st syscall.Stat_t
	if err = syscall.Fstat(fd, &st); err == nil {
		err = trusted(path, &st, syscall.S_IFREG)
	}
	if err != nil {
		_ = syscall.Close(fd)
		return -1, err
	}
	return fd, nil
}

// lock takes the lock if nobody has it. If somebody has, it waits if it was
// told to, and if the owner is dead: then it is another reader, who will be done
// in a while, and whose work must be over before the caller goes on; or a
// process that is about to end.
func (j *Journal) lock(wait bool) error {
	err := lock(j.fd, wait)
	const tries = 100 / pauseMS // for an owner of whom nothing can be found out
	for i := 0; err == syscall.EWOULDBLOCK; i++ {
		c, unreadable := j.contents()
		if unreadable != nil {
			return unreadable
		}
		switch c.Owner.state() {
		case alive:
			return err
		case dead:
			return lock(j.fd, true)
		}
		if i == tries {
			if c.Settling {
				return lock(j.fd, true)
			}
			return err
		}
		pause()
		err = lock(j.fd, false)
	}
	return err
}

// The states of a process.
type state int

const (
	unknown state = iota
	alive
	dead // or about to be
)

// state tells, as far as can be found out, whether o lives.
func (o Owner) state() state {
	here := Self()
	switch {
	case o.Boot != here.Boot:
		return dead
	case o.Start == "" || o.Namespace != here.Namespace:
		return unknown
	case o.Start == started(o.PID):
		return alive
	}
	return dead
}

// Self describes the calling process, but for its program.
func Self() Owner {
	pid := syscall.Getpid()
	return Owner{PID: pid, Start: started(pid), Boot: boot(), Namespace: namespace()}
}
