package main

import (
	"context"
	"net"
	"os"
	"strconv"
	"time"
)

// notify tells the service manager that has started this process how it is:
// "READY=1", "STOPPING=1", "WATCHDOG=1". Without one, or one that does not listen,
// it does nothing. sd_notify(3)
func notify(state string) {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return
	}
	// A name that begins with @ is abstract, which package net knows too.
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = c.Write([]byte(state))
}

// watchdog tells the service manager again and again that this process works, as
// long as check says so, twice in the time after which it would be restarted.
// sd_watchdog_enabled(3)
func watchdog(ctx context.Context, check func(context.Context) error) {
	us, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	pid := os.Getenv("WATCHDOG_PID")
	if err != nil || us < 2 || us > int64(24*time.Hour/time.Microsecond) || pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return
	}
	tick := time.NewTicker(time.Duration(us) * time.Microsecond / 2)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if check(ctx) == nil {
				notify("WATCHDOG=1")
			}
		}
	}
}
