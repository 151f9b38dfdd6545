//go:build unix && !aix

package kv

import (
	"os"

	"golang.org/x/sys/unix"
)

// flock locks f without waiting. A lock of flock(2) belongs to the open file,
// unlike one of fcntl(2), which a process loses when it closes any other
// descriptor of that file, and which two stores of one process would share.
func flock(f *os.File, shared bool) error {
	how := unix.LOCK_EX
	if shared {
		how = unix.LOCK_SH
	}
	for {
		switch err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB); err {
		case unix.EINTR:
		case unix.EWOULDBLOCK:
			return errLockBusy
		case nil:
			return nil
		default:
			return os.NewSyscallError("flock", err)
		}
	}
}

// alive reports whether there is a process with that number.
func alive(pid int) bool {
	err := unix.Kill(pid, 0)
	return err == nil || err == unix.EPERM
}
