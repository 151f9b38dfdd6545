package cim

import (
	"math"
	"unicode/utf8"
)

// AppendJSON appends an object as one JSON object, without line breaks. First
// come the system properties __GENUS, __CLASS, __SUPERCLASS, __DERIVATION,
// __NAMESPACE, __SERVER, __RELPATH and __PATH. An instance goes on with its
// properties. A class goes on with
//
//	"qualifiers": {name: value, ...},
//	"properties": {name: {"type", "origin", "value", "qualifiers"}, ...},
//	"methods": {name: {"type", "origin", "qualifiers", "parameters": [
//		{"name", "type", "in", "out", "value", "qualifiers"}, ...]}, ...}
//
// in which a type is the value of CIMTYPE, with [] behind it for an array, and
// "void" for a method that returns nothing. Null stands for a nil object, and
// for embedded ones beyond MaxNesting or MaxEmbedded, which Check refuses.
func AppendJSON(b []byte, o Object) []byte {
	n := outerNest()
	return n.appendJSON(b, o)
}

func (n *nest) appendJSON(b []byte, o Object) []byte {
	def := definition(o)
	if def == nil || n.enter(len(def.props)) != nil {
		return append(b, "null"...)
	}
	defer n.leave()
	b = appendJSONSystem(b, o)
	if inst, ok := o.(*Instance); ok {
		for k, p := range def.props {
			b = n.appendJSONValue(appendJSONName(b, p.Name()), inst.at(k))
		}
	} else {
		b = n.appendJSONClass(b, def)
	}
	return append(b, '}')
}

// AppendJSONValue appends a value: NULL as null, numbers as numbers, 64-bit ones
// too, but NaN, Infinity and -Infinity as strings, text, datetimes and
// references as strings, char16 as a string of one character, arrays as arrays,
// and embedded objects as AppendJSON does.
func AppendJSONValue(b []byte, v Value) []byte {
	n := newNest()
	return n.appendJSONValue(b, v)
}

func (n *nest) appendJSONValue(b []byte, v Value) []byte {
	switch {
	case v.IsNull():
		return append(b, "null"...)
	case v.typ.IsArray():
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = n.appendJSONValue(b, v.Index(i))
		}
		return append(b, ']')
	}
	switch v.typ.info().kind {
	case kindText:
		return appendJSONString(b, v.Text())
	case kindObject:
		return n.appendJSON(b, v.Object())
	case kindBool:
		if v.Bool() {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	case kindReal:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return append(append(append(b, '"'), nonFinite(f)...), '"')
		}
	}
	if v.typ == TypeChar16 {
		return appendJSONString(b, string(appendUnit(nil, uint16(v.num))))
	}
	return v.AppendNumber(b)
}

func nonFinite(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return "NaN"
}

// jsonSystem are the system properties in JSON; the others follow from them.
var jsonSystem = []string{
	"__GENUS", "__CLASS", "__SUPERCLASS", "__DERIVATION", "__NAMESPACE", "__SERVER", "__RELPATH", "__PATH",
}

// appendJSONSystem opens the object and appends its system properties.
func appendJSONSystem(b []byte, o Object) []byte {
	b = append(b, '{')
	for _, name := range jsonSystem {
		v, _ := System(o, name)
		b = appendJSONName(b, name)
		b = AppendJSONValue(b, v)
	}
	return b
}

// appendJSONName appends the name of a member, and the comma that separates it
// from what stands before it.
func appendJSONName(b []byte, name string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	return append(appendJSONString(b, name), ':')
}

func (n *nest) appendJSONClass(b []byte, c *Class) []byte {
	b = appendJSONQualifiers(b, c.quals)
	b = append(appendJSONName(b, "properties"), '{')
	for _, p := range c.props {
		b = append(appendJSONName(b, p.Name()), '{')
		b = appendJSONMember(b, "type", typeText(p.Type(), p.Class()))
		b = appendJSONMember(b, "origin", p.Origin())
		b = n.appendJSONValue(appendJSONName(b, "value"), p.def)
		b = append(appendJSONQualifiers(b, p.quals), '}')
	}
	b = append(appendJSONName(append(b, '}'), "methods"), '{')
	for _, m := range c.methods {
		b = append(appendJSONName(b, m.Name()), '{')
		b = appendJSONMember(b, "type", typeText(m.decl.Return, m.decl.ReturnClass))
		b = appendJSONMember(b, "origin", m.Origin())
		b = appendJSONQualifiers(b, m.quals)
		b = append(appendJSONName(b, "parameters"), '[')
		for i := range m.params {
			if i > 0 {
				b = append(b, ',')
			}
			b = n.appendJSONParameter(b, &m.params[i])
		}
		b = append(b, "]}"...)
	}
	return append(b, '}')
}

func (n *nest) appendJSONParameter(b []byte, p *Parameter) []byte {
	b = append(b, '{')
	b = appendJSONMember(b, "name", p.Name())
	b = appendJSONMember(b, "type", typeText(p.Type(), p.Class()))
	b = AppendJSONValue(appendJSONName(b, "in"), BoolValue(p.In()))
	b = AppendJSONValue(appendJSONName(b, "out"), BoolValue(p.Out()))
	b = n.appendJSONValue(appendJSONName(b, "value"), p.Default())
	return append(appendJSONQualifiers(b, p.quals), '}')
}

func appendJSONQualifiers(b []byte, qs Qualifiers) []byte {
	b = append(appendJSONName(b, "qualifiers"), '{')
	for _, q := range qs {
		b = AppendJSONValue(appendJSONName(b, q.Name), q.Value)
	}
	return append(b, '}')
}

func appendJSONMember(b []byte, name, value string) []byte {
	return appendJSONString(appendJSONName(b, name), value)
}

// typeText returns the type with its class, in the words of CIMTYPE.
func typeText(t Type, class string) string {
	switch {
	case t == 0:
		return "void"
	case t.IsArray():
		return CIMType(t, class) + "[]"
	}
	return CIMType(t, class)
}

const hexDigits = "0123456789abcdef"

// appendJSONString appends a text in quotes. A lone surrogate is written as
// \u and its number, other bytes that are no UTF-8 as U+FFFD.
func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		n := 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, n = utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
		}
		b = append(b, s[from:i]...)
		if u, ok := surrogateAt(s[i:]); ok {
			b = append(b, '\\', 'u', hexDigits[u>>12], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
			n = 3
		} else {
			b = appendJSONEscape(b, c)
		}
		i += n
		from = i
	}
	return append(append(b, s[from:]...), '"')
}

// appendJSONEscape appends a byte that cannot stand for itself.
func appendJSONEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	if c >= utf8.RuneSelf {
		return append(b, "\uFFFD"...)
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
