package vbscript

import (
	"context"
	"errors"
	"slices"
	"strings"

	"openwmi/internal/source"
)

// What a prompt needs besides Parse and Run.

// Incomplete reports whether err, of Parse, only says that the text ends too early: a
// block has no end yet, or the last line is to be continued. A prompt then asks for
// another line.
func Incomplete(err error) bool {
	list, ok := errors.AsType[*source.List](err)
	if !ok {
		return false
	}
	all := list.All()
	for _, d := range all {
		text := d.File.Text()
		if continued(text) {
			return true
		}
		switch int(d.Code) {
		case errEnd, errExpectedNext, errExpectedLoop, errWend:
			if d.File.Offset(d.Pos) >= len(text) {
				continue
			}
		}
		return false
	}
	return len(all) > 0
}

// continued reports whether the last line of a text ends with a continuation.
func continued(text string) bool {
	text = strings.TrimRight(text, " \t\r\n")
	before, ok := strings.CutSuffix(text, "_")
	return ok && (before == "" || !isWord(before[len(before)-1]))
}

// Names returns the global variables, constants, procedures and classes, those that the
// host set included, as they were first written and in order.
func (in *Interp) Names() []string {
	var names []string
	for _, c := range in.cells {
		if c.kind != cellUndefined {
			names = append(names, c.name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(fold(a), fold(b)) })
	return names
}

// Eval evaluates an expression among the globals, where = compares. The error is a
// *source.List when the text is no expression, else an *Error.
func (in *Interp) Eval(ctx context.Context, text string) (v Value, err error) {
	s, err := parse(source.NewFile("expression", text), modeExpr, false)
	if err != nil {
		return Empty, err
	}
	err = in.enter(ctx, func() {
		v = in.evaluate(in.globalFrame(s.File), s, nil)
		in.escape([]Value{v})
		in.bury(0)
	})
	return v, err
}

// Position returns the place of the statement that runs, for a Host or an Object which
// wants to tell where it was called. It is the zero Position when nothing runs.
func (in *Interp) Position() source.Position {
	if in.top == nil || in.top.file == nil || in.top.pos == source.NoPos {
		return source.Position{}
	}
	return in.top.file.Position(in.top.pos)
}
