package cim

import (
	"slices"
	"sort"
)

// An Origin is where an object was stored: the system properties __SERVER and
// __NAMESPACE. Objects of one namespace share it.
type Origin struct {
	Server    string
	Namespace string // with backslashes, such as root\cimv2
}

// A Class is a class definition with everything it inherits. It never changes.
type Class struct {
	decl    *ClassDecl
	super   *Class
	origin  *Origin
	quals   Qualifiers
	props   []*Property // by name
	methods []*Method   // by name
	keys    []int       // positions in props of the keys, by name
	objects *objectDefaults
	depth   int // how many superclasses there are
	// keyClass is the class that introduced the keys, or the singleton or
	// keyless class itself: what the identity of instances is relative to.
	keyClass *Class
	neutral  *Class // of which this is a view, see Localize; nil for others
	lenient  bool   // made of what was accepted before, see Restore and Localize
	traits
	projected
}

// traits are the structure qualifiers as they take effect (model.md 11.5).
type traits struct {
	abstract, singleton, association, dynamic, dynProps bool
}

// Name returns the name of the class, "" if it has none yet.
func (c *Class) Name() string { return c.decl.Name }

// ClassName returns the name of the class.
func (c *Class) ClassName() string { return c.decl.Name }

// String returns the path of the class: its name, with server and namespace
// before it if it is stored. The whole class is shown by mof.Text as MOF and by
// AppendJSON as JSON.
func (c *Class) String() string { return objectString(c) }

// Super returns the superclass, nil for a top-level class.
func (c *Class) Super() *Class { return c.super }

// SuperName returns the name of the superclass, "" for a top-level class.
func (c *Class) SuperName() string {
	if c.super != nil {
		return c.super.Name()
	}
	return c.decl.Super
}

// Decl returns the own definition. It must not be changed; see ClassDecl.Clone.
func (c *Class) Decl() *ClassDecl { return c.decl }

// Origin returns where the class is stored, nil if nowhere.
func (c *Class) Origin() *Origin { return c.origin }

// At returns the class as one that is stored at o.
func (c *Class) At(o *Origin) *Class {
	d := *c
	d.origin = o
	if c.keyClass == c {
		d.keyClass = &d
	}
	return &d
}

// Derivation returns the names of the superclasses, the immediate one first.
func (c *Class) Derivation() []string {
	names := []string{}
	for s := c.super; s != nil; s = s.super {
		names = append(names, s.Name())
	}
	return names
}

// Dynasty returns the name of the topmost class of the derivation, "" for a
// projection that does not show it.
func (c *Class) Dynasty() string {
	if c.bare {
		return ""
	}
	for c.super != nil {
		c = c.super
	}
	return c.Name()
}

// IsA reports whether c is the named class or derived from it.
func (c *Class) IsA(name string) bool {
	for ; c != nil; c = c.super {
		if EqualNames(c.Name(), name) {
			return true
		}
	}
	return false
}

// Qualifiers returns the effective qualifiers of the class. They must not be
// changed.
func (c *Class) Qualifiers() Qualifiers { return c.quals }

// Properties returns all properties, inherited ones included, by name. The
// slice must not be changed.
func (c *Class) Properties() []*Property { return c.props }

// PropertyIndex returns the position of the named property in Properties, -1 if
// there is none.
func (c *Class) PropertyIndex(name string) int {
	i := sort.Search(len(c.props), func(i int) bool { return CompareNames(c.props[i].decl.Name, name) >= 0 })
	if i < len(c.props) && EqualNames(c.props[i].decl.Name, name) {
		return i
	}
	return -1
}

// Property returns the named property, nil if there is none.
func (c *Class) Property(name string) *Property {
	if i := c.PropertyIndex(name); i >= 0 {
		return c.props[i]
	}
	return nil
}

// Methods returns all methods, inherited ones included, by name. The slice must
// not be changed.
func (c *Class) Methods() []*Method { return c.methods }

