// Package cim is the object model of WMI: types, values, qualifiers, classes,
// instances and object paths, as [MS-WMI], [MS-WMIO] and DMTF DSP0004 define
// them.
//
// A class exists in two forms. A ClassDecl is what somebody wrote: the own
// definition only, plain data that its owner may change. A Class is the result
// of deriving a declaration from its superclass: every inherited member is
// there and every qualifier has been propagated. A Class never changes, so any
// number of goroutines may share it, and so do subclasses share the properties
// and methods that they inherit untouched.
//
// An Instance belongs to one owner, who may change it; passing it on gives it
// away, and Clone makes another. It refers to its Class and records for each
// property whether it has a value of its own or shows the default of the class.
//
// Values are immutable except that they may hold an embedded Instance, which
// belongs to whoever owns the value.
//
// Names compare without regard to case and keep their spelling.
package cim
