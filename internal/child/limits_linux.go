package child

import (
	"errors"

	"golang.org/x/sys/unix"
)

// apply sets the limits for a process, and each that it starts from now on.
// RLIMIT_DATA counts memory that can be written to; RLIMIT_AS would count what is
// merely reserved as well, which many runtimes do.
func (l Limits) apply(pid int) error {
	for _, limit := range []struct {
		resource int
		value    uint64
	}{{unix.RLIMIT_DATA, l.Memory}, {unix.RLIMIT_NOFILE, l.Files}} {
		if limit.value == 0 {
			continue
		}
		var old unix.Rlimit
		err := unix.Prlimit(pid, limit.resource, nil, &old)
		if err == nil {
			value := min(limit.value, old.Max)
			err = unix.Prlimit(pid, limit.resource, &unix.Rlimit{Cur: value, Max: value}, nil)
		}
		switch {
		case errors.Is(err, unix.ESRCH):
			return nil // it has ended
		case err != nil:
			return err
		}
	}
	return nil
}

// awaitEnd waits until a process has ended, and leaves it to be waited for. It
// reports whether it could.
func awaitEnd(pid int) bool {
	for {
		switch err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err {
		case nil:
			return true
		case unix.EINTR:
		default:
			return false
		}
	}
}
