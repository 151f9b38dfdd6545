//go:build unix

package commandline

import "syscall"

// attributes has nothing to say: setPriority does.
func attributes(*command) *syscall.SysProcAttr { return nil }

// nice are the priorities as this system has them. events.md 10.2, Decision
var nice = map[int64]int{normalPriority: 0, idlePriority: 19, highPriority: -10, realtimePriority: -20}

func setPriority(pid int, priority int64) error {
	if priority == normalPriority {
		return nil
	}
	return syscall.Setpriority(syscall.PRIO_PROCESS, pid, nice[priority])
}
