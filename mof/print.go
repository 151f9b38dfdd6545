package mof

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"

	"openwmi/cim"
)

// TextOptions say how Append writes. The zero value is the text of
// GetObjectText with flags 0.
type TextOptions struct {
	// NoFlavors leaves out the flavors of qualifiers (WBEM_FLAG_NO_FLAVORS).
	NoFlavors bool
	// CRLF ends lines with CR LF instead of LF.
	CRLF bool
	// Indent is put before a line once for each level. "" is one tab.
	Indent string
}

// Text returns what Append appends.
func Text(o cim.Object, opt TextOptions) string { return string(Append(nil, o, opt)) }

// Append appends the MOF text from which the compiler makes o again: of a class
// its own definition, without inherited members, propagated qualifiers and
// system properties; of an instance the qualifiers of its own and every property
// that is not NULL, by name (mof.md 9; IWbemClassObject::GetObjectText).
//
// The text begins with a line end and ends with one. It is UTF-8, also where a
// string holds unpaired surrogates. What MOF cannot say is written as NULL: a
// NaN or infinity, or an array with one, and objects nested more than
// cim.MaxNesting deep. Bytes that are no text become U+FFFD.
func Append(b []byte, o cim.Object, opt TextOptions) []byte {
	p := newPrinter(b, opt)
	p.object(o, 0)
	p.text(";")
	p.newline()
	return p.b
}

// AppendQualifierDecl appends a qualifier declaration in the form of DSP0004, or,
// if it has no type, in that of WMI, which sets flavors only. All flavors are
// written out, so that the text means the same in both dialects.
func AppendQualifierDecl(b []byte, d *cim.QualifierDecl, opt TextOptions) []byte {
	p := newPrinter(b, opt)
	p.qualifierDecl(d)
	p.newline()
	return p.b
}

// A printer appends to b.
type printer struct {
	b []byte
	TextOptions
}

func newPrinter(b []byte, opt TextOptions) *printer {
	if opt.Indent == "" {
		opt.Indent = "\t"
	}
	return &printer{b, opt}
}

func (p *printer) text(s string) { p.b = append(p.b, s...) }

func (p *printer) newline() {
	if p.CRLF {
		p.b = append(p.b, '\r')
	}
	p.b = append(p.b, '\n')
}

func (p *printer) line(depth int) {
	p.newline()
	for range depth {
		p.text(p.Indent)
	}
}

// object prints a class or instance that is depth levels inside another, from
// the line end before it to its closing brace.
func (p *printer) object(o cim.Object, depth int) {
	switch o := o.(type) {
	case *cim.Class:
		p.class(o, depth)
	case *cim.Instance:
		p.instance(o, depth)
	}
}

func (p *printer) instance(inst *cim.Instance, depth int) {
	p.header(inst.LocalQualifiers(), depth)
	p.text("instance of ")
	p.text(inst.ClassName())
	p.line(depth)
	p.text("{")
	for k, prop := range inst.Class().Properties() {
		v, quals := inst.At(k), inst.LocalPropertyQualifiers(k)
		// mof.md 9.2 rule 3 leaves out NULL. That would bring back a default
		// that is not NULL, and lose qualifiers.
		if v.IsNull() && prop.Default().IsNull() && len(quals) == 0 {
			continue
		}
		p.line(depth + 1)
		p.qualifiers(quals, " ")
		p.text(prop.Name())
		p.initializer(v, depth+1)
		p.text(";")
	}
	p.line(depth)
	p.text("}")
}

// header prints the line end before an object and the line with its qualifiers.
func (p *printer) header(quals cim.Qualifiers, depth int) {
	p.line(depth)
	n := len(p.b)
	p.qualifiers(quals, "")
	if len(p.b) > n {
		p.line(depth)
	}
}

func (p *printer) class(c *cim.Class, depth int) {
	d := c.Decl()
	p.header(d.Qualifiers, depth)
	p.text("class ")
	p.text(d.Name)
	if super := c.SuperName(); super != "" {
		p.text(" : ")
		p.text(super)
	}
	p.line(depth)
	p.text("{")
	for i := range d.Properties {
		prop := &d.Properties[i]
		p.line(depth + 1)
		p.qualifiers(prop.Qualifiers, " ")
		p.typed(prop.Type, prop.Class, prop.Name)
		// A NULL is written only where it hides an inherited default
		// (mof.md 9.2 rule 10 and the round trip that it asks for).
		if prop.HasDefault && (!prop.Default.IsNull() || inheritsDefault(c, prop.Name)) {
			p.initializer(prop.Default, depth+1)
		}
		p.text(";")
	}
	for i := range d.Methods {
		p.line(depth + 1)
		p.method(&d.Methods[i], depth+1)
	}
	p.line(depth)
	p.text("}")
}

