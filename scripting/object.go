package scripting

import (
	"openwmi/cim"
)

// An Object is a local copy of a class definition or of an instance
// (SWbemObject, SWbemObjectEx). What is done to it stays here until it is put.
// It belongs to one goroutine at a time.
type Object struct {
	services *Services // where it goes home to; nil if nowhere
	security Security

	// One of these is set.
	inst  *cim.Instance
	class *draft

	detached bool        // a clone, whose path can be changed
	path     *ObjectPath // of a clone
}

// newObject returns an object that a session delivers. The content now belongs
// to it.
func newObject(s *Services, sec Security, o cim.Object) *Object {
	if inst, ok := o.(*cim.Instance); ok {
		return &Object{services: s, security: sec, inst: inst}
	}
	return &Object{services: s, security: sec, class: newDraft(o.Definition())}
}

// Object returns a copy of an object that came from somewhere else, such as an event, as
// one that the session has delivered.
func (s *Services) Object(o cim.Object) *Object {
	if inst, ok := o.(*cim.Instance); ok {
		o = inst.Clone()
	}
	return newObject(s, s.security, o)
}

// CIM returns what the object is now, as a copy, for programs in Go that show or send
// it. The error is ErrInvalidObject and the like, of a class which is not a good one.
func (o *Object) CIM() (cim.Object, error) {
	c, err := o.snapshot()
	return c, newError("SWbemObject", err)
}

// snapshot returns what the object is now, as a copy. The error is that of a
// class which is not a good one.
func (o *Object) snapshot() (cim.Object, error) {
	if o.inst != nil {
		return o.inst.Clone(), nil
	}
	return o.class.whole()
}

// content is snapshot without the copy.
func (o *Object) content() (cim.Object, error) {
	if o.inst != nil {
		return o.inst, nil
	}
	return o.class.whole()
}

// className returns the name of the class, or of the class of the instance.
func (o *Object) className() string {
	if o.inst != nil {
		return o.inst.ClassName()
	}
	return o.class.name()
}

// relPath returns the path in the namespace; ok is false if there is none.
func (o *Object) relPath() (p cim.Path, ok bool) {
	if o.inst != nil {
		return cim.RelPath(o.inst)
	}
	return cim.Path{Class: o.class.name()}, o.class.name() != ""
}

// fullPath returns the path as far as there is one: of a class without a name
// only the place, of an instance without a key the class.
func (o *Object) fullPath() cim.Path {
	p, ok := o.relPath()
	if !ok {
		p = cim.Path{Class: o.className()}
	}
	if at := o.origin(); at != nil {
		p.Server, p.Namespace = at.Server, at.Namespace
	}
	return p
}

func (o *Object) origin() *cim.Origin {
	if o.inst != nil {
		return o.inst.Origin()
	}
	return o.class.origin
}

// home returns the session to which the object goes home, with the settings of
// the object, which apply to the calls made through it (async-and-security.md
// 5.2): ErrNotSupported for one that comes from none, such as an error object.
func (o *Object) home(source string) (*Services, error) {
	if o.services == nil {
		return nil, fail(source, ErrNotSupported, "the object comes from no namespace")
	}
	s := *o.services
	s.security = o.security
	return &s, nil
}

// Clone returns a deep copy (SWbemObject.Clone_). It is detached: its path can
// be changed in every part.
func (o *Object) Clone() *Object {
	c := &Object{services: o.services, security: o.security, detached: true}
	if o.inst != nil {
		c.inst = o.inst.Clone()
	} else {
		c.class = o.class.clone()
	}
	return c
}

// CompareTo reports whether two objects are equal but for what the flags
// (ComparisonFlagIgnoreCase ...) leave out (SWbemObject.CompareTo_). A class and
// an instance are not. The error is ErrInvalidParameter for no object or an
// unknown flag, and that of a local class which is not a good one.
func (o *Object) CompareTo(other *Object, flags Flags) (bool, error) {
	const source = "SWbemObject.CompareTo_"
	if err := onlyFlags(source, flags, Flags(cim.AllComparisons)); err != nil {
		return false, err
	}
	if other == nil {
		return false, fail(source, ErrInvalidParameter, "there is no object to compare with")
	}
	a, err := o.content()
	if err != nil {
		return false, newError(source, err)
	}
	b, err := other.content()
	if err != nil {
		return false, newError(source, err)
	}
	return cim.CompareObjects(a, b, cim.Comparison(flags)), nil
}

