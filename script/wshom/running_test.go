//go:build unix

package wshom_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func running(pid int) bool { return syscall.Kill(pid, 0) == nil }

// kill ends a process that a test has started.
func kill(pid int) {
	if pid > 1 {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// mkfifo makes a named pipe in the folder of a script.
func mkfifo(t *testing.T, s *script, name string) string {
	t.Helper()
	path := filepath.Join(s.dir, name)
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
