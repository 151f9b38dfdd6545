//go:build unix && !aix

package owner

import (
	"os"

	"golang.org/x/sys/unix"
)

// flock waits for the lock of f, which ends when f is closed.
func flock(f *os.File) error {
	for {
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != unix.EINTR {
			return os.NewSyscallError("flock", err)
		}
	}
}
