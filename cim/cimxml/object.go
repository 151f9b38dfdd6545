package cimxml

import (
	"bytes"
	"slices"

	"openwmi/cim"
)

// Object reads the current element, which is one of those that Encoder.Append
// appends or an embedded object: a class or an instance with the path that goes
// with it, if any. See Class and Instance.
//
// An object with a namespace in its path is stored there (Origin); an instance
// gets the keys of its path that it does not have itself.
func (d *Decoder) Object() (cim.Object, cim.Path, error) {
	o, p := d.object()
	if d.err != nil {
		return nil, cim.Path{}, d.err
	}
	return o, p, nil
}

func (d *Decoder) object() (o cim.Object, p cim.Path) {
	switch string(d.Name()) {
	case "CLASS":
		return d.class(), p
	case "INSTANCE":
		return d.instance(p, nil), p
	case "VALUE.OBJECT", "VALUE.NAMEDOBJECT", "VALUE.NAMEDINSTANCE", "VALUE.INSTANCEWITHPATH", "VALUE.OBJECTWITHLOCALPATH",
		"VALUE.OBJECTWITHPATH":
	default:
		d.invalid("%s stands where an object should", d.Name())
		return nil, p
	}
	tag := string(d.Name())
	var keys []cim.Type
	for d.Next() {
		switch string(d.Name()) {
		case "CLASS", "INSTANCE":
			if o != nil {
				d.invalid("%s has two objects", tag)
				return nil, p
			}
			if string(d.Name()) == "CLASS" {
				o = d.placed(d.class(), p)
			} else {
				o = d.placed(d.instance(p, keys), p)
			}
		case "INSTANCENAME", "INSTANCEPATH", "LOCALINSTANCEPATH", "CLASSPATH", "LOCALCLASSPATH", "CLASSNAME":
			if p.Class != "" || o != nil {
				d.invalid("%s has a path that is not its first child", tag)
				return nil, p
			}
			p = d.path()
			keys = slices.Clone(d.keys)
		default:
			d.unexpected(tag)
		}
	}
	if o == nil {
		d.invalid("%s has no object", tag)
	}
	return o, p
}

// placed says of an object that it is stored where its path is.
func (d *Decoder) placed(o cim.Object, p cim.Path) cim.Object {
	if d.err != nil || p.Namespace == "" {
		return o
	}
	if d.origin == nil || d.origin.Server != p.Server || d.origin.Namespace != p.Namespace {
		d.origin = &cim.Origin{Server: p.Server, Namespace: p.Namespace}
	}
	switch o := o.(type) {
	case *cim.Class:
		return o.At(d.origin)
	case *cim.Instance:
		o.SetOrigin(d.origin)
	}
	return o
}

// Instance reads the current element, which is INSTANCE, as an instance of the
// class that d.Classes returns. Values are read as the types of that class; what
// the element says of types does not matter. A property marked as propagated
// that has the default of the class is left unset. The error is NotFound for a
// property that the class does not have, else what cim.Instance says.
//
// Without a class one is made up that has the properties of the element.
func (d *Decoder) Instance() (*cim.Instance, error) {
	i := d.instance(cim.Path{}, nil)
	if d.err != nil {
		return nil, d.err
	}
	return i, nil
}

// instance reads INSTANCE, of which p is the path if it is known, with the types
// of its keys as far as they are.
func (d *Decoder) instance(p cim.Path, keys []cim.Type) *cim.Instance {
	if string(d.Name()) != "INSTANCE" {
		d.invalid("%s stands where INSTANCE should", d.Name())
		return nil
	}
	name := d.require("CLASSNAME")
	if d.err != nil {
		return nil
	}
	if d.Classes == nil {
		return d.untyped(name, p, keys)
	}
	class, err := d.Classes(name)
	switch {
	case err != nil:
		d.fail(err)
		return nil
	case class == nil:
		return d.untyped(name, p, keys)
	}
	inst := d.typed(class)
	if d.err != nil {
		return nil
	}
	addKeys(inst, p)
	return inst
}

// addKeys sets the keys that a path has and the instance not.
func addKeys(inst *cim.Instance, p cim.Path) {
	c := inst.Class()
	if len(p.Keys) == 0 || !slices.ContainsFunc(c.Keys(), func(k int) bool { return inst.At(k).IsNull() }) {
		return
	}
	values, err := cim.KeyValues(c, p)
	if err != nil {
		return // the path is not that of the instance, which who wants it will find out
	}
	for i, k := range c.Keys() {
		if inst.At(k).IsNull() {
			inst.Put(k, values[i])
		}
	}
}

// seen is a set of positions of properties.
type seen [cim.MaxProperties/64 + 1]uint64

func (s *seen) add(k int) (added bool) {
	bit := uint64(1) << (k % 64)
	added = s[k/64]&bit == 0
	s[k/64] |= bit
	return added
}

