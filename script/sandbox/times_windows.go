package sandbox

import (
	"io/fs"
	"syscall"
	"time"
)

func (p *Place) moreTimes(t *Times, info fs.FileInfo) {
	if x, ok := info.Sys().(*syscall.Win32FileAttributeData); ok {
		t.Created = time.Unix(0, x.CreationTime.Nanoseconds())
		t.Accessed = time.Unix(0, x.LastAccessTime.Nanoseconds())
	}
}
