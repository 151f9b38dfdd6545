package process

import (
	"errors"
	"syscall"
)

func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// setNice is never reached: there is no /proc to find a process in.
func setNice(uint32, int) error { return errors.ErrUnsupported }
