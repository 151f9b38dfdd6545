package wsman

import (
	"regexp"
	"strconv"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
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
	f.index, _ = strconv.Atoi(m[2])
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
	return k, nil
}

// writeFragment answers with a part of an instance.
func (x *exchange) writeFragment(f *fragment, inst *cim.Instance) error {
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
	x.body = append(x.body, `<w:XmlFragment xmlns:p="`...)
	x.body = xml.AppendText(x.body, x.resource.of(inst.ClassName()))
	x.body = append(x.body, `">`...)
	if f.text && !v.IsNull() && !v.Type().IsArray() {
		x.body = appendScalar(x.body, v)
	} else {
		x.body = appendProperty(x.body, x.resource, inst.Class().Properties()[k].Name(), v)
	}
	x.body = append(x.body, "</w:XmlFragment>"...)
	return x.fits()
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
	if f.index > 0 {
		return nil, newFault(faultUnsupportedFeature, "FragmentLevelAccess", wbem.NotSupported, "single elements of arrays are not changed")
	}
	nodes := children(body, body.Space, "")
	for _, c := range body.Children {
		if !cim.EqualNames(c.Local, p.Name()) {
			return nil, newFault(faultInvalidRepresentation, "InvalidFragment", wbem.InvalidObject, "the fragment has %.60s instead of %s", c.Local, p.Name())
		}
		nodes = append(nodes, c)
	}
	if len(nodes) == 0 {
		nodes = append(nodes, body) // its text
	}
	v, err := readValue(nodes, p.Type())
	if err == nil {
		err = inst.SetIndex(k, v)
	}
	return []string{p.Name()}, err
}