// Method returns the named method, nil if there is none.
func (c *Class) Method(name string) *Method {
	i := sort.Search(len(c.methods), func(i int) bool { return CompareNames(c.methods[i].decl.Name, name) >= 0 })
	if i < len(c.methods) && EqualNames(c.methods[i].decl.Name, name) {
		return c.methods[i]
	}
	return nil
}

// Keys returns the positions in Properties of the key properties, by name.
func (c *Class) Keys() []int { return c.keys }

// KeyClass returns the class that the identity of instances is relative to: the
// topmost class of the derivation that has keys. For a singleton or a class
// without keys it is the class itself.
func (c *Class) KeyClass() *Class { return c.keyClass }

// IsAbstract reports whether the class can have no instances of its own.
func (c *Class) IsAbstract() bool { return c.abstract }

// IsSingleton reports whether the class can have one instance only.
func (c *Class) IsSingleton() bool { return c.singleton }

// IsAssociation reports whether the class or an ancestor is marked Association.
func (c *Class) IsAssociation() bool { return c.association }

// IsDynamic reports whether a provider supplies the instances.
func (c *Class) IsDynamic() bool { return c.dynamic }

// HasDynProps reports whether the qualifier DynProps says that property providers
// supply values of instances, which are stored otherwise (model.md 12.4).
func (c *Class) HasDynProps() bool { return c.dynProps }

// Provider returns the value of the qualifier Provider, "" if there is none.
func (c *Class) Provider() string { return c.quals.Value("Provider").Text() }

// IsAmendment reports whether the class is marked as the amendment of another.
func (c *Class) IsAmendment() bool { return c.quals.True("Amendment") }

// HasAmended reports whether localizable text stands anywhere in the own
// definition.
func (d *ClassDecl) HasAmended() bool {
	if d.Qualifiers.HasAmended() {
		return true
	}
	for i := range d.Properties {
		if d.Properties[i].Qualifiers.HasAmended() {
			return true
		}
	}
	return slices.ContainsFunc(d.Methods, func(m MethodDecl) bool { return m.hasAmended() })
}

func (d *MethodDecl) hasAmended() bool {
	return d.Qualifiers.HasAmended() ||
		slices.ContainsFunc(d.Parameters, func(p ParameterDecl) bool { return p.Qualifiers.HasAmended() })
}

// A Property is a property as one class has it. It never changes.
type Property struct {
	decl *PropertyDecl
	// class is the class whose declaration this is, origin the topmost one
	// that declares the property.
	class, origin string
	refClass      string
	def           Value
	quals         Qualifiers
	local         bool
	key           bool
	indexed       bool
	notNull       bool      // marked Not_Null
	inherited     *Property // how subclasses that leave it alone see it
}

// Name returns the name as the class spells it that declares or overrides the
// property last.
func (p *Property) Name() string { return p.decl.Name }

// Type returns the type of the property.
func (p *Property) Type() Type { return p.decl.Type }

// Class returns the class of a reference or embedded object, "" for any.
func (p *Property) Class() string { return p.refClass }

// CIMType returns the value of its CIMTYPE qualifier.
func (p *Property) CIMType() string { return CIMType(p.decl.Type, p.refClass) }

// Default returns the value that instances show which have none of their own.
// An object in it must not be changed.
func (p *Property) Default() Value { return p.def }

// Origin returns the name of the class that introduced the property.
func (p *Property) Origin() string { return p.origin }

// DeclaringClass returns the name of the class whose declaration or override
// this is.
func (p *Property) DeclaringClass() string { return p.class }

// IsLocal reports whether the class declares or overrides the property itself.
func (p *Property) IsLocal() bool { return p.local }

// Qualifiers returns the effective qualifiers, without CIMTYPE, which CIMType
// computes. They must not be changed.
func (p *Property) Qualifiers() Qualifiers { return p.quals }

// InstanceQualifiers returns those that instances of the class show.
func (p *Property) InstanceQualifiers() Qualifiers { return p.quals.toInstance() }

// IsKey reports whether the property is part of the identity of instances.
func (p *Property) IsKey() bool { return p.key }

