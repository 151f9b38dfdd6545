package cimxml

import (
	"bytes"
	"math"

	"openwmi/cim"
)

// appendQualifiers appends those of quals that are to be written.
func (e *Encoder) appendQualifiers(b []byte, quals cim.Qualifiers) []byte {
	if !e.Qualifiers {
		return b
	}
	for i := range quals {
		if q := &quals[i]; !e.LocalOnly || e.depth > 0 || q.IsLocal() {
			b = e.appendQualifier(b, q)
		}
	}
	return b
}

// appendQualifier appends QUALIFIER. Flavors that are the default of the DTD are
// not written.
func (e *Encoder) appendQualifier(b []byte, q *cim.Qualifier) []byte {
	b = append(b, "<QUALIFIER"...)
	b = AppendAttr(b, "NAME", q.Name)
	b = appendType(b, "TYPE", e.qualifierType(q))
	if !q.IsLocal() {
		b = append(b, ` PROPAGATED="true"`...)
	}
	b = e.appendFlavor(b, q.Flavor)
	if q.Value.IsNull() {
		return append(b, "/>"...)
	}
	b = append(b, '>')
	b = e.AppendValue(b, q.Value)
	return append(b, "</QUALIFIER>"...)
}

// qualifierType returns the type to write for a qualifier: that with which it was
// declared if it is known and the value fits it, else that of the value.
func (e *Encoder) qualifierType(q *cim.Qualifier) cim.Type {
	t := q.Value.Type()
	if e.QualifierType == nil || t != 0 && !t.Elem().IsInteger() {
		return t
	}
	declared := e.QualifierType(q.Name).Elem()
	if t == 0 {
		return declared
	}
	if !declared.IsInteger() {
		return t
	}
	if _, err := cim.Convert(q.Value, declared|t&cim.TypeArray); err != nil {
		return t
	}
	return declared
}

func (e *Encoder) appendFlavor(b []byte, f cim.Flavor) []byte {
	if f&cim.DisableOverride != 0 {
		b = append(b, ` OVERRIDABLE="false"`...)
	}
	if f&cim.ToSubclass == 0 {
		b = append(b, ` TOSUBCLASS="false"`...)
	}
	if f&cim.ToInstance != 0 {
		b = append(b, ` TOINSTANCE="true"`...)
	}
	if f&cim.Amended != 0 {
		if e.DTD == WMI {
			return append(b, ` AMENDED="true"`...)
		}
		b = append(b, ` TRANSLATABLE="true"`...)
	}
	return b
}

// flavor returns what the attributes of the current element say.
func (d *Decoder) flavor() cim.Flavor {
	var f cim.Flavor
	if bytes.EqualFold(d.attr("OVERRIDABLE"), []byte("false")) {
		f |= cim.DisableOverride
	}
	if !bytes.EqualFold(d.attr("TOSUBCLASS"), []byte("false")) {
		f |= cim.ToSubclass
	}
	if d.isTrue("TOINSTANCE") {
		f |= cim.ToInstance
	}
	if d.isTrue("TRANSLATABLE") || d.isTrue("AMENDED") {
		f |= cim.Amended
	}
	return f
}

// qualifier reads QUALIFIER. Its value gets the type that qualifiers have here:
// sint32 or sint64 for integers, real64 for reals (mof.md 8 number 1).
func (d *Decoder) qualifier() cim.Qualifier {
	q := cim.Qualifier{Name: d.require("NAME"), Flavor: d.flavor()}
	if d.isTrue("PROPAGATED") {
		q.Flavor |= cim.Propagated
	}
	t := d.requireType("TYPE")
	v := d.declaredValue(t)
	var err error
	if q.Value, err = narrow(v); err != nil {
		d.failf(cim.StatusOf(err), "qualifier %s: %v", q.Name, err)
	}
	return q
}

// addQualifier adds q, or replaces the one of that name.
func (d *Decoder) addQualifier(to *cim.Qualifiers, q cim.Qualifier) {
	if len(*to) == MaxQualifiers {
		d.failf(cim.QuotaViolation, "an element has more than %d qualifiers", MaxQualifiers)
		return
	}
	to.Set(q)
}

