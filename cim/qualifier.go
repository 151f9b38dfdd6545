package cim

import (
	"fmt"
	"slices"
)

// A Flavor says how a qualifier propagates and where it comes from
// (WBEM_FLAVOR_TYPE).
type Flavor uint8

const (
	ToInstance      Flavor = 0x01 // instances of the class have it
	ToSubclass      Flavor = 0x02 // subclasses inherit it
	DisableOverride Flavor = 0x10 // whoever inherits it must not change its value
	Propagated      Flavor = 0x20 // inherited, not written here; computed
	SystemOrigin    Flavor = 0x40 // belongs to a system property; computed
	Amended         Flavor = 0x80 // localizable text (localization.md)

	// WritableFlavors are those that a caller may set. Another bit is
	// InvalidFlavor.
	WritableFlavors = ToInstance | ToSubclass | DisableOverride | Amended
)

// A Qualifier is a named value that describes a class, an instance, or one of
// its members.
type Qualifier struct {
	Name   string
	Value  Value
	Flavor Flavor
}

// IsLocal reports whether the qualifier was written on the element itself.
func (q Qualifier) IsLocal() bool { return q.Flavor&Propagated == 0 }

// CanOverride reports whether q may stand where the qualifier inherited of the
// same name is inherited: it has the same type, and the same value too if the
// inherited one forbids to override it (model.md 11.3).
func (q Qualifier) CanOverride(inherited Qualifier) bool { return q.overrideDefect(inherited) == "" }

// overrideDefect says why q cannot override p, "" if it can.
func (q Qualifier) overrideDefect(p Qualifier) string {
	switch {
	case !sameKind(p.Value, q.Value):
		return fmt.Sprintf("it is %v but the inherited one is %v", q.Value.Type(), p.Value.Type())
	case p.Flavor&DisableOverride != 0 && !p.Value.Equal(q.Value) && !sameInteger(p.Value, q.Value):
		return fmt.Sprintf("it is inherited as %.60s and must not be overridden", p.Value)
	}
	return ""
}

// Qualifiers is a set of qualifiers in the order in which they were written. A
// name stands in it once.
type Qualifiers []Qualifier

// Index returns the position of the named qualifier, -1 if there is none.
func (qs Qualifiers) Index(name string) int {
	for i := range qs {
		if EqualNames(qs[i].Name, name) {
			return i
		}
	}
	return -1
}

// Get returns the named qualifier, and whether there is one.
func (qs Qualifiers) Get(name string) (Qualifier, bool) {
	if i := qs.Index(name); i >= 0 {
		return qs[i], true
	}
	return Qualifier{}, false
}

// Finder returns a function that does what Get does, in a time that does not
// grow with the set: for those who look up many names.
func (qs Qualifiers) Finder() func(name string) (Qualifier, bool) {
	f := qs.finder()
	return func(name string) (Qualifier, bool) {
		if i := f.index(name); i >= 0 {
			return qs[i], true
		}
		return Qualifier{}, false
	}
}

func (qs Qualifiers) finder() finder[Qualifier] {
	return newFinder(qs, func(q *Qualifier) string { return q.Name })
}

// Value returns the value of the named qualifier, NULL if there is none.
func (qs Qualifiers) Value(name string) Value {
	if i := qs.Index(name); i >= 0 {
		return qs[i].Value
	}
	return Value{}
}

// True reports whether the named qualifier is there with the value TRUE.
func (qs Qualifiers) True(name string) bool { return qs.Value(name).Bool() }

// Set adds q, or replaces the qualifier of that name in its place.
func (qs *Qualifiers) Set(q Qualifier) {
	if i := qs.Index(q.Name); i >= 0 {
		(*qs)[i] = q
		return
	}
	*qs = append(*qs, q)
}

// Delete removes the named qualifier and reports whether it was there.
func (qs *Qualifiers) Delete(name string) bool {
	i := qs.Index(name)
	if i >= 0 {
		*qs = slices.Delete(*qs, i, i+1)
	}
	return i >= 0
}

// Local returns those that were written on the element itself.
func (qs Qualifiers) Local() Qualifiers {
	var out Qualifiers
	for _, q := range qs {
		if q.IsLocal() {
			out = append(out, q)
		}
	}
	return out
}

// HasAmended reports whether one of the qualifiers is localizable text.
func (qs Qualifiers) HasAmended() bool {
	return slices.ContainsFunc(qs, Qualifier.IsText)
}

// Neutral returns those that are no localizable text.
func (qs Qualifiers) Neutral() Qualifiers {
	neutral, _ := qs.split()
	return neutral
}

