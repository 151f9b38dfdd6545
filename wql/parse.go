package wql

import (
	"openwmi/cim"
	"openwmi/internal/source"
)

// Limits of a query. Exceeding one is QuotaViolation. wql.md 13
const (
	MaxText  = 16384 // UTF-16 units
	MaxTerms = 1000  // comparisons in a query
	MaxDepth = 256   // parentheses and NOTs around one comparison
)

// CheckLanguage returns an error if a query cannot be tried: InvalidParameter for
// a language or text that is missing, InvalidQueryType for a language other than
// WQL. wql.md 1
func CheckLanguage(language, text string) error {
	switch {
	case language == "":
		return cim.Errorf(cim.InvalidParameter, "the query has no language")
	case text == "":
		return errEmpty
	case !cim.EqualNames(language, "WQL"):
		return cim.Errorf(cim.InvalidQueryType, "the query language %.40q is not WQL", language)
	}
	return nil
}

var (
	errEmpty   = cim.Errorf(cim.InvalidParameter, "the query is empty")
	errTooLong = cim.Errorf(cim.QuotaViolation, "the query has more than %d characters", MaxText)
)

// Parse reads a data, schema or association query ([MS-WMI] 2.2.1.1; wql.md 3).
// The error is InvalidParameter for no text, QuotaViolation for one beyond the
// limits, else InvalidQuery. Unless the text is missing or too long, it is an
// *Error.
func Parse(text string) (Query, error) {
	p, err := newParser(text, cim.InvalidQuery)
	if err != nil {
		return nil, err
	}
	var q Query
	switch {
	case p.is("SELECT"):
		q = p.selection()
	case p.is("ASSOCIATORS"):
		q = p.associators()
	case p.is("REFERENCES"):
		q = p.references()
	default:
		p.unexpected("SELECT, ASSOCIATORS OF or REFERENCES OF")
	}
	if p.err != nil {
		return nil, p.err
	}
	return q, nil
}

// ParseEvent reads an event query ([MS-WMI] 2.2.1.2; wql.md 10). The error is
// InvalidParameter for no text; QuotaViolation for one beyond the limits;
// MissingGroupWithin for GROUP without WITHIN; MissingAggregationList for BY
// without properties; InvalidQuery for a number that is out of range, and for
// __THIS; NotEventClass for a schema query; and UnparsableQuery for all else
// that breaks the grammar. Unless the text is missing or too long, it is an
// *Error.
func ParseEvent(text string) (*Select, error) {
	p, err := newParser(text, cim.UnparsableQuery)
	if err != nil {
		return nil, err
	}
	p.event = true
	s := p.selection()
	if p.err != nil {
		return nil, p.err
	}
	return s, nil
}

// A parser reads one query. Each of its methods reads one production. After an
// error there are only ends of the text, so that all of them return soon, with
// incomplete nodes that nobody sees.
type parser struct {
	lexer
	event bool // an event query is expected
	terms int  // conditions so far
	depth int  // parentheses and NOTs around this place
}

func newParser(text string, syntax cim.Status) (*parser, error) {
	if text == "" {
		return nil, errEmpty
	}
	if cim.TooLong(text, MaxText) {
		return nil, errTooLong
	}
	return &parser{lexer: newLexer(text, syntax)}, nil
}

// from returns the span from start to the end of what was read.
func (p *parser) from(start source.Pos) source.Span { return source.Span{Pos: start, End: p.prev.End} }

// got moves on if the token is that keyword.
func (p *parser) got(keyword string) bool {
	if !p.is(keyword) {
		return false
	}
	p.next()
	return true
}

// expect moves on, or says what is expected if the token is not that keyword.
func (p *parser) expect(keyword, what string) {
	if !p.got(keyword) {
		p.unexpected(what)
	}
}

// accept moves on if the token is of that kind.
func (p *parser) accept(t tok) bool {
	if p.tok != t {
		return false
	}
	p.next()
	return true
}

// end reads the end of a query, before which there may be a semicolon. Where
// something else could stand, what says so.
//
//	End = [ ";" ]
func (p *parser) end(what string) {
	if p.accept(semicolon) {
		what = "the end of the query after the semicolon"
	}
	if p.tok != eof {
		p.unexpected(what)
	}
}

// isName reports whether the token may be a name. Keywords may, because schemas
// have properties like Group, except reserved ones.
func (p *parser) isName() bool { return p.tok == word && !isReserved(p.text) }

// isReserved reports whether a keyword would make a query ambiguous as a name:
// wql.md 2.1.
func isReserved(name string) bool {
	t := token{tok: word, text: name}
	return t.isAny("NULL", "TRUE", "FALSE", "AND", "OR", "NOT", "FROM", "WHERE")
}

// name reads a name, of which a message says what it is.
func (p *parser) name(what string) Ident {
	if !p.isName() {
		p.unexpected(what)
		return Ident{}
	}
	id := Ident{p.Span, p.text}
	p.next()
	return id
}

// quotedName reads a name that may be in quotes.
func (p *parser) quotedName(what string) Ident {
	if p.tok != str {
		return p.name(what)
	}
	name, _ := unquote(p.text, false)
	if !isName(name) {
		p.unexpected(what)
		return Ident{}
	}
	id := Ident{p.Span, name}
	p.next()
	return id
}

// path reads the name of a property, of which a message says what it is. With
// all, .* may follow.
//
//	Path = Name { "." Name } [ ".*" ]
func (p *parser) path(what string, all bool) *Path {
	start := p.Pos
	path := &Path{Names: []Ident{p.name(what)}}
	for p.accept(point) {
		if all && p.accept(star) {
			path.All = true
			break
		}
		path.Names = append(path.Names, p.name("a property after the point"))
	}
	path.Span = p.from(start)
	return path
}
