package hotplug

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"openwmi/providers/internal/netlink"
	"openwmi/providers/live"
)

// follow tells of devices and volumes until ctx ends.
func (p *Provider) follow(ctx context.Context, h *herald) error {
	if p.sys.Proc != "" {
		return h.poll(ctx)
	}
	// Not as an os.File: the runtime would poll it too, and each change is told to
	// one poll only.
	name := p.sys.ProcFile("self", "mountinfo")
	mounts, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return live.Unavailable(&os.PathError{Op: "open", Path: name, Err: err})
	}
	defer unix.Close(mounts)
	var sockets []int
	conn, err := netlink.Dial(unix.NETLINK_KOBJECT_UEVENT, 1) // the group to which the kernel itself sends
	if err != nil {
		p.log.Warn("the kernel does not tell of devices: there are events of volumes only", "reason", err)
	} else {
		defer conn.Close()
		sockets = append(sockets, conn.File())
	}
	wait, err := netlink.NewWaiter(ctx, sockets, []int{mounts})
	if err != nil {
		return err
	}
	defer wait.Close()
	if err := h.begin(); err != nil { // from now on the file says when it changes
		return err
	}
	for {
		if err := wait.Wait(-1); err != nil {
			return err
		}
		if wait.Ready(mounts) {
			if err := h.compare(); err != nil {
				return err
			}
		}
		if conn != nil {
			if err := p.devices(conn, h); err != nil {
				return err
			}
		}
	}
}

// devices tells what the kernel says now.
func (p *Provider) devices(conn *netlink.Conn, h *herald) error {
	told := false
	for range 256 { // then volumes have their turn
		b, err := conn.Receive()
		if errors.Is(err, netlink.ErrOverflow) {
			p.log.Warn("the kernel has dropped what it told of devices")
			told = true
			continue
		}
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		event, ok := parseUevent(b)
		if !ok {
			continue
		}
		told = true
		if err := h.tell(h.device, event, ""); err != nil {
			return err
		}
	}
	if !told {
		return nil
	}
	return h.tell(h.configuration, changed, "")
}
