package plugin

import (
	"errors"

	"golang.org/x/sys/unix"
)

// limitMemory bounds what a process, and each that it starts from now on, may
// have in memory that it can write to. RLIMIT_AS would count what is merely
// reserved as well.
func limitMemory(pid int, bytes uint64) error {
	var old unix.Rlimit
	err := unix.Prlimit(pid, unix.RLIMIT_DATA, nil, &old)
	if err == nil {
		limit := min(bytes, old.Max)
		err = unix.Prlimit(pid, unix.RLIMIT_DATA, &unix.Rlimit{Cur: limit, Max: limit}, nil)
	}
	if errors.Is(err, unix.ESRCH) {
		return nil // it has ended
	}
	return err
}
