package cimxml

import (
	"slices"
	"strconv"

	"openwmi/cim"
)

// A feature is what is to be written of a property, method or parameter.
type feature struct {
	name       string
	t          cim.Type
	class      string // of a reference or embedded object
	quals      cim.Qualifiers
	value      cim.Value
	origin     string
	propagated bool
}

// suffix returns what the name of the element for a type ends with, as in
// PROPERTY.REFERENCE.
func (e *Encoder) suffix(t cim.Type, parameter bool) string {
	switch {
	case t == cim.TypeReference:
		return ".REFERENCE"
	case t == cim.TypeReference.ArrayOf() && (parameter || e.DTD == WMI):
		return ".REFARRAY"
	case t == cim.TypeObject && e.DTD == WMI:
		return ".OBJECT"
	case t == cim.TypeObject.ArrayOf() && e.DTD == WMI:
		return ".OBJECTARRAY"
	case t.IsArray():
		return ".ARRAY"
	}
	return ""
}

// appendTypeAttrs appends TYPE or REFERENCECLASS, whichever the element has.
func appendTypeAttrs(b []byte, suffix string, t cim.Type, class string) []byte {
	if suffix == "" || suffix == ".ARRAY" {
		return appendType(b, "TYPE", t)
	}
	if class != "" {
		b = AppendAttr(b, "REFERENCECLASS", class)
	}
	return b
}

// appendType appends an attribute with the type of a value or of its elements,
// which is string for what the DTDs have no name for, and for NULL.
func appendType(b []byte, attr string, t cim.Type) []byte {
	name := "string"
	if t = t.Elem(); t != 0 && t != cim.TypeObject && t != cim.TypeReference {
		name = t.String()
	}
	b = append(append(append(b, ' '), attr...), '=', '"')
	return append(append(b, name...), '"')
}

// appendProperty appends a property of a class.
func (e *Encoder) appendProperty(b []byte, p feature) []byte {
	suffix := e.suffix(p.t, false)
	b = e.appendPropertyHead(b, suffix, p)
	b, p.quals = e.appendSize(b, p.t, p.quals)
	if e.DTD == CIM {
		b = appendEmbedding(b, embedding(p.t, p.class, p.quals, p.value))
	}
	if p.propagated {
		b = append(b, ` PROPAGATED="true"`...)
	}
	b = append(b, '>')
	inside := len(b)
	b = e.appendQualifiers(b, e.withCIMType(p, suffix))
	b = e.appendPropertyValue(b, suffix, p.value)
	if len(b) == inside && e.DTD != CIM { // see appendSlot
		return append(b[:inside-1], "/>"...)
	}
	b = append(b, "</PROPERTY"...)
	b = append(b, suffix...)
	return append(b, '>')
}

// appendPropertyHead appends the start of the tag of a property.
func (e *Encoder) appendPropertyHead(b []byte, suffix string, p feature) []byte {
	b = append(b, "<PROPERTY"...)
	b = append(b, suffix...)
	b = AppendAttr(b, "NAME", p.name)
	b = appendTypeAttrs(b, suffix, p.t, p.class)
	if e.ClassOrigin {
		b = AppendAttr(b, "CLASSORIGIN", p.origin)
	}
	return b
}

// appendSize appends the bound of an array, and returns the qualifiers without the
// MaxLen that it is here (model.md 4.1): to others that is the length of a string.
func (e *Encoder) appendSize(b []byte, t cim.Type, quals cim.Qualifiers) ([]byte, cim.Qualifiers) {
	n := quals.Value("MaxLen")
	if !e.Strict || !t.IsArray() || t.Elem() == cim.TypeString || !n.Type().IsInteger() || n.Int() <= 0 {
		return b, quals
	}
	quals = slices.Clone(quals)
	quals.Delete("MaxLen")
	return AppendAttr(b, "ARRAYSIZE", strconv.FormatInt(n.Int(), 10)), quals
}

// appendPropertyValue appends the value of a property. Only an array of
// references in the CIM DTD is not what AppendValue makes of it.
func (e *Encoder) appendPropertyValue(b []byte, suffix string, v cim.Value) []byte {
	if suffix == ".ARRAY" && v.Type() == cim.TypeReference.ArrayOf() {
		return appendArray(b, v)
	}
	return e.AppendValue(b, v)
}

// embedding returns the value of the attribute EmbeddedObject for a property in
// the CIM DTD, "" for one that has no embedded objects (DSP0201). One that is
// declared as a string, as DMTF does it, has them only if they are XML: other
// texts would mislead.
func embedding(t cim.Type, class string, quals cim.Qualifiers, v cim.Value) string {
	switch t.Elem() {
	case cim.TypeString:
		kind := stringEmbedding(quals)
		if kind != "" && !isMarkup(v) {
			return ""
		}
		return kind
	case cim.TypeObject:
		if class == "" {
			return "object"
		}
		for _, o := range v.Elems() {
			if o.Object().Genus() == 1 {
				return "object"
			}
		}
		return "instance"
	}
	return ""
}

// stringEmbedding tells by its qualifiers what a string property embeds.
func stringEmbedding(quals cim.Qualifiers) string {
	switch {
	case quals.Value("EmbeddedInstance").Text() != "":
		return "instance"
	case quals.True("EmbeddedObject"):
		return "object"
	}
	return ""
}

// isMarkup reports whether the strings of v look like elements.
func isMarkup(v cim.Value) bool {
	for _, e := range v.Elems() {
		s := e.Text()
		for s != "" && isSpace(s[0]) {
			s = s[1:]
		}
		if s == "" || s[0] != '<' {
			return false
		}
	}
	return true
}

func appendEmbedding(b []byte, kind string) []byte {
	if kind != "" {
		b = append(b, ` EmbeddedObject="`...)
		b = append(b, kind...)
		b = append(b, '"')
	}
	return b
}

const cimTypeFlavor = cim.ToInstance | cim.ToSubclass // model.md 11.2

// withCIMType returns the qualifiers to write for a property, parameter or method
// with that type: its own, CIMTYPE where the DTD has it or the element does not
// tell the type, and in the CIM DTD those by which DMTF declares that a string is
// an embedded object.
func (e *Encoder) withCIMType(p feature, suffix string) cim.Qualifiers {
	if !e.Qualifiers {
		return nil
	}
	elem := p.t.Elem()
	fits := elem != cim.TypeObject && (elem != cim.TypeReference || suffix != "" && suffix != ".ARRAY")
	if fits && e.DTD == CIM {
		return p.quals
	}
	quals := slices.Clip(p.quals)
	if elem == cim.TypeObject && e.DTD == CIM && stringEmbedding(quals) == "" {
		q := cim.Qualifier{Name: "EmbeddedObject", Value: cim.BoolValue(true), Flavor: cim.ToSubclass | cim.DisableOverride}
		if p.class != "" {
			q.Name, q.Value = "EmbeddedInstance", cim.StringValue(p.class)
		}
		quals = append(quals, inheritedIf(p.propagated, q))
	}
	if e.Strict {
		return quals
	}
	return append(quals, inheritedIf(p.propagated, cim.Qualifier{
		Name: "CIMTYPE", Value: cim.StringValue(cim.CIMType(p.t, p.class)), Flavor: cimTypeFlavor,
	}))
}

func inheritedIf(propagated bool, q cim.Qualifier) cim.Qualifier {
	if propagated {
		q.Flavor |= cim.Propagated
	}
	return q
}
