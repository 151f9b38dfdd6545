package demo

import (
	"openwmi/scripting"
	"openwmi/wbem"
)

// What the chapters need to read and change objects. After a failure nothing is
// done any more, and the values returned mean nothing.

// values are properties to be set, by name.
type values map[string]any

// spawn returns a new instance with values.
func (s *stage) spawn(class string, v values) *scripting.Object {
	c := s.get(class)
	if s.err != nil {
		return nil
	}
	inst, err := c.SpawnInstance(0)
	if s.fail(err) {
		return nil
	}
	for name, value := range v {
		s.set(inst, name, value)
	}
	return inst
}

func (s *stage) set(o *scripting.Object, name string, value any) {
	if s.err == nil {
		s.fail(o.Set(name, value))
	}
}

// get reads an object of the garden.
func (s *stage) get(path string) *scripting.Object { return s.getFrom(s.garden, path, 0) }

func (s *stage) getFrom(services *scripting.Services, path string, flags scripting.Flags) *scripting.Object {
	if s.err != nil {
		return nil
	}
	o, err := services.Get(path, flags, nil)
	s.fail(err)
	return o
}

// value reads a property of an object of the garden.
func (s *stage) value(path, name string) any { return s.propertyOf(s.get(path), name) }

func (s *stage) propertyOf(o *scripting.Object, name string) any {
	if s.err != nil {
		return nil
	}
	v, err := o.Get(name)
	s.fail(err)
	return v
}

// errorObject returns a property of what the last OnCompleted brought.
func (s *stage) errorObject(name string) any {
	if s.err != nil || s.last == nil {
		return nil
	}
	return s.propertyOf(s.last.Object, name)
}

// has reports whether a class has a property.
func (s *stage) has(class, property string) bool {
	c := s.get(class)
	if s.err != nil {
		return false
	}
	_, err := c.Properties().Item(property, 0)
	return err == nil
}

// count returns how many instances a class and its subclasses have.
func (s *stage) count(class string) int {
	if s.err != nil {
		return 0
	}
	set, err := s.garden.InstancesOf(class, scripting.FlagForwardOnly, nil)
	if s.fail(err) {
		return 0
	}
	n := 0
	for _, err := range set.All() {
		if s.fail(err) {
			return 0
		}
		n++
	}
	return n
}

func (s *stage) addProperty(class *scripting.Object, name string, t scripting.Cimtype) {
	if s.err == nil {
		_, err := class.Properties().Add(name, t, false, 0)
		s.fail(err)
	}
}

// addQualifier adds a qualifier that subclasses inherit and must not override.
func (s *stage) addQualifier(class *scripting.Object, name, value string) {
	if s.err == nil {
		_, err := class.Qualifiers().Add(name, value, true, false, false, 0)
		s.fail(err)
	}
}

// qualifier returns the value of a qualifier of a class.
func (s *stage) qualifier(class, name string) any {
	c := s.get(class)
	if s.err != nil {
		return nil
	}
	q, err := c.Qualifiers().Item(name, 0)
	if s.fail(err) {
		return nil
	}
	v, err := q.Value()
	s.fail(err)
	return v
}

// description returns the description of a class.
func (s *stage) description(class *scripting.Object) string {
	if s.err != nil {
		return ""
	}
	q, err := class.Qualifiers().Item("Description", 0)
	if wbem.StatusOf(err) == wbem.NotFound {
		return "(none)"
	}
	if s.fail(err) {
		return ""
	}
	v, err := q.Value()
	s.fail(err)
	text, _ := v.(string)
	return text
}

func (s *stage) setDescription(class *scripting.Object, text string) {
	if s.err != nil {
		return
	}
	q, err := class.Qualifiers().Item("Description", 0)
	if s.fail(err) {
		return
	}
	s.fail(q.SetValue(text))
}
