package cimxml

import (
	"errors"
	"slices"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
)

// newClass returns the class in a parameter.
func (o *operation) newClass(name string) *cim.ClassDecl {
	p := o.take(name, "CLASS")
	o.required(name, p != nil)
	if p == nil {
		return nil
	}
	return p.decl
}

func createClass(o *operation) error {
	decl := o.newClass("NewClass")
	if err := o.finish(); err != nil {
		return err
	}
	return o.svc.PutClass(o.ctx, decl, wbem.Options{Flags: wbem.CreateOnly})
}

// modifyClass changes a class as far as that harms neither subclasses nor
// instances.
func modifyClass(o *operation) error {
	decl := o.newClass("ModifiedClass")
	err := o.finish()
	if err == nil {
		err = o.exists(decl.Name, NotFound)
	}
	if err != nil {
		return err
	}
	return o.svc.PutClass(o.ctx, decl, wbem.Options{Flags: wbem.UpdateOnly | wbem.UpdateSafeMode})
}

// deleteClass deletes a class on which nothing depends, unlike WMI. DSP0200
// 5.3.2.3
func deleteClass(o *operation) error {
	name := o.mustClassName("ClassName")
	err := o.finish()
	if err == nil {
		err = o.exists(name, NotFound)
	}
	if err != nil {
		return err
	}
	for sub, err := range o.svc.Classes(o.ctx, name, wbem.Options{Flags: wbem.Shallow}) {
		if err != nil {
			return err
		}
		return coded(ClassHasChildren, "class %s derives from %s", sub.Name(), name)
	}
	for _, err := range o.svc.Instances(o.ctx, name, wbem.Options{Flags: wbem.Shallow}) {
		switch {
		case err == nil:
			return coded(ClassHasInstances, "class %s has instances", name)
		case !unavailable(err):
			return err
		}
		// A provider that cannot enumerate keeps no instances here.
	}
	// What was created since then must not go with the class.
	if d, ok := o.svc.(wbem.UnusedClassDeleter); ok {
		return d.DeleteUnusedClass(o.ctx, name, wbem.Options{})
	}
	return o.svc.DeleteClass(o.ctx, name, wbem.Options{})
}

// unavailable reports whether an operation has failed because no provider carries
// it out.
func unavailable(err error) bool {
	s := wbem.StatusOf(err)
	return s == wbem.ProviderNotFound || s == wbem.ProviderNotCapable || s == wbem.ProviderLoadFailure
}

func createInstance(o *operation) error {
	p := o.take("NewInstance", "INSTANCE", "VALUE.NAMEDINSTANCE")
	o.required("NewInstance", p != nil)
	if err := o.finish(); err != nil {
		return err
	}
	path, err := o.svc.PutInstance(o.ctx, p.inst, wbem.Options{Flags: wbem.CreateOnly})
	if err != nil {
		return err
	}
	path.Server, path.Namespace = "", ""
	o.begin()
	return o.append(func(b []byte) ([]byte, error) { return o.encoder().AppendPath(b, path), nil })
}

// modifyInstance changes the listed properties of an instance, or all that the
// message has. DSP0200 5.3.2.8
func modifyInstance(o *operation) error {
	p := o.take("ModifiedInstance", "VALUE.NAMEDINSTANCE", "VALUE.INSTANCEWITHPATH")
	o.required("ModifiedInstance", p != nil)
	o.boolean("IncludeQualifiers", true)
	list := o.list("PropertyList")
	if err := o.finish(); err != nil {
		return err
	}
	if !cim.EqualNames(p.path.Class, p.inst.ClassName()) {
		return coded(InvalidParameter, "the instance is of class %s, its path is one of class %s", p.inst.ClassName(), p.path.Class)
	}
	if p.path.Namespace != "" && !cim.EqualNames(p.path.Namespace, o.svc.Namespace()) {
		return coded(InvalidParameter, "the path of the instance is one of namespace %s", p.path.Namespace)
	}
	if err := sameKeys(p.inst, p.path); err != nil {
		return err
	}
	if list == nil {
		for k, prop := range p.inst.Class().Properties() {
			if p.inst.IsSet(k) {
				list = append(list, prop.Name())
			}
		}
	} else if i := slices.IndexFunc(list, func(name string) bool { return p.inst.Class().Property(name) == nil }); i >= 0 {
		return coded(NoSuchProperty, "class %s has no property %.60q", p.inst.ClassName(), list[i])
	}
	if len(list) == 0 {
		_, err := o.instance(p.path, wbem.Options{})
		return err
	}
	_, err := o.svc.PutInstance(o.ctx, p.inst, wbem.Options{Flags: wbem.UpdateOnly, Context: partial(list)})
	return err
}

