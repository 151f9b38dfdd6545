package jscript

import (
	"errors"
	"fmt"

	"github.com/dop251/goja"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/parser"

	"openwmi/internal/source"
)

// A Script is a parsed text. It never changes and may be run by several interpreters.
type Script struct {
	File *source.File

	prog  *goja.Program
	lines []int // offsets at which lines start, as goja counts them
}

// Parse reads a script. The error is a *source.List with every syntax error that was
// found; the codes of its diagnostics are JScript's numbers.
func Parse(file *source.File) (*Script, error) { return parse(file, nil) }

// Incomplete reports whether err, of Parse, only says that the text ends too early. A
// prompt then asks for another line.
func Incomplete(err error) bool {
	list, ok := errors.AsType[*source.List](err)
	if !ok {
		return false
	}
	all := list.All()
	for _, d := range all {
		if d.File.Offset(d.Pos) < len(d.File.Text()) && d.Code != 1016 {
			return false
		}
	}
	return len(all) > 0
}

// parse reads a script, or with locals a text for eval among local variables.
func parse(f *source.File, locals []string) (*Script, error) {
	list := &source.List{}
	s := &Script{File: f}
	text := scan(f, list)
	if list.Errors() > 0 {
		return nil, list.Err()
	}
	s.lines = lineStarts(text.text)
	// Without the option goja would read the source map that a comment names from a file.
	prog, err := parser.ParseFile(nil, s.name(), text.text, 0, parser.WithDisableSourceMaps)
	if err != nil {
		s.report(list, err)
		return nil, list.Err()
	}
	w := &rewriter{script: s, text: text, list: list, locals: locals}
	w.program(prog)
	if list.Errors() > 0 {
		return nil, list.Err()
	}
	if s.prog, err = goja.CompileAST(prog, false); err != nil {
		s.report(list, err)
		return nil, list.Err()
	}
	return s, nil
}

// name is the name under which goja knows the script: it is in the stack of an error,
// and tells scripts whose files have the same name apart.
func (s *Script) name() string { return fmt.Sprintf("%p", s) }

// report adds errors of goja to a list.
func (s *Script) report(list *source.List, err error) {
	end := len(s.File.Text())
	add := func(pos int, msg string) {
		code, detail := syntaxCode(msg)
		pos = min(max(pos, 0), end)
		list.Add(diagnostic(s.File, pos, min(pos+1, end), code, detail))
	}
	if errs, ok := errors.AsType[parser.ErrorList](err); ok {
		for _, e := range errs {
			add(s.offset(e.Position), e.Message)
		}
		return
	}
	if e, ok := errors.AsType[*parser.Error](err); ok {
		add(s.offset(e.Position), e.Message)
		return
	}
	if e, ok := errors.AsType[*goja.CompilerSyntaxError](err); ok {
		add(e.Offset, e.Message)
		return
	}
	if e, ok := errors.AsType[*goja.CompilerReferenceError](err); ok {
		add(e.Offset, "Invalid left-hand side: "+e.Message)
		return
	}
	add(0, err.Error())
}

// lineStarts returns where lines start, in goja's reckoning, which knows two more ends
// of lines than source does.
func lineStarts(text string) []int {
	starts := []int{0}
	for i, r := range text {
		switch {
		case r == '\r' && i+1 < len(text) && text[i+1] == '\n':
		case r == '\n' || r == '\r':
			starts = append(starts, i+1)
		case r == '\u2028' || r == '\u2029':
			starts = append(starts, i+3)
		}
	}
	return starts
}

// offset returns the offset of a place that goja names.
func (s *Script) offset(p file.Position) int {
	if p.Line < 1 || p.Line > len(s.lines) {
		return len(s.File.Text())
	}
	return min(s.lines[p.Line-1]+p.Column-1, len(s.File.Text()))
}

// position returns a place that goja names.
func (s *Script) position(p file.Position) source.Position {
	return s.File.Position(source.Pos(s.offset(p) + 1))
}
