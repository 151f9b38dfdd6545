//go:build !linux && !darwin && !freebsd

package peer

import "errors"

func credentials(int) (uid, gid uint32, err error) { return 0, 0, errors.ErrUnsupported }
