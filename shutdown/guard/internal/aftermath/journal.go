//go:build linux || darwin || freebsd

package aftermath

import "syscall"

// A Journal is a journal whose lock is ours. It is not safe for concurrent use.
type Journal struct {
	path string
	fd   int
	size int64
	sync bool // each line is on the disk before the call returns

	broken error // what was written in part could not be taken back
}

// Create makes a journal whose first lines are content, and takes its lock. It
// is there for others whole and locked, or not at all.
func Create(path string, content []byte, sync bool) (*Journal, error) {
	j := &Journal{path: path, fd: -1, sync: sync}
	if err := j.Replace(content); err != nil {
		return nil, err
	}
	return j, nil
}

// Replace puts a new file with content in the place of the journal: the same,
// without what has been released. Who waits for the lock of the old file gets
// it, sees that it is not the journal any more, and waits for the new one's.
func (j *Journal) Replace(content []byte) error {
	next := &Journal{path: j.path + NewSuffix, sync: j.sync}
	if err := next.create(); err != nil {
		return failure{"create", next.path, err}
	}
	err := next.Append(content)
	if err == nil {
		err = syscall.Rename(next.path, j.path)
	}
	if err == nil && j.sync {
		err = syncDirectory(j.path)
	}
	if err != nil {
		_ = syscall.Unlink(next.path)
		_ = syscall.Close(next.fd)
		return failure{"write", j.path, err}
	}
	if j.fd >= 0 {
		_ = syscall.Close(j.fd) // only now: one of the two is locked at any time
	}
	j.fd, j.size, j.broken = next.fd, next.size, nil
	return nil
}

// NewSuffix ends the name of a journal that is not in its place yet.
const NewSuffix = ".new"

// create makes an empty file that is there under its name, and locked.
func (j *Journal) create() (err error) {
	_ = syscall.Unlink(j.path) // of an attempt that failed: the name is only ours
	for {
		const flags = syscall.O_WRONLY | syscall.O_APPEND | syscall.O_CREAT | syscall.O_EXCL | syscall.O_CLOEXEC
		if j.fd, err = open(j.path, flags, 0o600); err != nil {
			return err
		}
		if err = lock(j.fd, true); err == nil && isAt(j.fd, j.path) {
			return nil
		}
		_ = syscall.Close(j.fd) // a reader was faster, and took it for one that was left behind
		if err != nil {
			return err
		}
	}
}

// Append writes lines at the end of the journal. They are there whole or not at all.
func (j *Journal) Append(lines []byte) error {
	if j.broken != nil {
		return j.broken
	}
	n, err := write(j.fd, lines)
	if err == nil && n < len(lines) {
		err = syscall.ENOSPC
	}
	if err == nil && j.sync {
		err = syscall.Fsync(j.fd)
	}
	if err == nil {
		j.size += int64(len(lines))
		return nil
	}
	if undone := syscall.Ftruncate(j.fd, j.size); undone != nil {
		j.broken = failure{"undo what was written to", j.path, undone}
		return j.broken
	}
	return failure{"write", j.path, err}
}

// Size returns the length of the journal in bytes.
func (j *Journal) Size() int64 { return j.size }

// Path returns where the journal is.
func (j *Journal) Path() string { return j.path }

// Remove ends a journal with which everything is done, and closes it.
func (j *Journal) Remove() error {
	err := syscall.Unlink(j.path)
	j.Close()
	if err != nil && err != syscall.ENOENT {
		return failure{"remove", j.path, err}
	}
	return nil
}

// Close gives the lock back: whoever waits for it carries out what is left.
func (j *Journal) Close() { _ = syscall.Close(j.fd) }

// contents reads what the journal says.
func (j *Journal) contents() (Contents, error) {
	data, err := readAll(j.fd)
	if err != nil {
		return Contents{}, failure{"read", j.path, err}
	}
	return Parse(data), nil
}
