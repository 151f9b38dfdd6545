package mof

import (
	"strings"
	"unicode/utf8"
)

// The layout of formatted text is decided as Oppen described in
// "Prettyprinting" (1980): the text is a sequence of pieces, of places where a
// line may end, and of groups of these. A group which fits into the rest of its
// line is written without line ends. Otherwise each of its own places becomes a
// line end, or, in a filled group, those where the line would become too long.
//
// The formatter appends the sequence; when it is complete, two passes over it
// measure and write.

const (
	lineWidth = 100 // columns of a line that is not to be broken
	tabWidth  = 4   // columns of one step of indentation, for this purpose
)

type opKind uint8

const (
	opText  opKind = iota
	opSpace        // a blank, not at the start of a line
	opSoft         // a place where the line may end; else it is the text
	opHard         // a line end
	opBegin        // of a group
	opEnd
)

type op struct {
	kind  opKind
	align bool // opBegin: its lines have one blank more than those around
	fill  bool // opBegin
	blank bool // opHard: a blank line follows
	tabs  int8 // opBegin: how much more its lines are indented than those around

	// Of a text, or, after measure, of a group on one line.
	width int32

	end  int32 // opBegin, after measure: the index of its opEnd
	text string
}

// unbreakable is the width of what cannot be on one line.
const unbreakable = 1 << 20

// A layout is the sequence.
type layout struct {
	ops []op
}

func (l *layout) add(o op) { l.ops = append(l.ops, o) }

func (l *layout) text(s string) {
	width := min(utf8.RuneCountInString(s), unbreakable)
	if strings.Contains(s, "\n") {
		width = unbreakable
	}
	l.add(op{kind: opText, text: s, width: int32(width)})
}

func (l *layout) space()           { l.add(op{kind: opSpace, width: 1}) }
func (l *layout) hard(blank bool)  { l.add(op{kind: opHard, blank: blank, width: unbreakable}) }
func (l *layout) end()             { l.add(op{kind: opEnd}) }
func (l *layout) begin(tabs int8)  { l.add(op{kind: opBegin, tabs: tabs}) }
func (l *layout) beginFill()       { l.add(op{kind: opBegin, tabs: 1, fill: true}) }
func (l *layout) beginAlign()      { l.add(op{kind: opBegin, align: true}) }
func (l *layout) soft(flat string) { l.add(op{kind: opSoft, text: flat, width: int32(len(flat))}) }

// atStart reports whether what is appended next begins a line.
func (l *layout) atStart() bool {
	for i := len(l.ops) - 1; i >= 0; i-- {
		switch l.ops[i].kind {
		case opHard:
			return true
		case opText, opSoft:
			return false
		}
	}
	return true
}

// measure sets the widths of groups.
func (l *layout) measure() {
	var open []int
	for i := range l.ops {
		o := &l.ops[i]
		switch o.kind {
		case opBegin:
			open = append(open, i)
			continue
		case opEnd:
			last := len(open) - 1
			o = &l.ops[open[last]]
			o.end = int32(i)
			open = open[:last]
		}
		if len(open) > 0 {
			outer := &l.ops[open[len(open)-1]]
			outer.width = min(outer.width+o.width, unbreakable)
		}
	}
}

// String returns the text. It ends with a line end if it is not empty.
func (l *layout) String() string {
	type frame struct {
		tabs   int
		align  bool
		broken bool
		fill   bool
	}
	l.measure()
	var b strings.Builder
	stack := []frame{{broken: true}}
	column := 0
	newlines := 0 // due before the next text; none before the first
	indent := ""  // of the line which they begin
	for i := range l.ops {
		o := &l.ops[i]
		top := &stack[len(stack)-1]
		broken := false
		switch o.kind {
		case opBegin:
			f := frame{tabs: top.tabs + int(o.tabs), align: o.align, fill: o.fill}
			f.broken = column+int(o.width)+l.upToBreak(int(o.end)+1) > lineWidth
			stack = append(stack, f)
			continue
		case opEnd:
			stack = stack[:len(stack)-1]
			continue
		case opHard:
			broken = true
		case opSoft:
			broken = top.broken && !(top.fill && column+int(o.width)+l.upToBreak(i+1) <= lineWidth)
		}
		if broken {
			n := 1
			if o.blank {
				n = 2
			}
			newlines = max(newlines, n)
			indent = strings.Repeat("\t", top.tabs)
			column = top.tabs * tabWidth
			if top.align {
				indent += " "
				column++
			}
			continue
		}
		text := o.text
		if o.kind == opSpace {
			text = " "
		}
		if newlines > 0 {
			if o.kind != opText {
				continue
			}
			if b.Len() > 0 {
				b.WriteString("\n\n"[:newlines])
			}
			newlines = 0
			b.WriteString(indent)
		}
		b.WriteString(text)
		if o.width < unbreakable {
			column += int(o.width)
		}
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	return b.String()
}

// upToBreak returns the width of what comes from i on, until a line may end
// outside the groups that begin there.
func (l *layout) upToBreak(i int) int {
	width := 0
	for ; i < len(l.ops) && width <= lineWidth; i++ {
		o := &l.ops[i]
		switch o.kind {
		case opHard, opSoft:
			return width
		case opBegin:
			i = int(o.end)
		}
		width += int(o.width)
	}
	return width
}
