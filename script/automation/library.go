package automation

import (
	"reflect"

	"openwmi/script/vbscript"
)

// A Library is a set of classes, by Go type.
type Library struct {
	classes map[reflect.Type]*Class

	// Error turns the errors of Go methods into those that scripts see; nil leaves them.
	Error func(error) error
}

// NewLibrary returns a library with classes, which it keeps. It panics when a table is
// wrong, since the tables are part of the program.
func NewLibrary(classes ...*Class) *Library {
	l := &Library{classes: make(map[reflect.Type]*Class, len(classes))}
	for _, c := range classes {
		c.prepare(l)
		if l.classes[c.typ] != nil {
			panic("automation: two classes for " + c.typ.String())
		}
		l.classes[c.typ] = c
	}
	return l
}

// Object returns the object for a Go value of one of the types of the library, and nil
// for nil. It panics for other types.
func (l *Library) Object(x any) vbscript.Object {
	v := reflect.ValueOf(x)
	if !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil
	}
	c := l.classes[v.Type()]
	if c == nil {
		panic("automation: no class for " + v.Type().String())
	}
	return object{c, x}
}

// Unwrap returns the Go value behind an object, or nil when it is none of a library.
func Unwrap(v vbscript.Value) any {
	if o, ok := v.Object().(object); ok {
		return o.x
	}
	return nil
}

// ClassOf returns the class of an object, or nil when it is none of a library.
func ClassOf(v vbscript.Value) *Class {
	if o, ok := v.Object().(object); ok {
		return o.class
	}
	return nil
}

func (l *Library) fail(err error) error {
	if err == nil || l.Error == nil {
		return err
	}
	return l.Error(err)
}
