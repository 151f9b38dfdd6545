package compile

import (
	"openwmi/cim"
	"openwmi/mof"
)

// value returns a value as one of type t. Only references can have an alias, and
// only objects an object. mof.md 4.1
func (l *lowerer) value(v mof.Value, t cim.Type) (cim.Value, error) {
	switch elem := t.Elem(); elem {
	case cim.TypeReference, cim.TypeObject:
	default:
		if err := noAlias(v, elem); err != nil {
			return cim.Value{}, err
		}
		return literals(v, t)
	}
	if _, ok := v.(*mof.NullLit); ok {
		return cim.Value{}, nil
	}
	if t.IsArray() {
		return array(v, t.Elem(), func(e mof.Value) (cim.Value, error) { return l.scalar(e, t.Elem()) })
	}
	if _, ok := v.(*mof.ArrayLit); ok {
		return cim.Value{}, faultf(v, cim.MOFUnexpectedArrayInit, "braces around the value of what is not an array")
	}
	return l.scalar(v, t)
}

// scalar returns a single value of a reference or an object.
func (l *lowerer) scalar(v mof.Value, t cim.Type) (cim.Value, error) {
	switch v := v.(type) {
	case *mof.AliasRef:
		if err := noAlias(v, t); err != nil {
			return cim.Value{}, err
		}
		path, err := l.aliases.path(v, l.namespace)
		return cim.ReferenceValue(path), at(v, err)
	case *mof.InstanceDecl:
		if t == cim.TypeObject {
			inst, err := l.instance(v)
			if err != nil {
				return cim.Value{}, err
			}
			return cim.ObjectValue(inst), nil
		}
	case *mof.ClassDecl:
		if t == cim.TypeObject {
			return l.embeddedClass(v)
		}
	}
	value, err := mof.Literal(v, t)
	return value, at(v, err)
}

// noAlias reports an alias where a value of type t is wanted.
func noAlias(v mof.Value, t cim.Type) error {
	for _, e := range elements(v) {
		if _, ok := e.(*mof.AliasRef); !ok {
			continue
		}
		switch t {
		case cim.TypeReference:
			return nil
		case cim.TypeObject:
			return faultf(e, cim.MOFAliasesInEmbedded, "an alias stands for a path, not for an embedded object")
		}
		return faultf(e, cim.MOFUnexpectedAlias, "an alias can only be the value of a reference")
	}
	return nil
}

// embeddedClass returns a class that is a value, below its superclass.
func (l *lowerer) embeddedClass(d *mof.ClassDecl) (cim.Value, error) {
	decl, err := l.classDecl(d)
	if err != nil {
		return cim.Value{}, err
	}
	var super *cim.Class
	if d.Super.Name != "" {
		if super, err = l.world.class(l.namespace, d.Super.Name); err != nil {
			return cim.Value{}, at(d.Super, replace(err, cim.NotFound, cim.InvalidSuperclass))
		}
	}
	c, err := cim.Derive(super, decl)
	if err != nil {
		return cim.Value{}, at(d, err)
	}
	return cim.ObjectValue(c), nil
}

// replace gives err the status to if it has the status from.
func replace(err error, from, to cim.Status) error {
	if cim.StatusOf(err) != from {
		return err
	}
	return cim.Errorf(to, "%s", detail(err))
}

// instance returns an instance of a class that is there: InvalidClass if it is
// not, InvalidProperty for a property that the class does not have.
func (l *lowerer) instance(d *mof.InstanceDecl) (*cim.Instance, error) {
	c, err := l.world.class(l.namespace, d.Class.Name)
	if err != nil {
		return nil, at(d.Class, replace(err, cim.NotFound, cim.InvalidClass))
	}
	inst := cim.NewInstance(c)
	if err := l.instanceQualifiers(d.Qualifiers, inst.SetLocalQualifiers); err != nil {
		return nil, at(d, err)
	}
	for i := range d.Properties {
		a := &d.Properties[i]
		k := c.PropertyIndex(a.Name.Name)
		if k < 0 {
			return nil, faultf(a.Name, cim.InvalidProperty, "class %s has no property %s", c.Name(), a.Name.Name)
		}
		err := l.instanceQualifiers(a.Qualifiers, func(qs cim.Qualifiers) error {
			return inst.SetLocalPropertyQualifiers(k, qs)
		})
		if err != nil {
			return nil, at(a, err)
		}
		if a.Value == nil {
			continue
		}
		v, err := l.value(a.Value, c.Properties()[k].Type())
		if err == nil {
			err = inst.SetIndex(k, v)
		}
		if err != nil {
			return nil, at(a.Value, err)
		}
	}
	return inst, nil
}

// instanceQualifiers gives the qualifiers of an instance or of one of its
// properties to set. They go to no subclass, unless that is written, which set
// refuses.
func (l *lowerer) instanceQualifiers(quals []mof.Qualifier, set func(cim.Qualifiers) error) error {
	if len(quals) == 0 {
		return nil
	}
	var qs cim.Qualifiers
	for i := range quals {
		q, ok, err := l.qualifier(&quals[i], 0)
		if err != nil {
			return at(&quals[i], err)
		}
		if ok {
			qs = append(qs, q)
		}
	}
	return set(qs)
}
