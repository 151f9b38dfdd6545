package cim

import "slices"

// A ClassDecl is the own definition of a class: what its author wrote, without
// anything inherited. It is what PutClass takes and what the repository keeps.
type ClassDecl struct {
	Name       string
	Super      string // name of the superclass, "" for a top-level class
	Qualifiers Qualifiers
	Properties []PropertyDecl // in the order of declaration
	Methods    []MethodDecl   // in the order of declaration
}

// A PropertyDecl declares a property, or overrides the default or qualifiers of
// an inherited one.
type PropertyDecl struct {
	Name       string
	Type       Type
	Class      string // class of a reference or embedded object, "" for any
	Qualifiers Qualifiers
	// Default is the value that new instances show. It counts only with
	// HasDefault, and may then be NULL, which hides an inherited default.
	Default    Value
	HasDefault bool
}

// A MethodDecl declares a method, or overrides the qualifiers of an inherited
// one.
type MethodDecl struct {
	Name        string
	Qualifiers  Qualifiers
	Return      Type   // zero for a method that returns nothing
	ReturnClass string // class of a returned reference or object
	Parameters  []ParameterDecl
}

// A ParameterDecl declares a parameter. Its qualifiers In and Out, both
// boolean, give its direction. Its position is that in the list, unless the
// parameters carry ID qualifiers.
type ParameterDecl struct {
	Name       string
	Type       Type
	Class      string
	Qualifiers Qualifiers
	Default    Value
	HasDefault bool
}

// In reports whether the caller passes the parameter: it is marked In, or has no
// direction at all (model.md 7.1).
func (p *ParameterDecl) In() bool { return p.Qualifiers.True("In") || !p.Qualifiers.True("Out") }

// Out reports whether the method returns the parameter: it is marked Out, or
// has no direction at all.
func (p *ParameterDecl) Out() bool { return p.Qualifiers.True("Out") || !p.Qualifiers.True("In") }

// Property returns the declaration of the named property, nil if there is none.
func (d *ClassDecl) Property(name string) *PropertyDecl {
	for i := range d.Properties {
		if EqualNames(d.Properties[i].Name, name) {
			return &d.Properties[i]
		}
	}
	return nil
}

// Method returns the declaration of the named method, nil if there is none.
func (d *ClassDecl) Method(name string) *MethodDecl {
	for i := range d.Methods {
		if EqualNames(d.Methods[i].Name, name) {
			return &d.Methods[i]
		}
	}
	return nil
}

// Parameter returns the declaration of the named parameter, nil if there is
// none.
func (d *MethodDecl) Parameter(name string) *ParameterDecl {
	for i := range d.Parameters {
		if EqualNames(d.Parameters[i].Name, name) {
			return &d.Parameters[i]
		}
	}
	return nil
}

// CanOverride reports whether d, below a class with the method m of the same
// name, has the signature of m: the same types, names, order and directions.
func (d *MethodDecl) CanOverride(m *Method) bool { return signatureDifference(m.decl, d) == "" }

// Clone returns a copy that shares nothing which its owner may change.
func (d *ClassDecl) Clone() *ClassDecl {
	c := *d
	c.Qualifiers = slices.Clone(d.Qualifiers)
	c.Properties = slices.Clone(d.Properties)
	for i := range c.Properties {
		p := &c.Properties[i]
		p.Qualifiers = slices.Clone(p.Qualifiers)
		p.Default = p.Default.Clone()
	}
	c.Methods = slices.Clone(d.Methods)
	for i := range c.Methods {
		m := &c.Methods[i]
		m.Qualifiers = slices.Clone(m.Qualifiers)
		m.Parameters = slices.Clone(m.Parameters)
		for j := range m.Parameters {
			p := &m.Parameters[j]
			p.Qualifiers = slices.Clone(p.Qualifiers)
			p.Default = p.Default.Clone()
		}
	}
	return &c
}

// CIMType returns the value of the CIMTYPE qualifier for a type: the keyword of
// its elements, or "ref:C" and "object:C" (model.md 11.3).
func CIMType(t Type, class string) string {
	switch t.Elem() {
	case TypeReference:
		if class == "" {
			class = "object"
		}
		return "ref:" + class
	case TypeObject:
		if class != "" {
			return "object:" + class
		}
	}
	return t.Elem().String()
}
