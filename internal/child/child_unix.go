//go:build unix

package child

import (
	"os"
	"os/exec"
	"syscall"
)

func systemPath() []string {
	return []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}
}

// lead has a command lead a process group of its own.
func lead(x *exec.Cmd) {
	if x.SysProcAttr == nil {
		x.SysProcAttr = &syscall.SysProcAttr{}
	}
	x.SysProcAttr.Setpgid = true
}

func killOne(p *os.Process)   { _ = p.Kill() }
func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }
func endOne(p *os.Process)    { _ = p.Signal(syscall.SIGTERM) }
func endGroup(p *os.Process)  { _ = syscall.Kill(-p.Pid, syscall.SIGTERM) }
