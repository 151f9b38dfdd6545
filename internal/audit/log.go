package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"openwmi/internal/owner"
	"openwmi/wbem"
)

// Options of a Log. The zero value is good.
type Options struct {
	// FileSize is how many bytes a file has, about, before the next one is
	// begun. Zero is 16 MiB.
	FileSize int64

	// Files is how many files there are; with a new one the oldest is removed.
	// Zero is 8.
	Files int

	// Logger receives that records were lost, and why; nil discards it.
	Logger *slog.Logger
}

// Queue is how many records wait to be written; a further one is lost.
const Queue = 8192

// syncEvery bounds how long a record that is written may be lost in a power
// failure.
const syncEvery = time.Second

// writeSize is how many bytes are written at once, about.
const writeSize = 64 << 10

// A Log is a Sink that keeps records in files of a directory.
//
// Record hands a record over and never waits: no operation is slower or fails
// because of the log. One goroutine writes what has come together and makes it
// durable every second and in Close. When the disk is full or too slow, records
// are lost; how many is told to the Logger at once, and to the log itself as
// soon as that can be written again.
type Log struct {
	dir  string
	opts Options

	queue chan Record
	done  chan struct{}
	lost  atomic.Int64 // records since the last one of the kind Lost

	mu     sync.RWMutex // guards closed against Record
	closed bool

	// Of the goroutine alone:
	file    *os.File
	size    int64 // of file
	buf     bytes.Buffer
	records int  // in buf
	torn    bool // the last line of file has no end
	dirty   bool // something is written and not durable
	failing bool
	err     error // of the last sync or close
}

var _ Sink = (*Log)(nil)

// Open opens the log in a directory, which is created if it does not exist. Only
// its owner can read it.
func Open(dir string, o Options) (*Log, error) {
	if o.FileSize <= 0 {
		o.FileSize = 16 << 20
	}
	if o.Files <= 0 {
		o.Files = 8
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	l := &Log{dir: dir, opts: o, queue: make(chan Record, Queue), done: make(chan struct{})}
	if err := l.open(); err != nil {
		return nil, err
	}
	go l.run()
	return l, nil
}

// Record implements Sink.
func (l *Log) Record(r Record) {
	// What waits is bounded, whatever callers say.
	r.Who, r.Namespace, r.Object, r.Detail = short(r.Who), short(r.Namespace), short(r.Object), short(r.Detail)
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return
	}
	select {
	case l.queue <- r:
	default:
		l.lost.Add(1)
	}
}

// Close writes what was handed over and makes it durable. What comes later is
// left out.
func (l *Log) Close() error {
	l.mu.Lock()
	closed := l.closed
	l.closed = true
	l.mu.Unlock()
	if !closed {
		close(l.queue)
	}
	<-l.done
	return l.err
}

// run writes records until the queue is closed.
func (l *Log) run() {
	defer close(l.done)
	timer := time.NewTimer(0)
	<-timer.C
	armed := false
	for {
		select {
		case r, ok := <-l.queue:
			if !ok {
				l.write()
				l.sync()
				if l.file != nil {
					l.err = errors.Join(l.err, l.file.Close())
				}
				return
			}
			l.add(r)
			l.gather()
			l.write()
			if l.dirty && !armed {
				armed = true
				timer.Reset(syncEvery)
			}
		case <-timer.C:
			armed = false
			l.write() // what was lost meanwhile
			l.sync()
		}
	}
}

// gather takes what waits, up to what is written at once.
func (l *Log) gather() {
	for l.buf.Len() < writeSize {
		select {
		case r, ok := <-l.queue:
			if !ok {
				return // run sees it as well
			}
			l.add(r)
		default:
			return
		}
	}
}

func (l *Log) add(r Record) {
	text, err := json.Marshal(r)
	if err != nil { // a time of a year that JSON has no text for
		l.lost.Add(1)
		return
	}
	l.buf.Write(append(text, '\n'))
	l.records++
}

// write writes what was gathered. What cannot be written is lost.
func (l *Log) write() {
	if n := l.lost.Swap(0); n > 0 {
		if !l.failing {
			l.opts.Logger.Error("audit records are lost", "count", n, "dir", l.dir)
		}
		l.add(Record{Time: time.Now(), Kind: Lost, Count: int(n)})
		l.records += int(n) - 1
	}
	if l.buf.Len() == 0 {
		return
	}
	n, err := 0, l.turn()
	if err == nil {
		text := l.buf.Bytes()
		if l.torn {
			text = append([]byte("\n"), text...)
		}
		n, err = l.file.Write(text)
		l.size += int64(n)
		l.dirty = l.dirty || n > 0
		if n > 0 {
			l.torn = err != nil
		}
	}
	if err != nil {
		if !l.failing {
			l.opts.Logger.Error("audit log cannot be written", "dir", l.dir, "count", l.records, "cause", err)
		}
		l.lost.Add(int64(l.records))
	}
	l.failing = err != nil
	l.buf.Reset()
	l.records = 0
}

// sync makes durable what is written.
func (l *Log) sync() {
	if !l.dirty {
		return
	}
	l.dirty = false
	if l.err = l.file.Sync(); l.err != nil {
		l.opts.Logger.Error("audit log not durable", "dir", l.dir, "cause", l.err)
	}
}

// turn makes sure that file is the one to write to, and has room.
func (l *Log) turn() error {
	if l.file != nil {
		mine, err := l.file.Stat()
		if err == nil && l.size < l.opts.FileSize && l.current(mine) {
			return nil
		}
		l.sync()
		err = errors.Join(err, l.file.Close())
		l.file = nil
		if err == nil {
			err = l.rotate(mine)
		}
		if err != nil {
			return err
		}
	}
	return l.open()
}

// current reports whether a file is still the one to which others write as well:
// another program may have begun the next one.
func (l *Log) current(f os.FileInfo) bool {
	theirs, err := os.Stat(filepath.Join(l.dir, currentName))
	return err == nil && os.SameFile(f, theirs)
}

// open opens the current file at its end.
func (l *Log) open() error {
	f, err := owner.Open(filepath.Join(l.dir, currentName), os.O_APPEND)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New(f.Name() + " is not a file")
	}
	last := []byte("\n")
	if err == nil && info.Size() > 0 {
		_, err = f.ReadAt(last, info.Size()-1)
	}
	if err != nil {
		_ = f.Close()
		return err
	}
	l.file, l.size, l.torn = f, info.Size(), last[0] != '\n'
	return nil
}

// Status is that of an operation with an error.
func Status(err error) wbem.Status {
	if err == nil {
		return wbem.OK
	}
	return wbem.StatusOf(err)
}
