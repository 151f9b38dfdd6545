package child

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

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

// Usage returns what the process uses at the moment, without what it has started;
// ok is false where that cannot be found out.
func (p *Process) Usage() (u Usage, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return u, false // its number may be that of another process
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	if err != nil {
		return u, false
	}
	// The second field, in parentheses, is whatever the process says it is;
	// the third comes after the last one. proc_pid_stat(5)
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 22 {
		return u, false
	}
	u.Threads, err = strconv.ParseUint(fields[20-3], 10, 64)
	pages, err2 := strconv.ParseUint(fields[24-3], 10, 64)
	u.Memory = pages * uint64(os.Getpagesize())
	return u, err == nil && err2 == nil
}
