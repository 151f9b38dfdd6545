//go:build unix

package auth

import (
	"os"
	"syscall"
)

// isOwn reports whether a file belongs to the user of this process, to the
// superuser, or to the owner of its directory, who could replace it anyway.
func isOwn(file, dir os.FileInfo) bool {
	f, ok1 := file.Sys().(*syscall.Stat_t)
	d, ok2 := dir.Sys().(*syscall.Stat_t)
	return ok1 && ok2 && (f.Uid == 0 || int(f.Uid) == os.Geteuid() || f.Uid == d.Uid)
}
