package cimxml

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"openwmi/cim"
)

// ClassDecl reads the current element, which is CLASS. own is the definition of
// the class itself; inherited, which is nil without SUPERCLASS, has the name of
// the superclass and all that the element marks as propagated. Both are as the
// element says and not checked, see cim.Derive.
//
// A class without a name yet has NAME="". An ARRAYSIZE becomes the qualifier MaxLen (model.md 4.1).
func (d *Decoder) ClassDecl() (own, inherited *cim.ClassDecl, err error) {
	own, inherited = d.classDecl()
	if d.err != nil {
		return nil, nil, d.err
	}
	return own, inherited, nil
}

func (d *Decoder) classDecl() (own, inherited *cim.ClassDecl) {
	if string(d.Name()) != "CLASS" {
		d.invalid("%s stands where CLASS should", d.Name())
		return nil, nil
	}
	name, ok := d.Attr("NAME")
	if !ok {
		d.invalid("CLASS has no attribute NAME")
	}
	own = &cim.ClassDecl{Name: name, Super: string(d.attr("SUPERCLASS"))}
	if own.Super != "" {
		inherited = &cim.ClassDecl{Name: own.Super}
	}
	properties, methods := 0, 0
	for d.Next() {
		switch string(d.Name()) {
		case "QUALIFIER":
			q := d.qualifier()
			to := own
			if !q.IsLocal() && inherited != nil {
				to = inherited
			}
			q.Flavor &^= cim.Propagated
			d.addQualifier(&to.Qualifiers, q)
		case "METHOD":
			if methods++; methods > cim.MaxMethods {
				d.failf(cim.QuotaViolation, "class %s has more than %d methods", own.Name, cim.MaxMethods)
			}
			d.method(own, inherited)
		default:
			if d.isMember("PROPERTY") {
				if properties++; properties > cim.MaxProperties {
					d.failf(cim.TooManyProperties, "class %s has more than %d properties", own.Name, cim.MaxProperties)
				}
				d.classProperty(own, inherited)
			} else {
				d.unexpected("CLASS")
			}
		}
	}
	return own, inherited
}

// suffixType returns the type of a property or parameter by what the name of its
// element ends with, and whether TYPE tells more.
func suffixType(suffix string) (t cim.Type, typed, ok bool) {
	switch suffix {
	case "":
		return 0, true, true
	case ".ARRAY":
		return cim.TypeArray, true, true
	case ".REFERENCE":
		return cim.TypeReference, false, true
	case ".REFARRAY":
		return cim.TypeReference | cim.TypeArray, false, true
	case ".OBJECT":
		return cim.TypeObject, false, true
	case ".OBJECTARRAY":
		return cim.TypeObject | cim.TypeArray, false, true
	}
	return 0, false, false
}

// isMember reports whether the current element is a property, or a parameter, as
// prefix says.
func (d *Decoder) isMember(prefix string) bool {
	name := d.Name()
	if len(name) < len(prefix) || string(name[:len(prefix)]) != prefix {
		return false
	}
	_, _, ok := suffixType(string(name[len(prefix):]))
	return ok
}

// memberType returns the type of a property or parameter, and the class of a
// reference or embedded object.
func (d *Decoder) memberType(prefix string) (t cim.Type, class string) {
	t, typed, _ := suffixType(string(d.Name()[len(prefix):]))
	if typed {
		return t | d.requireType("TYPE"), ""
	}
	class = string(d.attr("REFERENCECLASS"))
	if strings.EqualFold(class, "object") {
		class = ""
	}
	return t, class
}

// A member is what was read of a property or parameter.
type member struct {
	name       string
	t          cim.Type
	class      string
	quals      cim.Qualifiers // the propagated ones are marked
	value      cim.Value
	hasValue   bool
	propagated bool
}

