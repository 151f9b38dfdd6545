package cim

import "slices"

// An Object is a class definition or an instance: a *Class or an *Instance.
type Object interface {
	// Genus returns 1 for a class and 2 for an instance (__GENUS).
	Genus() int
	// ClassName returns the name of the class, or of the class of the instance.
	ClassName() string
	// Definition returns the class itself, or the class of the instance.
	Definition() *Class
	// Origin returns where the object is stored, nil if nowhere.
	Origin() *Origin
}

var (
	_ Object = (*Class)(nil)
	_ Object = (*Instance)(nil)
)

// Genus returns 1.
func (c *Class) Genus() int { return 1 }

// Definition returns the class itself.
func (c *Class) Definition() *Class { return c }

// An Instance is an object of a class. It belongs to one owner.
type Instance struct {
	class  *Class
	origin *Origin
	slots  []slot // parallel to class.Properties()
	extra  *extra // nil for an instance without qualifiers of its own
}

// A slot is the value of one property: the default of the class until set.
type slot struct {
	value Value
	set   bool
}

// extra holds qualifiers that were put on the instance itself or on one of its
// properties; few instances have any.
type extra struct {
	quals Qualifiers
	props map[int]Qualifiers // by position of the property
}

// NewInstance returns an instance of class c in which every property shows its
// default. It is stored nowhere.
func NewInstance(c *Class) *Instance {
	return &Instance{class: c, slots: make([]slot, len(c.props))}
}

// Genus returns 2.
func (i *Instance) Genus() int { return 2 }

// ClassName returns the name of the class of the instance, "" for the zero
// Instance, which has none.
func (i *Instance) ClassName() string {
	if i.class == nil {
		return ""
	}
	return i.class.Name()
}

// String returns the path of the instance, with server and namespace if it is
// stored, so that it is short in messages and logs. A key that is NULL is shown
// as such; an instance of a class without keys shows the name of its class. The
// whole instance is shown by mof.Text as MOF and by AppendJSON as JSON.
func (i *Instance) String() string { return objectString(i) }

// Class returns the class of the instance.
func (i *Instance) Class() *Class { return i.class }

// Definition returns the class of the instance.
func (i *Instance) Definition() *Class { return i.class }

// Origin returns where the instance is stored, nil if nowhere.
func (i *Instance) Origin() *Origin { return i.origin }

// SetOrigin says where the instance is stored.
func (i *Instance) SetOrigin(o *Origin) { i.origin = o }

// SetClass replaces the class by another that has the same properties in the
// same places, such as the same class with localized qualifiers.
func (i *Instance) SetClass(c *Class) {
	if len(c.props) != len(i.slots) {
		panic("cim: SetClass with other properties")
	}
	i.class = c
}

// Clone returns a copy that shares nothing which its owner may change. Objects
// beyond MaxNesting or MaxEmbedded, which Check refuses, are not copied.
func (i *Instance) Clone() *Instance {
	n := outerNest()
	return i.clone(&n)
}

func (i *Instance) clone(n *nest) *Instance {
	if i == nil || n.enter(len(i.slots)) != nil {
		return i
	}
	defer n.leave()
	c := *i
	c.slots = slices.Clone(i.slots)
	for k := range c.slots {
		if s := &c.slots[k]; s.value.typ.Elem() == TypeObject {
			s.value = s.value.clone(n)
		}
	}
	if i.extra != nil {
		c.extra = &extra{quals: slices.Clone(i.extra.quals)}
		for k, qs := range i.extra.props {
			c.setPropertyQualifiers(k, slices.Clone(qs))
		}
	}
	return &c
}

// Get returns the value of the named property, and whether the class has it.
// System properties are there too, see System.
func (i *Instance) Get(name string) (Value, bool) {
	if k := i.class.PropertyIndex(name); k >= 0 {
		return i.At(k), true
	}
	return System(i, name)
}

// At returns the value of the property at position k of the class. An object in
// it belongs to the instance, but one that is the default of the class is a
// copy, which the caller may change without effect.
func (i *Instance) At(k int) Value {
	v := i.at(k)
	if v.typ.Elem() == TypeObject && !i.slots[k].set {
		return v.Clone()
	}
	return v
}

// at is At for those who change nothing.
func (i *Instance) at(k int) Value {
	if s := &i.slots[k]; s.set {
		return s.value
	}
	return i.class.props[k].def
}

// IsSet reports whether the property at position k has a value of its own,
// which may be NULL, and does not show the default of the class.
func (i *Instance) IsSet(k int) bool { return i.slots[k].set }

// Set assigns v, converted to the type of the property (see Convert), which
// now belongs to the instance. The error is NotFound for a name the class does
// not have, ReadOnly for a system property, CircularReference for an object
// that has the instance in it, and what Convert or CheckValue say.
func (i *Instance) Set(name string, v Value) error {
	k := i.class.PropertyIndex(name)
	if k < 0 {
		if _, ok := System(i, name); ok {
			return Errorf(ReadOnly, "system property %s cannot be written", name)
		}
		return Errorf(NotFound, "class %s has no property %s", i.ClassName(), name)
	}
	return i.SetIndex(k, v)
}

