package cimxml

import (
	"openwmi/cim"
)

// A plan is what all instances of a class have in common when they are written.
type plan struct {
	class *cim.Class
	text  string // what the spans are of
	head  span   // <INSTANCE CLASSNAME="...">
	quals span   // of the class, as its instances show them
	props []propertyPlan
	keys  []keyPlan
}

type span struct{ from, to int }

func (p *plan) of(s span) string { return p.text[s.from:s.to] }

// A propertyPlan is a property as every instance shows it.
type propertyPlan struct {
	index  int
	t      cim.Type
	class  string
	suffix string // of the element
	head   span   // <PROPERTY NAME="..." TYPE="..."
	quals  span
	// embeds says that the attribute EmbeddedObject may be necessary.
	embeds bool
}

// A keyPlan is a key of an INSTANCENAME.
type keyPlan struct {
	index     int
	head      span // <KEYBINDING NAME="..."> and the tag of the value
	tail      string
	reference bool
}

type planKey struct {
	class    *cim.Class
	embedded bool // options about members are for the outermost object only
}

// maxPlans bounds the plans that an encoder keeps: a result with instances of
// more classes is rare, and needs a little more time.
const maxPlans = 256

func (e *Encoder) planOf(c *cim.Class) *plan {
	key := planKey{c, e.depth > 0}
	if e.last != nil && e.last.class == c && !key.embedded {
		return e.last
	}
	p := e.plans[key]
	if p == nil {
		p = e.newPlan(c)
		if e.plans == nil || len(e.plans) == maxPlans {
			e.plans = map[planKey]*plan{}
		}
		e.plans[key] = p
	}
	if !key.embedded {
		e.last = p
	}
	return p
}

func (e *Encoder) newPlan(c *cim.Class) *plan {
	p := &plan{class: c, props: make([]propertyPlan, 0, len(c.Properties())), keys: make([]keyPlan, len(c.Keys()))}
	b := make([]byte, 0, 64+96*len(c.Properties()))
	from := 0
	mark := func() span { // what was appended since the last one
		s := span{from, len(b)}
		from = len(b)
		return s
	}
	b = append(b, "<INSTANCE"...)
	b = AppendAttr(b, "CLASSNAME", c.Name())
	b = append(b, '>')
	p.head = mark()
	if e.Qualifiers {
		b = e.appendQualifiers(b, toInstance(c.Qualifiers()))
	}
	p.quals = mark()
	for k, prop := range c.Properties() {
		if e.skips(prop) {
			continue
		}
		t := feature{name: prop.Name(), t: prop.Type(), class: prop.Class(), origin: prop.Origin(), propagated: true}
		pp := propertyPlan{index: k, t: t.t, class: t.class, suffix: e.suffix(t.t, false)}
		pp.embeds = e.DTD == CIM && (t.t.Elem() == cim.TypeObject || stringEmbedding(prop.Qualifiers()) != "")
		b = e.appendPropertyHead(b, pp.suffix, t)
		pp.head = mark()
		if e.Qualifiers {
			t.quals = prop.InstanceQualifiers()
			b = e.appendQualifiers(b, e.withCIMType(t, pp.suffix))
		}
		pp.quals = mark()
		p.props = append(p.props, pp)
	}
	for i, k := range c.Keys() {
		prop := c.Properties()[k]
		kp := &p.keys[i]
		kp.index, kp.reference, kp.tail = k, prop.Type() == cim.TypeReference, "</KEYVALUE></KEYBINDING>"
		b = append(b, "<KEYBINDING"...)
		b = AppendAttr(b, "NAME", prop.Name())
		b = append(b, '>')
		if kp.reference {
			kp.tail = "</KEYBINDING>"
		} else {
			b = appendKeyHead(b, prop.Type())
		}
		kp.head = mark()
	}
	p.text = string(b)
	return p
}

// toInstance returns those qualifiers of a class that its instances show.
func toInstance(quals cim.Qualifiers) cim.Qualifiers {
	var out cim.Qualifiers
	for _, q := range quals {
		if q.Flavor&cim.ToInstance != 0 {
			out = append(out, inheritedIf(true, q))
		}
	}
	return out
}

// AppendInstance appends INSTANCE with the properties by name. One that shows
// the default of its class is marked as propagated; one that is NULL has no
// value.
func (e *Encoder) AppendInstance(b []byte, inst *cim.Instance) []byte {
	p := e.planOf(inst.Class())
	b = append(b, p.of(p.head)...)
	switch {
	case !e.Qualifiers:
	case len(inst.LocalQualifiers()) == 0:
		b = append(b, p.of(p.quals)...)
	default:
		b = e.appendQualifiers(b, inst.Qualifiers())
	}
	b = e.appendSystem(b, inst)
	for i := range p.props {
		b = e.appendSlot(b, inst, p, &p.props[i])
	}
	return append(b, "</INSTANCE>"...)
}

func (e *Encoder) appendSlot(b []byte, inst *cim.Instance, of *plan, p *propertyPlan) []byte {
	v := inst.At(p.index)
	b = append(b, of.of(p.head)...)
	if p.embeds {
		b = appendEmbedding(b, embedding(p.t, p.class, inst.Class().Properties()[p.index].Qualifiers(), v))
	}
	if !inst.IsSet(p.index) {
		b = append(b, ` PROPAGATED="true"`...)
	}
	b = append(b, '>')
	inside := len(b)
	switch {
	case !e.Qualifiers:
	case len(inst.LocalPropertyQualifiers(p.index)) == 0:
		b = append(b, of.of(p.quals)...)
	default:
		quals := inst.PropertyQualifiers(p.index)
		b = e.appendQualifiers(b, e.withCIMType(feature{t: p.t, class: p.class, quals: quals, propagated: true}, p.suffix))
	}
	if !v.IsNull() {
		b = e.appendPropertyValue(b, p.suffix, v)
	}
	if len(b) == inside && e.DTD != CIM { // clients of CIM with parsers of their own want an end tag
		return append(b[:inside-1], "/>"...)
	}
	b = append(b, "</PROPERTY"...)
	b = append(b, p.suffix...)
	return append(b, '>')
}
