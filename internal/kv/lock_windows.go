package kv

import (
	"os"

	"golang.org/x/sys/windows"
)

// flock locks f without waiting. The range is far behind the text, because a
// lock keeps others from reading what it covers.
func flock(f *os.File, shared bool) error {
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if !shared {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	at := windows.Overlapped{OffsetHigh: 1 << 30}
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &at)
	if err == windows.ERROR_LOCK_VIOLATION {
		return errLockBusy
	}
	return os.NewSyscallError("LockFileEx", err)
}

// alive reports whether there is a process with that number.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	_ = p.Release()
	return true
}
