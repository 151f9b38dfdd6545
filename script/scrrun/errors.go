package scrrun

import (
	"errors"
	"io/fs"
	"syscall"

	"openwmi/script/vbscript"
)

// Numbers of errors of files. "VBScript Run-time Errors"
const (
	errBadName      = 52
	errFileNotFound = 53
	errFileMode     = 54
	errDevice       = 57
	errFileExists   = 58
	errDiskFull     = 61
	errPastEnd      = 62
	errTooManyFiles = 67
	errNoDrive      = 68
	errPermission   = 70
	errPathAccess   = 75
	errPathNotFound = 76
	errNotSet       = 91
	errAction       = 445
)

// An interruption is the end of a context, which is no matter of files.
type interruption struct{ error }

// fail returns the error that scripts see for one of the system; missing is the number
// for what is not there. What is an error of a script already stays as it is.
func fail(err error, path string, missing int) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*vbscript.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[interruption](err); ok {
		return e.error
	}
	for _, known := range []struct {
		err    error
		number int
	}{
		{syscall.ENOTDIR, errPathNotFound}, {syscall.ENAMETOOLONG, errPathNotFound}, {fs.ErrNotExist, missing},
		{syscall.ENOTEMPTY, errFileExists}, {fs.ErrExist, errFileExists},
		{syscall.EISDIR, errPermission}, {syscall.EROFS, errPermission}, {fs.ErrPermission, errPermission},
		{syscall.ENOSPC, errDiskFull}, {syscall.EMFILE, errTooManyFiles}, {syscall.ENFILE, errTooManyFiles},
		{syscall.EIO, errDevice}, {syscall.EPIPE, errDevice},
	} {
		if errors.Is(err, known.err) {
			e := vbscript.NewError(known.number, path)
			e.Err = err
			return e
		}
	}
	e := vbscript.NewError(errPathAccess, path)
	e.Description += ": " + err.Error()
	e.Err = err
	return e
}
