package commandline

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

func systemPath() []string {
	root := os.Getenv("SystemRoot")
	if root == "" {
		root = `C:\Windows`
	}
	return []string{filepath.Join(root, "System32"), root}
}

// attributes start a process with its priority, whose number is that of Windows.
func attributes(cmd *command) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{HideWindow: true, CreationFlags: uint32(cmd.priority)}
	if cmd.group {
		a.CreationFlags |= windows.CREATE_NEW_PROCESS_GROUP
	}
	return a
}

// setPriority has nothing to do: attributes did it.
func setPriority(int, int64) error { return nil }

// terminate ends the process at once: it has no window that could be closed.
func terminate(x *exec.Cmd, _ bool) { _ = x.Process.Kill() }

func kill(x *exec.Cmd, _ bool) { _ = x.Process.Kill() }
