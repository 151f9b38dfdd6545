package scripting

import (
	"iter"
	"slices"

	"openwmi/cim"
)

// A QualifierSet is a view of the qualifiers of a class, an instance, a property
// or a method (SWbemQualifierSet): those that are inherited, or come from the
// class of the instance, and the own ones, which go before. Those of a property
// include CIMTYPE. Those of a method cannot be changed.
type QualifierSet struct {
	object   *Object
	property string // "" for those of the object itself
	method   *method
}

// inherited returns the qualifiers that show without own ones.
func (s *QualifierSet) inherited() cim.Qualifiers {
	switch inst := s.object.inst; {
	case s.method != nil:
		return s.method.quals
	case inst != nil && s.property == "":
		return inherit(inst.Class().Qualifiers(), cim.ToInstance)
	case inst != nil:
		return inst.Class().Property(s.property).InstanceQualifiers()
	case s.object.class.super == nil:
		return nil
	case s.property == "":
		return inherit(s.object.class.super.Qualifiers(), cim.ToSubclass)
	}
	if p := s.object.class.above(s.property); p != nil {
		return inherit(p.Qualifiers(), cim.ToSubclass)
	}
	return nil
}

// local returns the own qualifiers.
func (s *QualifierSet) local() cim.Qualifiers {
	switch inst := s.object.inst; {
	case s.method != nil:
		return nil
	case inst != nil && s.property == "":
		return inst.LocalQualifiers()
	case inst != nil:
		return inst.LocalPropertyQualifiers(inst.Class().PropertyIndex(s.property))
	case s.property == "":
		return s.object.class.decl.Qualifiers
	}
	if p := s.object.class.decl.Property(s.property); p != nil {
		return p.Qualifiers
	}
	return nil
}

// setLocal replaces the own qualifiers.
func (s *QualifierSet) setLocal(qs cim.Qualifiers) error {
	switch inst := s.object.inst; {
	case s.method != nil:
		return cim.Errorf(ErrReadOnly, "methods cannot be changed here")
	case inst != nil && s.property == "":
		return inst.SetLocalQualifiers(qs)
	case inst != nil:
		return inst.SetLocalPropertyQualifiers(inst.Class().PropertyIndex(s.property), qs)
	case s.property == "":
		s.object.class.edit().Qualifiers = qs
		return nil
	}
	p := s.object.class.override(s.property)
	if p == nil {
		return cim.Errorf(ErrNotFound, "there is no property %.60q", s.property)
	}
	p.Qualifiers = qs
	return nil
}

const cimtype = "CIMTYPE"

// all returns what shows, CIMTYPE first.
func (s *QualifierSet) all() cim.Qualifiers {
	var out cim.Qualifiers
	if s.property != "" {
		if shape, ok := (&Property{s.object, s.property, false}).shape(); ok {
			q := cim.Qualifier{Name: cimtype, Value: cim.StringValue(cim.CIMType(shape.t, shape.class)), Flavor: cim.ToInstance | cim.ToSubclass}
			if s.object.inst != nil || !shape.local {
				q.Flavor |= cim.Propagated
			}
			out = append(out, q)
		}
	}
	out = append(out, s.inherited()...)
	for _, q := range s.local() {
		q.Flavor &^= cim.Propagated
		out.Set(q)
	}
	return out
}

// Item returns the named qualifier: ErrNotFound if there is none. Flags are 0.
func (s *QualifierSet) Item(name string, flags Flags) (*Qualifier, error) {
	const source = "SWbemQualifierSet.Item"
	if err := noFlags(source, flags); err != nil {
		return nil, err
	}
	q, ok := s.all().Get(name)
	if !ok {
		return nil, noQualifier(source, name)
	}
	return &Qualifier{s, q.Name}, nil
}

func noQualifier(source, name string) error {
	return fail(source, ErrNotFound, "there is no qualifier %.60q", name)
}

// Count returns the number of qualifiers.
func (s *QualifierSet) Count() int { return len(s.all()) }

// All yields the qualifiers that are there when the loop begins.
func (s *QualifierSet) All() iter.Seq[*Qualifier] {
	return func(yield func(*Qualifier) bool) {
		for _, q := range s.all() {
			if !yield(&Qualifier{s, q.Name}) {
				return
			}
		}
	}
}

// Add adds a qualifier or replaces the one of that name. Its value is a string,
// a bool, an integer of 32 bits, a real, or a slice of one of them. Scripts pass
// true for what they leave out: it propagates to subclasses and instances and
// can be overridden. On an instance nothing propagates to subclasses. Flags are
// 0.
//
// The error is ErrInvalidQualifierType for another value, ErrInvalidParameter
// for a name that is none, ErrOverrideNotAllowed if an inherited one forbids it,
// ErrCannotBeKey for key on an instance or on a property that cannot be one,
// ErrInvalidQualifier for key, indexed or not_null on a class, ErrReadOnly for
// methods. The qualifier CIMTYPE of a property of a class says more precisely
// which class its objects or references are of, or makes a string a datetime:
// ErrTypeMismatch for anything else.
// ("SWbemQualifierSet.Add method"; scripting-api.md 19)
func (s *QualifierSet) Add(name string, value any, propagatesToSubclasses, propagatesToInstances, overridable bool, flags Flags) (*Qualifier, error) {
	const source = "SWbemQualifierSet.Add"
	if err := noFlags(source, flags); err != nil {
		return nil, err
	}
	q := cim.Qualifier{Name: name}
	q.Flavor = setFlavor(q.Flavor, cim.ToSubclass, propagatesToSubclasses)
	q.Flavor = setFlavor(q.Flavor, cim.ToInstance, propagatesToInstances)
	q.Flavor = setFlavor(q.Flavor, cim.DisableOverride, !overridable)
	var err error
	if q.Value, err = qualifierValue(value); err == nil {
		err = s.put(q)
	}
	if err != nil {
		return nil, newError(source, err)
	}
	return &Qualifier{s, name}, nil
}

