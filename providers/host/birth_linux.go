package host

import (
	"time"

	"golang.org/x/sys/unix"
)

// birth returns when a directory was made, zero if its file system or the kernel
// (before Linux 4.11) does not say so. Images that are built to be reproducible
// say 1970.
func birth(dir string) time.Time {
	var s unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, dir, unix.AT_NO_AUTOMOUNT, unix.STATX_BTIME, &s)
	if err != nil || s.Mask&unix.STATX_BTIME == 0 || s.Btime.Sec <= 0 {
		return time.Time{}
	}
	return time.Unix(s.Btime.Sec, int64(s.Btime.Nsec))
}
