package report

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// writeFile writes r to the file called name, or to the one that name is a
// symbolic link to. A file is replaced as a whole where that can be done.
// Otherwise (a pipe, a device, a file that is mounted from elsewhere, a
// directory in which nothing may be created) it is written to as it is.
func writeFile(name string, r shutdown.Report, write writer) error {
	var b bytes.Buffer
	if err := write(&b, r); err != nil {
		return err
	}
	file, err := followed(name)
	if err != nil {
		return err
	}
	there, err := os.Stat(file)
	if err == nil && !there.Mode().IsRegular() && !there.IsDir() {
		return writeInPlace(file, b.Bytes())
	}
	isNew := errors.Is(err, fs.ErrNotExist)
	err = replace(file, b.Bytes())
	if err == nil || isNew || there == nil || there.IsDir() {
		return err
	}
	return writeInPlace(file, b.Bytes())
}

// maxLinks is how many symbolic links are followed before they are taken for a
// circle, as in Linux.
const maxLinks = 40

// followed returns what name is in the end a symbolic link to, whether or not
// that is there.
func followed(name string) (string, error) {
	for range maxLinks {
		info, err := os.Lstat(name)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return name, nil
		}
		target, err := os.Readlink(name)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(name), target)
		}
		name = target
	}
	return "", &fs.PathError{Op: "readlink", Path: name, Err: errors.New("too many links")}
}

// replace puts a new file in the place of the one called name. It is made
// beside it: only within a directory is a rename atomic.
func replace(name string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
	}
	return err
}

// writeInPlace writes to the file that is there. A pipe that nobody reads is an
// error at once: opening it would otherwise wait for a reader.
func writeInPlace(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_TRUNC|unwaiting, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}
