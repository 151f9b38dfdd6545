package wbem

import (
	"context"
	"time"

	"openwmi/cim"
)

// Infinite as a timeout waits until the end. Zero does not wait; other negative
// timeouts are InvalidParameter.
const Infinite time.Duration = -1

// A deadline is when the waiting of one call ends, however often it waits.
type deadline struct {
	now     bool             // do not wait
	expires <-chan time.Time // nil for never
}

func newDeadline(timeout time.Duration) (deadline, error) {
	switch {
	case timeout == Infinite:
		return deadline{}, nil
	case timeout < 0:
		return deadline{}, cim.Errorf(InvalidParameter, "the timeout is negative")
	case timeout == 0:
		return deadline{now: true}, nil
	}
	return deadline{expires: time.After(timeout)}, nil
}

// wait waits for ch to be closed. The error is STimedout or that of the context.
func (d deadline) wait(ctx context.Context, ch <-chan struct{}) error {
	select {
	case <-ch:
		return nil
	default:
		if d.now {
			return STimedout
		}
	}
	select {
	case <-ch:
		return nil
	case <-d.expires:
		return STimedout
	case <-ctx.Done():
		return ctx.Err()
	}
}