func setFlavor(f, bit cim.Flavor, on bool) cim.Flavor {
	if on {
		return f | bit
	}
	return f &^ bit
}

// qualifierValue returns a value of one of the types that qualifiers have.
func qualifierValue(value any) (cim.Value, error) {
	v, elems, err := natural(value, 0)
	if err != nil {
		return cim.Value{}, cim.Errorf(ErrInvalidQualifierType, "%v", err)
	}
	if elems == nil {
		return qualifierScalar(v)
	}
	t := cim.TypeString // of an empty array
	for i := range elems {
		if elems[i], err = qualifierScalar(elems[i]); err != nil {
			return cim.Value{}, err
		}
		if i == 0 {
			t = elems[i].Type()
		}
	}
	v, err = cim.ArrayValue(t, elems...)
	if err != nil {
		return cim.Value{}, cim.Errorf(ErrInvalidQualifierType, "%v", err)
	}
	return v, nil
}

func qualifierScalar(v cim.Value) (cim.Value, error) {
	t := v.Type()
	switch {
	case t == cim.TypeString, t == cim.TypeBoolean:
		return v, nil
	case t.IsReal():
		return cim.Convert(v, cim.TypeReal64)
	case t.IsInteger():
		if n, err := cim.Convert(v, cim.TypeSint32); err == nil {
			return n, nil
		}
	}
	return cim.Value{}, cim.Errorf(ErrInvalidQualifierType, "%v of type %v cannot be the value of a qualifier", v, t)
}

// put adds or replaces an own qualifier.
func (s *QualifierSet) put(q cim.Qualifier) error {
	if s.method != nil {
		return s.setLocal(nil)
	}
	onClass := s.object.inst == nil
	if onClass && s.property != "" && cim.EqualNames(q.Name, cimtype) {
		return s.setCIMType(q.Value)
	}
	if err := cim.CheckQualifier(q); err != nil {
		return err
	}
	if p, ok := s.inherited().Get(q.Name); ok && !q.CanOverride(p) {
		return cim.Errorf(ErrOverrideNotAllowed, "qualifier %s is inherited and must not be overridden", q.Name)
	}
	switch {
	case !onClass:
		q.Flavor &^= cim.ToSubclass
	case s.property == "" && slices.ContainsFunc([]string{"key", "indexed", "not_null"}, func(n string) bool { return cim.EqualNames(n, q.Name) }):
		return cim.Errorf(ErrInvalidQualifier, "qualifier %s belongs on a property", q.Name)
	case s.property != "" && cim.EqualNames(q.Name, "key") && q.Value.Bool():
		shape, _ := (&Property{s.object, s.property, false}).shape()
		if shape.t.IsArray() || shape.t.IsReal() || shape.t == cim.TypeObject {
			return cim.Errorf(ErrCannotBeKey, "property %s: a %v cannot be a key", s.property, shape.t)
		}
	}
	qs := slices.Clone(s.local())
	qs.Set(q)
	return s.setLocal(qs)
}

// setCIMType refines the type of a property of a class (model.md 11.3, note 5).
func (s *QualifierSet) setCIMType(v cim.Value) error {
	shape, _ := (&Property{s.object, s.property, false}).shape()
	text := v.Text()
	class, isRef := cutName(text, "ref:")
	object, isObject := cutName(text, "object:")
	to := shape.t.Elem()
	switch {
	case v.Type() == cim.TypeString && cim.EqualNames(text, cim.CIMType(shape.t, shape.class)):
		return nil
	case isRef && (to == cim.TypeReference || to == cim.TypeString) && (cim.IsIdentifier(class)):
		to = cim.TypeReference
	case isObject && to == cim.TypeObject && cim.IsIdentifier(object):
		class = object
	case cim.EqualNames(text, "datetime") && to == cim.TypeString:
		to, class = cim.TypeDatetime, ""
	default:
		return cim.Errorf(ErrTypeMismatch, "CIMTYPE of property %s, a %v, cannot become %.60v", s.property, shape.t, v)
	}
	p := s.object.class.override(s.property)
	if p == nil {
		return cim.Errorf(ErrNotFound, "there is no property %.60q", s.property)
	}
	if shape.t.IsArray() {
		to = to.ArrayOf()
	}
	if v, err := cim.Convert(p.Default, to); err == nil {
		p.Default = v
	} else {
		p.Default, p.HasDefault = cim.Value{}, false
	}
	p.Type, p.Class = to, class
	return nil
}

// Remove removes an own qualifier: ErrNotFound if there is none of that name,
// ErrInvalidOperation if it is inherited. ErrResetToDefault is the error of a
// success: what is inherited shows again (scripting-api.md, Decision S-28).
// Flags are 0.
func (s *QualifierSet) Remove(name string, flags Flags) error {
	const source = "SWbemQualifierSet.Remove"
	if err := noFlags(source, flags); err != nil {
		return err
	}
	q, ok := s.all().Get(name)
	switch {
	case !ok:
		return noQualifier(source, name)
	case !q.IsLocal() || cim.EqualNames(name, cimtype) && s.property != "":
		return fail(source, ErrInvalidOperation, "qualifier %s is not removed here: it is inherited or part of the type", name)
	}
	qs := slices.Clone(s.local())
	qs.Delete(name)
	if err := s.setLocal(qs); err != nil {
		return newError(source, err)
	}
	if s.inherited().Index(name) >= 0 {
		return resetToDefault(source, "qualifier", name)
	}
	return nil
}
