package cim

// As returns the instance as one of class c, such as the class of the same name
// in another namespace: the properties that have a value of their own, by name,
// and the qualifiers of its own (put.md 5.4, 6). The result shares what the
// instance holds, and is the instance itself if that is of class c already.
//
// The error is InvalidProperty for a property that c does not have,
// TypeMismatch for one of another type, what SetLocalQualifiers says, and what
// Check says of the result.
func (i *Instance) As(c *Class) (*Instance, error) {
	if i.class == c {
		return i, i.Check()
	}
	out := NewInstance(c)
	for k, p := range i.class.Properties() {
		at := c.PropertyIndex(p.Name())
		if at < 0 {
			return nil, Errorf(InvalidProperty, "class %s has no property %s", c.Name(), p.Name())
		}
		if q := c.Properties()[at]; q.Type() != p.Type() {
			return nil, Errorf(TypeMismatch, "property %s.%s is %v, not %v", c.Name(), p.Name(), q.Type(), p.Type())
		}
		if i.IsSet(k) {
			out.Put(at, i.At(k))
		}
		if qs := i.LocalPropertyQualifiers(k); len(qs) > 0 {
			if err := out.SetLocalPropertyQualifiers(at, qs); err != nil {
				return nil, err
			}
		}
	}
	if qs := i.LocalQualifiers(); len(qs) > 0 {
		if err := out.SetLocalQualifiers(qs); err != nil {
			return nil, err
		}
	}
	return out, out.Check()
}
