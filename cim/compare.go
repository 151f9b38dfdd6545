package cim

import "slices"

// Comparison says what CompareObjects leaves out (WbemComparisonFlagEnum).
type Comparison uint32

const (
	IgnoreQualifiers    Comparison = 0x01 // all qualifiers
	IgnoreObjectSource  Comparison = 0x02 // server and namespace
	IgnoreDefaultValues Comparison = 0x04 // defaults of properties; classes only
	IgnoreClass         Comparison = 0x08 // the class part: two instances are assumed to be of one class
	IgnoreCase          Comparison = 0x10 // the case of strings and qualifier values; names never have one
	IgnoreFlavor        Comparison = 0x20 // flavors of qualifiers

	// AllComparisons are the defined bits; another one is InvalidParameter.
	AllComparisons Comparison = 0x3F
)

// CompareObjects reports whether two objects are equal but for what flags leave
// out. Objects of different genus are not.
func CompareObjects(a, b Object, flags Comparison) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if flags&IgnoreObjectSource == 0 && !sameOrigin(a.Origin(), b.Origin()) {
		return false
	}
	switch a := a.(type) {
	case *Class:
		b, ok := b.(*Class)
		return ok && equalClasses(a, b, flags)
	case *Instance:
		b, ok := b.(*Instance)
		return ok && equalInstances(a, b, flags)
	}
	return false
}

func sameOrigin(a, b *Origin) bool {
	if a == b {
		return true
	}
	return a != nil && b != nil && EqualNames(a.Server, b.Server) && EqualNames(a.Namespace, b.Namespace)
}

func equalClasses(a, b *Class, flags Comparison) bool {
	if a == b {
		return true
	}
	if !EqualNames(a.Name(), b.Name()) || !slices.EqualFunc(a.Derivation(), b.Derivation(), EqualNames) ||
		!equalQualifiers(a.quals, b.quals, flags) {
		return false
	}
	return slices.EqualFunc(a.props, b.props, func(p, q *Property) bool { return equalProperties(p, q, flags) }) &&
		slices.EqualFunc(a.methods, b.methods, func(p, q *Method) bool { return equalMethods(p, q, flags) })
}

func equalProperties(p, q *Property, flags Comparison) bool {
	return p == q || EqualNames(p.Name(), q.Name()) && p.Type() == q.Type() && EqualNames(p.refClass, q.refClass) &&
		EqualNames(p.origin, q.origin) &&
		(flags&IgnoreDefaultValues != 0 || p.def.equal(q.def, flags)) && equalQualifiers(p.quals, q.quals, flags)
}

func equalMethods(m, n *Method, flags Comparison) bool {
	return m == n || EqualNames(m.Name(), n.Name()) && EqualNames(m.origin, n.origin) &&
		signatureDifference(m.decl, n.decl) == "" && equalQualifiers(m.quals, n.quals, flags) &&
		slices.EqualFunc(m.params, n.params, func(p, q Parameter) bool {
			return equalQualifiers(p.quals, q.quals, flags) && EqualNames(p.Class(), q.Class()) &&
				p.Default().equal(q.Default(), flags)
		})
}

func equalQualifiers(a, b Qualifiers, flags Comparison) bool {
	if flags&IgnoreQualifiers != 0 {
		return true
	}
	if len(a) != len(b) {
		return false
	}
	for _, q := range a {
		r, ok := b.Get(q.Name)
		if !ok || !q.Value.equal(r.Value, flags) || flags&IgnoreFlavor == 0 && q.Flavor != r.Flavor {
			return false
		}
	}
	return true
}

func equalInstances(a, b *Instance, flags Comparison) bool {
	if flags&IgnoreClass == 0 && !equalClasses(a.class, b.class, flags) {
		return false
	}
	if len(a.slots) != len(b.slots) {
		return false
	}
	for k := range a.slots {
		if !EqualNames(a.class.props[k].Name(), b.class.props[k].Name()) || !a.At(k).equal(b.At(k), flags) ||
			!equalQualifiers(a.LocalPropertyQualifiers(k), b.LocalPropertyQualifiers(k), flags) {
			return false
		}
	}
	return equalQualifiers(a.LocalQualifiers(), b.LocalQualifiers(), flags)
}

// EqualDecls reports whether two definitions are the same: the same members in
// the same order with the same qualifiers, names without regard to case.
func EqualDecls(a, b *ClassDecl) bool {
	return EqualNames(a.Name, b.Name) && EqualNames(a.Super, b.Super) &&
		equalQualifiers(a.Qualifiers, b.Qualifiers, 0) &&
		slices.EqualFunc(a.Properties, b.Properties, func(p, q PropertyDecl) bool {
			return equalTyped(p.Name, q.Name, p.Type, q.Type, p.Class, q.Class) && p.HasDefault == q.HasDefault &&
				p.Default.Equal(q.Default) && equalQualifiers(p.Qualifiers, q.Qualifiers, 0)
		}) &&
		slices.EqualFunc(a.Methods, b.Methods, func(m, n MethodDecl) bool {
			return equalTyped(m.Name, n.Name, m.Return, n.Return, m.ReturnClass, n.ReturnClass) &&
				equalQualifiers(m.Qualifiers, n.Qualifiers, 0) &&
				slices.EqualFunc(m.Parameters, n.Parameters, func(p, q ParameterDecl) bool {
					return equalTyped(p.Name, q.Name, p.Type, q.Type, p.Class, q.Class) && p.HasDefault == q.HasDefault &&
						p.Default.Equal(q.Default) && equalQualifiers(p.Qualifiers, q.Qualifiers, 0)
				})
		})
}

func equalTyped(a, b string, s, t Type, c, d string) bool {
	return EqualNames(a, b) && s == t && EqualNames(c, d)
}
