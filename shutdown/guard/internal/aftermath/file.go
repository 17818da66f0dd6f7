//go:build linux || darwin || freebsd

package aftermath

import "syscall"

// The system calls as they are needed here, begun again when a signal has
// interrupted them.

func again[T any](call func() (T, error)) (T, error) {
	for {
		if v, err := call(); err != syscall.EINTR {
			return v, err
		}
	}
}

func open(path string, flags int, mode uint32) (int, error) {
	return again(func() (int, error) { return syscall.Open(path, flags, mode) })
}

func write(fd int, b []byte) (int, error) {
	return again(func() (int, error) { return syscall.Write(fd, b) })
}

// readAll reads a file from its beginning to its end.
func readAll(fd int) ([]byte, error) {
	data := make([]byte, 0, 4096)
	for {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := again(func() (int, error) {
			return syscall.Pread(fd, data[len(data):cap(data)], int64(len(data)))
		})
		if err != nil || n <= 0 {
			return data, err
		}
		data = data[:len(data)+n]
	}
}

// readFile is what a file says, or nothing.
func readFile(path string) []byte {
	fd, err := open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer syscall.Close(fd)
	data, err := readAll(fd)
	if err != nil {
		return nil
	}
	return data
}

// isAt reports whether fd is the file that path names now.
func isAt(fd int, path string) bool {
	var ours, there syscall.Stat_t
	return syscall.Fstat(fd, &ours) == nil && syscall.Lstat(path, &there) == nil &&
		ours.Ino == there.Ino && ours.Dev == there.Dev
}

// split returns the directory of an absolute path that is not the root, and the name in it.
func split(path string) (dir, name string) {
	i := len(path) - 1
	for path[i] != '/' {
		i--
	}
	return path[:max(i, 1)], path[i+1:]
}

func syncDirectory(path string) error {
	dir, _ := split(path)
	fd, err := open(dir, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	return syscall.Fsync(fd)
}

// Trusted reports why what is at path, a directory or a journal, must not be
// believed: a journal is a list of commands, so only its owner, who is the
// caller, may be able to write to it. A link is not followed.
func Trusted(path string) error {
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil {
		return failure{"look at", path, err}
	}
	return trusted(path, &st, syscall.S_IFDIR)
}

func trusted(path string, st *syscall.Stat_t, kind uint32) error {
	switch {
	case uint32(st.Mode)&syscall.S_IFMT != kind:
		return failure{"trust", path, text("it is not what it should be: a directory with regular files")}
	case int(st.Uid) != syscall.Geteuid():
		return failure{"trust", path, text("it belongs to another user")}
	case st.Mode&0o022 != 0:
		return failure{"trust", path, text("others may write to it")}
	}
	return nil
}
