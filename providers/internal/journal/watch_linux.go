package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// A watcher says when something has happened in directories. journald, which
// writes to memory that is mapped, truncates its files to the size that they have,
// so that this is seen.
type watcher struct {
	f     *os.File // of inotify; nil if there is none
	dirs  []string
	watch func()
}

// mask is what journald does to files, and what happens to directories.
const mask = unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_MOVED_FROM | unix.IN_MODIFY | unix.IN_ATTRIB | unix.IN_DELETE | unix.IN_ONLYDIR

// newWatcher watches directories, and those above them, where they may come.
func newWatcher(dirs []string) *watcher {
	w := &watcher{dirs: dirs}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return w
	}
	w.f = os.NewFile(uintptr(fd), "inotify")
	w.watch = func() {
		for _, dir := range dirs {
			unix.InotifyAddWatch(fd, dir, mask)
			unix.InotifyAddWatch(fd, filepath.Dir(dir), unix.IN_CREATE|unix.IN_MOVED_TO|unix.IN_ONLYDIR|unix.IN_MASK_ADD)
		}
	}
	w.watch()
	return w
}

func (w *watcher) close() {
	if w.f != nil {
		w.f.Close()
	}
}

// wait returns when something may have happened since the last call, or with the
// error of ctx.
func (w *watcher) wait(ctx context.Context) error {
	if w.f == nil {
		return pause(ctx)
	}
	if err := w.f.SetReadDeadline(time.Now().Add(recheck)); err != nil {
		return pause(ctx)
	}
	defer context.AfterFunc(ctx, func() { w.f.SetReadDeadline(time.Unix(1, 0)) })()
	var events [4096]byte
	_, err := w.f.Read(events[:])
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
		return pause(ctx)
	}
	w.watch() // a directory may have come, or come again
	return nil
}
