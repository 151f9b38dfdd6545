package wsman

import (
	"math"
	"strconv"
	"strings"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
)

// The element of a property is in the namespace of the class of its object. The
// prefix of that is p, and o for an object in a property of it; within that it is
// p again, and so on.
const outer = 'p'

func inner(prefix byte) byte { return 'p' + 'o' - prefix }

// appendInstance appends an instance as an element of its class. as, if not nil,
// is a superclass as whose instance it is shown; only are the properties to show,
// nil for all. DSP0230 9
func appendInstance(b []byte, r resource, inst *cim.Instance, as *cim.Class, only func(name string) bool) []byte {
	name := inst.ClassName()
	if as != nil {
		name = as.Name()
	}
	b = append(b, "<p:"+name...)
	b = appendType(b, r.in(inst.Origin(), name), name, outer)
	for k, p := range inst.Class().Properties() {
		if (as == nil || as.PropertyIndex(p.Name()) >= 0) && (only == nil || only(p.Name())) {
			b = appendProperty(b, r, outer, p.Name(), inst.At(k))
		}
	}
	return append(b, "</p:"+name+">"...)
}

// appendType appends the attributes of an element that is an instance, and the
// end of its tag.
func appendType(b []byte, uri, class string, prefix byte) []byte {
	b = appendBinding(b, prefix, uri)
	b = append(b, ` xsi:type="`...)
	b = append(b, prefix, ':')
	b = append(b, class...)
	return append(b, `_Type">`...)
}

func appendBinding(b []byte, prefix byte, uri string) []byte {
	return xml.AppendAttr(b, "xmlns:"+string(prefix), uri)
}

// appendProperties appends the properties of an instance without an element for
// itself.
func appendProperties(b []byte, r resource, prefix byte, inst *cim.Instance) []byte {
	for k, p := range inst.Class().Properties() {
		b = appendProperty(b, r, prefix, p.Name(), inst.At(k))
	}
	return b
}

// appendProperty appends a property: an element for a scalar, one for each
// element of an array, and one with xsi:nil for NULL. Of an empty array there is
// nothing: the binding has no form for it.
func appendProperty(b []byte, r resource, prefix byte, name string, v cim.Value) []byte {
	if !v.IsNull() && v.Type().IsArray() {
		for i := range v.Len() {
			b = appendProperty(b, r, prefix, name, v.Index(i))
		}
		return b
	}
	b = append(append(b, '<', prefix, ':'), name...)
	switch inst, embedded := v.Object().(*cim.Instance); {
	case v.IsNull():
		return append(b, ` xsi:nil="true"/>`...)
	case embedded:
		b = appendType(b, r.in(inst.Origin(), inst.ClassName()), inst.ClassName(), inner(prefix))
		b = appendProperties(b, r, inner(prefix), inst)
	default:
		b = append(b, '>')
		b = appendScalar(b, r, v)
	}
	b = append(b, '<', '/', prefix, ':')
	return append(append(b, name...), '>')
}

// appendScalar appends the text of a value, or the elements of a datetime or
// reference. A class, for which the binding has no form, is shown by name.
func appendScalar(b []byte, r resource, v cim.Value) []byte {
	switch t := v.Type(); {
	case t == cim.TypeObject:
		return xml.AppendText(b, v.Object().ClassName())
	case t == cim.TypeBoolean:
		return strconv.AppendBool(b, v.Bool())
	case t == cim.TypeReference:
		if p, err := cim.ParsePath(v.Text()); err == nil && p.Class != "" {
			return appendEPR(b, r, p)
		}
	case t == cim.TypeDatetime:
		if d, ok := v.Datetime(); ok {
			element, text := xmlDatetime(d)
			return append(b, "<cim:"+element+">"+text+"</cim:"+element+">"...)
		}
	case t.IsReal():
		switch f := v.Float(); {
		case math.IsInf(f, 1):
			return append(b, "INF"...)
		case math.IsInf(f, -1):
			return append(b, "-INF"...)
		case math.IsNaN(f):
			return append(b, "NaN"...)
		}
	}
	return xml.AppendText(b, v.String())
}

// appendEPR appends the content of the endpoint reference of an object, whose URI
// is of the family of r.
func appendEPR(b []byte, r resource, p cim.Path) []byte {
	if p.Namespace == "" {
		p.Namespace = r.home
	}
	if r.namespace != "" && p.Namespace != "" {
		r.base = baseOf(p.Namespace)
	}
	return appendReference(b, r, r.of(p.Class), p)
}

// appendReference appends an endpoint reference with a resource URI and the
// selectors of a path.
func appendReference(b []byte, r resource, uri string, p cim.Path) []byte {
	b = append(b, "<a:Address>"+anonymousIn(r.w3c)+"</a:Address><a:ReferenceParameters><w:ResourceURI>"...)
	b = xml.AppendText(b, uri)
	b = append(b, "</w:ResourceURI>"...)
	b = appendSelectors(b, r, p)
	return append(b, "</a:ReferenceParameters>"...)
}

// appendSelectors appends the SelectorSet of a path.
func appendSelectors(b []byte, r resource, p cim.Path) []byte {
	b = append(b, "<w:SelectorSet>"...)
	if p.Namespace != "" {
		b = append(b, `<w:Selector Name="`+selectorNamespace+`">`...)
		b = xml.AppendText(b, strings.ReplaceAll(p.Namespace, `\`, "/"))
		b = append(b, "</w:Selector>"...)
	}
	for _, k := range p.Keys {
		b = append(b, "<w:Selector"...)
		b = xml.AppendAttr(b, "Name", k.Name)
		b = append(b, '>')
		if ref, err := cim.ParsePath(k.Text); k.Quoted && err == nil && ref.IsInstance() {
			b = append(b, "<a:EndpointReference>"...)
			b = appendEPR(b, r, ref)
			b = append(b, "</a:EndpointReference>"...)
		} else {
			b = xml.AppendText(b, k.Text)
		}
		b = append(b, "</w:Selector>"...)
	}
	return append(b, "</w:SelectorSet>"...)
}
