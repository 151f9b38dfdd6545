package cimxml

import (
	"bytes"

	"openwmi/cim"
)

// madeUp are the classes that were made up for instances, by all that the
// instances say of their class. Instances of one class mostly say the same.
type madeUp struct {
	byShape map[string]*madeUpClass
	shape   []byte   // to build a key of byShape in
	props   []valued // of the last instance, to be used again
}

// A madeUpClass is a class, and where in it the properties of an instance are.
type madeUpClass struct {
	class *cim.Class
	at    []int
}

const maxMadeUp = 256

// A valued is a property of an instance whose class is not known.
type valued struct {
	decl  cim.PropertyDecl // qualifiers are those of the class
	value cim.Value
	set   bool
	quals cim.Qualifiers // of the instance itself
}

// untyped reads the content of an INSTANCE whose class is not known. Keys are the
// properties that its path binds, and those with the qualifier Key.
func (d *Decoder) untyped(name string, path cim.Path, keys []cim.Type) *cim.Instance {
	if d.madeUp == nil {
		d.madeUp = &madeUp{byShape: map[string]*madeUpClass{}}
	}
	m := d.madeUp
	props := m.props[:0]
	m.props = nil // for the objects inside this one
	decl := cim.ClassDecl{Name: name}
	var quals cim.Qualifiers
	for d.Next() {
		switch {
		case d.isMember("PROPERTY"):
			if cim.IsSystemName(string(d.attr("NAME"))) {
				d.Skip() // computed, see Encoder.SystemProperties
				continue
			}
			if len(props) == cim.MaxProperties {
				d.failf(cim.TooManyProperties, "an instance of %s has more than %d properties", name, cim.MaxProperties)
				break
			}
			like := ""
			if len(props) < cap(props) {
				like = props[:len(props)+1][len(props)].decl.Name
			}
			props = append(props, valued{})
			d.valued(&props[len(props)-1], like)
		case string(d.Name()) == "QUALIFIER":
			if q := d.qualifier(); q.IsLocal() {
				d.addQualifier(&quals, instanceQualifier(q))
			} else {
				d.addQualifier(&decl.Qualifiers, classQualifier(q))
			}
		default:
			d.unexpected("INSTANCE")
		}
	}
	if d.err != nil {
		return nil
	}
	props = bindKeys(props, path, keys)
	m.props = props
	c, err := m.classOf(decl, props)
	if err != nil {
		d.fail(err)
		return nil
	}
	if !d.charge(instanceWeight + slotWeight*len(props)) {
		return nil
	}
	inst := cim.NewInstance(c.class)
	for i := range props {
		p := &props[i]
		if p.set {
			inst.Put(c.at[i], p.value)
		}
		if len(p.quals) > 0 && err == nil {
			err = inst.SetLocalPropertyQualifiers(c.at[i], p.quals)
		}
	}
	if len(quals) > 0 && err == nil {
		err = inst.SetLocalQualifiers(quals)
	}
	if err != nil {
		d.fail(err)
		return nil
	}
	return inst
}

// classQualifier returns a qualifier that an instance has from its class as the
// class has it.
func classQualifier(q cim.Qualifier) cim.Qualifier {
	q.Flavor = q.Flavor&^cim.Propagated | cim.ToInstance
	return q
}

