//go:build unix && !aix

package auth

import (
	"os"
	"syscall"

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

// isOwn reports whether a file belongs to the user of this process, to the
// superuser, or to the owner of its directory, who could replace it anyway.
func isOwn(file, dir os.FileInfo) bool {
	f, ok1 := file.Sys().(*syscall.Stat_t)
	d, ok2 := dir.Sys().(*syscall.Stat_t)
	return ok1 && ok2 && (f.Uid == 0 || int(f.Uid) == os.Geteuid() || f.Uid == d.Uid)
}
