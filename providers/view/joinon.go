package view

import (
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/wql"
)

// A match is a condition of JoinOn: two properties of different sources are
// compared.
//
//	JoinOn   = Match { "AND" Match }
//	Match    = Operand ( "=" | "<>" | "!=" | "<" | ">" | "<=" | ">=" ) Operand | "(" JoinOn ")"
//	Operand  = ClassOfSource "." Property
//
// WQL has no such conditions, so they are read here.
type match struct {
	left, right operand // the source of left comes first
	op          wql.Op
}

// An operand is a property of a source.
type operand struct {
	source int
	name   string
}

// maxMatches bounds the conditions of a JoinOn.
const maxMatches = 64

// A joinReader reads a JoinOn.
type joinReader struct {
	pl    *plan
	words []string // that are left
	err   error
}

func (pl *plan) readJoinOn(text string) ([]*match, error) {
	names := map[string]bool{}
	for i, s := range pl.sources {
		name := cim.Fold(s.query.Class.Name)
		if names[name] {
			return nil, pl.wrong("ViewSources", i, "%s is asked for twice, so JoinOn cannot tell which is meant", s.query.Class.Name)
		}
		names[name] = true
	}
	r := &joinReader{pl: pl, words: joinWords(text)}
	var on []*match
	depth := 0
	for r.err == nil {
		for r.got("(") {
			depth++
		}
		m := &match{left: r.operand()}
		m.op = r.operator()
		m.right = r.operand()
		switch {
		case r.err != nil:
		case m.left.source == m.right.source:
			r.fail("a condition compares two sources")
		case len(on) == maxMatches:
			r.fail("it has more than %d conditions", maxMatches)
		case m.left.source > m.right.source:
			m.left, m.right, m.op = m.right, m.left, m.op.Mirror()
		}
		on = append(on, m)
		for depth > 0 && r.got(")") {
			depth--
		}
		if len(r.words) == 0 && depth == 0 {
			break
		}
		if !r.got("AND") {
			r.unexpected("AND")
		}
	}
	return on, r.err
}

// joinWords cuts a JoinOn into names, operators, points and parentheses.
func joinWords(text string) []string {
	const signs = ".()=<>!"
	var words []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		n := strings.IndexAny(text, signs+" \t\r\n")
		switch {
		case n < 0:
			n = len(text)
		case n > 0:
		case len(text) > 1 && slices.Contains([]string{"<>", "!=", "<=", ">="}, text[:2]):
			n = 2
		default:
			n = 1
		}
		words = append(words, text[:n])
		text = text[n:]
	}
	return words
}

func (r *joinReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = r.pl.wrong("JoinOn", -1, format, args...)
	}
}

func (r *joinReader) unexpected(want string) {
	if len(r.words) == 0 {
		r.fail("it ends where %s is expected", want)
		return
	}
	r.fail("%.100q stands where %s is expected", r.words[0], want)
}

// next returns the next word, "" at the end.
func (r *joinReader) next() string {
	if len(r.words) == 0 {
		return ""
	}
	w := r.words[0]
	r.words = r.words[1:]
	return w
}

func (r *joinReader) got(word string) bool {
	if len(r.words) == 0 || !cim.EqualNames(r.words[0], word) {
		return false
	}
	r.words = r.words[1:]
	return true
}

func (r *joinReader) operand() operand {
	if len(r.words) == 0 || !cim.IsIdentifier(r.words[0]) {
		r.unexpected("the class of a source")
		return operand{}
	}
	class := r.next()
	i := slices.IndexFunc(r.pl.sources, func(s *source) bool { return cim.EqualNames(s.query.Class.Name, class) })
	if i < 0 {
		r.fail("no query in ViewSources asks for %.100s", class)
		return operand{}
	}
	if !r.got(".") {
		r.unexpected("a point")
		return operand{}
	}
	if len(r.words) == 0 || !cim.IsIdentifier(r.words[0]) {
		r.unexpected("the name of a property")
		return operand{}
	}
	return operand{i, r.next()}
}

func (r *joinReader) operator() wql.Op {
	for op := wql.Equal; op <= wql.GreaterEqual; op++ {
		if r.got(op.String()) {
			return op
		}
	}
	if r.got("!=") {
		return wql.NotEqual
	}
	r.unexpected("an operator such as =")
	return 0
}
