package commandline

import "syscall"

// attributes start a process with its priority, whose number is that of Windows.
func attributes(cmd *command) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: uint32(cmd.priority)}
}

// setPriority has nothing to do: attributes did it.
func setPriority(int, int64) error { return nil }
