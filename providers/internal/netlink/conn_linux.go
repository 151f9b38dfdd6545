package netlink

import (
	"errors"

	"golang.org/x/sys/unix"
)

// ErrOverflow says that the kernel has dropped messages, because they were not
// received fast enough.
var ErrOverflow = errors.New("messages of the kernel were lost")

// buffered is how many bytes of messages the kernel is asked to keep.
const buffered = 4 << 20

// A Conn is a socket on which the kernel sends messages. It is for one goroutine.
type Conn struct {
	fd  int
	buf [1 << 16]byte // longer than any message is
}

// Dial opens a socket of a protocol and joins groups, a mask. The error is that of
// the kernel, such as unix.EPERM.
func Dial(protocol int, groups uint32) (*Conn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
	if err != nil {
		return nil, err
	}
	// More than the system's limit takes a privilege; without it there are more
	// overflows.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffered) != nil {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffered)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &Conn{fd: fd}, nil
}

// File returns the number of the socket, to wait for.
func (c *Conn) File() int { return c.fd }

// Send sends a message to the kernel.
func (c *Conn) Send(b []byte) error {
	return unix.Sendto(c.fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
}

// Receive returns the next message of the kernel, nil if there is none now, and
// passes over what other processes have sent. The bytes are good until the next
// call. ErrOverflow says that some were lost before it; there may be more.
func (c *Conn) Receive() ([]byte, error) {
	for {
		n, _, flags, from, err := unix.Recvmsg(c.fd, c.buf[:], nil, 0)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return nil, nil
		case err == unix.ENOBUFS:
			return nil, ErrOverflow
		case err != nil:
			return nil, err
		}
		if at, ok := from.(*unix.SockaddrNetlink); !ok || at.Pid != 0 || flags&unix.MSG_TRUNC != 0 || n == 0 {
			continue
		}
		return c.buf[:n], nil
	}
}

// Close closes the socket.
func (c *Conn) Close() error { return unix.Close(c.fd) }