// IsIndexed reports whether the property has a secondary index.
func (p *Property) IsIndexed() bool { return p.indexed }

// NotNull reports whether a stored instance must have a value: it is a key,
// indexed, or marked Not_Null.
func (p *Property) NotNull() bool { return p.key || p.indexed || p.notNull }

// A Method is a method as one class has it. It never changes.
type Method struct {
	decl          *MethodDecl
	class, origin string
	quals         Qualifiers
	params        []Parameter
	local         bool
	inherited     *Method
}

// Name returns the name of the method.
func (m *Method) Name() string { return m.decl.Name }

// Return returns the type that the method returns, zero for none, and the class
// of a returned reference or object.
func (m *Method) Return() (Type, string) { return m.decl.Return, m.decl.ReturnClass }

// Origin returns the name of the class that introduced the method.
func (m *Method) Origin() string { return m.origin }

// DeclaringClass returns the name of the class whose declaration or override
// this is.
func (m *Method) DeclaringClass() string { return m.class }

// IsLocal reports whether the class declares or overrides the method itself.
func (m *Method) IsLocal() bool { return m.local }

// Qualifiers returns the effective qualifiers. They must not be changed.
func (m *Method) Qualifiers() Qualifiers { return m.quals }

// Parameters returns the parameters in the order of their IDs. The slice must
// not be changed.
func (m *Method) Parameters() []Parameter { return m.params }

// A Parameter is a parameter of a method. It never changes.
type Parameter struct {
	decl  *ParameterDecl
	quals Qualifiers
}

// Name returns the name of the parameter.
func (p *Parameter) Name() string { return p.decl.Name }

// Type returns the type of the parameter.
func (p *Parameter) Type() Type { return p.decl.Type }

// Class returns the class of a reference or embedded object, "" for any.
func (p *Parameter) Class() string { return p.decl.Class }

// CIMType returns the value of its CIMTYPE qualifier.
func (p *Parameter) CIMType() string { return CIMType(p.decl.Type, p.decl.Class) }

// Default returns the value that is passed when the caller passes none.
func (p *Parameter) Default() Value { return p.decl.Default }

// In reports whether the caller passes the parameter, see ParameterDecl.In.
func (p *Parameter) In() bool { return p.decl.In() }

// Out reports whether the method returns the parameter, see ParameterDecl.Out.
func (p *Parameter) Out() bool { return p.decl.Out() }

// Qualifiers returns the effective qualifiers, ID included, CIMTYPE not. They
// must not be changed.
func (p *Parameter) Qualifiers() Qualifiers { return p.quals }

// Signature returns the class __PARAMETERS whose properties are the parameters
// that the caller passes or, with out, those that the method returns, with
// ReturnValue. It is nil if there are none (model.md 7.1). Every call returns
// an equal class.
func (m *Method) Signature(out bool) *Class {
	d := &ClassDecl{Name: "__PARAMETERS", Qualifiers: Qualifiers{{Name: "abstract", Value: BoolValue(true)}}}
	for i := range m.params {
		p := &m.params[i]
		if out && !p.Out() || !out && !p.In() {
			continue
		}
		d.Properties = append(d.Properties, PropertyDecl{
			Name: p.decl.Name, Type: p.decl.Type, Class: p.decl.Class, Qualifiers: slices.Clone(p.quals),
			Default: p.decl.Default, HasDefault: p.decl.HasDefault,
		})
	}
	if out && m.decl.Return != 0 {
		d.Properties = append(d.Properties, PropertyDecl{
			Name: "ReturnValue", Type: m.decl.Return, Class: m.decl.ReturnClass,
			Qualifiers: Qualifiers{{Name: "out", Value: BoolValue(true)}},
		})
	}
	if len(d.Properties) == 0 {
		return nil
	}
	c, err := Derive(nil, d)
	if err != nil {
		// The parameters were checked when the method was derived.
		panic("cim: signature of " + m.Name() + ": " + err.Error())
	}
	return c
}
