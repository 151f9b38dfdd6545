package netlink

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// A Waiter waits for files until a context ends. It is for one goroutine.
type Waiter struct {
	ctx    context.Context
	fds    []unix.PollFd // the first is what ends the wait
	cancel func() bool
	done   chan struct{} // closed when the end of ctx has been told
}

// NewWaiter returns one that waits for messages on sockets, and for changes of
// other files (POLLPRI), by their numbers.
func NewWaiter(ctx context.Context, sockets, files []int) (*Waiter, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	w := &Waiter{ctx: ctx, fds: []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, done: make(chan struct{})}
	for _, fd := range sockets {
		w.fds = append(w.fds, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	for _, fd := range files {
		w.fds = append(w.fds, unix.PollFd{Fd: int32(fd), Events: unix.POLLPRI})
	}
	w.cancel = context.AfterFunc(ctx, func() {
		defer close(w.done)
		unix.Write(fd, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	})
	return w, nil
}

// Wait returns when one of the files is ready, and at the latest after a time;
// less than zero is no limit. Which are ready, Ready says. The error is that of
// the context.
func (w *Waiter) Wait(limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for {
		ms := -1
		if limit >= 0 {
			ms = int(max(0, min(time.Until(deadline), time.Hour)+time.Millisecond-1) / time.Millisecond)
		}
		n, err := unix.Poll(w.fds, ms)
		switch {
		case w.ctx.Err() != nil:
			return w.ctx.Err()
		case err == unix.EINTR:
			continue
		case err != nil:
			return err
		case n > 0 || ms >= 0 && !time.Now().Before(deadline):
			return nil
		}
	}
}

// Ready reports whether the last Wait has found a file to be ready.
func (w *Waiter) Ready(file int) bool {
	for _, f := range w.fds[1:] {
		if int(f.Fd) == file {
			return f.Revents != 0
		}
	}
	return false
}

// Close lets go of what waiting takes, not of the files.
func (w *Waiter) Close() error {
	if !w.cancel() {
		<-w.done
	}
	return unix.Close(int(w.fds[0].Fd))
}
