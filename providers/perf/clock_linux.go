package perf

import (
	"time"

	"golang.org/x/sys/unix"
)

// uptime returns for how long the system has been running.
func uptime() (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0, err
	}
	return time.Duration(t.Nano()), nil
}