// toSubclass returns what a subclass inherits, toInstance what an instance
// shows; both marked as propagated.
func (qs Qualifiers) toSubclass() Qualifiers { return qs.propagate(ToSubclass) }
func (qs Qualifiers) toInstance() Qualifiers { return qs.propagate(ToInstance) }

func (qs Qualifiers) propagate(by Flavor) Qualifiers {
	return qs.propagated(func(q *Qualifier) bool { return q.Flavor&by != 0 })
}

// propagated returns those that pass, marked as propagated. They are kept as
// long as a class is, so the slice is no larger than needed.
func (qs Qualifiers) propagated(pass func(*Qualifier) bool) Qualifiers {
	n := 0
	for i := range qs {
		if pass(&qs[i]) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	out := make(Qualifiers, 0, n)
	for i := range qs {
		if pass(&qs[i]) {
			q := qs[i]
			q.Flavor |= Propagated
			out = append(out, q)
		}
	}
	return out
}

// overlay puts the local qualifiers over the inherited ones (model.md 11.3).
// Inherited ones come first, in their order; local ones are not marked as
// propagated. The result may share memory with both. where names the element in errors,
// denied is the status of an override that is not allowed; with OK every one is.
func overlay(inherited, local Qualifiers, where string, denied Status) (Qualifiers, error) {
	switch {
	case len(local) == 0:
		return inherited, nil
	case len(inherited) == 0:
		return local[:len(local):len(local)], nil
	}
	out := make(Qualifiers, len(inherited), len(inherited)+len(local))
	copy(out, inherited)
	above := inherited.finder()
	for _, q := range local {
		i := above.index(q.Name)
		if i < 0 {
			out = append(out, q)
			continue
		}
		if denied != OK {
			p := inherited[i]
			if why := q.overrideDefect(p); why != "" {
				return nil, Errorf(denied, "%s: qualifier %s: %s", where, q.Name, why)
			}
			if p.Flavor&DisableOverride != 0 {
				q.Flavor = p.Flavor &^ Propagated
			}
		}
		out[i] = q
	}
	if len(out) > MaxQualifiers && denied != OK {
		return nil, tooManyQualifiers(where)
	}
	return out, nil
}

// sameKind reports whether a qualifier may override one of another value: all
// integers are one kind, because their width follows from their value.
func sameKind(a, b Value) bool {
	if a.IsNull() || b.IsNull() || a.typ == b.typ {
		return true
	}
	return a.typ.IsArray() == b.typ.IsArray() && a.typ.Elem().IsInteger() && b.typ.Elem().IsInteger()
}

func sameInteger(a, b Value) bool {
	return a.typ.IsInteger() && b.typ.IsInteger() && a.num == b.num
}

// forcedFlavor is what the object manager stores for structure qualifiers,
// whatever was written (model.md 11.2).
func forcedFlavor(name string) (Flavor, bool) {
	switch len(name) {
	case len("ID"):
		if EqualNames(name, "ID") {
			return ToInstance | DisableOverride, true
		}
	case len("key"):
		if EqualNames(name, "key") {
			return ToInstance | ToSubclass | DisableOverride, true
		}
	case len("singleton"):
		if EqualNames(name, "singleton") {
			return ToInstance | ToSubclass | DisableOverride, true
		}
	}
	return 0, false
}

// CheckQualifier returns an error if q may not be stored anywhere:
// InvalidParameter for its name, InvalidQualifierType for its value,
// InvalidFlavor for its flavor.
func CheckQualifier(q Qualifier) error {
	if err := CheckMemberName("qualifier", q.Name); err != nil {
		return err
	}
	switch q.Value.typ {
	case 0:
	case TypeSint32, TypeSint64, TypeReal64, TypeString, TypeBoolean, TypeSint32 | TypeArray, TypeSint64 | TypeArray,
		TypeReal64 | TypeArray, TypeString | TypeArray, TypeBoolean | TypeArray:
		if err := checkForm(q.Value); err != nil {
			return Errorf(InvalidQualifierType, "qualifier %s: %v", q.Name, err)
		}
	default:
		return Errorf(InvalidQualifierType, "qualifier %s: %v is not a type of qualifier values", q.Name, q.Value.Type())
	}
	if q.Flavor&^(WritableFlavors|Propagated|SystemOrigin) != 0 {
		return Errorf(InvalidFlavor, "qualifier %s: flavor 0x%02X is not valid", q.Name, uint8(q.Flavor))
	}
	return nil
}
