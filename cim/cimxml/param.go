package cimxml

import "openwmi/cim"

// AppendParamValue appends PARAMVALUE, a parameter of a method as it is passed:
// of the declared type, zero if that is not known, and for a reference or embedded
// object the declared class. NULL has no value.
func (e *Encoder) AppendParamValue(b []byte, name string, t cim.Type, class string, v cim.Value) []byte {
	b = append(b, "<PARAMVALUE"...)
	b = AppendAttr(b, "NAME", name)
	b = e.appendParam(b, t, class, v)
	return append(b, "</PARAMVALUE>"...)
}

// AppendReturnValue appends RETURNVALUE, what a method with that return type has
// returned.
func (e *Encoder) AppendReturnValue(b []byte, t cim.Type, class string, v cim.Value) []byte {
	b = append(b, "<RETURNVALUE"...)
	b = e.appendParam(b, t, class, v)
	return append(b, "</RETURNVALUE>"...)
}

// appendParam appends what is in the tag and the content of both.
func (e *Encoder) appendParam(b []byte, t cim.Type, class string, v cim.Value) []byte {
	switch elem := t.Elem(); elem {
	case 0:
	case cim.TypeReference:
		b = append(b, ` PARAMTYPE="reference"`...)
	case cim.TypeObject:
		b = append(b, ` PARAMTYPE="string"`...)
		b = appendEmbedding(b, embedding(t, class, nil, v))
	default:
		b = AppendAttr(b, "PARAMTYPE", elem.String())
	}
	b = append(b, '>')
	return e.AppendValue(b, v)
}

// ParamValue reads the current element, which is PARAMVALUE or RETURNVALUE. typeOf
// returns the declared type of a parameter, zero if it is not known; then, or if
// typeOf is nil, PARAMTYPE decides, and without that the value is a string. The
// name of a return value is "".
//
// A class, an instance, or the name of either may stand there without VALUE; the
// value is then an object or a reference.
func (d *Decoder) ParamValue(typeOf func(name string) cim.Type) (name string, v cim.Value, err error) {
	name, v = d.paramValue(typeOf)
	if d.err != nil {
		return "", cim.Value{}, d.err
	}
	return name, v, nil
}

func (d *Decoder) paramValue(declared func(name string) cim.Type) (name string, v cim.Value) {
	tag := string(d.Name())
	switch tag {
	case "PARAMVALUE":
		name = d.require("NAME")
	case "RETURNVALUE":
	default:
		d.invalid("%s stands where PARAMVALUE should", d.Name())
		return "", v
	}
	var t cim.Type
	if declared != nil {
		t = declared(name)
	}
	known := t != 0
	if !known {
		t = d.paramType()
	}
	seen := false
	for d.Next() {
		if seen {
			d.invalid("%s has more than one value", tag)
		}
		seen = true
		switch string(d.Name()) {
		case "VALUE", "VALUE.REFERENCE", "VALUE.NULL", "VALUE.OBJECT":
			v = d.value(t)
		case "VALUE.ARRAY", "VALUE.REFARRAY", "VALUE.OBJECTARRAY":
			if !known {
				t = t.ArrayOf()
			}
			v = d.value(t)
		case "CLASSNAME", "INSTANCENAME":
			v = cim.ReferenceValue(d.referenceText())
		case "CLASS", "INSTANCE", "VALUE.NAMEDINSTANCE":
			v = cim.ObjectValue(d.embeddedObject())
		default:
			d.unexpected(tag)
		}
	}
	return name, v
}

// paramType returns the type that the attributes of a parameter name.
func (d *Decoder) paramType() cim.Type {
	if d.attr("PARAMTYPE") == nil {
		return cim.TypeString
	}
	t := d.requireType("PARAMTYPE")
	if t == cim.TypeString && d.embeds() {
		return cim.TypeObject
	}
	return t
}
