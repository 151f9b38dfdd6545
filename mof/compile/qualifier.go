package compile

import (
	"math"

	"openwmi/cim"
	"openwmi/mof"
)

// qualifiers appends the qualifiers of one element.
func (l *lowerer) qualifiers(to cim.Qualifiers, quals []mof.Qualifier) (cim.Qualifiers, error) {
	for i := range quals {
		q, ok, err := l.qualifier(&quals[i], cim.ToSubclass)
		if err != nil {
			return nil, at(&quals[i], err)
		}
		if ok {
			to = append(to, q)
		}
	}
	return to, nil
}

// qualifier returns a qualifier, and false for one that is not stored: a NULL is
// no qualifier at all (mof.md 4.1). defaults are the flavors that it may have
// without being told so.
func (l *lowerer) qualifier(q *mof.Qualifier, defaults cim.Flavor) (cim.Qualifier, bool, error) {
	r := l.rules.of(q.Name.Name)
	v, err := qualifierValue(q, r)
	switch {
	case err != nil || v.IsNull():
		return cim.Qualifier{}, false, err
	case r.role == key && !v.Bool() && l.lenient:
		return cim.Qualifier{}, false, nil // Key(FALSE): model.md 11.4, Decision
	case r.role == direction && v.Type() != cim.TypeBoolean:
		if b, err := cim.Convert(v, cim.TypeBoolean); err == nil {
			v = b
		}
	}
	out := cim.Qualifier{Name: q.Name.Name, Value: v}
	switch {
	case len(q.Flavors) == 0:
		out.Flavor = r.flavor &^ (cim.ToSubclass &^ defaults)
		if l.listing && r.kept {
			out.Flavor &^= cim.Amended
		}
	case l.rules.dmtf:
		out.Flavor = flavorOf(q.Flavors, cim.ToSubclass&defaults)
	default:
		// They replace those of a declaration: mof.md 6.
		out.Flavor = flavorOf(q.Flavors, 0)
	}
	return out, true, nil
}

// qualifierValue returns the value of a use as it is stored.
func qualifierValue(q *mof.Qualifier, r *rule) (cim.Value, error) {
	switch v := q.Value.(type) {
	case nil:
		return r.def, nil
	case *mof.NullLit:
		return cim.Value{}, nil
	case *mof.StringLit: // most are
		if r.typ == cim.TypeString || r.typ == 0 && r.role != texts {
			return cim.StringValue(v.Value), nil
		}
	}
	if r.role == texts {
		return literals(q.Value, cim.TypeString|cim.TypeArray)
	}
	if r.typ != 0 {
		// A value that does not fit is an error where the declaration is in
		// the same unit, and Check has found it. A declaration that the
		// namespace keeps only helps.
		if v, err := literals(q.Value, r.typ); err == nil {
			return stored(v), nil
		}
	}
	return freeValue(q.Value)
}

// freeValue returns a value whose literals decide on its type. mof.md 4.1
func freeValue(v mof.Value) (cim.Value, error) {
	list, isArray := v.(*mof.ArrayLit)
	if !isArray {
		t, err := literalType(v)
		if err != nil {
			return cim.Value{}, err
		}
		return mof.Literal(v, t)
	}
	t := cim.TypeString // of an array without elements
	for i, e := range list.Elems {
		et, err := literalType(e)
		switch {
		case err != nil:
			return cim.Value{}, at(e, err)
		case i == 0, et == cim.TypeReal64, et == cim.TypeSint64 && t == cim.TypeSint32:
			t = et
		}
	}
	return literals(v, t.ArrayOf())
}

// literalType returns the type that a literal gives to a qualifier.
func literalType(v mof.Value) (cim.Type, error) {
	switch v := v.(type) {
	case *mof.StringLit:
		return cim.TypeString, nil
	case *mof.BoolLit:
		return cim.TypeBoolean, nil
	case *mof.CharLit:
		return cim.TypeSint32, nil
	case *mof.NumberLit:
		if v.IsReal() {
			return cim.TypeReal64, nil
		}
		negative, magnitude, _ := v.Int()
		if magnitude <= math.MaxInt32 || negative && magnitude == -math.MinInt32 {
			return cim.TypeSint32, nil
		}
		return cim.TypeSint64, nil
	}
	return 0, cim.Errorf(cim.MOFTypeMismatch, "this cannot be the value of a qualifier")
}
