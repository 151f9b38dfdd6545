package scrrun

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/transform"

	"openwmi/script/automation"
	"openwmi/script/vbscript"
)

// maxText bounds what one call reads, in bytes of UTF-8.
const maxText = 256 << 20

// checkCharacters is how many are read one by one between looks at the context.
const checkCharacters = 1 << 16

// A TextStream is text that a script reads or writes in sequence: a file, or a standard
// stream such as WScript.StdIn. "TextStream Object"
type TextStream struct {
	source  *patient      // nil for a file, which never waits long
	src     *bufio.Reader // valid UTF-8; nil for what can't be read
	w       io.Writer     // nil for what can't be written
	sink    sink          // w, if writing may wait; else nil
	file    *os.File      // that src reads, nil for none
	wide    bool          // it is UTF-16LE
	newline string
	close   func() error
	name    string // of the file, for errors
	closed  bool

	line, column int
}

// NewTextStream returns a stream that reads from r and writes to w, either of which may
// be nil. Lines that it writes end with LF. Waiting ends with the context of the script if
// r and w have deadlines, as pipes have. Waiting for another r ends too, but the goroutine
// that waits then stays until r returns.
func NewTextStream(r io.Reader, w io.Writer) *TextStream {
	t := &TextStream{w: w, newline: "\n", line: 1, column: 1}
	t.sink, _ = w.(sink)
	if r != nil {
		t.source = &patient{r: r}
		t.src = bufio.NewReader(transform.NewReader(t.source, &repair{}))
	}
	return t
}

// OnClose has Close call f, and returns the stream.
func (t *TextStream) OnClose(f func() error) *TextStream {
	t.close = f
	return t
}

// Object returns the stream as scripts have it.
func (t *TextStream) Object() vbscript.Object { return library.Object(t) }

// Close ends the use of the stream. Only the first call does something.
func (t *TextStream) Close() error {
	if t.closed {
		return nil
	}
	t.closed = true
	if t.close == nil {
		return nil
	}
	return t.close()
}

var textStreamClass = &automation.Class{
	Name: "TextStream", Type: (*TextStream)(nil),
	Members: []automation.Member{
		{Signature: "AtEndOfLine", Get: (*TextStream).atEndOfLine},
		{Signature: "AtEndOfStream", Get: (*TextStream).atEndOfStream},
		{Signature: "Close()", Get: (*TextStream).shut},
		{Signature: "Column", Get: (*TextStream).getColumn},
		{Signature: "Line", Get: (*TextStream).getLine},
		{Signature: "Read(characters)", Get: (*TextStream).read},
		{Signature: "ReadAll()", Get: (*TextStream).readAll},
		{Signature: "ReadLine()", Get: (*TextStream).readLine},
		{Signature: "Skip(characters)", Get: (*TextStream).skip},
		{Signature: "SkipLine()", Get: (*TextStream).skipLine},
		{Signature: `Write(text="")`, Get: (*TextStream).write},
		{Signature: "WriteBlankLines(lines)", Get: (*TextStream).writeBlankLines},
		{Signature: `WriteLine(text="")`, Get: (*TextStream).writeLine},
	},
}

func (t *TextStream) shut() error { return fail(t.Close(), t.name, errDevice) }

// reading prepares for reading: error 91 says that the stream is closed, 54 that it is
// only written.
func (t *TextStream) reading(ctx context.Context) error {
	if t.closed {
		return vbscript.NewError(errNotSet, "")
	}
	if t.src == nil {
		return vbscript.NewError(errFileMode, t.name)
	}
	if t.source != nil {
		t.source.ctx = ctx
		if t.source.stopped {
			// What reads through it would have that error for ever.
			t.source.stopped = false
			t.src.Reset(transform.NewReader(t.source, &repair{}))
		}
	}
	return nil
}

// ready is reading where something must be there: error 62 says that nothing is.
func (t *TextStream) ready(ctx context.Context) error {
	end, err := t.atEndOfStream(ctx)
	if err == nil && end {
		err = vbscript.NewError(errPastEnd, t.name)
	}
	return err
}

func (t *TextStream) atEndOfStream(ctx context.Context) (bool, error) {
	if err := t.reading(ctx); err != nil {
		return false, err
	}
	_, err := t.src.Peek(1)
	if err == io.EOF {
		return true, nil
	}
	return false, fail(err, t.name, errDevice)
}

func (t *TextStream) atEndOfLine(ctx context.Context) (bool, error) {
	end, err := t.atEndOfStream(ctx)
	if end || err != nil {
		return end, err
	}
	b, _ := t.src.Peek(1)
	if b[0] == '\r' {
		b, err = t.src.Peek(2)
		if err != nil && err != io.EOF {
			return false, fail(err, t.name, errDevice)
		}
	}
	return b[len(b)-1] == '\n', nil
}

func (t *TextStream) getLine() (int, error)   { return t.line, t.used() }
func (t *TextStream) getColumn() (int, error) { return t.column, t.used() }

func (t *TextStream) used() error {
	if t.closed {
		return vbscript.NewError(errNotSet, "")
	}
	return nil
}

// advance moves Line and Column over text.
func (t *TextStream) advance(text string) {
	if i := strings.LastIndexByte(text, '\n'); i >= 0 {
		t.line += strings.Count(text, "\n")
		t.column, text = 1, text[i+1:]
	}
	t.column += units(text)
}

