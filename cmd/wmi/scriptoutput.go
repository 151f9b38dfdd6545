package main

import (
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A scriptOutput is a stream that a script writes and its dialogs, at once. What is written
// appears at once. It may move the cursor in the line as old scripts do, but cannot speak to
// a terminal otherwise: sequences that begin with Escape can do much, and texts come from
// anywhere.
type scriptOutput struct {
	w        io.Writer
	terminal bool
	failed   func(error) // is told why nothing can be written

	mu sync.Mutex // guards w: dialogs write too
}

// Write implements io.Writer.
func (o *scriptOutput) Write(p []byte) (int, error) {
	text := p
	if o.terminal {
		text = harmless(p)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	_, err := o.w.Write(text)
	if f, ok := o.w.(*output); ok && err == nil {
		err = f.Flush()
	}
	if err != nil {
		o.failed(err)
		return 0, err
	}
	return len(p), nil
}

// answered says that somebody has ended the line, with an answer.
func (o *scriptOutput) answered() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f, ok := o.w.(*output); ok {
		f.partial = false
	}
}

func (c *cli) scriptOutput(failed func(error)) *scriptOutput {
	return &scriptOutput{w: c.out, terminal: c.out.terminal, failed: failed}
}

// scriptErrors is the counterpart for standard error: a script goes on without it.
func (c *cli) scriptErrors() *scriptOutput {
	return &scriptOutput{w: c.errs, terminal: isTerminal(c.errs), failed: func(error) {}}
}

// harmless replaces control characters but those of a typewriter.
func harmless(p []byte) []byte {
	out := make([]byte, 0, len(p))
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		if unicode.IsControl(r) && !strings.ContainsRune("\a\b\t\n\v\f\r", r) || r == utf8.RuneError && n == 1 {
			out = utf8.AppendRune(out, utf8.RuneError)
		} else {
			out = append(out, p[:n]...)
		}
		p = p[n:]
	}
	return out
}
