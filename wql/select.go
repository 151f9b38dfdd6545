package wql

import (
	"math"
	"strings"
	"time"

	"openwmi/cim"
)

// selection reads a whole data, schema or event query, see Select.
func (p *parser) selection() *Select {
	s := &Select{Span: p.Span, Source: p.file}
	if !p.got("SELECT") {
		p.unexpected("SELECT")
		return nil
	}
	s.Columns = p.columns()
	if !p.got("FROM") {
		if s.Columns == nil {
			p.unexpected("FROM")
		} else {
			p.unexpected("a comma or FROM")
		}
	}
	s.Class = p.name("the name of a class")
	next := "WHERE or the end of the query"
	if p.event {
		next = "WITHIN, WHERE, GROUP or the end of the query"
	}
	if p.event && p.got("WITHIN") {
		s.Within = p.interval()
		next = "WHERE, GROUP or the end of the query"
	}
	if p.got("WHERE") {
		s.Where = p.or(p.term)
		next = "AND, OR or the end of the query"
		if p.event {
			next = "AND, OR, GROUP or the end of the query"
		}
	}
	if p.event && p.is("GROUP") {
		s.Group = p.group()
		next = "HAVING or the end of the query"
		switch g := s.Group; {
		case g.Having != nil:
			next = "AND, OR or the end of the query"
		case g.By != nil:
			next = "a comma, HAVING or the end of the query"
		}
	}
	s.Span = p.from(s.Pos)
	p.end(next)
	if p.err == nil {
		p.finish(s)
	}
	return s
}

// columns returns nil for *.
//
//	Columns = "*" | Path [ ".*" ] { "," Path [ ".*" ] }
func (p *parser) columns() []*Path {
	if p.accept(star) {
		return nil
	}
	columns := []*Path{p.path("* or the name of a property", true)}
	for p.accept(comma) {
		columns = append(columns, p.path("the name of a property", true))
	}
	return columns
}

// group reads a group clause, see Group.
func (p *parser) group() *Group {
	g := &Group{Span: p.Span}
	p.next()
	if !p.got("WITHIN") {
		p.fail(p.Span, cim.MissingGroupWithin, "expected WITHIN and a number of seconds after GROUP, found %v", p.token)
		return g
	}
	g.Within = p.interval()
	if p.got("BY") {
		if p.tok == star || p.tok == eof || p.tok == semicolon || p.atHaving() {
			p.fail(p.Span, cim.MissingAggregationList, "expected the names of properties after BY, found %v", p.token)
		}
		g.By = append(g.By, p.path("the name of a property after BY", false))
		for p.accept(comma) {
			g.By = append(g.By, p.path("the name of a property", false))
		}
	}
	if p.got("HAVING") {
		g.Having = p.or(p.count)
	}
	g.Span = p.from(g.Pos)
	return g
}

// atHaving reports whether HAVING begins here. It does not where it is the name
// of a property.
func (p *parser) atHaving() bool {
	if !p.is("HAVING") {
		return false
	}
	after := p.lexer
	after.next()
	return after.is("NumberOfEvents") || after.is("NOT") || after.tok == open
}

// interval reads a number of seconds without a sign. wql.md 10.2
func (p *parser) interval() *Interval {
	if p.tok != number || strings.ContainsAny(p.text[:1], "+-") {
		p.unexpected("a number of seconds")
		return nil
	}
	v := p.number()
	seconds := v.Value.Float()
	if v.Value.Type().IsInteger() {
		seconds = float64(v.Value.Uint())
	}
	if seconds <= 0 || seconds > maxSeconds {
		p.fail(v.Span, cim.InvalidQuery, "an interval of %.40s seconds is not above 0 and at most %d", v.Text, maxSeconds)
		return nil
	}
	ms := max(1, int64(seconds*1000))
	return &Interval{v.Span, v.Text, time.Duration(ms) * time.Millisecond}
}

