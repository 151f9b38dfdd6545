package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// A hangup hears SIGHUP, which says one of two things: that the terminal has gone in
// which this program was started, or that files have changed. A program that was
// started so that it ignores the signal, as with nohup, goes on doing that.
type hangup struct {
	heard  chan os.Signal
	inside bool // there was a terminal
}

// hearHangup returns a hangup, which has to be stopped.
func hearHangup() *hangup {
	h := &hangup{heard: make(chan os.Signal, 1), inside: hasTerminal()}
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(h.heard, syscall.SIGHUP)
	}
	return h
}

func (h *hangup) stop() { signal.Stop(h.heard) }

// serve calls reload whenever the signal comes, and end when that is because the
// terminal has gone, until the context ends.
func (h *hangup) serve(ctx context.Context, reload, end func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.heard:
			if h.inside && !hasTerminal() {
				end()
				return
			}
			reload()
		}
	}
}

// hasTerminal reports whether this process has a controlling terminal: a new session
// has none, and one whose terminal was closed has lost it.
func hasTerminal() bool {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	f.Close()
	return true
}
