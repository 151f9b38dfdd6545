package plugin

import (
	"os"
	"syscall"
)

// onlyTCP says that there are no unix sockets for programs.
const onlyTCP = true

func systemEnv() []string {
	root := os.Getenv("SystemRoot")
	return []string{"SystemRoot=" + root, "PATH=" + root + `\System32;` + root}
}

func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{HideWindow: true, CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// killGroup kills a process; its children are not known here.
func killGroup(p *os.Process) { _ = p.Kill() }