// declaredValue reads the children of a QUALIFIER or QUALIFIER.DECLARATION up to
// its end: an array if there is one, NULL if there is no value.
func (d *Decoder) declaredValue(t cim.Type) (v cim.Value) {
	tag := string(d.Name())
	seen := false
	for d.Next() {
		switch string(d.Name()) {
		case "VALUE", "VALUE.ARRAY":
			if seen {
				d.invalid("%s has more than one value", tag)
			}
			seen = true
			if string(d.Name()) == "VALUE.ARRAY" {
				v = d.value(t.ArrayOf())
			} else {
				v = d.value(t.Elem())
			}
		default:
			d.unexpected(tag)
		}
	}
	return v
}

// narrow returns v with a type that values of qualifiers have.
func narrow(v cim.Value) (cim.Value, error) {
	t := v.Type()
	to := cim.TypeString
	switch elem := t.Elem(); {
	case v.IsNull(), elem == cim.TypeString, elem == cim.TypeBoolean, elem == cim.TypeReal64:
		return v, nil
	case elem.IsReal():
		to = cim.TypeReal64
	case elem.IsInteger():
		to = cim.TypeSint32
		for _, e := range v.Elems() {
			if i := e.Int(); i < math.MinInt32 || i > math.MaxInt32 {
				to = cim.TypeSint64
			}
		}
	}
	return cim.Convert(v, to|t&cim.TypeArray)
}

// AppendQualifierDecl appends QUALIFIER.DECLARATION.
func (e *Encoder) AppendQualifierDecl(b []byte, q *cim.QualifierDecl) []byte {
	b = append(b, "<QUALIFIER.DECLARATION"...)
	b = AppendAttr(b, "NAME", q.Name)
	b = appendType(b, "TYPE", q.Type)
	if q.Type.IsArray() {
		b = append(b, ` ISARRAY="true"`...)
	}
	b = e.appendFlavor(b, q.Flavor)
	b = append(b, '>')
	if q.Scope != 0 {
		b = append(b, "<SCOPE"...)
		for _, s := range scopes {
			if q.Scope&s.bit != 0 {
				b = append(b, ' ')
				b = append(b, s.name...)
				b = append(b, `="true"`...)
			}
		}
		b = append(b, "/>"...)
	}
	b = e.AppendValue(b, q.Default)
	return append(b, "</QUALIFIER.DECLARATION>"...)
}

// scopes are those that the DTD has, which are all of DMTF's.
var scopes = []struct {
	bit  cim.Scope
	name string
}{
	{cim.ScopeClass, "CLASS"},
	{cim.ScopeAssociation, "ASSOCIATION"},
	{cim.ScopeReference, "REFERENCE"},
	{cim.ScopeProperty, "PROPERTY"},
	{cim.ScopeMethod, "METHOD"},
	{cim.ScopeParameter, "PARAMETER"},
	{cim.ScopeIndication, "INDICATION"},
}

// QualifierDecl reads the current element, which is QUALIFIER.DECLARATION. All
// scopes of the DTD together are any.
func (d *Decoder) QualifierDecl() (*cim.QualifierDecl, error) {
	if string(d.Name()) != "QUALIFIER.DECLARATION" {
		d.invalid("%s stands where QUALIFIER.DECLARATION should", d.Name())
		return nil, d.err
	}
	q := &cim.QualifierDecl{Name: d.require("NAME"), Type: d.requireType("TYPE"), Flavor: d.flavor()}
	if d.isTrue("ISARRAY") || d.attr("ARRAYSIZE") != nil {
		q.Type = q.Type.ArrayOf()
	}
	implied := d.attr("ISARRAY") == nil
	seen := false
	for d.Next() {
		switch string(d.Name()) {
		case "SCOPE":
			q.Scope |= d.scope()
		case "VALUE", "VALUE.ARRAY":
			if seen {
				d.invalid("QUALIFIER.DECLARATION has more than one value")
			}
			seen = true
			if implied && string(d.Name()) == "VALUE.ARRAY" {
				q.Type = q.Type.ArrayOf()
			}
			q.Default = d.value(q.Type)
		default:
			d.unexpected("QUALIFIER.DECLARATION")
		}
	}
	if d.err != nil {
		return nil, d.err
	}
	return q, nil
}

// scope reads SCOPE.
func (d *Decoder) scope() cim.Scope {
	var set, all cim.Scope
	for _, s := range scopes {
		all |= s.bit
		if d.isTrue(s.name) {
			set |= s.bit
		}
	}
	if d.isTrue("ANY") { // not in a DTD, but pywbem writes it
		set = all
	}
	d.Skip()
	if set == all {
		return cim.ScopeAny
	}
	return set
}