// member reads a property or parameter of a class, with its value if it may have
// one.
func (d *Decoder) member(prefix string, mayHaveValue bool) member {
	m := member{name: d.require("NAME"), propagated: d.isTrue("PROPAGATED")}
	m.t, m.class = d.memberType(prefix)
	embedded := d.embeds()
	size := d.attr("ARRAYSIZE")
	if n, err := strconv.ParseInt(string(size), 10, 32); size != nil && err != nil {
		d.invalid("ARRAYSIZE %.60q is not a number", size)
	} else if n > 0 {
		m.quals = cim.Qualifiers{{Name: "MaxLen", Value: cim.Sint32Value(int32(n)), Flavor: cim.ToSubclass}}
	}
	for d.Next() {
		switch name := d.Name(); {
		case string(name) == "QUALIFIER":
			q := d.qualifier()
			if cim.EqualNames(q.Name, "CIMTYPE") {
				m.refine(q.Value.Text())
				continue
			}
			d.addQualifier(&m.quals, q)
		case mayHaveValue && strings.HasPrefix(string(name), "VALUE"):
			if m.hasValue {
				d.invalid("%s %s has more than one value", strings.ToLower(prefix), m.name)
			}
			m.hasValue = true
			d.embed(&m, embedded)
			m.value = d.value(m.t)
		default:
			d.unexpected(prefix)
		}
	}
	d.embed(&m, embedded)
	if m.t.Elem() == cim.TypeObject {
		// They say of strings what the type says by now.
		m.quals.Delete("EmbeddedInstance")
		m.quals.Delete("EmbeddedObject")
	}
	if v, err := cim.Convert(m.value, m.t); err != nil && d.err == nil {
		d.failf(cim.StatusOf(err), "%s %s: %v", strings.ToLower(prefix), m.name, err)
	} else {
		m.value = v
	}
	return m
}

// embeds reports whether the current element has the attribute EmbeddedObject,
// which some servers spell in capitals.
func (d *Decoder) embeds() bool {
	return len(d.attr("EmbeddedObject")) > 0 || len(d.attr("EMBEDDEDOBJECT")) > 0
}

// embed makes a string an object if the attribute EmbeddedObject says so and no
// qualifier that the class declares it as a string (model.md 4.3): then the
// qualifiers were left out. See Decoder.Embedded for who wants it in any case.
func (d *Decoder) embed(m *member, attribute bool) {
	if m.t.Elem() != cim.TypeString {
		return
	}
	declared := stringEmbedding(m.quals) != ""
	if declared && d.Embedded || attribute && !declared {
		m.t = cim.TypeObject | m.t&cim.TypeArray
		m.class = m.quals.Value("EmbeddedInstance").Text()
	}
}

// refine makes the type that of the qualifier CIMTYPE, if it says more than the
// element can.
func (m *member) refine(cimType string) {
	name, class, _ := strings.Cut(cimType, ":")
	t, _ := cim.ParseType(name)
	if t != cim.TypeReference && t != cim.TypeObject || m.t.Elem() != cim.TypeString && m.t.Elem() != t {
		return
	}
	m.t = t | m.t&cim.TypeArray
	if !strings.EqualFold(class, "object") {
		m.class = class
	}
}

// split returns the local and the propagated ones of a set, neither marked. Those
// of a parameter that belong to the signature of the method are in both.
func split(quals cim.Qualifiers, ofParameter bool) (local, propagated cim.Qualifiers) {
	for _, q := range quals {
		mark := q.Flavor & cim.Propagated
		q.Flavor &^= cim.Propagated
		both := ofParameter && (cim.EqualNames(q.Name, "In") || cim.EqualNames(q.Name, "Out"))
		if mark == 0 || both {
			local = append(local, q)
		}
		if mark != 0 || both {
			propagated = append(propagated, q)
		}
	}
	return local, propagated
}

func unmark(quals cim.Qualifiers) cim.Qualifiers {
	for i := range quals {
		quals[i].Flavor &^= cim.Propagated
	}
	return quals
}

func (d *Decoder) classProperty(own, inherited *cim.ClassDecl) {
	m := d.member("PROPERTY", true)
	if cim.IsSystemName(m.name) {
		return // computed, see Encoder.SystemProperties
	}
	p := cim.PropertyDecl{Name: m.name, Type: m.t, Class: m.class, Default: m.value, HasDefault: m.hasValue}
	switch {
	case inherited == nil:
		p.Qualifiers = unmark(m.quals)
		own.Properties = append(own.Properties, p)
	case m.propagated:
		p.Qualifiers = unmark(m.quals)
		inherited.Properties = append(inherited.Properties, p)
	default:
		local, propagated := split(m.quals, false)
		p.Qualifiers = local
		own.Properties = append(own.Properties, p)
		if len(propagated) > 0 {
			inherited.Properties = append(inherited.Properties,
				cim.PropertyDecl{Name: m.name, Type: m.t, Class: m.class, Qualifiers: propagated})
		}
	}
}

