package mof

import (
	"openwmi/cim"
	"strings"
)

func (c *checker) class(d *ClassDecl) {
	scope := cim.ScopeClass
	// Whether a superclass is an association or indication, this class doesn't
	// tell.
	if d.Super.Name != "" || isSet(find(d.Qualifiers, "Association")) {
		scope |= cim.ScopeAssociation
	}
	if d.Super.Name != "" || isSet(find(d.Qualifiers, "Indication")) {
		scope |= cim.ScopeIndication
	}
	c.qualifiers(d.Qualifiers, scope)

	names := make([]Ident, 0, len(d.Features))
	for _, f := range d.Features {
		if p, ok := f.(*Property); ok {
			c.property(p, cim.ScopeProperty)
			names = append(names, p.Name)
		}
	}
	properties := len(names)
	for _, f := range d.Features {
		if m, ok := f.(*Method); ok {
			c.method(m)
			names = append(names, m.Name)
		}
	}
	c.unique(names[:properties], "property")
	c.unique(names[properties:], "method")
}

func (c *checker) unique(names []Ident, what string) {
	duplicates(len(names), func(i int) string { return names[i].Name }, func(i, first int) {
		c.errorf(names[i].Range(), cim.MOFDuplicateProperty, "%s %s is already declared in line %d",
			what, names[i].Name, c.file.Line(names[first].Pos))
	})
}

// property checks a property or parameter, where a qualifier with the scope may
// stand.
func (c *checker) property(p *Property, scope cim.Scope) {
	if p.Type.Type == cim.TypeReference {
		scope |= cim.ScopeReference
	}
	c.qualifiers(p.Qualifiers, scope)
	c.typeName(p.Type)
	if p.Type.Type == 0 {
		c.errorf(p.Type.Span, cim.MOFUnrecognizedType, "only a method can be void")
		return
	}
	if p.Dim != nil && p.Dim.Bound != nil {
		if negative, n, ok := p.Dim.Bound.Int(); negative || !ok || n > 1<<31-1 || p.Dim.Bound.IsReal() {
			c.errorf(p.Dim.Bound.Span, cim.MOFOutOfRange, "%s is not the length of an array", p.Dim.Bound.Raw)
		}
	}
	if p.Default != nil {
		c.initializer(p.Type.Type, p.Dim != nil, p.Default)
	}
}

// falseFriends are names of types in other languages. As names of classes they
// would be accepted, and never found. mof.md 4.1
var falseFriends = map[string]string{
	"int": "sint32", "byte": "uint8", "char": "char16", "int8": "sint8", "int16": "sint16",
	"int32": "sint32", "int64": "sint64", "dword": "uint32", "float": "real32", "double": "real64",
	"bool": "boolean",
}

func (c *checker) typeName(t Type) {
	if t.Class == "" || len(t.Class) > len("double") {
		return
	}
	if meant := falseFriends[strings.ToLower(t.Class)]; meant != "" {
		c.errorf(t.Span, cim.MOFUnrecognizedType, "unknown type %s; is %s meant?", t.Class, meant)
	}
}

// method checks what mof.md 4.2 and model.md 7.1 say.
func (c *checker) method(m *Method) {
	c.qualifiers(m.Qualifiers, cim.ScopeMethod)
	c.typeName(m.Type)
	if m.Dim != nil {
		c.errorf(m.Dim.Span, cim.MOFNoArraysReturned, "method %s cannot return an array", m.Name.Name)
	}
	for i := range m.Params {
		p := &m.Params[i]
		c.property(p, cim.ScopeParameter)
		c.direction(p)
		if cim.EqualNames(p.Name.Name, "ReturnValue") {
			c.errorf(p.Name.Range(), cim.InvalidMethodParameters, "no parameter can have the name of the return value")
		}
	}
	copies := 0
	duplicates(len(m.Params), func(i int) string { return m.Params[i].Name.Name }, func(i, first int) {
		copies++
		c.parameterPair(&m.Params[first], &m.Params[i])
	})
	c.parameterIDs(m, len(m.Params)-copies)
}

