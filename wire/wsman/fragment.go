package wsman

import (
	"regexp"
	"strconv"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
	"openwmi/wire/internal/xmltree"
)

// A fragment is the part of an instance that a request is about: a property, one
// element of an array, or its text. DSP0226 7.7
type fragment struct {
	property string
	index    int  // from 1, 0 for all
	text     bool // only the text
}

const (
	dialectXPath1 = "http://schemas.dmtf.org/wbem/wsman/1/wsman/XPath-Level1"
	dialectXPath  = "http://www.w3.org/TR/1999/REC-xpath-19991116"
)

// fragments are expressions of XPath level 1 as far as instances need them:
// /p:Class/p:Name[2]/text().
var fragments = regexp.MustCompile(`^/?(?:(?:\w+:)?\w+/)?(?:\w+:)?(\w+)(?:\[(\d{1,9})\])?(/text\(\))?$`)

// readFragment returns what the header FragmentTransfer asks for, nil for all.
func (x *exchange) readFragment() (*fragment, error) {
	if x.fragment == nil {
		return nil, nil
	}
	switch d := x.fragment.Attr("", "Dialect"); d {
	case "", dialectXPath, dialectXPath1:
	default:
		return nil, newFault(faultFragmentDialect, "", wbem.NotSupported, "dialect %.100s is not supported", d)
	}
	m := fragments.FindStringSubmatch(x.fragment.Value())
	if m == nil {
		return nil, newFault(faultCannotProcessFilter, "", wbem.InvalidParameter, "%.100q names no property", x.fragment.Value())
	}
	f := &fragment{property: m[1], text: m[3] != ""}
	if m[2] != "" {
		if f.index, _ = strconv.Atoi(m[2]); f.index == 0 {
			return nil, newFault(faultCannotProcessFilter, "", wbem.InvalidParameter, "elements are counted from 1")
		}
	}
	x.head = append(x.head, "<w:FragmentTransfer s:mustUnderstand=\"true\">"...)
	x.head = xml.AppendText(x.head, x.fragment.Value())
	x.head = append(x.head, "</w:FragmentTransfer>"...)
	return f, nil
}

func (f *fragment) find(inst *cim.Instance) (int, error) {
	k := inst.Class().PropertyIndex(f.property)
	if k < 0 {
		return 0, newFault(faultCannotProcessFilter, "", wbem.InvalidProperty, "class %s has no property %.60s", inst.ClassName(), f.property)
	}
	if p := inst.Class().Properties()[k]; f.index > 1 && !p.Type().IsArray() {
		return 0, newFault(faultCannotProcessFilter, "", wbem.InvalidParameter, "property %s is no array", p.Name())
	}
	return k, nil
}

// writeFragment answers with a part of an instance. detail is that of the fault
// if it does not fit.
func (x *exchange) writeFragment(f *fragment, inst *cim.Instance, detail string) error {
	k, err := f.find(inst)
	if err != nil {
		return err
	}
	v := inst.At(k)
	if f.index > 0 && v.Type().IsArray() {
		if f.index > v.Len() {
			v = cim.Value{}
		} else {
			v = v.Index(f.index - 1)
		}
	}
	x.body = append(x.body, "<w:XmlFragment"...)
	x.body = appendBinding(x.body, outer, x.resource.of(inst.ClassName()))
	x.body = append(x.body, '>')
	if f.text && !v.IsNull() && !v.Type().IsArray() && v.Type() != cim.TypeObject {
		x.body = appendScalar(x.body, x.resource, v)
	} else {
		x.body = appendProperty(x.body, x.resource, outer, inst.Class().Properties()[k].Name(), v)
	}
	x.body = append(x.body, "</w:XmlFragment>"...)
	return x.fits(detail)
}

// setFragment changes a part of an instance as the body says.
func (x *exchange) setFragment(f *fragment, inst *cim.Instance) ([]string, error) {
	k, err := f.find(inst)
	if err != nil {
		return nil, err
	}
	p := inst.Class().Properties()[k]
	body := x.request.body
	if body.Space != nsWSMan || body.Local != "XmlFragment" {
		return nil, newFault(faultInvalidRepresentation, "InvalidFragment", wbem.InvalidObject, "the body is no XmlFragment")
	}
	for _, c := range body.Children {
		if !cim.EqualNames(c.Local, p.Name()) && !f.text {
			return nil, newFault(faultInvalidRepresentation, "InvalidFragment", wbem.InvalidObject, "the fragment has %.60s instead of %s", c.Local, p.Name())
		}
	}
	nodes := body.Children
	if len(nodes) == 0 || f.text {
		nodes = []*xmltree.Node{body} // its text
	}
	v, err := x.reader().property(nodes, p)
	if err == nil && f.index > 0 && p.Type().IsArray() {
		v, err = f.replace(inst.At(k), v)
	}
	if err != nil {
		return nil, err
	}
	return x.set(inst, k, v)
}

// replace returns an array with another element, or with one more.
func (f *fragment) replace(array, elem cim.Value) (cim.Value, error) {
	var elems []cim.Value
	if !array.IsNull() {
		elems = array.Elems()
	}
	if elem.IsNull() || elem.Len() != 1 || f.index > len(elems)+1 {
		return elem, newFault(faultInvalidRepresentation, "InvalidFragment", wbem.InvalidObject, "element %d of %d cannot be replaced by that", f.index, len(elems))
	}
	elems = append(elems[:f.index-1:f.index-1], append([]cim.Value{elem.Index(0)}, elems[min(f.index, len(elems)):]...)...)
	return cim.ArrayValue(elem.Type().Elem(), elems...)
}