// typed reads the content of an INSTANCE of a class.
func (d *Decoder) typed(class *cim.Class) *cim.Instance {
	if n := len(class.Properties()); n > cim.MaxProperties { // which cim.Restore allows
		d.failf(cim.TooManyProperties, "class %s has %d properties, more than %d", class.Name(), n, cim.MaxProperties)
		return nil
	}
	if !d.charge(instanceWeight + slotWeight*len(class.Properties())) {
		return nil
	}
	inst := cim.NewInstance(class)
	var done seen
	var quals cim.Qualifiers
	next := 0 // where the property probably is: they mostly come by name
	for d.Next() {
		switch {
		case d.isMember("PROPERTY"):
			name := d.attr("NAME")
			k := next
			if k == len(class.Properties()) || class.Properties()[k].Name() != string(name) {
				if k = class.PropertyIndex(string(name)); k < 0 {
					if cim.IsSystemName(string(name)) {
						d.Skip() // computed, see Encoder.SystemProperties
					} else {
						d.failf(cim.NotFound, "class %s has no property %.60q", class.Name(), name)
					}
					continue
				}
			}
			next = k + 1
			if !done.add(k) {
				d.invalid("property %s stands there twice", class.Properties()[k].Name())
			}
			d.slot(inst, k)
		case string(d.Name()) == "QUALIFIER":
			if q := d.qualifier(); q.IsLocal() && !d.SkipQualifiers {
				d.addQualifier(&quals, instanceQualifier(q))
			}
		default:
			d.unexpected("INSTANCE")
		}
	}
	if len(quals) > 0 && d.err == nil {
		if err := inst.SetLocalQualifiers(quals); err != nil {
			d.fail(err)
		}
	}
	return inst
}

// instanceQualifier returns q as an instance can have it: nothing derives from an
// instance, and the DTD's default for TOSUBCLASS is true.
func instanceQualifier(q cim.Qualifier) cim.Qualifier {
	q.Flavor &^= cim.ToSubclass | cim.Propagated
	return q
}

// slot reads the content of a property of an instance whose class is known.
func (d *Decoder) slot(inst *cim.Instance, k int) {
	p := inst.Class().Properties()[k]
	propagated := d.isTrue("PROPAGATED")
	var v cim.Value
	var quals cim.Qualifiers
	hasValue := false
	for d.Next() {
		switch name := d.Name(); {
		case bytes.HasPrefix(name, valuePrefix):
			if hasValue {
				d.invalid("property %s has more than one value", p.Name())
			}
			hasValue = true
			v = d.value(p.Type())
		case string(name) == "QUALIFIER":
			if q := d.qualifier(); q.IsLocal() && !d.SkipQualifiers && !cim.EqualNames(q.Name, "CIMTYPE") {
				d.addQualifier(&quals, instanceQualifier(q))
			}
		default:
			d.unexpected("PROPERTY")
		}
	}
	if d.err != nil {
		return
	}
	if !propagated || !v.Equal(p.Default()) {
		if p.Type().Elem() != cim.TypeObject {
			inst.Put(k, v) // it has the type already
		} else if err := inst.SetIndex(k, v); err != nil {
			d.fail(err)
		}
	}
	if len(quals) > 0 {
		if err := inst.SetLocalPropertyQualifiers(k, quals); err != nil {
			d.fail(err)
		}
	}
}

var valuePrefix = []byte("VALUE")

// unexpected skips an element that no DTD knows and refuses others: DSP0200
// calls a document loosely valid that is valid without the former.
func (d *Decoder) unexpected(where string) {
	if known[string(d.Name())] {
		d.invalid("%s stands in %s where it may not", d.Name(), where)
		return
	}
	d.Skip()
}

// known has the elements of both DTDs, messages included.
var known = func() map[string]bool {
	m := map[string]bool{}
	for _, name := range []string{
		"CIM", "DECLARATION", "DECLGROUP", "DECLGROUP.WITHNAME", "DECLGROUP.WITHPATH", "QUALIFIER.DECLARATION", "SCOPE",
		"VALUE", "VALUE.ARRAY", "VALUE.REFERENCE", "VALUE.REFARRAY", "VALUE.OBJECT", "VALUE.OBJECTARRAY",
		"VALUE.NAMEDINSTANCE", "VALUE.NAMEDOBJECT", "VALUE.OBJECTWITHPATH", "VALUE.OBJECTWITHLOCALPATH", "VALUE.NULL",
		"VALUE.INSTANCEWITHPATH", "NAMESPACEPATH", "LOCALNAMESPACEPATH", "HOST", "NAMESPACE", "CLASSPATH",
		"LOCALCLASSPATH", "CLASSNAME", "INSTANCEPATH", "LOCALINSTANCEPATH", "INSTANCENAME", "OBJECTPATH", "KEYBINDING",
		"KEYVALUE", "CLASS", "INSTANCE", "QUALIFIER", "PROPERTY", "PROPERTY.ARRAY", "PROPERTY.REFERENCE",
		"PROPERTY.REFARRAY", "PROPERTY.OBJECT", "PROPERTY.OBJECTARRAY", "METHOD", "PARAMETER", "PARAMETER.ARRAY",
		"PARAMETER.REFERENCE", "PARAMETER.REFARRAY", "PARAMETER.OBJECT", "PARAMETER.OBJECTARRAY", "MESSAGE", "MULTIREQ",
		"SIMPLEREQ", "METHODCALL", "PARAMVALUE", "IMETHODCALL", "IPARAMVALUE", "MULTIRSP", "SIMPLERSP", "METHODRESPONSE",
		"IMETHODRESPONSE", "ERROR", "RETURNVALUE", "IRETURNVALUE", "MULTIEXPREQ", "SIMPLEEXPREQ", "EXPMETHODCALL",
		"MULTIEXPRSP", "SIMPLEEXPRSP", "EXPMETHODRESPONSE", "EXPPARAMVALUE", "CORRELATOR", "RESPONSEDESTINATION",
		"SIMPLEREQACK",
	} {
		m[name] = true
	}
	return m
}()
