//go:build !linux

package perf

import (
	"errors"
	"time"
)

// uptime is not known: nothing else is read on such a system either.
func uptime() (time.Duration, error) { return 0, errors.ErrUnsupported }
