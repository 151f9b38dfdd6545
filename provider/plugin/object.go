package plugin

import (
	"math"

	"openwmi/cim"
	"openwmi/provider/plugin/pluginpb"
	"openwmi/wbem"
)

// object returns what stands for an instance or a class.
func (c *coder) object(o cim.Object) *pluginpb.Object {
	p := &pluginpb.Object{}
	if class, ok := o.(*cim.Class); ok {
		p.IsClass = true
		c.refer(p, class)
		return p
	}
	inst := o.(*cim.Instance)
	class := inst.Class()
	c.refer(p, class)
	for k, def := range class.Properties() {
		local := inst.LocalPropertyQualifiers(k)
		set := inst.IsSet(k)
		if !set && len(local) == 0 {
			continue
		}
		prop := &pluginpb.Property{Name: def.Name(), Unset: !set, Qualifiers: c.qualifiers(local)}
		if set {
			prop.Value = c.value(inst.At(k))
		}
		p.Properties = append(p.Properties, prop)
	}
	p.Qualifiers = c.qualifiers(inst.LocalQualifiers())
	if origin := inst.Origin(); origin != nil {
		p.HasOrigin, p.Server, p.Namespace = true, origin.Server, origin.Namespace
	}
	return p
}

// instance is object for an instance that may be nil.
func (c *coder) instance(inst *cim.Instance) *pluginpb.Object {
	if inst == nil {
		return nil
	}
	return c.object(inst)
}

