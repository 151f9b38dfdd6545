package scripting

import (
	"iter"

	"openwmi/cim"
)

// A MethodSet is a view of the methods of a class, or of the class of an
// instance (SWbemMethodSet). Methods cannot be defined or changed here.
type MethodSet struct {
	object *Object
}

// A method is a method with the qualifiers that the object shows.
type method struct {
	*cim.Method
	quals cim.Qualifiers
}

func (s *MethodSet) list() []method {
	var methods []*cim.Method
	inherited := false
	if inst := s.object.inst; inst != nil {
		methods = inst.Class().Methods()
	} else {
		methods, inherited = s.object.class.methods()
	}
	out := make([]method, len(methods))
	for i, m := range methods {
		out[i] = method{m, m.Qualifiers()}
		if inherited {
			out[i].quals = inherit(m.Qualifiers(), cim.ToSubclass)
		}
	}
	return out
}

// Item returns the named method: ErrNotFound if there is none. Flags are 0.
func (s *MethodSet) Item(name string, flags Flags) (*Method, error) {
	const source = "SWbemMethodSet.Item"
	if err := noFlags(source, flags); err != nil {
		return nil, err
	}
	for _, m := range s.list() {
		if cim.EqualNames(m.Name(), name) {
			return &Method{s.object, m}, nil
		}
	}
	return nil, fail(source, ErrNotFound, "there is no method %.60q", name)
}

// Count returns the number of methods.
func (s *MethodSet) Count() int { return len(s.list()) }

// All yields the methods by name.
func (s *MethodSet) All() iter.Seq[*Method] {
	return func(yield func(*Method) bool) {
		for _, m := range s.list() {
			if !yield(&Method{s.object, m}) {
				return
			}
		}
	}
}

// A Method is a method of a class (SWbemMethod).
type Method struct {
	object *Object
	method method
}

// Name returns the name.
func (m *Method) Name() string { return m.method.Name() }

// Origin returns the name of the class that introduced the method.
func (m *Method) Origin() string { return m.method.Origin() }

// InParameters returns the class __PARAMETERS of what the caller passes, of
// which SpawnInstance makes an instance to be filled in; nil if that is nothing.
// Changing it does not change the method.
func (m *Method) InParameters() *Object { return m.parameters(false) }

// OutParameters returns the class __PARAMETERS of what the method returns, with
// ReturnValue; nil if that is nothing.
func (m *Method) OutParameters() *Object { return m.parameters(true) }

func (m *Method) parameters(out bool) *Object {
	c := m.method.Signature(out)
	if c == nil {
		return nil
	}
	return newObject(m.object.services, m.object.security, c)
}

// Qualifiers returns the qualifiers of the method.
func (m *Method) Qualifiers() *QualifierSet {
	return &QualifierSet{object: m.object, method: &m.method}
}