// SetIndex assigns v to the property at position k of the class, like Set.
func (i *Instance) SetIndex(k int, v Value) error {
	p := i.class.props[k]
	v, err := Convert(v, p.Type())
	if err == nil {
		c := checker{nest: newNest(), outer: i}
		err = c.value(v, p.Type(), p.refClass)
	}
	if err != nil {
		return Errorf(StatusOf(err), "property %s.%s: %v", i.ClassName(), p.Name(), err)
	}
	i.slots[k] = slot{v, true}
	return nil
}

// Put stores v, which must be NULL or of the type of the property, at position
// k, unchecked; see Check. Decoders that trust their input use it.
func (i *Instance) Put(k int, v Value) { i.slots[k] = slot{v, true} }

// Reset makes the property at position k show the default of the class again,
// and reports whether it had a value of its own.
func (i *Instance) Reset(k int) bool {
	had := i.slots[k].set
	i.slots[k] = slot{}
	return had
}

// Qualifiers returns the effective qualifiers of the instance: those of the
// class that propagate to instances, and its own. The caller may keep them.
func (i *Instance) Qualifiers() Qualifiers {
	// What is not allowed was refused when it was set.
	qs, _ := overlay(i.class.quals.toInstance(), i.LocalQualifiers(), "", OK)
	return slices.Clone(qs)
}

// LocalQualifiers returns the qualifiers that the instance itself carries. They
// must not be changed.
func (i *Instance) LocalQualifiers() Qualifiers {
	if i.extra == nil {
		return nil
	}
	return i.extra.quals
}

// PropertyQualifiers returns the effective qualifiers of the property at
// position k, CIMTYPE left out. The caller may keep them.
func (i *Instance) PropertyQualifiers(k int) Qualifiers {
	qs, _ := overlay(i.class.props[k].quals.toInstance(), i.LocalPropertyQualifiers(k), "", OK)
	return slices.Clone(qs)
}

// LocalPropertyQualifiers returns those that the instance itself carries for
// the property at position k. They must not be changed.
func (i *Instance) LocalPropertyQualifiers(k int) Qualifiers {
	if i.extra == nil {
		return nil
	}
	return i.extra.props[k]
}

// SetLocalQualifiers replaces the qualifiers that the instance itself carries
// (put.md 5.4). The error is OverrideNotAllowed if the class forbids one,
// CannotBeKey for key, InvalidFlavor for one that propagates to subclasses,
// InvalidQualifier for a name that stands there twice, and what CheckQualifier
// says. The slice now belongs to the instance.
func (i *Instance) SetLocalQualifiers(qs Qualifiers) error {
	if err := checkInstanceQualifiers(i.class.quals.toInstance(), qs, "instance of "+i.ClassName()); err != nil {
		return err
	}
	if i.extra == nil {
		i.extra = &extra{}
	}
	i.extra.quals = qs
	return nil
}

// SetLocalPropertyQualifiers does the same for the property at position k.
func (i *Instance) SetLocalPropertyQualifiers(k int, qs Qualifiers) error {
	p := i.class.props[k]
	if err := checkInstanceQualifiers(p.quals.toInstance(), qs, "property "+i.ClassName()+"."+p.Name()); err != nil {
		return err
	}
	i.setPropertyQualifiers(k, qs)
	return nil
}

func (i *Instance) setPropertyQualifiers(k int, qs Qualifiers) {
	if i.extra == nil {
		i.extra = &extra{}
	}
	if i.extra.props == nil {
		i.extra.props = map[int]Qualifiers{}
	}
	if len(qs) == 0 {
		delete(i.extra.props, k)
		return
	}
	i.extra.props[k] = qs
}

func checkInstanceQualifiers(inherited, qs Qualifiers, where string) error {
	for i := range qs {
		q := &qs[i]
		if EqualNames(q.Name, "key") {
			return Errorf(CannotBeKey, "%s: key belongs on the property of a class", where)
		}
		if q.Flavor&ToSubclass != 0 {
			return Errorf(InvalidFlavor, "%s: qualifier %s cannot propagate to subclasses", where, q.Name)
		}
	}
	if err := normalize(qs, where); err != nil {
		return err
	}
	_, err := overlay(inherited, qs, where, OverrideNotAllowed)
	return err
}

// HasAmended reports whether the instance or one of its properties carries
// localizable text of its own.
func (i *Instance) HasAmended() bool {
	if i.extra == nil {
		return false
	}
	for _, qs := range i.extra.props {
		if qs.HasAmended() {
			return true
		}
	}
	return i.extra.quals.HasAmended()
}
