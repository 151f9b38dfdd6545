package owner

import (
	"os"

	"golang.org/x/sys/windows"
)

// flock waits for the lock of f, which ends when f is closed.
func flock(f *os.File) error {
	var at windows.Overlapped
	return os.NewSyscallError("LockFileEx", windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &at))
}
