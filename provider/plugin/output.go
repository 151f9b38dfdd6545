package plugin

import (
	"bytes"
	"io"
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
