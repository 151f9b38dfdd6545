package cimxml

import (
	"slices"

	"openwmi/cim"
)

// AppendClass appends CLASS with everything that the class has and inherits, by
// name, or with e.LocalOnly its own members only.
func (e *Encoder) AppendClass(b []byte, c *cim.Class) []byte {
	b = appendClassTag(b, c.Name(), c.SuperName())
	b = e.appendQualifiers(b, c.Qualifiers())
	b = e.appendSystem(b, c)
	for _, p := range c.Properties() {
		if e.skips(p) {
			continue
		}
		b = e.appendProperty(b, feature{
			name: p.Name(), t: p.Type(), class: p.Class(), quals: p.Qualifiers(), value: p.Default(),
			origin: p.Origin(), propagated: !p.IsLocal(),
		})
	}
	for _, m := range c.Methods() {
		if e.LocalOnly && e.depth == 0 && !m.IsLocal() {
			continue
		}
		ret, class := m.Return()
		b = e.appendMethodHead(b, feature{
			name: m.Name(), t: ret, class: class, quals: m.Qualifiers(), origin: m.Origin(), propagated: !m.IsLocal(),
		})
		params := m.Parameters()
		for i := range params {
			p := &params[i]
			b = e.appendParameter(b, feature{name: p.Name(), t: p.Type(), class: p.Class(), quals: p.Qualifiers(), propagated: !m.IsLocal()})
		}
		b = append(b, "</METHOD>"...)
	}
	return append(b, "</CLASS>"...)
}

// AppendClassDecl appends CLASS with the own definition of a class, members in
// the order of declaration: what CreateClass and ModifyClass send.
func (e *Encoder) AppendClassDecl(b []byte, d *cim.ClassDecl) []byte {
	b = appendClassTag(b, d.Name, d.Super)
	b = e.appendQualifiers(b, d.Qualifiers)
	for i := range d.Properties {
		p := &d.Properties[i]
		if !e.selects(p.Name) {
			continue
		}
		b = e.appendProperty(b, feature{name: p.Name, t: p.Type, class: p.Class, quals: p.Qualifiers, value: p.Default, origin: d.Name})
	}
	for i := range d.Methods {
		m := &d.Methods[i]
		b = e.appendMethodHead(b, feature{name: m.Name, t: m.Return, class: m.ReturnClass, quals: m.Qualifiers, origin: d.Name})
		for j := range m.Parameters {
			p := &m.Parameters[j]
			b = e.appendParameter(b, feature{name: p.Name, t: p.Type, class: p.Class, quals: p.Qualifiers})
		}
		b = append(b, "</METHOD>"...)
	}
	return append(b, "</CLASS>"...)
}

func appendClassTag(b []byte, name, super string) []byte {
	b = append(b, "<CLASS"...)
	b = AppendAttr(b, "NAME", name)
	if super != "" {
		b = AppendAttr(b, "SUPERCLASS", super)
	}
	return append(b, '>')
}

// skips reports whether a property of a class or instance is not to be written.
func (e *Encoder) skips(p *cim.Property) bool {
	return e.depth == 0 && (e.LocalOnly && !p.IsLocal() || !e.selects(p.Name()))
}

func (e *Encoder) selects(name string) bool {
	return e.Properties == nil || e.depth > 0 ||
		slices.ContainsFunc(e.Properties, func(s string) bool { return cim.EqualNames(s, name) })
}

// systemOrigin is what GetPropertyOrigin returns for system properties.
const systemOrigin = "___SYSTEM"

// appendSystem appends the system properties as ordinary ones, in the WMI DTD.
func (e *Encoder) appendSystem(b []byte, o cim.Object) []byte {
	if !e.SystemProperties || e.DTD != WMI {
		return b
	}
	for _, name := range cim.SystemProperties {
		v, _ := cim.System(o, name)
		t := cim.SystemType(name)
		suffix := e.suffix(t, false)
		b = e.appendPropertyHead(b, suffix, feature{name: name, t: t, origin: systemOrigin})
		if v.IsNull() {
			b = append(b, "/>"...)
			continue
		}
		b = append(b, '>')
		b = e.AppendValue(b, v)
		b = append(b, "</PROPERTY"...)
		b = append(b, suffix...)
		b = append(b, '>')
	}
	return b
}

func (e *Encoder) appendMethodHead(b []byte, m feature) []byte {
	b = append(b, "<METHOD"...)
	b = AppendAttr(b, "NAME", m.name)
	if m.t != 0 {
		b = appendType(b, "TYPE", m.t)
	}
	if e.ClassOrigin {
		b = AppendAttr(b, "CLASSORIGIN", m.origin)
	}
	if m.propagated {
		b = append(b, ` PROPAGATED="true"`...)
	}
	b = append(b, '>')
	quals := m.quals
	if t := m.t.Elem(); t == cim.TypeObject || t == cim.TypeReference {
		quals = e.withCIMType(m, "")
	}
	return e.appendQualifiers(b, quals)
}

// appendParameter appends a parameter with its qualifiers as the DTD means them:
// see the package comment.
func (e *Encoder) appendParameter(b []byte, p feature) []byte {
	suffix := e.suffix(p.t, true)
	b = append(b, "<PARAMETER"...)
	b = append(b, suffix...)
	b = AppendAttr(b, "NAME", p.name)
	b = appendTypeAttrs(b, suffix, p.t, p.class)
	b, p.quals = e.appendSize(b, p.t, p.quals)
	b = append(b, '>')
	inside := len(b)
	if e.DTD == CIM && e.Qualifiers {
		isIn := p.quals.Index("In") >= 0
		p.quals = slices.DeleteFunc(slices.Clone(p.quals), func(q cim.Qualifier) bool { return cim.EqualNames(q.Name, "ID") })
		if !isIn {
			p.quals = slices.Insert(p.quals, 0, inheritedIf(p.propagated, inQualifier(false)))
		}
	}
	b = e.appendQualifiers(b, e.withCIMType(p, suffix))
	if len(b) == inside && e.DTD != CIM { // see appendSlot
		return append(b[:inside-1], "/>"...)
	}
	b = append(b, "</PARAMETER"...)
	b = append(b, suffix...)
	return append(b, '>')
}

// inQualifier has the flavor that DMTF declares for In.
func inQualifier(in bool) cim.Qualifier {
	return cim.Qualifier{Name: "In", Value: cim.BoolValue(in), Flavor: cim.ToSubclass | cim.DisableOverride}
}
