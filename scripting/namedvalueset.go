package scripting

import (
	"iter"
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// A NamedValueSet is a set of named values (SWbemNamedValueSet): the context of
// a call, of which a copy goes to the provider, or the asynchronous context of a
// call, which comes back with its events as it is; or the keys of an
// ObjectPath, which are a view of that path. Names compare without regard to
// case; the order is that of first insertion. The zero value is empty.
//
// It belongs to one goroutine at a time.
type NamedValueSet struct {
	values []namedValue
	path   *ObjectPath // whose keys these are, nil for a set of its own
}

type namedValue struct {
	name  string
	value any // as Automation has it
}

// NewNamedValueSet returns an empty set.
func NewNamedValueSet() *NamedValueSet { return &NamedValueSet{} }

// list returns the values of the set, or of the path.
func (s *NamedValueSet) list() []namedValue {
	if s.path == nil {
		return s.values
	}
	keys := s.path.get().Keys
	out := make([]namedValue, len(keys))
	for i, k := range keys {
		out[i] = namedValue{k.Name, keyVariant(k)}
	}
	return out
}

func (s *NamedValueSet) index(name string) int {
	return slices.IndexFunc(s.list(), func(v namedValue) bool { return cim.EqualNames(v.name, name) })
}

// cutNUL cuts a name where Windows does.
func cutNUL(name string) string {
	name, _, _ = strings.Cut(name, "\x00")
	return name
}

// Item returns a value by name: ErrNotFound if it is not there. Flags are 0.
func (s *NamedValueSet) Item(name string, flags Flags) (*NamedValue, error) {
	const source = "SWbemNamedValueSet.Item"
	name = cutNUL(name)
	if err := checkName(source, name, flags); err != nil {
		return nil, err
	}
	i := s.index(name)
	if i < 0 {
		return nil, noValue(source, name)
	}
	return &NamedValue{s, s.list()[i].name}, nil
}

func checkName(source, name string, flags Flags) error {
	if name == "" {
		return fail(source, ErrInvalidParameter, "there is no name")
	}
	return noFlags(source, flags)
}

func noValue(source, name string) error {
	return fail(source, ErrNotFound, "there is no value %.60q", name)
}

// Count returns the number of values.
func (s *NamedValueSet) Count() int { return len(s.list()) }

// All yields the values that are in the set when the loop begins, in order.
func (s *NamedValueSet) All() iter.Seq[*NamedValue] {
	return func(yield func(*NamedValue) bool) {
		for _, v := range slices.Clone(s.list()) {
			if !yield(&NamedValue{s, v.name}) {
				return
			}
		}
	}
}

// Add adds a value, or replaces the one of that name in its place. Flags are 0.
// The error is ErrInvalidParameter without a name, ErrTypeMismatch for what
// cannot be a value, ErrReadOnly for the keys of a path that cannot be changed.
func (s *NamedValueSet) Add(name string, value any, flags Flags) (*NamedValue, error) {
	const source = "SWbemNamedValueSet.Add"
	name = cutNUL(name)
	if err := checkName(source, name, flags); err != nil {
		return nil, err
	}
	if err := s.set(source, name, value); err != nil {
		return nil, err
	}
	return &NamedValue{s, name}, nil
}

func (s *NamedValueSet) set(source, name string, value any) error {
	v, err := fromUntyped(value)
	if err != nil {
		return newError(source, err)
	}
	if s.path != nil {
		return s.path.setKey(source, name, v)
	}
	// An object stays the same object; it is copied when a call is made.
	if _, ok := value.(*Object); !ok || v.IsNull() {
		value = toVariant(v, nil, Security{})
	}
	if i := s.index(name); i >= 0 {
		s.values[i].value = value
		return nil
	}
	s.values = append(s.values, namedValue{name, value})
	return nil
}

// Remove removes a value: ErrNotFound if it is not there, ErrReadOnly like Add.
// Flags are 0.
func (s *NamedValueSet) Remove(name string, flags Flags) error {
	const source = "SWbemNamedValueSet.Remove"
	name = cutNUL(name)
	if err := checkName(source, name, flags); err != nil {
		return err
	}
	if s.path != nil {
		return s.path.removeKey(source, name)
	}
	i := s.index(name)
	if i < 0 {
		return noValue(source, name)
	}
	s.values = slices.Delete(s.values, i, i+1)
	return nil
}

// DeleteAll removes all values: ErrReadOnly like Add.
func (s *NamedValueSet) DeleteAll() error {
	if s.path != nil {
		return s.path.change("SWbemNamedValueSet.DeleteAll", func(p *cim.Path) { p.Keys = nil })
	}
	s.values = nil
	return nil
}

// Clone returns a set of its own with the same values.
func (s *NamedValueSet) Clone() *NamedValueSet {
	return &NamedValueSet{values: slices.Clone(s.list())}
}

// context returns a copy for a call. Of nil it is nil.
func (s *NamedValueSet) context() (*wbem.Context, error) {
	if s == nil {
		return nil, nil
	}
	c := &wbem.Context{}
	for _, v := range s.list() {
		value, err := fromUntyped(v.value)
		if err != nil {
			return nil, err
		}
		c.Set(v.name, value)
	}
	return c, nil
}

// A NamedValue is an element of a NamedValueSet (SWbemNamedValue). It is a view:
// two of one name show the same value, and assigning to one whose name was
// removed puts it back.
type NamedValue struct {
	set  *NamedValueSet
	name string
}

// Name returns the name.
func (v *NamedValue) Name() string { return v.name }

// Value returns the value: ErrNotFound if it was removed.
func (v *NamedValue) Value() (any, error) {
	i := v.set.index(v.name)
	if i < 0 {
		return nil, noValue("SWbemNamedValue.Value", v.name)
	}
	return v.set.list()[i].value, nil
}

// SetValue changes the value, with the errors of NamedValueSet.Add.
func (v *NamedValue) SetValue(value any) error {
	return v.set.set("SWbemNamedValue.Value", v.name, value)
}
