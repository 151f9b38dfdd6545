package repository

import (
	"strings"

	"openwmi/cim"
)

// HasQualifiers reports whether the instance or a property of it has qualifiers
// of its own.
func (r *Record) HasQualifiers() bool { return r.d.in[1]&withQualifiers != 0 }

// Project returns an instance of class that has only some properties: its i-th
// is that at position from[i] of the class of the record, and of the same type.
// Nothing else is decoded. It belongs to the caller and outlives the record; its
// own qualifiers are left out.
func (r *Record) Project(class *cim.Class, from []int) (*cim.Instance, error) {
	d := r.d
	inst := cim.NewInstance(class)
	for i, k := range from {
		v, set := r.layout.at(&d, k)
		if d.err != nil {
			return inst, d.err
		}
		if set {
			inst.Put(i, r.own(k, v, d.at))
		}
	}
	inst.SetOrigin(r.origin)
	return inst, nil
}

// own returns the value of the property at position k so that it does not share
// the bytes of the record, in which its content ends at end.
func (r *Record) own(k int, v cim.Value, end int) cim.Value {
	t := v.Type()
	switch {
	case v.IsNull() || r.layout.slots[k].size > 0:
		return v
	case !t.IsArray() && t.IsText():
		return cim.TextValue(t, strings.Clone(v.Text()))
	}
	// Texts may be anywhere in it, so it is read again from a copy.
	d := r.d
	d = decoder{in: cloneString(r.d.in[r.layout.content(&d, k):end])}
	return d.content(t)
}
