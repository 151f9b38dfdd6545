package kv

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A dirLock keeps a directory for one writer, or for several readers. The lock
// is on the file LOCK, belongs to the open file and so ends with the process.
//
// A writer leaves "PID HOST\n" in the file, for the message that others get.
// After a crash the text is stale until the next writer replaces it; the lock
// decides, never the text.
type dirLock struct {
	file  *os.File
	owner bool // we wrote the text
}

// errLockBusy is returned by flock when another open file has the lock.
var errLockBusy = errors.New("lock is held")

// lockDir locks dir, or returns an error that wraps ErrLocked and names the
// owner. Readers of a directory that was never written in have nothing to
// lock, such as a fresh checkpoint: lockDir returns nil for them.
func lockDir(dir string, readOnly bool) (*dirLock, error) {
	flags := os.O_RDWR | os.O_CREATE
	if readOnly {
		flags = os.O_RDONLY
	}
	f, err := os.OpenFile(filepath.Join(dir, "LOCK"), flags, 0o600)
	if err != nil {
		if readOnly && errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	if err := flock(f, readOnly); err != nil {
		if err == errLockBusy {
			err = fmt.Errorf("%w: %s: %s", ErrLocked, dir, lockOwner(f))
		}
		f.Close()
		return nil, err
	}
	l := &dirLock{file: f, owner: !readOnly}
	if l.owner {
		// The text only serves a message, so a full disk must not keep the
		// store from being opened.
		host, _ := os.Hostname()
		if f.Truncate(0) == nil {
			_, _ = f.WriteAt(fmt.Appendf(nil, "%d %s\n", os.Getpid(), host), 0)
		}
	}
	return l, nil
}

func (l *dirLock) unlock() error {
	if l == nil {
		return nil
	}
	if l.owner {
		_ = l.file.Truncate(0)
	}
	return l.file.Close()
}

// lockOwner says who has the lock on f. Between taking the lock and writing
// the text there is a moment in which the text is that of an earlier owner,
// whose process is gone; hence the second look.
func lockOwner(f *os.File) string {
	self, _ := os.Hostname()
	for try := 0; ; try++ {
		text, _ := io.ReadAll(io.NewSectionReader(f, 0, 512))
		pidText, host, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
		pid, err := strconv.Atoi(pidText)
		switch {
		case err == nil && host != self:
			return fmt.Sprintf("process %d on %s", pid, host)
		case err == nil && alive(pid):
			return fmt.Sprintf("process %d", pid)
		case try == 5:
			return "owner unknown"
		}
		time.Sleep(5 * time.Millisecond)
	}
}
