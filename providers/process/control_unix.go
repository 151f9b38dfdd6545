//go:build unix

package process

import (
	"syscall"
)

// detached makes a child the leader of a session of its own.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func setNice(id uint32, nice int) error {
	return syscall.Setpriority(syscall.PRIO_PROCESS, int(id), nice)
}
