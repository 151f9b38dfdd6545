//go:build unix

package main

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// The service manager hears of the state, and of the store's health only while it is
// good.
func TestNotify(t *testing.T) {
	dir, err := os.MkdirTemp("", "n") // paths of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "s")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_ = l.SetReadDeadline(time.Now().Add(time.Minute))
	heard := func() string {
		t.Helper()
		b := make([]byte, 100)
		n, err := l.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	notify("READY=1") // to nobody
	t.Setenv("NOTIFY_SOCKET", name)
	notify("READY=1")
	if got := heard(); got != "READY=1" {
		t.Errorf("heard %q", got)
	}
	for _, pid := range []string{"", strconv.Itoa(os.Getpid())} {
		t.Setenv("WATCHDOG_USEC", "2000")
		t.Setenv("WATCHDOG_PID", pid)
		ctx, cancel := context.WithCancel(t.Context())
		done, asked := make(chan struct{}), 0
		go func() {
			defer close(done)
			watchdog(ctx, func(context.Context) error {
				if asked++; asked == 2 {
					cancel()
				}
				if asked > 1 {
					return errors.New("not well")
				}
				return nil
			})
		}()
		<-done
		cancel()
		if got := heard(); got != "WATCHDOG=1" {
			t.Errorf("heard %q", got)
		}
		notify("STOPPING=1")
		if got := heard(); got != "STOPPING=1" {
			t.Errorf("heard %q, the store not being well", got)
		}
	}
	t.Setenv("WATCHDOG_PID", "1")
	watchdog(t.Context(), func(context.Context) error { return nil }) // is of another process
	t.Setenv("WATCHDOG_PID", "")
	for _, us := range []string{"", "0", "-5", "x", "99999999999999999"} {
		t.Setenv("WATCHDOG_USEC", us)
		watchdog(t.Context(), func(context.Context) error { return nil })
	}
}