// valued reads a property of an instance whose class is not known into v, which
// is zero. Its name is probably like another one.
func (d *Decoder) valued(v *valued, like string) {
	embedded := d.embeds()
	propagated := d.isTrue("PROPAGATED")
	name := d.requireLike("NAME", like)
	m := member{}
	m.t, m.class = d.memberType("PROPERTY")
	if embedded && m.t.Elem() == cim.TypeString {
		m.t = cim.TypeObject | m.t&cim.TypeArray
	}
	for d.Next() {
		switch tag := d.Name(); {
		case string(tag) == "QUALIFIER":
			switch q := d.qualifier(); {
			case cim.EqualNames(q.Name, "CIMTYPE"):
				m.refine(q.Value.Text())
			case q.IsLocal() && !cim.EqualNames(q.Name, "Key"):
				d.addQualifier(&v.quals, instanceQualifier(q))
			default:
				d.addQualifier(&v.decl.Qualifiers, classQualifier(q))
			}
		case bytes.HasPrefix(tag, valuePrefix):
			if m.hasValue {
				d.invalid("property %s has more than one value", name)
			}
			m.hasValue = true
			v.value = d.value(m.t)
		default:
			d.unexpected("PROPERTY")
		}
	}
	if value, err := cim.Convert(v.value, m.t); err != nil && d.err == nil {
		d.failf(cim.StatusOf(err), "property %s: %v", name, err)
	} else {
		v.value = value
	}
	if m.t.Elem() == cim.TypeObject {
		v.decl.Qualifiers.Delete("EmbeddedInstance")
		v.decl.Qualifiers.Delete("EmbeddedObject")
	}
	v.decl.Name, v.decl.Type, v.decl.Class = name, m.t, m.class
	v.set = !propagated
	if propagated && !v.value.IsNull() {
		v.decl.Default, v.decl.HasDefault = v.value, true
	}
}

// bindKeys marks the properties that a path binds as keys, and adds those that
// are missing, with the types that the path gives.
func bindKeys(props []valued, path cim.Path, types []cim.Type) []valued {
	for i, k := range path.Keys {
		if k.Name == "" {
			continue
		}
		var p *valued
		for i := range props {
			if cim.EqualNames(props[i].decl.Name, k.Name) {
				p = &props[i]
			}
		}
		if p == nil {
			t := types[i]
			if t == 0 {
				t = keyType(k)
			}
			v, err := k.Value(t)
			if err != nil {
				v = cim.StringValue(k.Text)
			}
			props = append(props, valued{decl: cim.PropertyDecl{Name: k.Name, Type: v.Type()}, value: v, set: true})
			p = &props[len(props)-1]
		}
		if t := p.decl.Type; !t.IsArray() && !t.IsReal() && t != cim.TypeObject {
			p.decl.Qualifiers.Set(cim.Qualifier{Name: "Key", Value: cim.BoolValue(true)})
		}
	}
	return props
}

// keyType guesses the type of a key from how it is written.
func keyType(k cim.Key) cim.Type {
	switch {
	case k.Quoted:
		return cim.TypeString
	case cim.EqualNames(k.Text, "TRUE"), cim.EqualNames(k.Text, "FALSE"):
		return cim.TypeBoolean
	}
	return cim.TypeSint64
}

// classOf returns a class with the given properties. If no defaults or qualifiers
// but Key tell it apart, it is one that was made before.
func (m *madeUp) classOf(decl cim.ClassDecl, props []valued) (*madeUpClass, error) {
	plain := len(decl.Qualifiers) == 0
	s := append(m.shape[:0], decl.Name...)
	for i := range props {
		p := &props[i].decl
		key := byte(0)
		for _, q := range p.Qualifiers {
			if cim.EqualNames(q.Name, "Key") && q.Value.Bool() {
				key = 1
			} else {
				plain = false
			}
		}
		plain = plain && !p.HasDefault
		s = append(append(append(s, 0), p.Name...), 0)
		s = append(append(s, p.Class...), 0, key, byte(p.Type), byte(p.Type>>8))
	}
	m.shape = s
	if c := m.byShape[string(s)]; plain && c != nil {
		return c, nil
	}
	decl.Properties = make([]cim.PropertyDecl, len(props))
	for i := range props {
		decl.Properties[i] = props[i].decl
	}
	class, err := cim.Derive(nil, &decl)
	if err != nil {
		return nil, err
	}
	c := &madeUpClass{class, make([]int, len(props))}
	for i := range props {
		c.at[i] = class.PropertyIndex(props[i].decl.Name)
	}
	if plain {
		if len(m.byShape) == maxMadeUp {
			clear(m.byShape)
		}
		m.byShape[string(s)] = c
	}
	return c, nil
}