// SpawnInstance returns a new instance of the class in which every property
// shows its default; nothing is stored (SWbemObject.SpawnInstance_). Of an
// instance it returns another one of the same class. Flags are 0.
//
// The error is ErrIncompleteClass for a class that was not read from a
// namespace, ErrIllegalOperation for an instance of method parameters, and that
// of a local class which is not a good one (scripting-api.md, Decision S-16).
func (o *Object) SpawnInstance(flags Flags) (*Object, error) {
	const source = "SWbemObject.SpawnInstance_"
	if err := noFlags(source, flags); err != nil {
		return nil, err
	}
	var class *cim.Class
	switch {
	case o.inst != nil && cim.EqualNames(o.inst.ClassName(), "__PARAMETERS"):
		return nil, fail(source, ErrIllegalOperation, "an instance of method parameters has no further ones")
	case o.inst != nil:
		class = o.inst.Class()
	case !o.class.registered:
		return nil, notRegistered(source)
	default:
		var err error
		if class, err = o.class.whole(); err != nil {
			return nil, newError(source, err)
		}
	}
	inst := cim.NewInstance(class)
	inst.SetOrigin(o.origin())
	return &Object{services: o.services, security: o.security, inst: inst}, nil
}

func notRegistered(source string) error {
	return fail(source, ErrIncompleteClass, "the class is not registered in a namespace, or was not read from it")
}

// SpawnDerivedClass returns a new class without a name whose superclass is this
// class (SWbemObject.SpawnDerivedClass_). Path().SetClass gives it a name. Flags
// are 0.
//
// The error is ErrIllegalOperation for an instance, ErrIncompleteClass for a
// class that was not read from a namespace (scripting-api.md, Decision S-15).
func (o *Object) SpawnDerivedClass(flags Flags) (*Object, error) {
	const source = "SWbemObject.SpawnDerivedClass_"
	if err := noFlags(source, flags); err != nil {
		return nil, err
	}
	switch {
	case o.inst != nil:
		return nil, fail(source, ErrIllegalOperation, "no class can be derived from an instance")
	case !o.class.registered:
		return nil, notRegistered(source)
	}
	super, err := o.class.whole()
	if err != nil {
		return nil, newError(source, err)
	}
	return &Object{services: o.services, security: o.security, class: deriveDraft(super, o.class.origin)}, nil
}

// Derivation returns the names of the superclasses, the immediate one first
// (SWbemObject.Derivation_).
func (o *Object) Derivation() []string {
	if o.inst != nil {
		return o.inst.Class().Derivation()
	}
	return o.class.derivation()
}

// Path returns the path (SWbemObject.Path_).
func (o *Object) Path() *ObjectPath {
	if !o.detached {
		return &ObjectPath{of: o}
	}
	if o.path == nil {
		o.path = &ObjectPath{of: o}
	}
	return o.path
}

// Security returns the settings of the object (SWbemObject.Security_).
func (o *Object) Security() *Security { return &o.security }

// Properties returns the properties without the system properties, by name
// (SWbemObject.Properties_).
func (o *Object) Properties() *PropertySet { return &PropertySet{o, false} }

// SystemProperties returns the system properties, such as __CLASS
// (SWbemObjectEx.SystemProperties_).
func (o *Object) SystemProperties() *PropertySet { return &PropertySet{o, true} }

// Qualifiers returns the qualifiers of the class or instance itself
// (SWbemObject.Qualifiers_).
func (o *Object) Qualifiers() *QualifierSet { return &QualifierSet{object: o} }

// Methods returns the methods of the class, by name (SWbemObject.Methods_).
func (o *Object) Methods() *MethodSet { return &MethodSet{o} }

// Get returns the value of the named property or system property, as
// object.Name does in a script: wbem.UnknownName if there is none
// (scripting-api.md 1.6).
func (o *Object) Get(name string) (any, error) {
	p, err := o.member(name)
	if err != nil {
		return nil, err
	}
	return p.Value()
}

// Set assigns the value of the named property, as object.Name = value does in a
// script, with the errors of Get and Property.SetValue.
func (o *Object) Set(name string, value any) error {
	p, err := o.member(name)
	if err != nil {
		return err
	}
	return p.SetValue(value)
}
