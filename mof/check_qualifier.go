package mof

import (
	"strings"

	"openwmi/cim"
	"openwmi/internal/source"
)

// qualifiers checks the qualifiers of one element, which is in each of the
// scopes.
func (c *checker) qualifiers(quals []Qualifier, scope cim.Scope) {
	if len(quals) == 0 {
		return
	}
	for i := range quals {
		q := &quals[i]
		c.flavors(q.Flavors)
		if cim.EqualNames(q.Name.Name, "CIMTYPE") {
			c.errorf(q.Name.Range(), cim.MOFCimtypeQualifier, "the qualifier CIMTYPE follows from the type and cannot be written")
			continue
		}
		switch d := c.declaration(q.Name.Name); {
		case d == nil:
			if c.dialect == DMTF {
				c.warnf(q.Name.Range(), cim.MOFInvalidQualifierSyntax, "qualifier %s is not declared", q.Name.Name)
			}
			c.freeValue(q)
		case !d.IsTyped():
			c.freeValue(q)
		default:
			c.declaredUse(q, d, scope)
		}
	}
	duplicates(len(quals), func(i int) string { return quals[i].Name.Name }, func(i, _ int) {
		c.errorf(quals[i].Name.Range(), cim.MOFDuplicateQualifier, "qualifier %s occurs twice", quals[i].Name.Name)
	})
}

// declaration returns the declaration of a qualifier that is in effect, or nil.
func (c *checker) declaration(name string) *QualifierDecl {
	d, ok := c.bySpelling[name]
	if !ok {
		d = c.declared[cim.Fold(name)]
		c.bySpelling[name] = d
	}
	return d
}

// flavors reports words that contradict each other. mof.md 4.1
func (c *checker) flavors(words []FlavorWord) {
	var set Flavor
	for _, w := range words {
		set |= w.Flavor
	}
	if len(words) < 2 {
		return
	}
	at := source.Span{Pos: words[0].Pos, End: words[len(words)-1].End}
	for _, pair := range [...]Flavor{
		EnableOverride | DisableOverride, ToInstance | NotToInstance, ToSubclass | NotToSubclass,
	} {
		if set&pair == pair {
			c.errorf(at, cim.MOFIncompatibleFlavorTypes, "the flavors %s exclude each other", pair)
		}
	}
	if set&Restricted != 0 && set&(ToInstance|ToSubclass) != 0 {
		c.errorf(at, cim.MOFIncompatibleFlavorTypes2, "the flavors %s exclude each other", set&(Restricted|ToInstance|ToSubclass))
	}
}

// A valueClass is a class of literals which may be together in an array.
type valueClass uint8

const (
	noClass valueClass = iota
	numbers
	strs
	booleans
)

func classOf(v Value) valueClass {
	switch v.(type) {
	case *NumberLit, *CharLit:
		return numbers
	case *StringLit:
		return strs
	case *BoolLit:
		return booleans
	}
	return noClass
}

// freeValue checks the value of a qualifier without a type: numbers, strings or
// booleans, or an array of one of these.
func (c *checker) freeValue(q *Qualifier) {
	elems := []Value{q.Value}
	if list, ok := q.Value.(*ArrayLit); ok {
		elems = list.Elems
	}
	of := noClass
	for _, v := range elems {
		switch class := classOf(v); {
		case v == nil:
		case class != noClass:
			if of != noClass && of != class && !listsNumbers(q.Name.Name) {
				c.errorf(v.Range(), cim.MOFTypeMismatch, "%s among values of another type", describe(v))
				return
			}
			of = class
		default:
			c.noQualifierValue(v, q.Value != v)
		}
	}
}

// noQualifierValue reports a value that no qualifier can have; NULL by itself
// it can.
func (c *checker) noQualifierValue(v Value, element bool) {
	switch v.(type) {
	case *NullLit:
		if element {
			c.errorf(v.Range(), cim.MOFNullArrayElem, "an element of an array cannot be NULL")
		}
	case *AliasRef:
		c.errorf(v.Range(), cim.MOFUnexpectedAlias, "an alias cannot be the value of a qualifier")
	default:
		c.errorf(v.Range(), cim.MOFTypeMismatch, "%s cannot be the value of a qualifier", describe(v))
	}
}

// listsNumbers reports whether a qualifier is an array of strings in which
// numbers may stand without quotes. mof.md 4.1
func listsNumbers(name string) bool {
	for _, s := range [...]string{"ValueMap", "Values", "BitMap", "BitValues"} {
		if cim.EqualNames(name, s) {
			return true
		}
	}
	return false
}

// declaredUse checks the use of a qualifier that d gives a type. mof.md 8
func (c *checker) declaredUse(q *Qualifier, d *QualifierDecl, scope cim.Scope) {
	var allowed cim.Scope
	for _, w := range d.Scopes {
		allowed |= w.Scope
	}
	if allowed&scope == 0 {
		c.errorf(q.Name.Range(), cim.MOFQualifierUsedOutsideScope, "qualifier %s cannot stand here: its scope is %s", q.Name.Name, strings.Join(allowed.Names(), ", "))
	}
	elems := []Value{q.Value}
	if list, ok := q.Value.(*ArrayLit); ok {
		if d.Dim == nil {
			c.errorf(q.Value.Range(), cim.MOFUnsupportedCimv22QualValue, "qualifier %s is not an array", q.Name.Name)
			return
		}
		elems = list.Elems
	}
	for _, v := range elems {
		switch v := v.(type) {
		case nil: // TRUE, or what the declaration says
		case *NullLit, *AliasRef, *InstanceDecl, *ClassDecl:
			c.noQualifierValue(v, q.Value != v)
		default:
			if !d.allows(v) {
				c.errorf(v.Range(), cim.MOFUnsupportedCimv22QualValue, "%s cannot be the value of qualifier %s of type %v",
					describe(v), q.Name.Name, d.Type.Type)
			}
		}
	}
}

// allows reports whether v can be the value, or an element of the value, of a
// qualifier that d declares. Fewer conversions are allowed than for properties.
func (d *QualifierDecl) allows(v Value) bool {
	t := d.Type.Type
	switch v.(type) {
	case *StringLit:
		if t == cim.TypeBoolean || t.IsInteger() {
			return false
		}
	case *NumberLit:
		if t == cim.TypeString {
			return listsNumbers(d.Name.Name)
		}
	case *BoolLit:
		// DMTF says why something is deprecated, WMI says that it is.
		if cim.EqualNames(d.Name.Name, "Deprecated") {
			return true
		}
	}
	_, err := Literal(v, t)
	return err == nil
}

func (c *checker) qualifierDecl(d *QualifierDecl) {
	c.flavors(d.Flavors)
	if d.IsTyped() {
		if d.Type.Type == cim.TypeObject {
			c.errorf(d.Type.Span, cim.MOFUnsupportedCimv22DataType, "a qualifier cannot be an object")
		} else if d.Default != nil {
			c.initializer(d.Type.Type, d.Dim != nil, d.Default)
		}
	}
	c.declared[cim.Fold(d.Name.Name)] = d
	if len(c.bySpelling) > 0 {
		c.bySpelling = make(map[string]*QualifierDecl)
	}
}
