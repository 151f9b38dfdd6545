package scripting

import (
	"iter"
	"slices"

	"openwmi/cim"
	"openwmi/wbem"
)

// A PropertySet is a view of the properties of an object (SWbemPropertySet):
// Properties has all but the system properties, SystemProperties only those.
type PropertySet struct {
	object *Object
	system bool
}

// names returns the names of the properties in the order of enumeration.
func (s *PropertySet) names() []string {
	switch {
	case s.system:
		return cim.SystemProperties
	case s.object.inst != nil:
		props := s.object.inst.Class().Properties()
		names := make([]string, len(props))
		for i, p := range props {
			names[i] = p.Name()
		}
		return names
	}
	return s.object.class.names()
}

// find returns the name of a property as the object spells it.
func (s *PropertySet) find(name string) (string, bool) {
	switch inst := s.object.inst; {
	case s.system:
		i := slices.IndexFunc(cim.SystemProperties, func(n string) bool { return cim.EqualNames(n, name) })
		if i < 0 {
			return "", false
		}
		return cim.SystemProperties[i], true
	case inst != nil:
		p := inst.Class().Property(name)
		if p == nil {
			return "", false
		}
		return p.Name(), true
	}
	return s.object.class.find(name)
}

// member returns a property or system property for late binding.
func (o *Object) member(name string) (*Property, error) {
	for _, system := range []bool{false, true} {
		if found, ok := (&PropertySet{o, system}).find(name); ok {
			return &Property{o, found, system}, nil
		}
	}
	return nil, fail("SWbemObject", wbem.UnknownName, "class %s has no property %.60q", o.className(), name)
}

// Item returns the named property: ErrNotFound if there is none. Flags are 0.
func (s *PropertySet) Item(name string, flags Flags) (*Property, error) {
	const source = "SWbemPropertySet.Item"
	if err := noFlags(source, flags); err != nil {
		return nil, err
	}
	found, ok := s.find(name)
	if !ok {
		return nil, noProperty(source, name)
	}
	return &Property{s.object, found, s.system}, nil
}

func noProperty(source, name string) error {
	return fail(source, ErrNotFound, "there is no property %.60q", name)
}

// Count returns the number of properties.
func (s *PropertySet) Count() int {
	if s.system || s.object.inst != nil {
		return len(s.names())
	}
	return s.object.class.count()
}

// All yields the properties that are there when the loop begins, by name; system
// properties in their order ("WMI System Properties").
func (s *PropertySet) All() iter.Seq[*Property] {
	return func(yield func(*Property) bool) {
		for _, name := range s.names() {
			if !yield(&Property{s.object, name, s.system}) {
				return
			}
		}
	}
}

// Add adds a property with the value NULL to a class, or replaces the one of
// that name. An inherited property of that name gets an override. Flags are 0.
//
// The error is ErrInvalidOperation for an instance and for system properties,
// ErrInvalidParameter for a name that is none or begins or ends with an
// underscore, ErrInvalidPropertyType for a type that is none,
// ErrTooManyProperties beyond 1024.
func (s *PropertySet) Add(name string, t Cimtype, isArray bool, flags Flags) (*Property, error) {
	const source = "SWbemPropertySet.Add"
	if err := noFlags(source, flags); err != nil {
		return nil, err
	}
	if s.system || s.object.inst != nil {
		return nil, fail(source, ErrInvalidOperation, "properties are added to classes only")
	}
	if err := cim.CheckMemberName("property", name); err != nil {
		return nil, newError(source, err)
	}
	if !t.IsValid() || t.IsArray() {
		return nil, fail(source, ErrInvalidPropertyType, "%d is not the number of a CIM type", uint16(t))
	}
	if isArray {
		t = t.ArrayOf()
	}
	if _, ok := s.find(name); !ok && s.Count() >= cim.MaxProperties {
		return nil, fail(source, ErrTooManyProperties, "the class has %d properties", s.Count())
	}
	decl := s.object.class.edit()
	p := cim.PropertyDecl{Name: name, Type: t}
	if old := decl.Property(name); old != nil {
		*old = p
	} else {
		decl.Properties = append(decl.Properties, p)
	}
	return &Property{s.object, name, false}, nil
}

// Remove removes a property of a class, or takes back its override, or makes a
// property of an instance show the default of the class again. Flags are 0.
//
// ErrResetToDefault is the error of a success: what is inherited shows again.
// The others are ErrPropagatedProperty for an inherited property without
// override, ErrInvalidOperation for one of an instance that shows the default
// already, ErrSystemProperty for a system property, ErrNotFound.
// ("SWbemPropertySet.Remove method"; scripting-api.md 18)
func (s *PropertySet) Remove(name string, flags Flags) error {
	const source = "SWbemPropertySet.Remove"
	if err := noFlags(source, flags); err != nil {
		return err
	}
	if cim.SystemType(name) != 0 {
		return fail(source, ErrSystemProperty, "%s is a system property", name)
	}
	if _, ok := s.find(name); !ok {
		return noProperty(source, name)
	}
	if inst := s.object.inst; inst != nil {
		if !inst.Reset(inst.Class().PropertyIndex(name)) {
			return fail(source, ErrInvalidOperation, "property %s shows the default of the class already", name)
		}
		return resetToDefault(source, "property", name)
	}
	d := s.object.class
	i := slices.IndexFunc(d.decl.Properties, func(p cim.PropertyDecl) bool { return cim.EqualNames(p.Name, name) })
	if i < 0 {
		return fail(source, ErrPropagatedProperty, "property %s is inherited from class %s", name, d.above(name).Origin())
	}
	decl := d.edit()
	decl.Properties = slices.Delete(decl.Properties, i, i+1)
	if d.above(name) != nil {
		return resetToDefault(source, "property", name)
	}
	return nil
}

func resetToDefault(source, kind, name string) error {
	return fail(source, ErrResetToDefault, "%s %s shows again what is inherited", kind, name)
}