func inheritsDefault(c *cim.Class, name string) bool {
	if c.Super() == nil {
		return false
	}
	above := c.Super().Property(name)
	return above != nil && !above.Default().IsNull()
}

func (p *printer) method(m *cim.MethodDecl, depth int) {
	p.qualifiers(m.Qualifiers, " ")
	if m.Return == 0 {
		p.text("void ")
		p.text(m.Name)
	} else {
		p.typed(m.Return, m.ReturnClass, m.Name)
	}
	p.text("(")
	for i, par := range byID(m.Parameters) {
		if i > 0 {
			p.text(", ")
		}
		// ID follows from the position and is not written: mof.md 9.1.
		p.qualifiers(without(par.Qualifiers, "ID"), " ")
		p.typed(par.Type, par.Class, par.Name)
		if par.HasDefault && !par.Default.IsNull() {
			p.initializer(par.Default, depth)
		}
	}
	p.text(");")
}

// byID returns the parameters in the order of their IDs.
func byID(params []cim.ParameterDecl) []cim.ParameterDecl {
	id := func(a, b cim.ParameterDecl) int {
		return cmp.Compare(a.Qualifiers.Value("ID").Int(), b.Qualifiers.Value("ID").Int())
	}
	if slices.IsSortedFunc(params, id) {
		return params
	}
	params = slices.Clone(params)
	slices.SortStableFunc(params, id)
	return params
}

func without(quals cim.Qualifiers, name string) cim.Qualifiers {
	if quals.Index(name) < 0 {
		return quals
	}
	quals = slices.Clone(quals)
	quals.Delete(name)
	return quals
}

// typed prints a type and the name that is of it: mof.md 9.2 rule 9.
func (p *printer) typed(t cim.Type, class, name string) {
	switch t.Elem() {
	case cim.TypeReference, cim.TypeObject:
		if class == "" {
			class = "object"
		}
		p.text(class)
		if t.Elem() == cim.TypeReference {
			p.text(" ref")
		}
	default:
		p.text(t.Elem().String())
	}
	p.text(" ")
	p.text(name)
	if t.IsArray() {
		p.text("[]")
	}
}

// qualifiers prints those that were written on the element itself, in brackets,
// and then end; nothing if there are none.
func (p *printer) qualifiers(quals cim.Qualifiers, end string) {
	opening := "["
	for _, q := range quals {
		if !q.IsLocal() || cim.EqualNames(q.Name, "CIMTYPE") {
			continue // computed
		}
		p.text(opening)
		opening = ", "
		p.text(q.Name)
		p.qualifierValue(q.Value)
		if !p.NoFlavors && !hasForcedFlavor(q.Name) {
			p.flavors(q.Flavor)
		}
	}
	if opening != "[" {
		p.text("]")
		p.text(end)
	}
}

// hasForcedFlavor reports whether the flavor of a qualifier is the engine's and
// not worth writing: mof.md 9.2 rule 8.
func hasForcedFlavor(name string) bool {
	return cim.EqualNames(name, "key") || cim.EqualNames(name, "ID")
}

func (p *printer) qualifierValue(v cim.Value) {
	switch {
	case v.Bool():
	case v.Type().IsArray() && sayable(v):
		p.array(v, 0, true)
	default:
		p.text("(")
		p.value(v, 0, true)
		p.text(")")
	}
}

// flavorOrder is the order in which flavors are written.
var flavorOrder = []struct {
	bit  cim.Flavor
	name string
}{
	{cim.Amended, "Amended"},
	{cim.DisableOverride, "DisableOverride"},
	{cim.ToInstance, "ToInstance"},
	{cim.ToSubclass, "ToSubclass"},
}

func (p *printer) flavors(set cim.Flavor) {
	before := ": "
	for _, f := range flavorOrder {
		if set&f.bit != 0 {
			p.text(before)
			p.text(f.name)
			before = " "
		}
	}
}

// initializer prints the value of a property or parameter after an equals sign.
func (p *printer) initializer(v cim.Value, depth int) {
	p.text(" =")
	if v.Type() != cim.TypeObject || depth > cim.MaxNesting {
		p.text(" ")
	}
	p.value(v, depth, false)
}

