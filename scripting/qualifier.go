package scripting

import "openwmi/cim"

// A Qualifier is a view of one qualifier (SWbemQualifier). Changing one that is
// inherited makes an own one of it, with the errors of QualifierSet.Add. One
// that was removed has no value.
type Qualifier struct {
	set  *QualifierSet
	name string
}

func (q *Qualifier) get() cim.Qualifier {
	v, _ := q.set.all().Get(q.name)
	return v
}

// Name returns the name.
func (q *Qualifier) Name() string { return q.name }

// Value returns the value: ErrNotFound if the qualifier was removed.
func (q *Qualifier) Value() (any, error) {
	v, ok := q.set.all().Get(q.name)
	if !ok {
		return nil, noQualifier("SWbemQualifier.Value", q.name)
	}
	return toVariant(v.Value, nil, Security{}), nil
}

// SetValue changes the value.
func (q *Qualifier) SetValue(value any) error {
	const source = "SWbemQualifier.Value"
	v, err := qualifierValue(value)
	if err != nil {
		return newError(source, err)
	}
	return q.change(source, func(to *cim.Qualifier) { to.Value = v })
}

func (q *Qualifier) change(source string, f func(*cim.Qualifier)) error {
	v, ok := q.set.all().Get(q.name)
	if !ok {
		return noQualifier(source, q.name)
	}
	v.Flavor &= cim.WritableFlavors
	f(&v)
	return newError(source, q.set.put(v))
}

// IsLocal reports whether the qualifier is an own one and not inherited.
func (q *Qualifier) IsLocal() bool { return q.get().IsLocal() }

// IsAmended reports whether the qualifier is localizable text.
func (q *Qualifier) IsAmended() bool { return q.get().Flavor&cim.Amended != 0 }

// PropagatesToSubclass reports whether subclasses inherit the qualifier.
func (q *Qualifier) PropagatesToSubclass() bool { return q.get().Flavor&cim.ToSubclass != 0 }

// SetPropagatesToSubclass says whether subclasses inherit the qualifier.
func (q *Qualifier) SetPropagatesToSubclass(on bool) error {
	return q.setFlavor("SWbemQualifier.PropagatesToSubclass", cim.ToSubclass, on)
}

// PropagatesToInstance reports whether instances have the qualifier.
func (q *Qualifier) PropagatesToInstance() bool { return q.get().Flavor&cim.ToInstance != 0 }

// SetPropagatesToInstance says whether instances have the qualifier.
func (q *Qualifier) SetPropagatesToInstance(on bool) error {
	return q.setFlavor("SWbemQualifier.PropagatesToInstance", cim.ToInstance, on)
}

// IsOverridable reports whether whoever inherits the qualifier may change its
// value.
func (q *Qualifier) IsOverridable() bool { return q.get().Flavor&cim.DisableOverride == 0 }

// SetIsOverridable says whether whoever inherits the qualifier may change its
// value.
func (q *Qualifier) SetIsOverridable(on bool) error {
	return q.setFlavor("SWbemQualifier.IsOverridable", cim.DisableOverride, !on)
}

func (q *Qualifier) setFlavor(source string, bit cim.Flavor, on bool) error {
	return q.change(source, func(to *cim.Qualifier) { to.Flavor = setFlavor(to.Flavor, bit, on) })
}
