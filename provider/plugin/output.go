package plugin

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// maxHandshake is how many bytes the first line of a program has at most.
const maxHandshake = 16 << 10

// A firstLine takes the standard output of a program, of which the first line is
// the handshake. What follows is nobody's and dropped.
type firstLine struct {
	reader *io.PipeReader
	writer *io.PipeWriter
	left   int
}

func newFirstLine() *firstLine {
	f := &firstLine{left: maxHandshake}
	f.reader, f.writer = io.Pipe()
	return f
}

// Write implements io.Writer. It never fails, so that the program can go on.
func (f *firstLine) Write(b []byte) (int, error) {
	if f.left == 0 {
		return len(b), nil
	}
	line := b[:min(len(b), f.left)]
	f.left -= len(line)
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line, f.left = line[:i+1], 0
	}
	_, _ = f.writer.Write(line)
	if f.left == 0 {
		_ = f.writer.Close()
	}
	return len(b), nil
}

func (f *firstLine) close() { _ = f.writer.Close() }

// Limits of what a program says on its standard error.
const (
	maxLine  = 4 << 10 // bytes of a line in the log; the rest is dropped
	maxLines = 200     // in a second; the rest is counted
)

// lines writes the standard error of a program to the log.
type lines struct {
	log  *slog.Logger
	name string

	mu      sync.Mutex // guards what follows
	line    []byte
	second  time.Time // since when said counts
	said    int
	dropped int
}

func newLines(log *slog.Logger, name string) *lines { return &lines{log: log, name: name} }

// Write implements io.Writer. It never fails.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := b; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte{'\n'})
		l.line = append(l.line, line[:min(len(line), maxLine-len(l.line))]...)
		if whole {
			l.say()
		}
		rest = after
	}
	return len(b), nil
}

// say logs the line.
func (l *lines) say() {
	text := strings.ToValidUTF8(strings.TrimRight(string(l.line), "\r"), "\uFFFD")
	l.line = l.line[:0]
	if now := time.Now(); now.Sub(l.second) >= time.Second {
		if l.dropped > 0 {
			l.log.Warn("provider says too much", "provider", l.name, "dropped", l.dropped)
		}
		l.second, l.said, l.dropped = now, 0, 0
	}
	if l.said++; l.said > maxLines {
		l.dropped++
		return
	}
	l.log.Info("provider says", "provider", l.name, "line", text)
}
