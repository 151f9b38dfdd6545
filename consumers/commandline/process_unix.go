//go:build unix

package commandline

import (
	"os/exec"
	"syscall"
)

func systemPath() []string {
	return []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}
}

// attributes give each program a process group of its own, also one that is ended
// alone: what a terminal sends to the service is not for programs, which outlive
// it.
func attributes(*command) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// nice are the priorities as this system has them. events.md 10.2, Decision
var nice = map[int64]int{normalPriority: 0, idlePriority: 19, highPriority: -10, realtimePriority: -20}

func setPriority(pid int, priority int64) error {
	if priority == normalPriority {
		return nil
	}
	return syscall.Setpriority(syscall.PRIO_PROCESS, pid, nice[priority])
}

func terminate(x *exec.Cmd, group bool) { signal(x, group, syscall.SIGTERM) }

func kill(x *exec.Cmd, group bool) { signal(x, group, syscall.SIGKILL) }

// signal sends a signal to the process group that a process leads, or to it
// alone. Nobody there is no failure.
func signal(x *exec.Cmd, group bool, s syscall.Signal) {
	if group {
		_ = syscall.Kill(-x.Process.Pid, s)
	} else {
		_ = x.Process.Signal(s)
	}
}
