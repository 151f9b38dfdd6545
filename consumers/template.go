package consumers

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"openwmi/cim"
	"openwmi/mof"
	"openwmi/wbem"
)

// MaxExpansion is how many bytes the expansion of a template may have. The
// limit is ours: what an embedded object says in MOF has no other.
const MaxExpansion = 1 << 20

// A Template is a text in which properties of events are named, such as
//
//	%TargetInstance.Name% is at 100 %%
//
// What stands between double quotes is not expanded, and the quotes stay.
// "Using Standard String Templates"; events.md 11:
//
//	Template      = { Text | "%%" | "%" PropRef "%" | QuotedLiteral } .
//	PropRef       = Ident { "." Ident } .
//	QuotedLiteral = '"' { any but '"' } '"' .
//
// A % or quote that begins none of these stands for itself.
type Template struct {
	// Unknown, if not nil, is called for each property that an event does not
	// have. Its expansion is empty.
	Unknown func(ref string)

	// OneLine makes what values of properties have of control characters,
	// but for tabs, and of other ends of lines blanks. The text of the
	// template stays as it is.
	OneLine bool

	parts []part
}

// A part is a literal text, or the path to a property if ref is not empty.
type part struct {
	literal string
	ref     []string
}

// ParseTemplate returns the template with that text; every text is one.
func ParseTemplate(text string) *Template {
	t := &Template{}
	from := 0 // of the literal that is being read
	literal := func(to int) {
		if from < to {
			t.parts = append(t.parts, part{literal: text[from:to]})
		}
	}
	for i := 0; i < len(text); {
		switch text[i] {
		case '"':
			i += 2 + strings.IndexByte(text[i+1:], '"') // 1 if there is no second quote
		case '%':
			n := propRef(text[i+1:])
			switch end := i + 1 + n; {
			case end == len(text) || text[end] != '%':
				i++
				continue
			case n == 0:
				literal(end)
				i, from = end+1, end+1
			default:
				literal(i)
				t.parts = append(t.parts, part{ref: strings.Split(text[i+1:end], ".")})
				i, from = end+1, end+1
			}
		default:
			i++
		}
	}
	literal(len(text))
	return t
}

// propRef returns the length of the PropRef that a text begins with, 0 if there
// is none.
func propRef(text string) int {
	begins := true // an identifier
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '_' || c >= utf8.RuneSelf || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			begins = false
		case begins:
			return 0
		case c == '.':
			begins = true
		case c < '0' || c > '9':
			return i
		}
	}
	if begins {
		return 0
	}
	return len(text)
}

// Expand returns the text with the properties of an event in place of their
// names. It is UTF-8. The error is QuotaViolation if it is longer than
// MaxExpansion.
func (t *Template) Expand(event *cim.Instance) (string, error) {
	var b []byte
	for _, p := range t.parts {
		if p.ref == nil {
			b = append(b, p.literal...)
		} else {
			from := len(b)
			b = t.appendProperty(b, event, p.ref)
			if t.OneLine {
				b = append(b[:from], strings.Map(inLine, string(b[from:]))...)
			}
		}
		if len(b) > MaxExpansion {
			return "", cim.Errorf(wbem.QuotaViolation, "the expansion of a template has more than %d bytes", MaxExpansion)
		}
	}
	return strings.ToValidUTF8(string(b), "\uFFFD"), nil
}

// inLine returns a blank in place of what is no part of a line.
func inLine(r rune) rune {
	if r != '\t' && unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
		return ' '
	}
	return r
}

func (t *Template) appendProperty(b []byte, event *cim.Instance, ref []string) []byte {
	var w walk
	if !w.collect(event, ref) {
		if t.Unknown != nil {
			t.Unknown(strings.Join(ref, "."))
		}
		return b
	}
	// Decision: one element stands as it would without an array, as its lack
	// of parentheses suggests.
	if !w.array || len(w.values) == 1 {
		for _, v := range w.values {
			b = appendValue(b, v)
		}
		return b
	}
	b = append(b, '(')
	for i, v := range w.values {
		if i > 0 {
			b = append(b, ',')
		}
		if v.Type() == cim.TypeString {
			b = append(append(append(b, '"'), v.Text()...), '"')
		} else {
			b = appendValue(b, v)
		}
		if len(b) > MaxExpansion {
			return b
		}
	}
	return append(b, ')')
}

// A walk collects the values to which a path leads, of which there are several
// if it goes through an array. NULL is no value.
type walk struct {
	values []cim.Value
	array  bool
}

// collect follows a path from o and reports whether there is what it names.
func (w *walk) collect(o cim.Object, ref []string) bool {
	v, ok := property(o, ref[0])
	if !ok {
		return false
	}
	w.array = w.array || v.Type().IsArray()
	if len(ref) == 1 {
		w.values = append(w.values, v.Elems()...)
		return true
	}
	for _, e := range v.Elems() {
		if !w.collect(e.Object(), ref[1:]) {
			return false
		}
	}
	return true
}

// property returns the named property of an object; of a class it is the
// default.
func property(o cim.Object, name string) (cim.Value, bool) {
	switch o := o.(type) {
	case *cim.Instance:
		if o != nil {
			return o.Get(name)
		}
	case *cim.Class:
		if o == nil {
			break
		}
		if p := o.Property(name); p != nil {
			return p.Default(), true
		}
		return cim.System(o, name)
	}
	return cim.Value{}, false
}

func appendValue(b []byte, v cim.Value) []byte {
	o := v.Object()
	if o == nil {
		return v.AppendText(b)
	}
	return append(b, strings.Trim(mof.Text(o, mof.TextOptions{}), "\r\n")...)
}
