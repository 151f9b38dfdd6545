package wql

import "strings"

// unexpected reports that something else should stand here than what does.
func (p *parser) unexpected(what string) {
	p.fail(p.Span, p.syntax, "expected %s, found %v%s", what, p.token, p.hint())
}

// lacking says what WQL lacks of the SQL that people know: wql.md 11. The words
// may be names as well; before says that one was taken for a name, and that what
// follows it shows that it is none.
var lacking = []struct {
	before bool
	words  []string
	what   string
}{
	{true, []string{"DISTINCT", "ALL"}, "WQL has no DISTINCT"},
	{true, []string{"TOP"}, "WQL has no TOP: stop reading when you have enough"},
	{false, []string{"LIMIT", "OFFSET"}, "WQL has no LIMIT: stop reading when you have enough"},
	{false, []string{"ORDER"}, "WQL has no ORDER BY: order the results yourself"},
	{false, []string{"JOIN", "INNER", "OUTER", "LEFT", "RIGHT", "FULL", "CROSS", "ON"}, "WQL has no joins: ASSOCIATORS OF follows associations"},
	{false, []string{"UNION", "INTERSECT", "EXCEPT"}, "WQL has no UNION"},
	{false, []string{"IN"}, "WQL has no IN: combine comparisons by OR"},
	{false, []string{"BETWEEN"}, "WQL has no BETWEEN: combine >= and <= by AND"},
	{true, []string{"EXISTS"}, "WQL has no subqueries"},
	{false, []string{"AS"}, "WQL has no AS: classes and properties keep their names"},
	{false, []string{"INTO", "UPDATE", "INSERT", "DELETE", "SET", "VALUES"}, "WQL only reads"},
}

// hint says why what is here is not WQL, where one can tell: what follows is
// put behind a message.
func (p *parser) hint() string {
	switch {
	case p.tok == operator:
		return ": WQL has no arithmetic"
	case p.tok == number && (p.text[0] == '+' || p.text[0] == '-') && p.prev.tok == number:
		return ": WQL has no arithmetic"
	case p.tok == parameter:
		return ": a parameter needs a value, see Bind"
	case p.tok == str && p.prev.tok == str && p.prev.End == p.Pos:
		return `: a quote in a string is written \` + p.text[:1]
	case p.is("WITHIN") && !p.event, p.is("GROUP") && !p.event:
		return ": " + strings.ToUpper(p.text) + " is for queries of events"
	case p.is("WITHIN"):
		return ": WITHIN stands before WHERE, or after GROUP"
	case p.is("HAVING"):
		return ": HAVING belongs to GROUP WITHIN"
	}
	for _, l := range lacking {
		t := p.token
		if l.before {
			t = p.prev
		}
		if t.isAny(l.words...) {
			return ": " + l.what
		}
	}
	switch {
	case p.tok == comma:
		return ": a query is about one class, and AND or OR stands between conditions"
	case p.tok == open && p.prev.tok == word:
		return ": WQL has no functions"
	case p.tok == open:
		return ": WQL has no subqueries or expressions"
	}
	return ""
}

// noConstant reports what stands on the right of a comparison instead of a
// constant.
func (p *parser) noConstant() {
	if p.isName() && p.hint() == "" {
		p.fail(p.Span, p.syntax, "expected a constant, found %v: properties cannot be compared with each other, and text stands in quotes", p.token)
		return
	}
	p.unexpected("a constant")
}
