package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

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

func (c *cli) dialog(in *lineReader) host.Dialog {
	f, ok := c.in.(*os.File)
	return &dialog{in, c.out.f, ok && isTerminal(f) && c.out.terminal}
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
	mu sync.Mutex
	r  *bufio.Reader
}

func newLineReader(in io.Reader) *lineReader {
	if in == nil {
		in = strings.NewReader("")
	}
	return &lineReader{r: bufio.NewReader(in)}
}

// Read implements io.Reader.
func (l *lineReader) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(p)
}

// maxLine bounds an answer.
const maxLine = 64 << 10

// line reads a line without its end. It returns when ctx ends; the line is lost then.
func (l *lineReader) line(ctx context.Context) (string, error) {
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		var b strings.Builder
		for b.Len() < maxLine {
			c, err := l.r.ReadByte()
			if err != nil && b.Len() == 0 {
				done <- result{"", err}
				return
			}
			if err != nil || c == '\n' {
				break
			}
			b.WriteByte(c)
		}
		done <- result{strings.TrimSuffix(b.String(), "\r"), nil}
	}()
	select {
	case r := <-done:
		return r.text, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
