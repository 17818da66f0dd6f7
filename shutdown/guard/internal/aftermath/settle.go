//go:build linux || darwin || freebsd

package aftermath

import "syscall"

// A Reader carries out what is left of dead processes.
type Reader struct {
	Wait   bool          // for the end of a process that lives
	Output int           // the descriptor to which commands write; negative: none
	Told   func(Outcome) // if not nil, called after each clean-up
}

// An Outcome is what became of a clean-up.
type Outcome struct {
	Journal string
	Entry   Entry
	Err     error
}

// DamagedSuffix ends the name that a journal gets in which lines were damaged,
// so that it is told of once and a person can look at it.
const DamagedSuffix = ".damaged"

// Settle carries out what is left in the journal at path, newest first, and
// removes the journal when nothing is left. What could not be carried out stays
// in it. It returns an error if the journal itself is not as it should be.
func (r Reader) Settle(path string) error {
	j, err := take(path, r.Wait)
	if j == nil {
		return err
	}
	c, err := j.contents()
	if err == nil && c.Version > version {
		err = failure{"read", path, text("a newer version has written it")}
	}
	if err == nil {
		err = j.begin(c)
	}
	if err != nil {
		j.Close()
		return err
	}
	return r.finish(j, c, r.carryOut(j, c))
}

// begin says that a reader has begun. A line that its writer was not given the
// time to finish is taken away before that.
func (j *Journal) begin(c Contents) error {
	if len(c.Pending) == 0 {
		return nil
	}
	j.size = int64(c.whole)
	if err := syscall.Ftruncate(j.fd, j.size); err != nil {
		return failure{"shorten", j.path, err}
	}
	return j.Append(appendLine(nil, kindReader))
}

// carryOut does what is pending and notes each outcome at once, so that the
// next reader, if this one is killed, does not do it again. It returns how many
// are left.
func (r Reader) carryOut(j *Journal, c Contents) (left int) {
	for i := len(c.Pending) - 1; i >= 0; i-- {
		e := c.Pending[i]
		err := e.Cleanup.carryOut(c.Owner, r.Output)
		line := AppendRelease(nil, e.ID)
		if err != nil {
			line = AppendFailure(nil, e.ID, err)
		}
		if noted := j.Append(line); noted != nil && err == nil {
			err = noted // it is done, and will be done again: that does no harm
		}
		if err != nil {
			left++
		}
		if r.Told != nil {
			r.Told(Outcome{j.path, e, err})
		}
	}
	return left
}

// finish gives the journal back, or removes it if nothing is left.
func (r Reader) finish(j *Journal, c Contents, left int) error {
	if left > 0 {
		j.Close()
		return nil
	}
	if !c.Damaged {
		return j.Remove()
	}
	defer j.Close()
	kept := j.path + DamagedSuffix
	if err := syscall.Rename(j.path, kept); err != nil {
		return failure{"rename", j.path, err}
	}
	lost := "lines in it were damaged; "
	if c.Version == 0 {
		lost += "nothing in it could be read"
	} else {
		lost += decimal(uint64(c.Voided)) + " clean-ups were left alone because of that"
	}
	return failure{"read", kept, text(lost)}
}

// Sweep removes a journal that was never put in its place.
func Sweep(path string) error {
	j, err := take(path, false)
	if j == nil {
		return err
	}
	return j.Remove()
}

// Peek reads the journal at path without its lock. It reports whether somebody
// has it: its owner, or a reader.
func Peek(path string) (c Contents, locked bool, err error) {
	fd, err := openJournal(path)
	if err != nil || fd < 0 {
		return Contents{}, false, err
	}
	defer syscall.Close(fd)
	j := Journal{path: path, fd: fd}
	c, err = j.contents()
	return c, c.Owner.state() == alive, err
}

// CarryOut does c in the process that has registered it.
func (c Cleanup) CarryOut(output int) error { return c.carryOut(Self(), output) }
