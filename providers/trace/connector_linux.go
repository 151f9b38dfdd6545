package trace

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"openwmi/providers/internal/netlink"
)

// monotonic returns the time on the clock that the kernel stamps messages with,
// in nanoseconds.
var monotonic = func() uint64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0 // it cannot fail
	}
	return uint64(ts.Nano())
}

// follow tells of processes until ctx ends.
func (p *Provider) follow(ctx context.Context, t *table) error {
	if p.sys.Proc != "" {
		return compare(ctx, t)
	}
	k, err := connect(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.log.Warn("the kernel does not tell of processes: they are compared once a second, and shorter ones are missed", "reason", err)
		return compare(ctx, t)
	}
	defer k.close()
	if err := t.scan(false); err != nil {
		return err
	}
	for {
		if err := k.wait.Wait(t.next()); err != nil {
			return err
		}
		for range 256 { // then what is due has its turn
			b, err := k.conn.Receive()
			if errors.Is(err, netlink.ErrOverflow) {
				p.log.Warn("the kernel has dropped what it told of processes: those that are there are compared, and shorter ones are missed")
				if err := t.scan(true); err != nil {
					return err
				}
				continue
			}
			if err != nil {
				return err
			}
			if b == nil {
				break
			}
			for _, m := range parse(b) {
				if err := t.apply(m); err != nil {
					return err
				}
			}
		}
		if err := t.tick(); err != nil {
			return err
		}
	}
}

// A connector is a connection to the kernel's process connector.
type connector struct {
	conn *netlink.Conn
	wait *netlink.Waiter
	ack  uint32 // by which the answer is known: others ask too
}

// answer is for how long the kernel may take to agree. In a container it never
// does, and does not say so.
const answer = time.Second

// connect asks the kernel to tell of processes.
func connect(ctx context.Context) (*connector, error) {
	conn, err := netlink.Dial(unix.NETLINK_CONNECTOR, connectorIndex)
	if err != nil {
		return nil, fmt.Errorf("process connector: %w", err)
	}
	wait, err := netlink.NewWaiter(ctx, []int{conn.File()}, nil)
	if err != nil {
		conn.Close()
		return nil, err
	}
	k := &connector{conn, wait, rand.Uint32()}
	if err := k.agree(); err != nil {
		k.close()
		return nil, fmt.Errorf("process connector: %w", err)
	}
	return k, nil
}

var errSilent = errors.New("no answer, as in a container")

func (k *connector) agree() error {
	if err := k.conn.Send(listen(k.ack, 1)); err != nil {
		return err
	}
	for until := time.Now().Add(answer); ; {
		left := time.Until(until)
		if left <= 0 {
			return errSilent
		}
		if err := k.wait.Wait(left); err != nil {
			return err
		}
		for range 256 {
			b, err := k.conn.Receive()
			if err != nil && !errors.Is(err, netlink.ErrOverflow) {
				return err
			}
			if b == nil {
				break
			}
			for _, m := range parse(b) {
				if m.what == eventAck && m.ack == k.ack+1 {
					if m.value != 0 {
						return syscall.Errno(m.value)
					}
					return nil
				}
			}
		}
	}
}

func (k *connector) close() {
	k.conn.Send(listen(k.ack, 2)) // older kernels go on for nobody otherwise
	k.wait.Close()
	k.conn.Close()
}