// read returns at most n characters. It returns one more rather than half of one that
// counts twice.
func (t *TextStream) read(ctx context.Context, n int) (string, error) {
	if n < 0 {
		return "", vbscript.NewError(errArgument, "")
	}
	if err := t.ready(ctx); err != nil {
		return "", err
	}
	var b strings.Builder
	for n > 0 {
		if n%checkCharacters == 0 && ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		c, size, err := t.src.ReadRune()
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", fail(err, t.name, errDevice)
		}
		if b.Len()+size > maxText {
			return "", vbscript.NewError(errMemory, "")
		}
		b.WriteRune(c)
		if n--; size == utf8.UTFMax {
			n--
		}
	}
	t.advance(b.String())
	return b.String(), nil
}

func (t *TextStream) readAll(ctx context.Context) (string, error) {
	if err := t.ready(ctx); err != nil {
		return "", err
	}
	var b strings.Builder
	left := t.left()
	if left > maxText {
		return "", vbscript.NewError(errMemory, "")
	}
	b.Grow(int(left))
	n, err := io.Copy(&b, io.LimitReader(t.src, maxText+1))
	if err != nil {
		return "", fail(err, t.name, errDevice)
	}
	if n > maxText {
		return "", vbscript.NewError(errMemory, "")
	}
	t.advance(b.String())
	return b.String(), nil
}

// left returns how many bytes of UTF-8 what is left of a file has at least, beside what is
// in buffers.
func (t *TextStream) left() int64 {
	if t.file == nil {
		return 0
	}
	info, err := t.file.Stat()
	if err != nil {
		return 0
	}
	at, err := t.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0
	}
	if t.wide {
		return max(0, info.Size()-at) / 2
	}
	return max(0, info.Size()-at)
}

// nextLine reads up to the end of a line, which it returns as well.
func (t *TextStream) nextLine(ctx context.Context) (string, error) {
	if err := t.ready(ctx); err != nil {
		return "", err
	}
	var b strings.Builder
	for {
		part, err := t.src.ReadSlice('\n')
		if b.Len()+len(part) > maxText {
			return "", vbscript.NewError(errMemory, "")
		}
		b.Write(part)
		switch err {
		case bufio.ErrBufferFull:
			continue
		case nil, io.EOF:
			t.advance(b.String())
			return b.String(), nil
		}
		return "", fail(err, t.name, errDevice)
	}
}

func (t *TextStream) readLine(ctx context.Context) (string, error) {
	line, err := t.nextLine(ctx)
	if text, ok := strings.CutSuffix(line, "\n"); ok {
		line = strings.TrimSuffix(text, "\r")
	}
	return line, err
}

func (t *TextStream) skip(ctx context.Context, n int) error {
	_, err := t.read(ctx, n)
	return err
}

func (t *TextStream) skipLine(ctx context.Context) error {
	_, err := t.nextLine(ctx)
	return err
}

// write writes at once, so that nothing is lost when a script does not close a file.
func (t *TextStream) write(ctx context.Context, text string) error {
	if err := t.used(); err != nil {
		return err
	}
	if t.w == nil {
		return vbscript.NewError(errFileMode, t.name)
	}
	var err error
	if t.wide {
		err = t.send(ctx, narrow(text))
	} else {
		err = t.send(ctx, []byte(strings.ToValidUTF8(text, "\ufffd")))
	}
	t.advance(text)
	return fail(err, t.name, errDevice)
}

// A sink can be told to stop waiting, as a pipe can.
type sink interface{ SetWriteDeadline(time.Time) error }

// send writes until the context ends.
func (t *TextStream) send(ctx context.Context, b []byte) error {
	if t.sink == nil {
		_, err := t.w.Write(b)
		return err
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = t.sink.SetWriteDeadline(time.Now())
		close(done)
	})
	_, err := t.w.Write(b)
	if !stop() {
		<-done
		_ = t.sink.SetWriteDeadline(time.Time{})
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = interruption{context.Cause(ctx)}
		}
	}
	return err
}

func (t *TextStream) writeLine(ctx context.Context, text string) error {
	return t.write(ctx, text+t.newline)
}

func (t *TextStream) writeBlankLines(ctx context.Context, n int) error {
	const atOnce = 1 << 12
	if n < 0 {
		return vbscript.NewError(errArgument, "")
	}
	for ; n > 0; n -= atOnce {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := t.write(ctx, strings.Repeat(t.newline, min(n, atOnce))); err != nil {
			return err
		}
	}
	return nil
}

// patient reads from r so that the wait can be ended by a context.
type patient struct {
	r       io.Reader
	ctx     context.Context // of the call that reads
	pending chan chunk      // what a goroutine is reading, nil for none
	got     chunk
	stopped bool // a read has ended with ctx
}

type chunk struct {
	b   []byte
	err error
}

// Read implements io.Reader.
func (p *patient) Read(b []byte) (int, error) {
	if len(p.got.b) == 0 && p.got.err == nil {
		if p.pending == nil {
			p.pending = make(chan chunk, 1)
			go func(to chan<- chunk) {
				buf := make([]byte, 4096)
				n, err := p.r.Read(buf)
				to <- chunk{buf[:n], err}
			}(p.pending)
		}
		select {
		case p.got = <-p.pending:
			p.pending = nil
		case <-p.ctx.Done():
			if d, ok := p.r.(interface{ SetReadDeadline(time.Time) error }); ok && d.SetReadDeadline(time.Now()) == nil {
				p.got, p.pending = <-p.pending, nil
				if errors.Is(p.got.err, os.ErrDeadlineExceeded) {
					p.got.err = nil
				}
				_ = d.SetReadDeadline(time.Time{})
			}
			p.stopped = true
			return 0, interruption{context.Cause(p.ctx)}
		}
	}
	n := copy(b, p.got.b)
	p.got.b = p.got.b[n:]
	if len(p.got.b) > 0 {
		return n, nil
	}
	err := p.got.err
	p.got.err = nil
	return n, err
}