// direction reports a parameter that is neither in nor out. In the DMTF dialect
// the qualifier In is TRUE unless it says otherwise.
func (c *checker) direction(p *Property) {
	in, out := find(p.Qualifiers, "In"), find(p.Qualifiers, "Out")
	switch {
	case isSet(in) || isSet(out):
	case in != nil:
		c.errorf(in.Span, cim.MOFMustBeInOrOut, "parameter %s is neither In nor Out", p.Name.Name)
	case c.dialect == WMI:
		c.errorf(p.Name.Range(), cim.MOFMustBeInOrOut, "parameter %s needs a qualifier In or Out", p.Name.Name)
	case c.dialect == Auto && !c.typed:
		c.warnf(p.Name.Range(), cim.MOFMustBeInOrOut, "parameter %s has neither In nor Out, and counts as In", p.Name.Name)
	}
}

// isIn and isOut report the direction of a parameter. One that has neither
// qualifier is In.
func (p *Property) isIn() bool {
	in := find(p.Qualifiers, "In")
	return isSet(in) || in == nil && !p.isOut()
}

func (p *Property) isOut() bool { return isSet(find(p.Qualifiers, "Out")) }

// parameterPair checks two parameters with one name: one of them goes in, the
// other comes out, and they are the same otherwise.
func (c *checker) parameterPair(a, b *Property) {
	at := b.Name.Range()
	switch {
	case a.isIn() == b.isIn() || a.isOut() == b.isOut():
		c.errorf(at, cim.InvalidDuplicateParameter, "parameter %s is declared twice", b.Name.Name)
	case !sameType(a.Type, b.Type) || (a.Dim == nil) != (b.Dim == nil):
		c.errorf(at, cim.InvalidParameter, "parameter %s has different types as In and as Out", b.Name.Name)
	default:
		idA, okA := parameterID(find(a.Qualifiers, "ID"))
		idB, okB := parameterID(find(b.Qualifiers, "ID"))
		if okA && okB && idA != idB {
			c.errorf(at, cim.InvalidParameter, "parameter %s has different IDs as In and as Out", b.Name.Name)
		}
	}
}

func sameType(a, b Type) bool {
	return a.Type == b.Type && cim.EqualNames(a.Class, b.Class)
}

// parameterIDs checks that either no parameter has an ID, or each of the n has
// one and they count from 0 without gaps.
func (c *checker) parameterIDs(m *Method, n int) {
	seen := make([]bool, n)
	names := make(map[int]string)
	without := Ident{}
	for i := range m.Params {
		p := &m.Params[i]
		q := find(p.Qualifiers, "ID")
		if q == nil {
			without = p.Name
			continue
		}
		id, ok := parameterID(q)
		switch other := names[id]; {
		case !ok:
			c.errorf(q.Span, cim.InvalidParameterID, "the ID of parameter %s must be a number of at least 0", p.Name.Name)
		case id >= n:
			c.errorf(q.Span, cim.NonconsecutiveParameterIDs, "%d is not the ID of one of %d parameters: they count from 0", id, n)
		case seen[id] && !cim.EqualNames(other, p.Name.Name):
			c.errorf(q.Span, cim.NonconsecutiveParameterIDs, "parameter %s has the ID of %s", p.Name.Name, other)
		default:
			seen[id] = true
			names[id] = p.Name.Name
		}
	}
	if len(names) > 0 && without.Name != "" {
		c.errorf(without.Range(), cim.NonconsecutiveParameterIDs, "parameter %s has no ID, but others have", without.Name)
	}
}

func parameterID(q *Qualifier) (id int, ok bool) {
	if q == nil {
		return 0, false
	}
	n, ok := q.Value.(*NumberLit)
	if !ok || n.IsReal() {
		return 0, false
	}
	negative, magnitude, ok := n.Int()
	return int(magnitude), ok && !negative && magnitude < 1<<31
}

// find returns the qualifier with the name, or nil.
func find(quals []Qualifier, name string) *Qualifier {
	for i := range quals {
		if cim.EqualNames(quals[i].Name.Name, name) {
			return &quals[i]
		}
	}
	return nil
}

// isSet reports whether q is there and TRUE, which it is without a value.
func isSet(q *Qualifier) bool {
	if q == nil {
		return false
	}
	switch v := q.Value.(type) {
	case nil:
		return true
	case *BoolLit:
		return v.Value
	case *NumberLit:
		_, n, _ := v.Int()
		return n != 0
	case *StringLit:
		return strings.EqualFold(v.Value, "true")
	}
	return false
}
