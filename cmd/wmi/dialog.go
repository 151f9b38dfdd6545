package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"openwmi/cmd/wmi/internal/input"
	"openwmi/script/host"
	"openwmi/script/wshom"
)

// dialog asks a person at the terminal what a script wants to know. Where there is no
// terminal it shows what a message says, and gives the default answer.
type dialog struct {
	in  *input.Reader
	out *scriptOutput
	ask bool // there is a person
}

func (c *cli) dialog(out *scriptOutput) host.Dialog {
	return &dialog{c.input, out, c.typing() && c.out.terminal}
}

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 64 << 10

// answer reads a line.
func (d *dialog) answer(ctx context.Context) (string, error) {
	line, err := d.in.ReadLine(ctx, maxAnswer)
	if err != nil {
		// Nobody has ended the line. Who interrupts a script does it elsewhere.
		if !errors.Is(err, context.Canceled) {
			fmt.Fprintln(d.out)
		}
		return "", err
	}
	d.out.answered()
	return line, nil
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
		line, err := d.answer(ctx)
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
	line, err := d.answer(ctx)
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
