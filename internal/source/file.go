// Package source holds program texts (MOF, WQL) with positions in them, and
// the diagnostics which point at such positions.
//
// A [File] never changes after it was made and may be shared. A [List] belongs
// to one goroutine.
package source

import (
	"fmt"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"
)

// MaxFile is the largest text, in bytes before and after decoding. Positions
// are 32 bits wide, and a syntax tree takes a multiple of its text: a longer
// text must be split by its author.
const MaxFile = 64 << 20

// A Pos is a place in a [File]: the byte offset in its decoded text plus one.
// The zero Pos is no place.
type Pos uint32

// NoPos is the place of what is not there.
const NoPos Pos = 0

// A Span is the part of a file from Pos up to, not including, End. Nodes of
// syntax trees and diagnostics embed it.
type Span struct {
	Pos, End Pos
}

// Range returns s itself; nodes which embed a Span thereby have a method which
// tells where they are.
func (s Span) Range() Span { return s }

// IsValid reports whether s is a place.
func (s Span) IsValid() bool { return s.Pos != NoPos }

// A File is a named text.
type File struct {
	name string
	text string

	once  sync.Once
	lines []int32 // offset of the first byte of each line
}

// NewFile returns a file with a decoded text: UTF-8, in which unpaired
// surrogates are encoded like other code points (WTF-8). It panics when the
// text is longer than MaxFile.
func NewFile(name, text string) *File {
	if len(text) > MaxFile {
		panic("source: text longer than MaxFile")
	}
	return &File{name: name, text: text}
}

// Name returns the name that the file was made with.
func (f *File) Name() string { return f.name }

// Text returns the decoded text.
func (f *File) Text() string { return f.text }

// Offset returns the offset in the text of a valid p.
func (f *File) Offset(p Pos) int { return int(p) - 1 }

// Slice returns the text of a valid span.
func (f *File) Slice(s Span) string { return f.text[s.Pos-1 : s.End-1] }

// Line returns the number of the line of p, counted from 1. Lines end with CR
// LF, LF, or CR. It returns 0 for NoPos.
func (f *File) Line(p Pos) int {
	if p == NoPos {
		return 0
	}
	f.once.Do(f.scanLines)
	off := int32(p - 1)
	return sort.Search(len(f.lines), func(i int) bool { return f.lines[i] > off })
}

// LineText returns the line with the number n, without its end.
func (f *File) LineText(n int) string {
	f.once.Do(f.scanLines)
	if n < 1 || n > len(f.lines) {
		return ""
	}
	rest := f.text[f.lines[n-1]:]
	if n < len(f.lines) {
		rest = f.text[f.lines[n-1]:f.lines[n]]
	}
	return strings.TrimRight(rest, "\r\n")
}

// Position returns p for people.
func (f *File) Position(p Pos) Position {
	if p == NoPos {
		return Position{File: f.name}
	}
	line := f.Line(p)
	start := f.lines[line-1]
	return Position{File: f.name, Line: line, Column: 1 + utf8.RuneCountInString(f.text[start:p-1])}
}

func (f *File) scanLines() {
	lines := make([]int32, 1, 2+len(f.text)/32)
	text := f.text
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\r':
			if i+1 < len(text) && text[i+1] == '\n' {
				continue
			}
			fallthrough
		case '\n':
			lines = append(lines, int32(i+1))
		}
	}
	f.lines = lines
}

// A Position is a place for people. Line and Column count from 1, columns in
// characters; both are 0 when only the file is known.
type Position struct {
	File         string
	Line, Column int
}

func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}