// maxSeconds is how many seconds fit 32 bits as milliseconds.
const maxSeconds = math.MaxUint32 / 1000

// count reads a condition of HAVING.
//
//	Count = "NumberOfEvents" Op Integer
func (p *parser) count() Expr {
	if !p.is("NumberOfEvents") {
		p.unexpected("NumberOfEvents")
		return nil
	}
	c := &Comparison{Path: &Path{Span: p.Span, Names: []Ident{{p.Span, p.text}}}}
	p.next()
	op, ok := p.comparison()
	if !ok {
		p.unexpected("an operator such as > after NumberOfEvents")
		return nil
	}
	c.Op = op
	if p.tok != number {
		p.unexpected("a number of events")
		return nil
	}
	v, err := parseNumber(p.text)
	if err != nil || !v.Type().IsInteger() || p.text[0] == '-' || v.Uint() > math.MaxUint32 {
		p.fail(p.Span, p.syntax, "a number of events is an integer from 0 to %d, not %.40s", uint32(math.MaxUint32), p.text)
		return nil
	}
	c.Value = p.number()
	c.Span = p.from(c.Path.Pos)
	return c
}

// finish drops the name of the class from paths that begin with it (wql.md 4.6)
// and checks what can only be said of the query as a whole.
func (p *parser) finish(s *Select) {
	for _, path := range s.paths() {
		if hasPrefix(path, s.Class.Name) {
			path.Names = path.Names[1:]
		}
	}
	for _, path := range s.Columns {
		if len(path.Names) > 0 {
			continue
		}
		if len(s.Columns) > 1 {
			p.fail(path.Span, p.syntax, "all properties of %s and single ones cannot be asked for together", s.Class.Name)
			return
		}
		s.Columns = nil // Class.* is *
	}
	if s.IsSchema() {
		p.checkSchema(s)
		return
	}
	for e := range Preorder(s.Where) {
		if t, ok := e.(Term); ok && cim.EqualNames(t.Operand().Names[0].Name, this) {
			p.fail(t.Operand().Span, cim.InvalidQuery, "%s is for queries FROM meta_class", this)
		}
	}
}

// paths returns all paths of properties.
func (s *Select) paths() []*Path {
	all := s.Columns[:len(s.Columns):len(s.Columns)]
	for e := range Preorder(s.Where) {
		if t, ok := e.(Term); ok {
			all = append(all, t.Operand())
		}
	}
	if s.Group != nil {
		all = append(all, s.Group.By...)
	}
	return all
}

// this is the class that a schema query looks at.
const this = "__THIS"

// checkSchema checks a query for classes: wql.md 8.
func (p *parser) checkSchema(s *Select) {
	if p.event {
		p.fail(s.Class.Span, cim.NotEventClass, "meta_class is no class of events")
		return
	}
	if s.Columns != nil {
		p.fail(s.Columns[0].Span, cim.InvalidQuery, "a query FROM meta_class can only ask for *")
		return
	}
	for e := range Preorder(s.Where) {
		t, ok := e.(Term)
		if !ok {
			continue
		}
		path := t.Operand()
		_, isa := e.(*Isa)
		known := func(names ...string) bool {
			for _, n := range names {
				if len(path.Names) == 1 && cim.EqualNames(path.Names[0].Name, n) {
					return true
				}
			}
			return false
		}
		switch {
		case isa && !known(this):
			p.fail(path.Span, cim.InvalidQuery, "in a query FROM meta_class, ISA is about %s, not %v", this, path)
		case !isa && known(this):
			p.fail(path.Span, cim.InvalidQuery, "%s has no value: only ISA can follow it", this)
		case !isa && !known("__CLASS", "__SUPERCLASS", "__DYNASTY"):
			p.fail(path.Span, cim.InvalidQuery, "in a query FROM meta_class there are __CLASS, __SUPERCLASS, __DYNASTY and %s, but no %v", this, path)
		}
	}
}
