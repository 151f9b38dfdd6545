package cim

import "math"

// CheckValue returns an error if v cannot be the value of a property of that
// type. class is the class that an embedded object must be of, "" for any.
//
// It looks at what v holds and not only at its type, because NumberValue,
// TextValue and their like check nothing. The error is TypeMismatch for another
// type, for content of another form than the type has, and for a text that is
// no datetime; ValueOutOfRange for a number that the type cannot hold;
// IllegalNull for an embedded object that is nil; InvalidObject for one without
// a class and for objects nested more than MaxNesting deep; QuotaViolation for
// more than MaxEmbedded of them; and what Instance.Check says of an instance.
func CheckValue(v Value, t Type, class string) error {
	c := checker{nest: newNest()}
	return c.value(v, t, class)
}

// Check returns an error if a property of the instance has a value that it
// cannot have, or if its own qualifiers are not valid: that is possible after
// Put, SetClass, or a change of what the instance holds. Errors are those of
// CheckValue, CheckQualifier and, for an instance that embeds itself,
// CircularReference. An instance that NewInstance did not make is InvalidObject.
func (i *Instance) Check() error {
	if definition(i) == nil {
		return Errorf(InvalidObject, "the instance has no class")
	}
	c := checker{nest: newNest(), outer: i}
	return c.instance(i)
}

// A checker checks one value and the objects in it.
type checker struct {
	nest
	outer *Instance // must not be found in itself
}

func (c *checker) value(v Value, t Type, class string) error {
	switch {
	case v.IsNull():
		return nil
	case v.typ != t:
		return Errorf(TypeMismatch, "value of type %v where %v is declared", v.typ, t)
	case t.Elem() == TypeObject:
		return c.objects(v, class)
	}
	return checkForm(v)
}

// objects checks the embedded objects of a value.
func (c *checker) objects(v Value, class string) error {
	if !v.typ.IsArray() {
		o, ok := v.ref.(Object)
		if !ok {
			return badForm(v)
		}
		return c.object(o, class)
	}
	list, ok := v.ref.([]Object)
	if !ok {
		return badForm(v)
	}
	for _, o := range list {
		if err := c.object(o, class); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) object(o Object, class string) error {
	inst, isInstance := o.(*Instance)
	def, isClass := o.(*Class)
	switch {
	case o == nil, isInstance && inst == nil, isClass && def == nil:
		return Errorf(IllegalNull, "an embedded object is nil")
	case !isInstance && !isClass:
		return Errorf(TypeMismatch, "an embedded %T is neither a class nor an instance", o)
	case inst != nil && inst == c.outer:
		return Errorf(CircularReference, "the instance would be embedded in itself")
	}
	if def = definition(o); def == nil {
		return Errorf(InvalidObject, "an embedded object has no class")
	}
	if class != "" && !def.IsA(class) {
		return Errorf(TypeMismatch, "object of class %s where %s is declared", def.Name(), class)
	}
	if err := c.enter(len(def.props)); err != nil {
		return err
	}
	defer c.leave()
	if isInstance {
		if err := c.instance(inst); err != nil {
			return err
		}
	}
	for d := def.objects; d != nil; d = d.above {
		for _, v := range d.values {
			if err := c.objects(v, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *checker) instance(i *Instance) error {
	for k := range i.slots {
		s := &i.slots[k]
		if !s.set {
			continue
		}
		p := i.class.props[k]
		if err := c.value(s.value, p.decl.Type, p.refClass); err != nil {
			if c.depth > 0 && s.value.typ.Elem() == TypeObject {
				return err // it names the innermost property, and Check the outermost
			}
			return Errorf(StatusOf(err), "property %s.%s: %v", i.ClassName(), p.Name(), err)
		}
	}
	if i.extra == nil {
		return nil
	}
	for k, qs := range i.extra.props {
		if err := normalize(qs, "property "+i.ClassName()+"."+i.class.props[k].Name()); err != nil {
			return err
		}
	}
	return normalize(i.extra.quals, "instance of "+i.ClassName())
}

// checkForm checks that a value which is not NULL and holds no objects holds
// what its type says.
func checkForm(v Value) error {
	info := v.typ.info()
	switch {
	case info.kind == kindNone, info.kind == kindObject:
		return Errorf(TypeMismatch, "type %d is not that of a value here", uint16(v.typ))
	case v.typ.IsArray():
		return checkArray(v, info)
	case info.kind != kindText:
		if v.ref != nil {
			return badForm(v)
		}
		if !info.holds(v.num) {
			return outOfRange(v.typ, v.num)
		}
		return nil
	}
	if _, ok := v.ref.(textptr); !ok {
		return badForm(v)
	}
	if v.typ == TypeDatetime {
		_, err := ParseDatetime(v.Text())
		return err
	}
	return nil
}

func checkArray(v Value, info typeInfo) error {
	switch a := v.ref.(type) {
	case []byte:
		if v.typ.Elem() == TypeUint8 {
			return nil
		}
	case []string:
		if info.kind != kindText {
			break
		}
		if v.typ.Elem() == TypeDatetime {
			for _, s := range a {
				if _, err := ParseDatetime(s); err != nil {
					return err
				}
			}
		}
		return nil
	case []uint64:
		if info.kind == kindText || v.typ.Elem() == TypeUint8 {
			break
		}
		for _, bits := range a {
			if !info.holds(bits) {
				return outOfRange(v.typ.Elem(), bits)
			}
		}
		return nil
	}
	return badForm(v)
}

// holds reports whether the bits are those of a value of the type, see
// NumberValue.
func (t *typeInfo) holds(bits uint64) bool {
	switch t.kind {
	case kindSigned:
		shift := 64 - t.bits
		return int64(bits)<<shift>>shift == int64(bits)
	case kindReal:
		f := math.Float64frombits(bits)
		return t.bits == 64 || f != f || float64(float32(f)) == f
	}
	return bits>>(t.bits-1)>>1 == 0
}

func outOfRange(t Type, bits uint64) error {
	return Errorf(ValueOutOfRange, "the bits 0x%X are not those of a %v", bits, t)
}

func badForm(v Value) error {
	return Errorf(TypeMismatch, "a value of type %v holds something else", v.typ)
}
