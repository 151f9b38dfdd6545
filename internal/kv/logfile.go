package kv

import "github.com/cockroachdb/pebble/v2/vfs"

// A logFile is a log behind a fence. Its writes and syncs never fail.
//
// For a write-ahead log it also writes zeros ahead. The sync of bytes that
// overwrite others has nothing but these to bring to the disk; when the file
// becomes longer, or bytes land in space that is only reserved (fallocate), the
// file system must commit the change to its journal as well, which takes as
// long again: 5,900 instead of 9,500 commits a second with one writer. Pebble
// gets the same effect by recycling logs, but not before it has filled some.
//
// A reader of the log takes zeros for its end.
type logFile struct {
	vfs.File
	fence *fence

	ahead  bool
	off    int64 // where the next write goes
	filled int64 // the file has blocks up to here
}

const (
	// zeroAhead is how many zeros are written at once: little to write, and
	// enough for hundreds of commits.
	zeroAhead = 256 << 10
	// zeroLimit is from what size on a write is so long to sync that the
	// journal doesn't matter, and the zeros would.
	zeroLimit = 64 << 10
)

var zeros [zeroAhead]byte

func newLogFile(f *fence, file vfs.File, wal bool) *logFile {
	l := &logFile{File: file, fence: f, ahead: wal}
	if wal {
		// A recycled log has its blocks already.
		if info, err := file.Stat(); err == nil {
			l.filled = info.Size()
		}
	}
	return l
}

func (l *logFile) Write(p []byte) (int, error) {
	length := len(p)
	_ = l.fence.logOp(func() error {
		if end := l.off + int64(len(p)); l.ahead && end > l.filled && len(p) < zeroLimit {
			// Zeros before the bytes: blocks that are left out stay holes.
			from := max(l.off, l.filled)
			_, err := l.WriteAt(zeros[:], from)
			l.ahead = err == nil // it is only worth a try
			l.filled = from + zeroAhead
		}
		n, err := l.File.Write(p)
		p = p[n:]
		l.off += int64(n)
		return err
	})
	return length, nil
}

func (l *logFile) Sync() error {
	l.fence.syncOp(l.File.Sync)
	return nil
}

func (l *logFile) SyncData() error {
	l.fence.syncOp(l.File.SyncData)
	return nil
}

func (l *logFile) SyncTo(int64) (bool, error) { return false, nil }

// Preallocate does nothing. Pebble would reserve the size of a full memtable
// for every log, however little the store holds.
func (l *logFile) Preallocate(int64, int64) error { return nil }

func (l *logFile) Close() error {
	if err := l.File.Close(); err != nil {
		l.fence.fail(err)
	}
	return nil
}
