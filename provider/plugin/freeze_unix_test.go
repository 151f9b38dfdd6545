//go:build unix

package plugin_test

import (
	"os"
	"syscall"
)

// freeze stops the process, so that it does nothing any more.
func freeze() { _ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) }
