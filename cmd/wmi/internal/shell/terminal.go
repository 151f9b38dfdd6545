package shell

import (
	"context"
	"io"
	"strings"

	"golang.org/x/term"

	"openwmi/wbem"
)

// A Terminal reads lines from a terminal: with editing, completion by Tab, and a history.
type Terminal struct {
	o        TerminalOptions
	keys     *keys
	t        *term.Terminal
	complete func(line string, pos int) (start int, words []string)
	tab      tab
	givenUp  bool // the line that is read
	hidden   bool // the statement, from the history
}

// TerminalOptions say what a terminal is.
type TerminalOptions struct {
	// IO is the terminal: keys come from it, and lines are shown on it.
	IO io.ReadWriter
	// Raw makes the terminal send each key as it is pressed, and returns what ends
	// that. Nil if it always does.
	Raw func() (restore func() error, err error)
	// Size returns how many columns and lines it has now. Nil for 80 by 24.
	Size func() (width, height int)
	// History is what was typed before. Nil for none.
	History *History
}

// NewTerminal returns the lines typed on a terminal.
func NewTerminal(o TerminalOptions) *Terminal {
	if o.History == nil {
		o.History = &History{}
	}
	t := &Terminal{o: o, keys: &keys{r: o.IO}}
	t.t = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{t.keys, o.IO}, "")
	t.t.History = o.History
	t.t.AutoCompleteCallback = t.key
	return t
}

// History returns what was typed.
func (t *Terminal) History() *History { return t.o.History }

// Line implements Lines. A statement whose first line begins with a blank is not kept in
// the history. The error is errInterrupted after Ctrl-C, io.EOF after Ctrl-D in
// an empty line. Who waits for a key when ctx ends is left to the end of the program.
func (t *Terminal) Line(ctx context.Context, prompt string, more bool) (string, error) {
	if t.o.Raw != nil {
		restore, err := t.o.Raw()
		if err != nil {
			return "", wbem.NewError("ReadLine", "terminal", err)
		}
		// A terminal that stays raw is of no more use to this program.
		defer func() { _ = restore() }()
	}
	if t.o.Size != nil {
		if w, h := t.o.Size(); w > 0 && h > 0 {
			if err := t.t.SetSize(w, h); err != nil {
				return "", err
			}
		}
	}
	// Pasted tabs are to be no completions.
	t.t.SetBracketedPasteMode(true)
	defer t.t.SetBracketedPasteMode(false)
	t.t.SetPrompt(prompt)
	line, err := wait(ctx, t.read)
	if err == nil {
		if !more {
			t.hidden = strings.HasPrefix(line, " ")
		}
		if !t.hidden {
			t.o.History.Append(line)
		}
	}
	if err != nil && err != errInterrupted {
		// What comes after the last line begins one.
		_, _ = io.WriteString(t.o.IO, "\r\n")
	}
	return line, err
}

// wait returns what read returns, or the error of ctx if that comes first.
func wait(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := read()
		done <- result{line, err}
	}()
	select {
	case r := <-done:
		return r.line, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (t *Terminal) read() (string, error) {
	line, err := t.t.ReadLine()
	if err == term.ErrPasteIndicator {
		err = nil
	}
	if t.givenUp {
		t.givenUp = false
		return "", errInterrupted
	}
	return line, err
}

// key is called for keys that package term has no use for itself.
func (t *Terminal) key(line string, pos int, key rune) (string, int, bool) {
	switch key {
	case '\t':
		line, pos = t.completeWord(line, pos)
		return line, pos, true
	case giveUp:
		// The line stays to be seen, with the sign that it was given up.
		t.givenUp = true
		return line + "^C", len(line) + 2, true
	}
	return "", 0, false
}

// keys are the bytes that a terminal sends. Ctrl-C, which package term takes for the end
// of all lines, becomes the end of this one; of what is pasted, tabs become blanks and
// other control characters are left out.
type keys struct {
	r       io.Reader
	buf     [256]byte
	ready   []byte // to be read
	held    []byte // what has come of a mark of pasting
	pasting bool
}

// Keys that mean something here.
const (
	ctrlC  = 0x03
	giveUp = 0x1c // stands for Ctrl-C, before the end of the line
)

// pasteMark begins and ends what is pasted, with X being 0 and 1.
const pasteMark = "\x1b[20X~"

// Read implements io.Reader.
func (k *keys) Read(p []byte) (int, error) {
	for len(k.ready) == 0 {
		n, err := k.r.Read(k.buf[:])
		for _, b := range k.buf[:n] {
			k.key(b)
		}
		if err != nil && len(k.ready) == 0 {
			return 0, err
		}
	}
	n := copy(p, k.ready)
	k.ready = k.ready[n:]
	return n, nil
}

// key takes a byte.
func (k *keys) key(b byte) {
	want := pasteMark[len(k.held)]
	if b != want && (want != 'X' || b != '0' && b != '1') {
		for _, h := range k.held {
			k.pass(h)
		}
		k.held = k.held[:0]
		if b != pasteMark[0] {
			k.pass(b)
			return
		}
	}
	if k.held = append(k.held, b); len(k.held) == len(pasteMark) {
		k.pasting = k.held[len(k.held)-2] == '0'
		k.ready = append(k.ready, k.held...)
		k.held = k.held[:0]
	}
}

// pass hands on a byte that belongs to no mark.
func (k *keys) pass(b byte) {
	switch {
	case k.pasting && b == '\t':
		k.ready = append(k.ready, "    "...)
	case k.pasting && b != '\r' && b != '\n' && (b < ' ' || b == 0x7f):
	case b == ctrlC:
		k.ready = append(k.ready, giveUp, '\r')
	case b == giveUp:
	default:
		k.ready = append(k.ready, b)
	}
}