// sameKeys complains about an instance whose keys are others than those of the
// path: keys cannot change.
func sameKeys(inst *cim.Instance, path cim.Path) error {
	keys, err := cim.KeyValues(inst.Class(), path)
	if err != nil {
		return err
	}
	for i, k := range inst.Class().Keys() {
		if !inst.At(k).EqualFold(keys[i]) {
			return coded(InvalidParameter, "key %s cannot be changed", inst.Class().Properties()[k].Name())
		}
	}
	return nil
}

// partial returns what asks for an update of these properties alone, NULL
// included. put.md 8.1
func partial(properties []string) *wbem.Context {
	c := &wbem.Context{}
	c.Set("__PUT_EXTENSIONS", cim.BoolValue(true))
	c.Set("__PUT_EXT_CLIENT_REQUEST", cim.BoolValue(true))
	c.Set("__PUT_EXT_PROPERTIES", cim.StringsValue(properties))
	c.Set("__PUT_EXT_STRICT_NULLS", cim.BoolValue(true))
	return c
}

func deleteInstance(o *operation) error {
	path := o.instanceName("InstanceName")
	if err := o.finish(); err != nil {
		return err
	}
	err := o.svc.DeleteInstance(o.ctx, path, wbem.Options{})
	if errors.Is(err, wbem.NotFound) {
		if missing := o.exists(path.Class, InvalidClass); missing != nil {
			return missing
		}
	}
	return err
}

// setProperty is deprecated, and clients that are old use it. DSP0200 5.3.2.19
func setProperty(o *operation) error {
	path := o.instanceName("InstanceName")
	name, ok := o.text("PropertyName")
	o.required("PropertyName", ok)
	value := o.take("NewValue", "VALUE", "VALUE.ARRAY", "VALUE.REFERENCE")
	if err := o.finish(); err != nil {
		return err
	}
	inst, err := o.instance(path, wbem.Options{})
	if err != nil {
		return err
	}
	k := inst.Class().PropertyIndex(name)
	if k < 0 {
		return coded(NoSuchProperty, "class %s has no property %.60q", inst.ClassName(), name)
	}
	v, err := value.as(inst.Class().Properties()[k].Type())
	if err == nil {
		err = inst.SetIndex(k, v)
	}
	if err != nil {
		return err
	}
	_, err = o.svc.PutInstance(o.ctx, inst, wbem.Options{Flags: wbem.UpdateOnly, Context: partial([]string{name})})
	return err
}

// as returns the value of a parameter, read as that type; NULL for none.
func (p *param) as(t cim.Type) (cim.Value, error) {
	switch {
	case p == nil:
		return cim.Value{}, nil
	case p.tag == "VALUE.REFERENCE":
		return cim.ReferenceValue(p.path.String()), nil
	}
	b := []byte("<VALUE.ARRAY>")
	for _, text := range p.texts {
		b = xml.AppendText(append(b, "<VALUE>"...), text)
		b = append(b, "</VALUE>"...)
	}
	b = append(b, "</VALUE.ARRAY>"...)
	if p.tag == "VALUE" {
		b = b[len("<VALUE.ARRAY>") : len(b)-len("</VALUE.ARRAY>")]
	}
	d := xml.NewDecoderBytes(b)
	d.Next()
	return d.Value(t)
}
