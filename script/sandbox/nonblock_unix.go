//go:build unix

package sandbox

import "syscall"

// nonblock keeps a named pipe from waiting for its other end.
const nonblock = syscall.O_NONBLOCK
