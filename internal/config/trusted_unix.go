//go:build unix

package config

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// trusted returns why a file may have been written by somebody else than the
// superuser and the user of this process, nil if it cannot.
func trusted(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("it is no regular file")
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok && s.Uid != 0 && int(s.Uid) != os.Geteuid() {
		return fmt.Errorf("it belongs to user %d, not to the superuser or user %d, whom this process runs as", s.Uid, os.Geteuid())
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("others than its owner may write to it: its mode is %04o; chmod go-w ends that", info.Mode().Perm())
	}
	return nil
}
