// Package input shares the standard input between those who read it: a prompt, the
// dialogs of scripts, scripts themselves, and who asks for a password.
//
// A read of a terminal cannot be ended, so a reader that goes away leaves one behind.
// What that brings is for who reads next, every byte of it, and however the terminal
// ends lines by then.
package input

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// A Reader is an input that is shared. It may be used by several goroutines: one reads,
// and others wait for their turn.
type Reader struct {
	r    io.Reader
	turn chan struct{} // has an element while somebody reads; guards what follows

	pending chan chunk // of a read that goes on, nil for none
	buf     []byte     // what was read and nobody has taken
	err     error      // what came after buf
}

type chunk struct {
	b   []byte
	err error
}

// New returns an input that is read from r; nil is an empty one.
func New(r io.Reader) *Reader {
	if r == nil {
		r = strings.NewReader("")
	}
	return &Reader{r: r, turn: make(chan struct{}, 1)}
}

// enter waits for the turn of who calls, and returns what ends it.
func (r *Reader) enter(ctx context.Context) (leave func(), err error) {
	select {
	case r.turn <- struct{}{}:
		return func() { <-r.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// size is how much is read at once, in bytes.
const size = 4096

// more adds to buf. The error is that of the input after all of buf, or of ctx.
func (r *Reader) more(ctx context.Context) error {
	if err := r.err; err != nil {
		r.err = nil
		return err
	}
	if r.pending == nil {
		r.pending = make(chan chunk, 1)
		go func(to chan<- chunk) {
			b := make([]byte, size)
			n, err := r.r.Read(b)
			to <- chunk{b[:n], err}
		}(r.pending)
	}
	select {
	case c := <-r.pending:
		r.pending = nil
		if len(r.buf) == 0 {
			r.buf = c.b
		} else {
			r.buf = append(r.buf, c.b...)
		}
		if len(c.b) == 0 {
			return c.err
		}
		r.err = c.err
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Read implements io.Reader. It waits as long as it takes.
func (r *Reader) Read(p []byte) (int, error) { return r.read(context.Background(), p, false) }

// ReadKey reads a byte, or returns the error of ctx if that ends first.
func (r *Reader) ReadKey(ctx context.Context) (byte, error) {
	var b [1]byte
	_, err := r.read(ctx, b[:], false)
	return b[0], err
}

// read reads until ctx ends, and if lines is true no more than the rest of a line.
func (r *Reader) read(ctx context.Context, p []byte, lines bool) (int, error) {
	leave, err := r.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	for len(r.buf) == 0 && len(p) > 0 {
		if err := r.more(ctx); err != nil {
			return 0, err
		}
	}
	b := r.buf
	if i := bytes.IndexByte(b, '\n'); lines && i >= 0 {
		b = b[:i+1]
	}
	n := copy(p, b)
	r.buf = r.buf[n:]
	return n, nil
}

// ReadLine returns the next line without its end, which CR may precede: io.EOF when there
// is none. It takes nothing when ctx ends first, whose error it returns then. A line of
// more than limit bytes is QuotaViolation, and is taken up to there.
func (r *Reader) ReadLine(ctx context.Context, limit int) (string, error) {
	leave, err := r.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	seen := 0
	for {
		if i := bytes.IndexByte(r.buf[seen:], '\n'); i >= 0 && seen+i <= limit {
			return r.take(seen+i, 1), nil
		}
		if len(r.buf) > limit {
			r.take(limit, 0)
			return "", cim.Errorf(wbem.QuotaViolation, "a line may have %d bytes", limit)
		}
		seen = len(r.buf)
		switch err := r.more(ctx); {
		case err == io.EOF && len(r.buf) > 0:
			return r.take(len(r.buf), 0), nil
		case err != nil:
			return "", err
		}
	}
}

// take takes n bytes as a line out of buf, and the end after them.
func (r *Reader) take(n, end int) string {
	line := strings.TrimSuffix(string(r.buf[:n]), "\r")
	r.buf = r.buf[n+end:]
	return line
}

// A Stream reads a Reader for somebody who does not know of contexts: it can be told to
// stop waiting, as a pipe can.
type Stream struct {
	r     *Reader
	lines bool

	mu     sync.Mutex // guards what follows
	ctx    context.Context
	cancel context.CancelFunc
}

// Stream returns a stream over r. With lines each Read returns one line at most, so that
// the next is there for others.
func (r *Reader) Stream(lines bool) *Stream {
	s := &Stream{r: r, lines: lines}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// SetReadDeadline ends reading with os.ErrDeadlineExceeded, now and until it is called
// with the zero time: any other means now. Nothing of the input is lost by it.
func (s *Stream) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !t.IsZero():
		s.cancel()
	case s.ctx.Err() != nil:
		s.ctx, s.cancel = context.WithCancel(context.Background())
	}
	return nil
}

// Read implements io.Reader.
func (s *Stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	ctx := s.ctx
	s.mu.Unlock()
	n, err := s.r.read(ctx, p, s.lines)
	if err != nil && err == ctx.Err() {
		err = os.ErrDeadlineExceeded
	}
	return n, err
}