// fromObject returns the object that p stands for.
func (c *coder) fromObject(p *pluginpb.Object, depth int) (cim.Object, error) {
	switch {
	case p == nil:
		return nil, cim.Errorf(wbem.InvalidObject, "there is no object")
	case depth > cim.MaxNesting:
		return nil, cim.Errorf(wbem.InvalidObject, "objects are nested more than %d deep", cim.MaxNesting)
	}
	class, err := c.find(p, depth)
	if err != nil {
		return nil, err
	}
	if p.IsClass {
		return class, nil
	}
	inst := cim.NewInstance(class)
	for _, prop := range p.Properties {
		k := class.PropertyIndex(prop.Name)
		if k < 0 {
			return nil, cim.Errorf(wbem.InvalidObject, "class %s has no property %.100q", class.Name(), prop.Name)
		}
		if !prop.Unset {
			v, err := c.fromValue(prop.Value, depth)
			if err == nil && !v.IsNull() && v.Type() != class.Properties()[k].Type() {
				err = cim.Errorf(wbem.TypeMismatch, "it is a %v and no %v", v.Type(), class.Properties()[k].Type())
			}
			if err != nil {
				return nil, cim.Errorf(wbem.StatusOf(err), "%s.%s: %v", class.Name(), class.Properties()[k].Name(), err)
			}
			inst.Put(k, v)
		}
		if len(prop.Qualifiers) > 0 {
			local, err := c.fromQualifiers(prop.Qualifiers)
			if err == nil {
				err = inst.SetLocalPropertyQualifiers(k, local)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	if len(p.Qualifiers) > 0 {
		local, err := c.fromQualifiers(p.Qualifiers)
		if err == nil {
			err = inst.SetLocalQualifiers(local)
		}
		if err != nil {
			return nil, err
		}
	}
	if p.HasOrigin {
		inst.SetOrigin(&cim.Origin{Server: p.Server, Namespace: p.Namespace})
	}
	if c.strict && depth == 0 {
		if err := inst.Check(); err != nil {
			return nil, err
		}
	}
	return inst, nil
}

// fromInstance is fromObject for what has to be an instance; nil for nil.
func (c *coder) fromInstance(p *pluginpb.Object) (*cim.Instance, error) {
	if p == nil {
		return nil, nil
	}
	o, err := c.fromObject(p, 0)
	if err != nil {
		return nil, err
	}
	inst, ok := o.(*cim.Instance)
	if !ok {
		return nil, cim.Errorf(wbem.InvalidObject, "it is a class and no instance")
	}
	return inst, nil
}

// class returns the definition of a class and of its superclasses.
func (c *coder) class(class *cim.Class) *pluginpb.Class {
	if class == nil {
		return nil
	}
	decl := class.Decl()
	p := &pluginpb.Class{Name: decl.Name, Super: c.class(class.Super()), Qualifiers: c.qualifiers(decl.Qualifiers)}
	for i := range decl.Properties {
		d := &decl.Properties[i]
		p.Properties = append(p.Properties, &pluginpb.PropertyDecl{
			Name: d.Name, Type: uint32(d.Type), Class: d.Class, Qualifiers: c.qualifiers(d.Qualifiers),
			HasDefault: d.HasDefault, Default: c.value(d.Default),
		})
	}
	for i := range decl.Methods {
		d := &decl.Methods[i]
		m := &pluginpb.MethodDecl{Name: d.Name, Qualifiers: c.qualifiers(d.Qualifiers), Return: uint32(d.Return), ReturnClass: d.ReturnClass}
		for j := range d.Parameters {
			a := &d.Parameters[j]
			m.Parameters = append(m.Parameters, &pluginpb.PropertyDecl{
				Name: a.Name, Type: uint32(a.Type), Class: a.Class, Qualifiers: c.qualifiers(a.Qualifiers),
				HasDefault: a.HasDefault, Default: c.value(a.Default),
			})
		}
		p.Methods = append(p.Methods, m)
	}
	if o := class.Origin(); o != nil {
		p.HasOrigin, p.Server, p.Namespace = true, o.Server, o.Namespace
	}
	return p
}

// fromClass returns the class that p defines. depth counts the objects and
// classes that it is in.
func (c *coder) fromClass(p *pluginpb.Class, depth int) (*cim.Class, error) {
	if depth > cim.MaxDerivation {
		return nil, cim.Errorf(wbem.QuotaViolation, "a class has more than %d superclasses", cim.MaxDerivation)
	}
	var super *cim.Class
	decl := &cim.ClassDecl{Name: p.Name}
	var err error
	if p.Super != nil {
		if super, err = c.fromClass(p.Super, depth+1); err != nil {
			return nil, err
		}
		decl.Super = super.Name()
	}
	if decl.Qualifiers, err = c.fromQualifiers(p.Qualifiers); err != nil {
		return nil, err
	}
	for _, d := range p.Properties {
		prop, err := c.fromDecl(d, depth)
		if err != nil {
			return nil, err
		}
		decl.Properties = append(decl.Properties, cim.PropertyDecl(prop))
	}
	for _, d := range p.Methods {
		m := cim.MethodDecl{Name: d.Name, Return: cim.Type(d.Return), ReturnClass: d.ReturnClass}
		if m.Qualifiers, err = c.fromQualifiers(d.Qualifiers); err != nil {
			return nil, err
		}
		for _, a := range d.Parameters {
			param, err := c.fromDecl(a, depth)
			if err != nil {
				return nil, err
			}
			m.Parameters = append(m.Parameters, param)
		}
		decl.Methods = append(decl.Methods, m)
	}
	define := cim.Restore
	if c.strict {
		define = cim.Derive
	}
	class, err := define(super, decl)
	if err == nil && p.HasOrigin {
		class = class.At(&cim.Origin{Server: p.Server, Namespace: p.Namespace})
	}
	return class, err
}

// fromDecl returns the declaration of a parameter, or of a property, which has
// the same fields.
func (c *coder) fromDecl(d *pluginpb.PropertyDecl, depth int) (cim.ParameterDecl, error) {
	p := cim.ParameterDecl{Name: d.Name, Type: cim.Type(d.Type), Class: d.Class, HasDefault: d.HasDefault}
	if d.Type > math.MaxUint16 {
		return p, cim.Errorf(wbem.TypeMismatch, "there is no type %d", d.Type)
	}
	var err error
	if p.Qualifiers, err = c.fromQualifiers(d.Qualifiers); err != nil {
		return p, err
	}
	p.Default, err = c.fromValue(d.Default, depth)
	return p, err
}

func (c *coder) qualifiers(qs cim.Qualifiers) []*pluginpb.Qualifier {
	var all []*pluginpb.Qualifier
	for _, q := range qs {
		all = append(all, &pluginpb.Qualifier{Name: q.Name, Value: c.value(q.Value), Flavor: uint32(q.Flavor)})
	}
	return all
}

func (c *coder) fromQualifiers(all []*pluginpb.Qualifier) (cim.Qualifiers, error) {
	var qs cim.Qualifiers
	for _, q := range all {
		v, err := c.fromValue(q.Value, cim.MaxNesting)
		if err != nil {
			return nil, err
		}
		qs = append(qs, cim.Qualifier{Name: q.Name, Value: v, Flavor: cim.Flavor(q.Flavor)})
	}
	return qs, nil
}
