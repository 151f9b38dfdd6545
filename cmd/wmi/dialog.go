package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"openwmi/script/host"
	"openwmi/script/wshom"
)

// dialog asks a person at the terminal what a script wants to know. Where there is no
// terminal it shows what a message says, and gives the default answer.
type dialog struct {
	in  *lineReader
	out io.Writer
	ask bool // there is a person
}

func (c *cli) dialog(in *lineReader, out io.Writer) host.Dialog {
	f, ok := c.in.(*os.File)
	return &dialog{in, out, ok && isTerminal(f) && c.out.terminal}
}

// Message implements host.Dialog.
func (d *dialog) Message(ctx context.Context, text, title string, buttons int) (int, error) {
	fmt.Fprintf(d.out, "%s: %s\n", title, text)
	preset := wshom.DefaultButton(buttons)
	if !d.ask {
		return preset, nil
	}
	list := wshom.Buttons(buttons)
	for {
		var names []string
		for _, b := range list {
			name := wshom.ButtonName(b)
			if b == preset {
				name = "[" + name + "]"
			}
			names = append(names, name)
		}
		fmt.Fprintf(d.out, "%s? ", strings.Join(names, " / "))
		line, err := d.in.line(ctx)
		if err != nil {
			fmt.Fprintln(d.out) // which nobody has typed
			return preset, ignoreEOF(err)
		}
		if line == "" {
			return preset, nil
		}
		i := slices.IndexFunc(list, func(b int) bool {
			name := wshom.ButtonName(b)
			return len(line) <= len(name) && strings.EqualFold(line, name[:len(line)])
		})
		if i >= 0 {
			return list[i], nil
		}
	}
}

// Line implements host.Dialog.
func (d *dialog) Line(ctx context.Context, prompt, title, preset string) (string, bool, error) {
	if title != "" {
		fmt.Fprintf(d.out, "%s: ", title)
	}
	fmt.Fprint(d.out, prompt)
	if preset != "" {
		fmt.Fprintf(d.out, " [%s]", preset)
	}
	fmt.Fprint(d.out, " ")
	if !d.ask {
		fmt.Fprintln(d.out)
		return preset, preset != "", nil
	}
	line, err := d.in.line(ctx)
	if err != nil {
		fmt.Fprintln(d.out)
		return "", false, ignoreEOF(err)
	}
	if line == "" {
		line = preset
	}
	return line, true, nil
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// lineReader is the standard input, which a script reads and dialogs too.
type lineReader struct {
	r    *bufio.Reader
	turn chan struct{} // has an element while somebody reads; guards what follows

	pending chan line // that is read for a dialog which went away, nil for none
	rest    string    // of such a line
}

// line is one without its end.
type line struct {
	text string
	err  error
}

func newLineReader(in io.Reader) *lineReader {
	if in == nil {
		in = strings.NewReader("")
	}
	return &lineReader{r: bufio.NewReader(in), turn: make(chan struct{}, 1)}
}

// Read implements io.Reader.
func (l *lineReader) Read(p []byte) (int, error) {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	if l.pending != nil {
		got := <-l.pending
		if l.pending = nil; got.err != nil {
			return 0, got.err
		}
		l.rest = got.text + "\n"
	}
	if l.rest != "" {
		n := copy(p, l.rest)
		l.rest = l.rest[n:]
		return n, nil
	}
	return l.r.Read(p)
}

// maxLine bounds an answer.
const maxLine = 64 << 10

// line reads a line. It returns when ctx ends: what is typed then is for who reads next.
func (l *lineReader) line(ctx context.Context) (string, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if text, _, ok := strings.Cut(l.rest, "\n"); ok {
		l.rest = ""
		return text, nil
	}
	if l.pending == nil {
		l.pending = make(chan line, 1)
		go func(to chan<- line) { to <- l.scan() }(l.pending)
	}
	select {
	case got := <-l.pending:
		l.pending = nil
		return got.text, got.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (l *lineReader) scan() line {
	var b strings.Builder
	for b.Len() < maxLine {
		c, err := l.r.ReadByte()
		if err != nil && b.Len() == 0 {
			return line{"", err}
		}
		if err != nil || c == '\n' {
			break
		}
		b.WriteByte(c)
	}
	return line{strings.TrimSuffix(b.String(), "\r"), nil}
}
