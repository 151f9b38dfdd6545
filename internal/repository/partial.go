package repository

import (
	"openwmi/cim"
	"openwmi/wbem"
)

// A Partial says which properties of an instance a put changes (put.md 8.2).
// Nil is a full update. It is for UpdateOnly alone.
type Partial struct {
	// Properties are the names of the properties to write; nil means all.
	Properties []string
	// StrictNulls says that NULL is meant: otherwise a property that is NULL
	// stays as it is stored.
	StrictNulls bool
}

// Check returns the error of a partial update of an instance of a class, nil for
// a full one: InvalidContext without the flag UpdateOnly, InvalidProperty for a
// property that the class does not have (put.md 8.2, rules 1 and 5).
func (p *Partial) Check(c *cim.Class, flags wbem.Flags) error {
	if p == nil {
		return nil
	}
	if flags&wbem.UpdateOnly == 0 {
		return cim.Errorf(wbem.InvalidContext, "a partial update needs the flag UpdateOnly")
	}
	for _, name := range p.Properties {
		if c.PropertyIndex(name) < 0 {
			return cim.Errorf(wbem.InvalidProperty, "class %s has no property %.100s", c.Name(), name)
		}
	}
	return nil
}

// apply returns the stored instance with the properties that p takes from the
// one given (put.md 8.2, Decision P-26).
func (p *Partial) apply(s *schema, put *instancePut) (*cim.Instance, error) {
	out, err := s.instance(put.place, put.old)
	if err != nil {
		return nil, err
	}
	take := func(k int) {
		if v := put.inst.At(k); !v.IsNull() || p.StrictNulls {
			if put.inst.IsSet(k) {
				out.Put(k, v)
			} else {
				out.Reset(k)
			}
		}
	}
	for _, name := range p.Properties {
		take(put.class.PropertyIndex(name))
	}
	if p.Properties == nil {
		for k := range put.class.Properties() {
			take(k)
		}
	}
	return out, nil
}
