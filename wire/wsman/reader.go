package wsman

import (
	"encoding/base64"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/internal/xmltree"
)

// A reader turns elements into instances and values.
type reader struct {
	// class returns the class of an object in a property.
	class func(name string) (*cim.Class, error)

	// left is how many more objects and properties there may be, which a short
	// element can have many of; nil is any number.
	left *int
}

// newInstance returns an instance, if there is room for it.
func (r reader) newInstance(c *cim.Class) (*cim.Instance, error) {
	if r.left != nil {
		if *r.left -= 1 + len(c.Properties()); *r.left < 0 {
			return nil, cim.Errorf(wbem.QuotaViolation, "there are more than %d objects and properties", cim.MaxEmbedded)
		}
	}
	return cim.NewInstance(c), nil
}

// instance reads an instance of a class from its element. What the element does
// not have stays unset.
func (r reader) instance(n *xmltree.Node, class *cim.Class) (*cim.Instance, error) {
	if !cim.EqualNames(n.Local, class.Name()) {
		return nil, newFault(faultInvalidRepresentation, "InvalidNamespace", wbem.InvalidObject, "the body is a %.60s, not a %s", n.Local, class.Name())
	}
	inst, err := r.newInstance(class)
	if err != nil {
		return nil, err
	}
	return inst, r.properties(n, inst)
}

// properties sets the properties that are children of an element.
func (r reader) properties(n *xmltree.Node, inst *cim.Instance) error {
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
		v, err := r.property(nodes, props[k])
		if err == nil {
			err = inst.SetIndex(k, v)
		}
		if err != nil {
			return newFault(faultInvalidRepresentation, "InvalidValues", wbem.StatusOf(err), "%s: %s", props[k].Name(), detailOf(err))
		}
	}
	return nil
}

var errNullElement = cim.Errorf(wbem.IllegalNull, "elements of arrays are not NULL")

// isNil reports whether an element stands for NULL. Some clients bind the prefix
// of the attribute to something else than XML Schema. Openwsman gives an element
// that it has read as NULL a text and leaves the attribute: the text counts.
func isNil(n *xmltree.Node) bool {
	if len(n.Children) > 0 || n.Value() != "" {
		return false
	}
	for _, a := range n.Attrs {
		if a.Local == "nil" && (a.Value == "true" || a.Value == "1") {
			return true
		}
	}
	return false
}

// property reads the elements of a property or parameter.
func (r reader) property(nodes []*xmltree.Node, p *cim.Property) (cim.Value, error) {
	t := p.Type()
	if len(nodes) == 1 && isNil(nodes[0]) {
		return cim.Value{}, nil
	}
	if !t.IsArray() {
		if len(nodes) > 1 {
			return cim.Value{}, cim.Errorf(wbem.TypeMismatch, "it stands there %d times", len(nodes))
		}
		return r.scalar(nodes[0], t, p.CIMType())
	}
	if t.Elem() == cim.TypeUint8 && len(nodes) == 1 && p.Qualifiers().True("OctetString") {
		if octets, err := base64.StdEncoding.DecodeString(nodes[0].Value()); err == nil && len(octets) > 0 {
			return cim.BytesValue(octets), nil // DSP0230 6.3
		}
	}
	elems := make([]cim.Value, len(nodes))
	for i, n := range nodes {
		if isNil(n) {
			return cim.Value{}, errNullElement
		}
		var err error
		elems[i], err = r.scalar(n, t.Elem(), p.CIMType())
		if err == nil && elems[i].IsNull() {
			err = errNullElement
		}
		if err != nil {
			return cim.Value{}, err
		}
	}
	return cim.ArrayValue(t.Elem(), elems...)
}

// scalar reads the content of an element. cimtype is that of its property.
func (r reader) scalar(n *xmltree.Node, t cim.Type, cimtype string) (cim.Value, error) {
	switch t {
	case cim.TypeReference:
		return readReference(n)
	case cim.TypeDatetime:
		if len(n.Children) > 0 {
			n = n.Children[0]
		}
		return readDatetime(n.Value())
	case cim.TypeObject:
		return r.embedded(n, cimtype)
	case cim.TypeString:
		return cim.StringValue(n.Text), nil
	case cim.TypeChar16:
		return cim.ParseText(t, n.Text)
	}
	text := n.Value()
	if t.IsReal() {
		text = strings.Replace(text, "INF", "Inf", 1)
	}
	return cim.ParseText(t, text)
}

// readReference reads a reference: an endpoint reference, or the text of a path.
// One without a resource refers to nothing; some devices write NULL so.
func readReference(n *xmltree.Node) (cim.Value, error) {
	if epr := n.Child(nsAddressing, "EndpointReference"); epr != nil {
		n = epr
	}
	switch params := n.Child(nsAddressing, "ReferenceParameters"); {
	case params == nil:
		return cim.ReferenceValue(n.Value()), nil
	case params.Child(nsWSMan, "ResourceURI").Value() == "":
		return cim.Value{}, nil
	}
	p, err := readEPR(n)
	if err != nil {
		return cim.Value{}, err
	}
	return cim.ReferenceValue(p.String()), nil
}

// embedded reads an object in a property: xsi:type names its class, else the
// type of the property does.
func (r reader) embedded(n *xmltree.Node, cimtype string) (cim.Value, error) {
	name := typeOf(n)
	if name == "" {
		_, name, _ = strings.Cut(cimtype, ":")
	}
	if name == "" && len(n.Children) == 1 && len(n.Children[0].Children) > 0 {
		n = n.Children[0]
		name = n.Local
	}
	if !isName(name) {
		return cim.Value{}, cim.Errorf(wbem.InvalidObject, "nothing says what class the object has")
	}
	c, err := r.class(name)
	if err != nil {
		return cim.Value{}, err
	}
	inst, err := r.newInstance(c)
	if err != nil {
		return cim.Value{}, err
	}
	return cim.ObjectValue(inst), r.properties(n, inst)
}

// typeOf returns the class that xsi:type names, "" for none.
func typeOf(n *xmltree.Node) string {
	for _, a := range n.Attrs {
		if a.Local == "type" && a.Space != "" {
			_, name, ok := strings.Cut(a.Value, ":")
			if !ok {
				name = a.Value
			}
			return strings.TrimSuffix(name, "_Type")
		}
	}
	return ""
}
