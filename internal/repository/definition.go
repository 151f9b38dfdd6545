package repository

import (
	"encoding/binary"

	"openwmi/cim"
)

// The own definition of a class:
//
//	definition = name super qualifiers
//	             count { name type class flags qualifiers [default] }         properties
//	             count { name type class qualifiers                           methods
//	                     count { name type class flags qualifiers [default] } parameters
//	             }
//	qualifiers = count { name flavor value }
//	flags      = 1 if a default follows, which may be NULL
//
// Names are texts, counts and types varints, flavor and flags a byte each; see
// codec.go for the rest.

const hasDefault = 1

func appendQualifiers(b []byte, qs cim.Qualifiers) []byte {
	b = binary.AppendUvarint(b, uint64(len(qs)))
	for i := range qs {
		q := &qs[i]
		b = appendText(b, q.Name)
		b = append(b, byte(q.Flavor))
		b = appendValue(b, q.Value)
	}
	return b
}

func (d *decoder) qualifiers() cim.Qualifiers {
	n := d.count(3)
	if n == 0 {
		return nil
	}
	qs := make(cim.Qualifiers, n)
	for i := range qs {
		qs[i] = cim.Qualifier{Name: d.text(), Flavor: cim.Flavor(d.byte()), Value: d.value()}
	}
	return qs
}

func appendDefinition(b []byte, c *cim.ClassDecl) []byte {
	b = appendText(b, c.Name)
	b = appendText(b, c.Super)
	b = appendQualifiers(b, c.Qualifiers)
	b = binary.AppendUvarint(b, uint64(len(c.Properties)))
	for i := range c.Properties {
		p := &c.Properties[i]
		b = appendTyped(b, p.Name, p.Type, p.Class, p.Qualifiers, p.HasDefault, p.Default)
	}
	b = binary.AppendUvarint(b, uint64(len(c.Methods)))
	for i := range c.Methods {
		m := &c.Methods[i]
		b = appendText(b, m.Name)
		b = binary.AppendUvarint(b, uint64(m.Return))
		b = appendText(b, m.ReturnClass)
		b = appendQualifiers(b, m.Qualifiers)
		b = binary.AppendUvarint(b, uint64(len(m.Parameters)))
		for j := range m.Parameters {
			p := &m.Parameters[j]
			b = appendTyped(b, p.Name, p.Type, p.Class, p.Qualifiers, p.HasDefault, p.Default)
		}
	}
	return b
}

func appendTyped(b []byte, name string, t cim.Type, class string, qs cim.Qualifiers, has bool, v cim.Value) []byte {
	b = appendText(b, name)
	b = binary.AppendUvarint(b, uint64(t))
	b = appendText(b, class)
	if !has {
		return appendQualifiers(append(b, 0), qs)
	}
	return appendValue(appendQualifiers(append(b, hasDefault), qs), v)
}

func (d *decoder) definition() *cim.ClassDecl {
	c := &cim.ClassDecl{Name: d.text(), Super: d.text(), Qualifiers: d.qualifiers()}
	if n := d.count(5); n > 0 {
		c.Properties = make([]cim.PropertyDecl, n)
		for i := range c.Properties {
			c.Properties[i] = d.property()
		}
	}
	if n := d.count(5); n > 0 {
		c.Methods = make([]cim.MethodDecl, n)
		for i := range c.Methods {
			c.Methods[i] = d.method()
		}
	}
	return c
}

func (d *decoder) property() cim.PropertyDecl {
	p := cim.PropertyDecl{Name: d.text(), Type: d.typ(), Class: d.text()}
	if p.Type == 0 {
		d.fail("a property has no type")
	}
	flags := d.byte()
	p.Qualifiers = d.qualifiers()
	if flags&hasDefault != 0 {
		p.HasDefault, p.Default = true, d.value()
	}
	return p
}

func (d *decoder) method() cim.MethodDecl {
	m := cim.MethodDecl{Name: d.text(), Return: d.typ(), ReturnClass: d.text(), Qualifiers: d.qualifiers()}
	if n := d.count(5); n > 0 {
		m.Parameters = make([]cim.ParameterDecl, n)
		for i := range m.Parameters {
			m.Parameters[i] = cim.ParameterDecl(d.property())
		}
	}
	return m
}

// The declaration of a qualifier: name, type, value, scope as a varint, flavor
// as a byte.

func appendQualifierDecl(b []byte, q *cim.QualifierDecl) []byte {
	b = appendText(b, q.Name)
	b = binary.AppendUvarint(b, uint64(q.Type))
	b = appendValue(b, q.Default)
	b = binary.AppendUvarint(b, uint64(q.Scope))
	return append(b, byte(q.Flavor))
}

func decodeQualifierDecl(b []byte) (*cim.QualifierDecl, error) {
	d := decode(b)
	q := &cim.QualifierDecl{Name: d.text(), Type: d.typ(), Default: d.value()}
	q.Scope = cim.Scope(d.uvarint())
	q.Flavor = cim.Flavor(d.byte())
	return q, d.end()
}
