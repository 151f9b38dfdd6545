package child

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

func systemPath() []string {
	root := os.Getenv("SystemRoot")
	if root == "" {
		root = `C:\Windows`
	}
	return []string{filepath.Join(root, "System32"), root}
}

// lead has a command lead a process group of its own, and no window.
func lead(x *exec.Cmd) {
	if x.SysProcAttr == nil {
		x.SysProcAttr = &syscall.SysProcAttr{}
	}
	x.SysProcAttr.HideWindow = true
	x.SysProcAttr.CreationFlags |= syscall.CREATE_NEW_PROCESS_GROUP
}

// What a process has started is not known here, and a process without a window
// cannot be asked to end.
func killOne(p *os.Process)   { _ = p.Kill() }
func killGroup(p *os.Process) { _ = p.Kill() }
func endOne(p *os.Process)    { _ = p.Kill() }
func endGroup(p *os.Process)  { _ = p.Kill() }
