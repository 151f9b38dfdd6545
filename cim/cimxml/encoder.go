package cimxml

import (
	"openwmi/cim"
)

// A DTD is one of the two forms of XML (WbemObjectTextFormatEnum).
type DTD uint8

const (
	CIM DTD = iota // DSP0203
	WMI            // its extension by WMI
)

// A Form is the element in which an object stands, and so how much of its path
// goes with it. Those from Bare to WithPath are the values of PathLevel in
// SWbemObjectEx.GetText_.
type Form uint8

const (
	Bare             Form = iota // CLASS or INSTANCE
	Named                        // VALUE.NAMEDOBJECT: instances with INSTANCENAME
	WithLocalPath                // VALUE.OBJECTWITHLOCALPATH
	WithPath                     // VALUE.OBJECTWITHPATH
	Object                       // VALUE.OBJECT
	NamedInstance                // VALUE.NAMEDINSTANCE
	InstanceWithPath             // VALUE.INSTANCEWITHPATH
)

// An Encoder appends objects as elements. Its fields are set before the first
// call and not changed afterwards, because it remembers what it found out about
// the classes of instances. The zero value writes whole objects in the CIM DTD,
// without qualifiers. It must not be used by several goroutines.
type Encoder struct {
	DTD DTD

	// LocalOnly leaves out the members that a class or the class of an
	// instance does not declare or override itself, and propagated qualifiers.
	LocalOnly bool
	// Qualifiers writes the qualifiers of everything.
	Qualifiers bool
	// ClassOrigin writes the class that introduced a property or method.
	ClassOrigin bool
	// SystemProperties writes them as properties; in the WMI DTD only.
	SystemProperties bool
	// Strict writes classes for servers that know nothing of WMI: without the
	// qualifier CIMTYPE, and with the size of arrays where WMI has MaxLen.
	Strict bool
	// Properties are the names of those to write; nil is all of them. Embedded
	// objects are always whole.
	Properties []string

	// Classes returns the class of the object that a reference names, so that
	// the types of its keys can be written. It may be nil; errors count as not
	// knowing the class.
	Classes ClassFunc
	// QualifierType returns the declared type of a qualifier, zero if it is
	// not known. It replaces the type of an integer and of a NULL, which the
	// value of a qualifier does not show. It may be nil.
	QualifierType func(name string) cim.Type

	plans   map[planKey]*plan
	last    *plan // used last, as the next instance is mostly of the same class
	depth   int   // of the embedded object that is being written
	scratch []byte
}

// Append appends an object in the given form. The error is InvalidObjectPath if
// the form needs a path and the object has none, or is stored nowhere, and
// InvalidParameter for a class in a form for instances; then nothing is appended.
func (e *Encoder) Append(b []byte, o cim.Object, f Form) ([]byte, error) {
	if int(f) >= len(forms) {
		return b, cim.Errorf(cim.InvalidParameter, "%d is not a form of an object", f)
	}
	tag := forms[f]
	if tag == "" {
		return e.appendObject(b, o), nil
	}
	inst, isInstance := o.(*cim.Instance)
	if !isInstance && (f == NamedInstance || f == InstanceWithPath) {
		return b, cim.Errorf(cim.InvalidParameter, "class %s cannot be in a %s", o.ClassName(), tag)
	}
	start := len(b)
	b = open(b, tag)
	var err error
	switch {
	case f == WithLocalPath || f == WithPath || f == InstanceWithPath:
		b, err = e.appendPathOf(b, o, f != WithLocalPath)
	case f != Object && isInstance:
		b, err = e.AppendInstanceName(b, inst)
	}
	if err != nil {
		return b[:start], err
	}
	b = e.appendObject(b, o)
	return shut(b, tag), nil
}

var forms = [...]string{
	Bare: "", Named: "VALUE.NAMEDOBJECT", WithLocalPath: "VALUE.OBJECTWITHLOCALPATH", WithPath: "VALUE.OBJECTWITHPATH",
	Object: "VALUE.OBJECT", NamedInstance: "VALUE.NAMEDINSTANCE", InstanceWithPath: "VALUE.INSTANCEWITHPATH",
}

func describe(o cim.Object) string {
	if o.Genus() == 1 {
		return "class " + o.ClassName()
	}
	return "instance of " + o.ClassName()
}

// appendObject appends CLASS or INSTANCE.
func (e *Encoder) appendObject(b []byte, o cim.Object) []byte {
	switch o := o.(type) {
	case *cim.Class:
		return e.AppendClass(b, o)
	case *cim.Instance:
		return e.AppendInstance(b, o)
	}
	return b
}

// open and shut append tags without attributes.
func open(b []byte, tag string) []byte { return append(append(append(b, '<'), tag...), '>') }
func shut(b []byte, tag string) []byte { return append(append(append(b, "</"...), tag...), '>') }
