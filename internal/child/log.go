package child

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// Limits of what a program says on its standard error.
const (
	maxLine  = 4 << 10 // bytes of a line in the log; the rest is dropped
	maxLines = 200     // in a second; the rest is counted
)

// A Log is an io.Writer that writes lines to a log. It never fails and never
// waits for a reader, so that the program whose standard error it is can go on.
type Log struct {
	log *slog.Logger
	who string

	mu      sync.Mutex // guards what follows
	line    []byte
	second  time.Time // since when said counts
	said    int
	dropped int
}

// NewLog returns one for a kind of program, such as "provider", which begins the
// messages. What log adds to its records says which one it is.
func NewLog(log *slog.Logger, who string) *Log { return &Log{log: log, who: who} }

// Write implements io.Writer.
func (l *Log) Write(b []byte) (int, error) {
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

// flush logs what does not end in a newline.
func (l *Log) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.line) > 0 {
		l.say()
	}
}

// say logs the line.
func (l *Log) say() {
	text := strings.ToValidUTF8(strings.TrimRight(string(l.line), "\r"), "\uFFFD")
	l.line = l.line[:0]
	if now := time.Now(); now.Sub(l.second) >= time.Second {
		if l.dropped > 0 {
			l.log.Warn(l.who+" says too much", "dropped", l.dropped)
		}
		l.second, l.said, l.dropped = now, 0, 0
	}
	if l.said++; l.said > maxLines {
		l.dropped++
		return
	}
	l.log.Info(l.who+" says", "line", text)
}
