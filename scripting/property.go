package scripting

import (
	"openwmi/cim"
)

// A Property is a view of one property of an object (SWbemProperty). One that
// was removed has no value.
type Property struct {
	object *Object
	name   string
	system bool
}

// Name returns the name.
func (p *Property) Name() string { return p.name }

// A shape is what a property is, apart from its value.
type shape struct {
	t     cim.Type
	class string // of a reference or embedded object
	local bool
	from  string // the class that introduced it
}

// systemOrigin is the origin of system properties.
const systemOrigin = "___SYSTEM"

// shape returns what the property is; ok is false if it was removed.
func (p *Property) shape() (s shape, ok bool) {
	if p.system {
		return shape{t: cim.SystemType(p.name), from: systemOrigin}, true
	}
	if inst := p.object.inst; inst != nil {
		k := inst.Class().PropertyIndex(p.name)
		q := inst.Class().Properties()[k]
		local := inst.IsSet(k) || len(inst.LocalPropertyQualifiers(k)) > 0
		return shape{q.Type(), q.Class(), local, q.Origin()}, true
	}
	d := p.object.class
	own, above := d.decl.Property(p.name), d.above(p.name)
	switch {
	case own == nil && above == nil:
		return shape{}, false
	case own == nil:
		return shape{above.Type(), above.Class(), false, above.Origin()}, true
	case above == nil:
		return shape{own.Type, own.Class, true, d.name()}, true
	}
	s = shape{own.Type, own.Class, true, above.Origin()}
	if s.class == "" {
		s.class = above.Class()
	}
	return s, true
}

// CIMType returns the type, of an array that of its elements. The class of an
// object or reference is in the qualifier CIMTYPE.
func (p *Property) CIMType() Cimtype {
	s, _ := p.shape()
	return s.t.Elem()
}

// IsArray reports whether the property is an array.
func (p *Property) IsArray() bool {
	s, _ := p.shape()
	return s.t.IsArray()
}

// IsLocal reports whether the class declares or overrides the property itself,
// or the instance has a value or qualifiers of its own for it.
func (p *Property) IsLocal() bool {
	s, _ := p.shape()
	return s.local
}

// Origin returns the name of the class that introduced the property.
func (p *Property) Origin() string {
	s, _ := p.shape()
	return s.from
}

// Qualifiers returns the qualifiers of the property: ErrSystemProperty for a
// system property.
func (p *Property) Qualifiers() (*QualifierSet, error) {
	if p.system {
		return nil, fail("SWbemProperty.Qualifiers_", ErrSystemProperty, "%s is a system property", p.name)
	}
	return &QualifierSet{object: p.object, property: p.name}, nil
}

// Value returns the value, of a class the default of new instances; nil for
// NULL. An embedded object is a copy. ErrNotFound if the property was removed.
func (p *Property) Value() (any, error) {
	const source = "SWbemProperty.Value"
	v, ok := p.value()
	if !ok {
		return nil, noProperty(source, p.name)
	}
	return toVariant(v, p.object.services, p.object.security), nil
}

func (p *Property) value() (cim.Value, bool) {
	switch {
	case p.system:
		return p.object.systemValue(p.name), true
	case p.object.inst != nil:
		return p.object.inst.Get(p.name)
	}
	d := p.object.class
	own, above := d.decl.Property(p.name), d.above(p.name)
	switch {
	case own != nil && own.HasDefault:
		return own.Default, true
	case above != nil:
		return above.Default(), true
	}
	return cim.Value{}, own != nil
}

// SetValue assigns a value, which is converted to the type of the property
// without loss; nil is NULL. An object is copied. On a class it is the default
// of new instances, and in a derived class an override.
//
// The error is ErrTypeMismatch, ErrValueOutOfRange, ErrIllegalNull for an array
// that has a NULL, ErrReadOnly for a system property other than __CLASS of a
// class, ErrNotFound if the property was removed.
// ("SWbemProperty.Value property"; scripting-api.md 18)
func (p *Property) SetValue(value any) error {
	return newError("SWbemProperty.Value", p.set(value))
}

func (p *Property) set(value any) error {
	s, ok := p.shape()
	if !ok {
		return cim.Errorf(ErrNotFound, "there is no property %.60q", p.name)
	}
	v, err := fromVariant(value, s.t)
	if err == nil && !p.system {
		err = cim.CheckValue(v, s.t, s.class)
	}
	if err != nil {
		return cim.Errorf(cim.StatusOf(err), "property %s: %v", p.name, err)
	}
	switch {
	case p.system:
		if p.name != "__CLASS" || p.object.inst != nil {
			return cim.Errorf(ErrReadOnly, "system property %s cannot be written", p.name)
		}
		p.object.class.rename(v.Text())
		return nil
	case p.object.inst != nil:
		return p.object.inst.Set(p.name, v)
	}
	d := p.object.class
	own := d.override(p.name)
	own.Default = v
	own.HasDefault = !v.IsNull() || d.above(p.name) != nil
	return nil
}

// systemValue returns the value of a system property, of a local class without
// deriving it.
func (o *Object) systemValue(name string) cim.Value {
	if o.inst != nil || o.class.class != nil {
		c, _ := o.content()
		v, _ := cim.System(c, name)
		return v
	}
	d := o.class
	switch name {
	case "__GENUS":
		return cim.Sint32Value(1)
	case "__CLASS", "__RELPATH":
		return textOrNull(d.name())
	case "__SUPERCLASS":
		return textOrNull(d.decl.Super)
	case "__DYNASTY":
		if d.super != nil {
			return textOrNull(d.super.Dynasty())
		}
		return textOrNull(d.name())
	case "__PROPERTY_COUNT":
		return cim.Sint32Value(int32(d.count()))
	case "__DERIVATION":
		return cim.StringsValue(d.derivation())
	}
	if d.origin == nil {
		return cim.Value{}
	}
	switch name {
	case "__SERVER":
		return textOrNull(d.origin.Server)
	case "__NAMESPACE":
		return textOrNull(d.origin.Namespace)
	}
	if d.name() == "" {
		return cim.Value{}
	}
	return cim.StringValue(o.fullPath().String()) // __PATH
}

func textOrNull(s string) cim.Value {
	if s == "" {
		return cim.Value{}
	}
	return cim.StringValue(s)
}