// value prints v on a line that is depth levels deep. In a qualifier a 64-bit
// integer has no quotes, because there the literal decides the type.
func (p *printer) value(v cim.Value, depth int, qualifier bool) {
	t := v.Type()
	switch {
	case v.IsNull(), !sayable(v), t.Elem() == cim.TypeObject && depth > cim.MaxNesting:
		p.text("NULL")
	case t.IsArray():
		p.array(v, depth, qualifier)
	case t.IsText():
		p.quoted(v.Text())
	case t == cim.TypeObject:
		p.object(v.Object(), depth)
	case t == cim.TypeBoolean:
		p.b = v.AppendText(p.b)
	case t.Bits() == 64 && t.IsInteger() && !qualifier:
		p.text(`"`)
		p.b = v.AppendNumber(p.b)
		p.text(`"`)
	default:
		p.b = v.AppendNumber(p.b)
	}
}

func (p *printer) array(v cim.Value, depth int, qualifier bool) {
	separator := ", "
	if v.Type().Elem() == cim.TypeObject {
		separator = "," // each object begins a line
	}
	p.text("{")
	for i := range v.Len() {
		if i > 0 {
			p.text(separator)
		}
		p.value(v.Index(i), depth, qualifier)
	}
	p.text("}")
}

// sayable reports whether MOF has a literal for a value: it has none for NaN and
// infinities, and no NULL among the elements of an array (model.md 2.1).
func sayable(v cim.Value) bool {
	switch t := v.Type(); {
	case t.IsReal():
		return !math.IsNaN(v.Float()) && !math.IsInf(v.Float(), 0)
	case t.IsArray() && t.Elem().IsReal():
		for i := range v.Len() {
			if !sayable(v.Index(i)) {
				return false
			}
		}
	}
	return true
}

const hex = "0123456789ABCDEF"

// quoted prints a string as one literal: mof.md 9.2 rule 5.
func (p *printer) quoted(s string) {
	b := append(p.b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if ' ' <= c && c != '"' && c != '\\' && c < 0x7F {
			i++
			continue
		}
		r, n := rune(c), 1
		if c >= utf8.RuneSelf {
			if r, n = utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || n == 3 {
				i += n
				continue
			}
		}
		b = append(b, s[from:i]...)
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\f':
			b = append(b, `\f`...)
		default:
			if r == utf8.RuneError {
				r, n = surrogate(s[i:])
			}
			b = append(b, '\\', 'x', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		}
		i += n
		from = i
	}
	b = append(b, s[from:]...)
	p.b = append(b, '"')
}

// surrogate returns the unpaired surrogate that s begins with in WTF-8, or
// U+FFFD for a byte that is no text.
func surrogate(s string) (rune, int) {
	if len(s) >= 3 && s[0] == 0xED && s[1]&0xE0 == 0xA0 && s[2]&0xC0 == 0x80 {
		return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return utf8.RuneError, 1
}

func (p *printer) qualifierDecl(d *cim.QualifierDecl) {
	p.text("Qualifier ")
	p.text(d.Name)
	p.text(" : ")
	if d.Type == 0 {
		p.words(declaredFlavors(d.Flavor, "Amended"), " ")
		p.text(";")
		return
	}
	p.text(d.Type.Elem().String())
	if d.Type.IsArray() {
		p.text("[]")
	}
	if !d.Default.IsNull() {
		p.text(" = ")
		p.value(d.Default, 0, true)
	}
	p.text(",")
	p.line(1)
	p.text("Scope(")
	if d.Scope == 0 {
		p.text("any")
	}
	p.words(d.Scope.Names(), ", ")
	p.text("),")
	p.line(1)
	p.text("Flavor(")
	p.words(declaredFlavors(d.Flavor, "Translatable"), ", ")
	p.text(");")
}

func (p *printer) words(words []string, separator string) {
	for i, w := range words {
		if i > 0 {
			p.text(separator)
		}
		p.text(w)
	}
}

// declaredFlavors returns words for every bit of a flavor, set or not.
func declaredFlavors(f cim.Flavor, amended string) []string {
	words := []string{"EnableOverride", "Restricted"}
	if f&cim.DisableOverride != 0 {
		words[0] = "DisableOverride"
	}
	switch {
	case f&cim.ToSubclass != 0:
		words[1] = "ToSubclass"
	case f&cim.ToInstance != 0:
		words[1] = "NotToSubclass" // Restricted would exclude ToInstance
	}
	if f&cim.ToInstance != 0 {
		words = append(words, "ToInstance")
	}
	if f&cim.Amended != 0 {
		words = append(words, amended)
	}
	return words
}
