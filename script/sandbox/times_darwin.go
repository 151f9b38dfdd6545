package sandbox

import (
	"io/fs"
	"syscall"
	"time"
)

func (p *Place) moreTimes(t *Times, info fs.FileInfo) {
	if x, ok := info.Sys().(*syscall.Stat_t); ok {
		t.Created = time.Unix(x.Birthtimespec.Unix())
		t.Accessed = time.Unix(x.Atimespec.Unix())
	}
}
