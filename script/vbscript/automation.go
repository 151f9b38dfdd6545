package vbscript

// What objects and hosts of other languages than this one need besides Object: JScript
// tells properties from methods, and has arrays that are objects.

// A Membered tells methods from properties. VBScript does not ask, since Get does both;
// JScript does when a member is named without being called, and for the names in a
// with statement. Of an object that is not Membered, a member which is named is read.
type Membered interface {
	Object
	// Method reports whether the member is a method: what a script calls rather than
	// reads. Parameterised properties are methods for this purpose. It is false for a
	// member that is not there.
	Method(name string) bool
}

// Elements is what an array of a language whose arrays are objects is besides: JScript's.
type Elements interface {
	Object
	// Elems returns the elements of an array, in a slice of the caller. It reports false
	// when the object is something else.
	Elems() ([]Value, bool)
}

// SCode returns the number in a value of subtype Error; false for all others.
func (v Value) SCode() (uint32, bool) { return uint32(v.num), v.kind == TypeError }
