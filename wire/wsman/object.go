package wsman

import (
	"bytes"
	"strconv"
	"strings"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
	"openwmi/wire/internal/xmltree"
)

// appendInstance appends an instance as an element of its class: each property
// an element, in the order of the class; arrays are repeated elements, and NULL
// is xsi:nil. only are the properties to write, nil for all. DSP0230 9
func appendInstance(b []byte, r resource, inst *cim.Instance, only func(p *cim.Property) bool) []byte {
	uri := r.in(inst.Origin(), inst.ClassName())
	b = append(b, "<p:"+inst.ClassName()+` xmlns:p="`...)
	b = xml.AppendText(b, uri)
	b = append(b, `" xsi:type="p:`+inst.ClassName()+`_Type">`...)
	for k, p := range inst.Class().Properties() {
		if only == nil || only(p) {
			b = appendProperty(b, r, p.Name(), inst.At(k))
		}
	}
	return append(b, "</p:"+inst.ClassName()+">"...)
}

// appendProperty appends the element or elements of a property.
func appendProperty(b []byte, r resource, name string, v cim.Value) []byte {
	switch {
	case v.IsNull():
		return append(b, "<p:"+name+` xsi:nil="true"/>`...)
	case v.Type().IsArray():
		for i := range v.Len() {
			b = appendProperty(b, r, name, v.Index(i))
		}
		return b
	}
	if o := v.Object(); o != nil {
		return appendEmbedded(b, r, name, o)
	}
	b = append(b, "<p:"+name+">"...)
	b = appendScalar(b, v)
	return append(b, "</p:"+name+">"...)
}

// appendEmbedded appends an object in a property. A class, for which the binding
// has no form, is shown by name.
func appendEmbedded(b []byte, r resource, name string, o cim.Object) []byte {
	inst, ok := o.(*cim.Instance)
	if !ok {
		b = append(b, "<p:"+name+">"...)
		b = xml.AppendText(b, o.ClassName())
		return append(b, "</p:"+name+">"...)
	}
	uri := r.in(inst.Origin(), inst.ClassName())
	b = append(b, "<p:"+name+` xmlns:o="`...)
	b = xml.AppendText(b, uri)
	b = append(b, `" xsi:type="o:`+inst.ClassName()+`_Type">`...)
	// Within it p is the class of the object.
	inner := appendInstance(nil, r, inst, nil)
	start := bytes.IndexByte(inner, '>') + 1
	end := len(inner) - len("</p:"+inst.ClassName()+">")
	head := string(inner[:start])
	if from := strings.Index(head, ` xmlns:p="`); from >= 0 {
		b = b[:len(b)-1]
		b = append(b, head[from:strings.Index(head, ` xsi:type`)]...)
		b = append(b, '>')
	}
	b = append(b, inner[start:end]...)
	return append(b, "</p:"+name+">"...)
}

// appendScalar appends the text of a value, or the elements of a reference.
func appendScalar(b []byte, v cim.Value) []byte {
	switch v.Type() {
	case cim.TypeBoolean:
		return strconv.AppendBool(b, v.Bool())
	case cim.TypeReference:
		if p, err := cim.ParsePath(v.Text()); err == nil && p.Class != "" {
			return appendEPR(b, p)
		}
	case cim.TypeDatetime:
		if d, ok := v.Datetime(); ok {
			if element, text, ok := xmlDatetime(d); ok {
				return append(b, "<cim:"+element+">"+text+"</cim:"+element+">"...)
			}
			return append(b, "<cim:CIM_DateTime>"+d.String()+"</cim:CIM_DateTime>"...)
		}
	}
	return xml.AppendText(b, v.String())
}

