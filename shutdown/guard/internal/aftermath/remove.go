//go:build linux || darwin || freebsd

package aftermath

import (
	"syscall"
	"unsafe"
)

// remove removes a file or an empty directory, as os.Remove does.
func remove(path string) error {
	err := syscall.Unlink(path)
	if err != nil && !gone(err) {
		if asDirectory := syscall.Rmdir(path); asDirectory != syscall.ENOTDIR {
			err = asDirectory
		}
	}
	if err != nil && !gone(err) {
		return failure{"remove", path, err}
	}
	return nil
}

// gone reports whether err says that there is nothing to remove. The second is
// what one gets if a directory on the way is a file now.
func gone(err error) bool { return err == syscall.ENOENT || err == syscall.ENOTDIR }

// removeAll removes a file or a directory with everything in it. It goes from
// directory to directory by descriptors: nobody who exchanges one for a link
// meanwhile can lead it astray. It enters no other file system, and refuses the
// root of one.
func removeAll(path string) error {
	dir, name := split(path)
	parent, err := openat(atCWD, dir, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC)
	if gone(err) {
		return nil
	}
	if err != nil {
		return failure{"remove", path, err}
	}
	defer syscall.Close(parent)
	var st syscall.Stat_t
	if err := syscall.Fstat(parent, &st); err != nil {
		return failure{"remove", path, err}
	}
	return remover{uint64(st.Dev)}.remove(parent, name, path)
}

// A remover removes what is on one device.
type remover struct{ device uint64 }

// remove removes what is called name in the directory parent.
func (r remover) remove(parent int, name, path string) error {
	err := unlinkat(parent, name, 0)
	if err == nil || err == syscall.ENOENT {
		return nil
	}
	if err != syscall.EISDIR && err != syscall.EPERM && err != syscall.EACCES {
		return failure{"remove", path, err}
	}
	fd, notOpened := openat(parent, name, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW|syscall.O_CLOEXEC)
	switch {
	case notOpened == syscall.ENOENT:
		return nil
	case notOpened == syscall.ENOTDIR || notOpened == syscall.ELOOP:
		return failure{"remove", path, err} // a file that cannot be removed
	case notOpened != nil:
		err = notOpened
	default:
		err = r.empty(fd, path)
		_ = syscall.Close(fd)
	}
	if last := unlinkat(parent, name, atRemoveDir); last == nil || last == syscall.ENOENT {
		return nil
	} else if err == nil {
		err = failure{"remove", path, last}
	}
	if notOpened != nil {
		err = failure{"open", path, err}
	}
	return err
}

// empty removes what is in a directory. It reads it again until there is
// nothing to be removed in it any more: some file systems skip entries while
// others are being removed.
func (r remover) empty(fd int, path string) (first error) {
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return failure{"look at", path, err}
	}
	if uint64(st.Dev) != r.device {
		return failure{"remove", path, text("it is the root of another file system")}
	}
	const passes = 100 // somebody may be making files as fast as we remove them
	buffer := make([]byte, 8192)
	for range passes {
		var removed bool
		if removed, first = r.pass(fd, path, buffer); !removed {
			break
		}
	}
	return first
}

// pass goes once through a directory.
func (r remover) pass(fd int, path string, buffer []byte) (removed bool, first error) {
	if _, err := syscall.Seek(fd, 0, 0); err != nil {
		return false, failure{"read", path, err}
	}
	for {
		n, err := again(func() (int, error) { return syscall.ReadDirent(fd, buffer) })
		if err != nil && first == nil {
			first = failure{"read", path, err}
		}
		if err != nil || n <= 0 {
			return removed, first
		}
		_, _, names := syscall.ParseDirent(buffer[:n], -1, nil)
		for _, name := range names {
			err := r.remove(fd, name, path+"/"+name)
			if err == nil {
				removed = true
			} else if first == nil {
				first = err
			}
		}
	}
}

// Package syscall has these two on some platforms, without the flags on others.

func openat(dir int, path string, flags int) (int, error) {
	p, err := syscall.BytePtrFromString(path)
	if err != nil {
		return -1, err
	}
	return again(func() (int, error) {
		fd, _, errno := syscall.Syscall6(sysOpenat, uintptr(dir), uintptr(unsafe.Pointer(p)), uintptr(flags), 0, 0, 0)
		if errno != 0 {
			return -1, errno
		}
		return int(fd), nil
	})
}

func unlinkat(dir int, path string, flags int) error {
	p, err := syscall.BytePtrFromString(path)
	if err != nil {
		return err
	}
	_, err = again(func() (struct{}, error) {
		_, _, errno := syscall.Syscall(sysUnlinkat, uintptr(dir), uintptr(unsafe.Pointer(p)), uintptr(flags))
		if errno != 0 {
			return struct{}{}, errno
		}
		return struct{}{}, nil
	})
	return err
}
