// Package peer says which process is at the other end of a local socket.
package peer

import "net"

// User returns the user and the group of the process that made a connection, or
// listens where it was made to, as the kernel has noted them then (SO_PEERCRED and
// its like). The error is errors.ErrUnsupported where the system does not say it.
func User(conn *net.UnixConn) (uid, gid uint32, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, 0, err
	}
	var asked error
	if err := raw.Control(func(fd uintptr) { uid, gid, asked = credentials(int(fd)) }); err != nil {
		return 0, 0, err
	}
	return uid, gid, asked
}