// appendEPR appends the content of an endpoint reference of an object.
func appendEPR(b []byte, p cim.Path) []byte {
	r := resource{base: baseMicrosoft + strings.ReplaceAll(p.Namespace, `\`, "/") + "/", namespace: p.Namespace}
	if p.Namespace == "" {
		r = resource{base: baseDMTF}
	}
	b = append(b, "<a:Address>"+anonymous+"</a:Address><a:ReferenceParameters>"...)
	b = appendResource(b, r.of(p.Class))
	b = appendSelectors(b, p)
	return append(b, "</a:ReferenceParameters>"...)
}

func appendResource(b []byte, uri string) []byte {
	b = append(b, "<w:ResourceURI>"...)
	b = xml.AppendText(b, uri)
	return append(b, "</w:ResourceURI>"...)
}

// appendSelectors appends the SelectorSet of a path.
func appendSelectors(b []byte, p cim.Path) []byte {
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
			b = appendEPR(b, ref)
			b = append(b, "</a:EndpointReference>"...)
		} else {
			b = xml.AppendText(b, k.Text)
		}
		b = append(b, "</w:Selector>"...)
	}
	return append(b, "</w:SelectorSet>"...)
}

// readInstance reads an instance of a class from its element. What the element
// does not have stays unset.
func readInstance(n *xmltree.Node, class *cim.Class) (*cim.Instance, error) {
	if !cim.EqualNames(n.Local, class.Name()) {
		return nil, newFault(faultInvalidRepresentation, "InvalidNamespace", wbem.InvalidObject, "the body is a %.60s, not a %s", n.Local, class.Name())
	}
	inst := cim.NewInstance(class)
	return inst, readProperties(n, inst)
}

// readProperties sets the properties that are children of an element.
func readProperties(n *xmltree.Node, inst *cim.Instance) error {
	props := inst.Class().Properties()
	values := make([][]*xmltree.Node, len(props))
	for _, c := range n.Children {
		if c.Space == nsCIM && c.Local == "Location" {
			continue
		}
		k := inst.Class().PropertyIndex(c.Local)
		if k < 0 {
			return newFault(faultInvalidRepresentation, "InvalidValues", wbem.InvalidProperty, "class %s has no property %.60s", inst.ClassName(), c.Local)
		}
		values[k] = append(values[k], c)
	}
	for k, nodes := range values {
		if len(nodes) == 0 {
			continue
		}
		v, err := readValue(nodes, props[k].Type())
		if err == nil {
			err = inst.SetIndex(k, v)
		}
		if err != nil {
			return cim.Errorf(wbem.StatusOf(err), "%s: %v", props[k].Name(), err)
		}
	}
	return nil
}

func isNil(n *xmltree.Node) bool {
	for _, a := range n.Attrs { // some clients bind xsi to something else
		if a.Local == "nil" && (a.Value == "true" || a.Value == "1") {
			return true
		}
	}
	return false
}

// readValue reads the elements of a property or parameter.
func readValue(nodes []*xmltree.Node, t cim.Type) (cim.Value, error) {
	if !t.IsArray() {
		if len(nodes) > 1 {
			return cim.Value{}, cim.Errorf(wbem.TypeMismatch, "it stands there %d times", len(nodes))
		}
		if isNil(nodes[0]) {
			return cim.Value{}, nil
		}
		return readScalar(nodes[0], t)
	}
	if len(nodes) == 1 && isNil(nodes[0]) {
		return cim.Value{}, nil
	}
	var texts []string
	var numbers []uint64
	var octets []byte
	var objects []cim.Object
	for _, n := range nodes {
		v, err := readScalar(n, t.Elem())
		switch elem := t.Elem(); {
		case err != nil:
			return v, err
		case elem == cim.TypeObject:
			objects = append(objects, v.Object())
		case elem.IsText():
			texts = append(texts, v.Text())
		case elem == cim.TypeUint8:
			octets = append(octets, byte(v.Bits()))
		default:
			numbers = append(numbers, v.Bits())
		}
	}
	switch elem := t.Elem(); {
	case elem == cim.TypeObject:
		return cim.ObjectsValue(objects), nil
	case elem.IsText():
		return cim.TextsValue(elem, texts), nil
	case elem == cim.TypeUint8:
		return cim.BytesValue(octets), nil
	default:
		return cim.NumbersValue(elem, numbers), nil
	}
}

// readScalar reads the content of an element.
func readScalar(n *xmltree.Node, t cim.Type) (cim.Value, error) {
	switch t {
	case cim.TypeReference:
		if epr := n.Child(nsAddressing, "EndpointReference"); epr != nil {
			n = epr
		}
		if n.Child(nsAddressing, "ReferenceParameters") == nil {
			return cim.ReferenceValue(n.Value()), nil
		}
		p, err := readEPR(n)
		if err != nil {
			return cim.Value{}, err
		}
		return cim.ReferenceValue(p.String()), nil
	case cim.TypeDatetime:
		text := n.Value()
		if len(n.Children) > 0 {
			text = n.Children[0].Value()
		}
		return readDatetime(text)
	case cim.TypeObject:
		return cim.Value{}, cim.Errorf(wbem.NotSupported, "embedded objects are not taken")
	case cim.TypeString:
		return cim.StringValue(n.Text), nil
	}
	return cim.ParseText(t, strings.TrimSpace(n.Text))
}
