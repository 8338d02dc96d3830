// Package statefile keeps one file that is whole at every moment, and that one process has at a time.
package statefile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
)

// ErrLocked says that another process has the file.
var ErrLocked = errors.New("another process has it")

// A File is one that this process has.
type File struct {
	path string
	lock *flock.Flock
}

// Open takes the file for this process, until Close or the end of the process, and returns what is in it: nil when it
// is not there yet. Beside it are PATH.lock, which is empty and stays, and .NAME.tmp while it is written. An error is
// [ErrLocked] or the file system's.
func Open(path string) (*File, []byte, error) {
	path, err := resolved(path)
	if err != nil {
		return nil, nil, err
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, nil, notRegular(path)
	}
	// Whoever may write to the folder could lead the lock's file elsewhere by a link.
	if info, err := os.Lstat(path + ".lock"); err == nil && !info.Mode().IsRegular() {
		return nil, nil, notRegular(path + ".lock")
	}
	lock := flock.New(path+".lock", flock.SetFlag(os.O_RDWR|os.O_CREATE|noFollow), flock.SetPermissions(0o600))
	switch locked, err := lock.TryLock(); {
	case err != nil:
		return nil, nil, err
	case !locked:
		lock.Close()
		return nil, nil, ErrLocked
	}
	f := &File{path, lock}
	data, err := f.read()
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, data, nil
}

func notRegular(path string) error {
	return &fs.PathError{Op: "open", Path: path, Err: errors.New("is not a regular file")}
}

// resolved follows links: a rename would replace a link, and two names of one file are to have one lock.
func resolved(path string) (string, error) {
	target, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return target, err
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	return filepath.Join(dir, filepath.Base(path)), err
}

func (f *File) read() ([]byte, error) {
	data, err := os.ReadFile(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case data == nil:
		data = []byte{} // nil is for no file
	}
	return data, err
}

// Write replaces what was in the file, as [Replace] does.
func (f *File) Write(data []byte) error {
	return Replace(f.path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Replace writes a file beside its place, .NAME.tmp, and moves it there when it is whole, for only its owner to read
// (mode 0600). Whenever the process or the machine ends, the file has either all of the old data or all of the new; once
// Replace has returned, the new.
func Replace(path string, write func(io.Writer) error) error {
	folder := filepath.Dir(path)
	temp := filepath.Join(folder, "."+filepath.Base(path)+".tmp")
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err = write(file); err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		os.Remove(temp)
		return err
	}
	return syncFolder(folder)
}

// Close lets others have the file. The lock's own file stays: were it removed, a
// process that waits for it and one that makes a new one could both have it.
func (f *File) Close() error { return f.lock.Close() }

// syncFolder makes a rename last over a power cut. Windows can't sync a folder.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
