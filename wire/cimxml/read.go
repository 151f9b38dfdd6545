package cimxml

import (
	"errors"
	"slices"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
)

// encoder returns an encoder for objects of the namespace.
func (o *operation) encoder() *xml.Encoder {
	return &xml.Encoder{Classes: func(name string) (*cim.Class, error) {
		return o.svc.GetClass(o.ctx, name, wbem.Options{})
	}}
}

// classOptions sets what the operations on classes ask for. DSP0200 5.3.2.1
func (o *operation) classOptions(e *xml.Encoder) {
	e.LocalOnly = o.boolean("LocalOnly", true)
	e.Qualifiers = o.boolean("IncludeQualifiers", true)
	e.ClassOrigin = o.boolean("IncludeClassOrigin", false)
}

// instanceOptions sets what the operations on instances ask for. LocalOnly and
// IncludeQualifiers are deprecated: the first is not looked at. DSP0200 5.3.2.2
func (o *operation) instanceOptions(e *xml.Encoder) {
	o.boolean("LocalOnly", true)
	e.Qualifiers = o.boolean("IncludeQualifiers", false)
	e.ClassOrigin = o.boolean("IncludeClassOrigin", false)
	e.Properties = o.list("PropertyList")
}

// withTexts are the options of reads whose results are sent with their qualifiers:
// those have the texts of the caller's language.
var withTexts = wbem.Options{Flags: wbem.UseAmendedQualifiers}

// reads returns the options of reading what e encodes.
func reads(e *xml.Encoder) wbem.Options {
	if e.Qualifiers {
		return withTexts
	}
	return wbem.Options{}
}

// class returns a class: InvalidClass or, where the class is what is asked for,
// NotFound.
func (o *operation) class(name string, opts wbem.Options, missing Code) (*cim.Class, error) {
	c, err := o.svc.GetClass(o.ctx, name, opts)
	if errors.Is(err, wbem.NotFound) {
		return nil, coded(missing, "class %s does not exist", name)
	}
	return c, err
}

// exists returns why a class cannot be had, see class.
func (o *operation) exists(name string, missing Code) error {
	_, err := o.class(name, wbem.Options{}, missing)
	return err
}

func getClass(o *operation) error {
	e := o.encoder()
	o.classOptions(e)
	name := o.mustClassName("ClassName")
	e.Properties = o.list("PropertyList")
	if err := o.finish(); err != nil {
		return err
	}
	c, err := o.class(name, reads(e), NotFound)
	if err != nil {
		return err
	}
	o.begin()
	return o.append(func(b []byte) ([]byte, error) { return o.server.encoded.append(b, e, c), nil })
}

// subclasses calls yield for the subclasses of ClassName, as deep as is asked. The
// system classes of WMI, which CIM does not have, are left out unless a class is
// named.
func (o *operation) subclasses(e *xml.Encoder, yield func(c *cim.Class) error) error {
	super := o.className("ClassName")
	opts := reads(e)
	if !o.boolean("DeepInheritance", false) {
		opts.Flags |= wbem.Shallow
	}
	if err := o.finish(); err != nil {
		return err
	}
	if super != "" {
		if err := o.exists(super, InvalidClass); err != nil {
			return err
		}
	}
	o.begin()
	for c, err := range o.svc.Classes(o.ctx, super, opts) {
		if err != nil {
			return err
		}
		if super == "" && cim.IsSystemName(c.Name()) {
			continue
		}
		if err := yield(c); err != nil {
			return err
		}
	}
	return nil
}

func enumerateClasses(o *operation) error {
	e := o.encoder()
	o.classOptions(e)
	return o.subclasses(e, func(c *cim.Class) error {
		return o.append(func(b []byte) ([]byte, error) { return e.AppendClass(b, c), nil })
	})
}

func enumerateClassNames(o *operation) error {
	e := o.encoder()
	return o.subclasses(e, func(c *cim.Class) error {
		return o.append(func(b []byte) ([]byte, error) { return e.AppendPath(b, cim.Path{Class: c.Name()}), nil })
	})
}

// instance returns the instance at a path: InvalidClass if its class does not
// exist.
func (o *operation) instance(path cim.Path, opts wbem.Options) (*cim.Instance, error) {
	inst, err := o.svc.GetInstance(o.ctx, path, opts)
	if errors.Is(err, wbem.NotFound) {
		if missing := o.exists(path.Class, InvalidClass); missing != nil {
			return nil, missing
		}
	}
	return inst, err
}

func getInstance(o *operation) error {
	e := o.encoder()
	o.instanceOptions(e)
	path := o.instanceName("InstanceName")
	if err := o.finish(); err != nil {
		return err
	}
	inst, err := o.instance(path, reads(e))
	if err != nil {
		return err
	}
	o.begin()
	e = o.room.encoder(e)
	return o.append(func(b []byte) ([]byte, error) { return e.AppendInstance(b, inst), nil })
}

// instances are what the operations on the instances of a class ask for.
type instances struct {
	class string
	deep  bool // with the properties of subclasses
	e     *xml.Encoder
}

func (o *operation) instancesOf() instances {
	in := instances{class: o.mustClassName("ClassName"), e: o.encoder()}
	in.deep = o.boolean("DeepInheritance", true)
	o.instanceOptions(in.e)
	return in
}

// limit leaves out the properties of subclasses if that is asked for.
func (o *operation) limit(in *instances) error {
	c, err := o.class(in.class, wbem.Options{}, InvalidClass)
	if err != nil || in.deep {
		return err
	}
	known := []string{}
	for _, p := range c.Properties() {
		listed := func(name string) bool { return cim.EqualNames(name, p.Name()) }
		if in.e.Properties == nil || slices.ContainsFunc(in.e.Properties, listed) {
			known = append(known, p.Name())
		}
	}
	in.e.Properties = known
	return nil
}

func enumerateInstances(o *operation) error {
	in := o.instancesOf()
	err := o.finish()
	if err == nil {
		err = o.limit(&in)
	}
	if err != nil {
		return err
	}
	o.begin()
	for inst, err := range o.svc.Instances(o.ctx, in.class, reads(in.e)) {
		if err != nil {
			return err
		}
		if err := o.append(func(b []byte) ([]byte, error) { return in.e.Append(b, inst, xml.NamedInstance) }); err != nil {
			return err
		}
	}
	return nil
}

func enumerateInstanceNames(o *operation) error {
	class := o.mustClassName("ClassName")
	err := o.finish()
	if err == nil {
		err = o.exists(class, InvalidClass)
	}
	if err != nil {
		return err
	}
	e := o.encoder()
	o.begin()
	for inst, err := range o.svc.Instances(o.ctx, class, wbem.Options{}) {
		if err != nil {
			return err
		}
		if err := o.append(func(b []byte) ([]byte, error) { return e.AppendInstanceName(b, inst) }); err != nil {
			return err
		}
	}
	return nil
}

// getProperty is deprecated, and clients that are old use it. DSP0200 5.3.2.18
func getProperty(o *operation) error {
	path := o.instanceName("InstanceName")
	name, ok := o.text("PropertyName")
	o.required("PropertyName", ok)
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
	o.begin()
	if v := inst.At(k); !v.IsNull() {
		return o.append(func(b []byte) ([]byte, error) { return o.encoder().AppendValue(b, v), nil })
	}
	return nil
}