func (d *Decoder) method(own, inherited *cim.ClassDecl) {
	ret := member{}
	if d.attr("TYPE") != nil {
		ret.t = d.requireType("TYPE")
	}
	m := cim.MethodDecl{Name: d.require("NAME")}
	propagated := d.isTrue("PROPAGATED")
	for d.Next() {
		switch {
		case string(d.Name()) == "QUALIFIER":
			q := d.qualifier()
			if cim.EqualNames(q.Name, "CIMTYPE") {
				ret.refine(q.Value.Text())
				continue
			}
			d.addQualifier(&m.Qualifiers, q)
		case d.isMember("PARAMETER"):
			if len(m.Parameters) == cim.MaxProperties {
				d.failf(cim.QuotaViolation, "method %s has more than %d parameters", m.Name, cim.MaxProperties)
			}
			m.Parameters = append(m.Parameters, d.parameter())
		default:
			d.unexpected("METHOD")
		}
	}
	ret.quals = m.Qualifiers
	d.embed(&ret, false)
	m.Return, m.ReturnClass = ret.t, ret.class
	overrides := hasPropagated(&m)
	orderParameters(m.Parameters)
	if m.Return == cim.TypeObject {
		m.Qualifiers.Delete("EmbeddedInstance")
		m.Qualifiers.Delete("EmbeddedObject")
	}
	if inherited == nil || propagated {
		m.Qualifiers = unmark(m.Qualifiers)
		for i := range m.Parameters {
			m.Parameters[i].Qualifiers = unmark(m.Parameters[i].Qualifiers)
		}
		if inherited != nil {
			own = inherited
		}
		own.Methods = append(own.Methods, m)
		return
	}
	above := splitMethod(&m)
	own.Methods = append(own.Methods, m)
	if overrides {
		inherited.Methods = append(inherited.Methods, above)
	}
}

// hasPropagated reports whether a method or one of its parameters has a qualifier
// of a method that it overrides.
func hasPropagated(m *cim.MethodDecl) bool {
	marked := func(q cim.Qualifier) bool { return !q.IsLocal() }
	return slices.ContainsFunc(m.Qualifiers, marked) || slices.ContainsFunc(m.Parameters, func(p cim.ParameterDecl) bool {
		return slices.ContainsFunc(p.Qualifiers, marked)
	})
}

// orderParameters replaces the qualifiers ID by the order that they ask for,
// because cim.Derive adds them again, local or propagated as it must be.
func orderParameters(params []cim.ParameterDecl) {
	for i := range params {
		if !params[i].Qualifiers.Value("ID").Type().IsInteger() {
			return // not all have one, or they are wrong: that is for Derive
		}
	}
	slices.SortStableFunc(params, func(a, b cim.ParameterDecl) int {
		return cmp.Compare(a.Qualifiers.Value("ID").Int(), b.Qualifiers.Value("ID").Int())
	})
	for i := range params {
		params[i].Qualifiers.Delete("ID")
	}
}

// splitMethod leaves m its local qualifiers and returns the method that it
// overrides with the propagated ones.
func splitMethod(m *cim.MethodDecl) cim.MethodDecl {
	above := *m
	above.Parameters = slices.Clone(m.Parameters)
	m.Qualifiers, above.Qualifiers = split(m.Qualifiers, false)
	for i := range m.Parameters {
		p := &m.Parameters[i]
		p.Qualifiers, above.Parameters[i].Qualifiers = split(p.Qualifiers, true)
	}
	return above
}

func (d *Decoder) parameter() cim.ParameterDecl {
	m := d.member("PARAMETER", false)
	p := cim.ParameterDecl{Name: m.name, Type: m.t, Class: m.class, Qualifiers: m.quals}
	if d.DTD == CIM {
		switch q, ok := p.Qualifiers.Get("In"); {
		case !ok:
			p.Qualifiers = slices.Insert(p.Qualifiers, 0, inQualifier(true))
		case !q.Value.Bool():
			p.Qualifiers.Delete("In")
		}
	}
	return p
}

// Class reads the current element, which is CLASS, as the class that it defines
// below the superclass that d.Classes returns or, without one, below one that has
// only what the element marks as propagated. The error is what cim.Derive says.
func (d *Decoder) Class() (*cim.Class, error) {
	c := d.class()
	return c, d.err
}

func (d *Decoder) class() *cim.Class {
	own, inherited := d.classDecl()
	if d.err != nil {
		return nil
	}
	var super *cim.Class
	var err error
	if inherited != nil {
		if d.Classes != nil {
			super, err = d.Classes(own.Super)
		}
		if super == nil && err == nil {
			// Abstract classes derive only from abstract ones, and the
			// qualifier does not propagate.
			if inherited.Qualifiers.Index("Abstract") < 0 {
				inherited.Qualifiers.Set(cim.Qualifier{Name: "Abstract", Value: cim.BoolValue(true)})
			}
			super, err = cim.Derive(nil, inherited)
		}
	}
	var c *cim.Class
	if err == nil {
		c, err = cim.Derive(super, own)
	}
	if err != nil {
		d.fail(err)
		return nil
	}
	return c
}
