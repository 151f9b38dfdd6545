//go:build darwin || freebsd

package peer

import "golang.org/x/sys/unix"

func credentials(fd int) (uid, gid uint32, err error) {
	const solLocal = 0
	c, err := unix.GetsockoptXucred(fd, solLocal, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, 0, err
	}
	return c.Uid, c.Groups[0], nil
}
