package jscript

import (
	"errors"
	"fmt"
	"slices"
	"strings"

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
func parse(f *source.File, locals []string) (_ *Script, err error) {
	list := &source.List{}
	s := &Script{File: f}
	defer func() {
		if p := recover(); p != nil { // goja breaks over the text
			list.Add(diagnostic(f, 0, 0, errInternal, fmt.Sprint(p)))
			err = list.Err()
		}
	}()
	text := scan(f, list)
	if list.Errors() > 0 {
		return nil, list.Err()
	}
	s.lines = lineStarts(text.text)
	// Without the option goja would read the source map that a comment names from a file.
	prog, err := parser.ParseFile(nil, s.name(), text.text, 0, parser.WithDisableSourceMaps)
	if text.unclosed != 0 {
		end := len(f.Text())
		if errs, ok := errors.AsType[parser.ErrorList](err); ok {
			s.report(list, slices.DeleteFunc(errs, func(e *parser.Error) bool { return e.Message == endOfInput || s.offset(e.Position) >= end }))
		}
		code := map[byte]int{'(': 1006, '[': 1007, '{': 1009}[text.unclosed]
		if text.wants {
			code = 1002
		}
		list.Add(diagnostic(f, end, end, code, ""))
		return nil, list.Err()
	}
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

// report adds errors of goja to a list: of each line the first, and none directly after
// another, since such ones are mostly due to the one before.
func (s *Script) report(list *source.List, err error) {
	end := len(s.File.Text())
	last, lastLine := -1, 0
	add := func(pos int, msg string) {
		pos = min(max(pos, 0), end)
		line := s.File.Line(source.Pos(pos + 1))
		if last >= 0 && (line <= lastLine || msg == endOfInput || strings.TrimSpace(s.File.Text()[min(last+1, pos):pos]) == "") {
			return
		}
		last, lastLine = pos, line
		code, detail := syntaxCode(msg, s.File.Text()[:pos])
		list.Add(diagnostic(s.File, pos, min(pos+1, end), code, detail))
	}
	if errs, ok := errors.AsType[parser.ErrorList](err); ok {
		for _, e := range errs {
			add(s.offset(e.Position), e.Message)
		}
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
