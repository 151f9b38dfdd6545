package cimxml

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"openwmi/cim"
	"openwmi/wbem"
)

// standard are the qualifiers that CIM itself defines, as far as schemas and WMI
// use them, by folded name. A server that has no declaration of one refuses the
// classes that use it. DSP0004 5.6.3
var standard = sync.OnceValue(func() map[string]*cim.QualifierDecl {
	const (
		restricted = cim.Flavor(0)
		open       = cim.ToSubclass
		fixed      = cim.ToSubclass | cim.DisableOverride
		text       = cim.ToSubclass | cim.Amended

		types   = cim.ScopeClass | cim.ScopeAssociation | cim.ScopeIndication
		members = cim.ScopeProperty | cim.ScopeMethod | cim.ScopeParameter
	)
	no, texts, none := cim.BoolValue(false), cim.TypeString.ArrayOf(), cim.Value{}
	all := map[string]*cim.QualifierDecl{}
	for _, row := range []struct {
		names  string
		value  cim.Value // the default
		t      cim.Type
		scope  cim.Scope
		flavor cim.Flavor
	}{
		{"Association Aggregation Composition", no, cim.TypeBoolean, cim.ScopeAssociation, fixed},
		{"Indication", no, cim.TypeBoolean, cim.ScopeClass | cim.ScopeIndication, fixed},
		{"Exception", no, cim.TypeBoolean, cim.ScopeClass | cim.ScopeIndication, fixed},
		{"Abstract", no, cim.TypeBoolean, types, restricted},
		{"Terminal Structure", no, cim.TypeBoolean, types, open},
		{"Version", none, cim.TypeString, types, restricted | cim.Amended},
		{"ClassVersion UMLPackagePath", none, cim.TypeString, types, open},
		{"ClassConstraint", none, texts, types, open},
		{"Key", no, cim.TypeBoolean, cim.ScopeProperty | cim.ScopeReference, fixed},
		{"Override", none, cim.TypeString, cim.ScopeProperty | cim.ScopeReference | cim.ScopeMethod, restricted},
		{"Aggregate Weak", no, cim.TypeBoolean, cim.ScopeReference, fixed},
		{"Max", none, cim.TypeUint32, cim.ScopeReference, open},
		{"Min", cim.Uint32Value(0), cim.TypeUint32, cim.ScopeReference, open},
		{"Read", cim.BoolValue(true), cim.TypeBoolean, cim.ScopeProperty, open},
		{"Write", no, cim.TypeBoolean, cim.ScopeProperty, open},
		{"Propagated", none, cim.TypeString, cim.ScopeProperty, fixed},
		{"NullValue", none, cim.TypeString, cim.ScopeProperty, fixed},
		{"Required", no, cim.TypeBoolean, members | cim.ScopeReference, fixed},
		{"Static", no, cim.TypeBoolean, cim.ScopeProperty | cim.ScopeMethod, fixed},
		{"In", cim.BoolValue(true), cim.TypeBoolean, cim.ScopeParameter, fixed},
		{"Out", no, cim.TypeBoolean, cim.ScopeParameter, fixed},
		{"ArrayType", cim.StringValue("Bag"), cim.TypeString, cim.ScopeProperty | cim.ScopeParameter, fixed},
		{"EmbeddedObject OctetString", no, cim.TypeBoolean, members, fixed},
		{"EmbeddedInstance", none, cim.TypeString, members, open},
		{"MaxLen", none, cim.TypeUint32, members, open},
		{"MinLen", cim.Uint32Value(0), cim.TypeUint32, members, open},
		{"MaxValue MinValue", none, cim.TypeSint64, members, open},
		{"Counter Gauge DN IsPUnit", no, cim.TypeBoolean, members, open},
		{"PUnit", none, cim.TypeString, members, open},
		{"Units", none, cim.TypeString, members, text},
		{"ValueMap BitMap", none, texts, members, open},
		{"Values BitValues", none, texts, members, text},
		{"Alias", none, cim.TypeString, cim.ScopeProperty | cim.ScopeReference | cim.ScopeMethod, text},
		{"MethodConstraint", none, texts, cim.ScopeMethod, open},
		{"PropertyConstraint", none, texts, cim.ScopeProperty | cim.ScopeReference, open},
		{"Description DisplayName", none, cim.TypeString, cim.ScopeAny, text},
		{"Deprecated", none, texts, cim.ScopeAny, restricted},
		{"Experimental", no, cim.TypeBoolean, cim.ScopeAny, restricted},
		{"MappingStrings ModelCorrespondence", none, texts, cim.ScopeAny, open},
	} {
		for name := range strings.FieldsSeq(row.names) {
			all[cim.Fold(name)] = &cim.QualifierDecl{Name: name, Type: row.t, Default: row.value, Scope: row.scope, Flavor: row.flavor}
		}
	}
	return all
})

// A declared knows the qualifiers of a namespace, once somebody has looked.
type declared struct {
	mu     sync.Mutex                    // guards byName
	byName map[string]*cim.QualifierDecl // by folded name
}

// typeOf returns the type with which a qualifier is declared, zero if it is not
// known.
func (d *declared) typeOf(name string) cim.Type {
	d.mu.Lock()
	q := d.byName[cim.Fold(name)]
	d.mu.Unlock()
	if q == nil {
		q = standard()[cim.Fold(name)]
	}
	if q == nil {
		return 0
	}
	return q.Type
}

// flavored returns a class with the flavors that a server wants: it takes no other
// where a qualifier must not be overridden, and those of CIM mean what CIM says.
// As long as nothing is known that is the class as it is.
func (d *declared) flavored(decl *cim.ClassDecl) *cim.ClassDecl {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byName == nil {
		return decl
	}
	decl = decl.Clone()
	eachQualifiers(decl, func(_ cim.Type, quals cim.Qualifiers) {
		for i := range quals {
			name := cim.Fold(quals[i].Name)
			switch as := d.byName[name]; {
			case as == nil:
			case standard()[name] != nil:
				quals[i].Flavor = as.Flavor
			default:
				quals[i].Flavor |= as.Flavor & cim.DisableOverride
			}
		}
	})
	return decl
}

// learn replaces what is known, and reports whether that was nothing.
func (d *declared) learn(byName map[string]*cim.QualifierDecl) (first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	first = d.byName == nil
	d.byName = maps.Clone(byName)
	return first
}

// declareQualifiers declares the qualifiers of a class that are not, and reports
// whether the class may be written now.
func (s *standardSession) declareQualifiers(ctx context.Context, decl *cim.ClassDecl) bool {
	known := map[string]*cim.QualifierDecl{}
	weight := 0
	for q, err := range s.Qualifiers(ctx) {
		if err != nil {
			return false
		}
		if weight += qualifierWeight + len(q.Name) + weighValue(q.Default); weight > int(s.client.limits.object) {
			return false
		}
		known[cim.Fold(q.Name)] = q
	}
	some := s.declared.learn(known)
	for _, q := range qualifiersOf(decl) {
		name := cim.Fold(q.Name)
		if known[name] != nil {
			continue
		}
		as := standard()[name]
		if as == nil { // of WMI, or somebody's own
			as = &cim.QualifierDecl{Name: q.Name, Type: q.Value.Type(), Scope: cim.ScopeAny, Flavor: q.Flavor & cim.WritableFlavors}
			if as.Type == 0 {
				as.Type = cim.TypeString
			}
		}
		if s.SetQualifier(ctx, as, wbem.Options{}) != nil {
			return false
		}
		known[name] = as
		some = true
	}
	s.declared.learn(known)
	return some
}

// qualifiersOf returns the qualifiers that a server sees on a class and all that
// belongs to it.
func qualifiersOf(decl *cim.ClassDecl) cim.Qualifiers {
	var all cim.Qualifiers
	eachQualifiers(decl, func(t cim.Type, quals cim.Qualifiers) {
		all = append(all, quals...)
		if t.Elem() == cim.TypeObject {
			all = append(all, cim.Qualifier{Name: "EmbeddedObject"}, cim.Qualifier{Name: "EmbeddedInstance"})
		}
	})
	for i := range decl.Methods {
		if len(decl.Methods[i].Parameters) > 0 {
			all = append(all, cim.Qualifier{Name: "In"})
		}
	}
	return slices.DeleteFunc(all, func(q cim.Qualifier) bool { return cim.EqualNames(q.Name, "CIMTYPE") || cim.EqualNames(q.Name, "ID") })
}

// eachQualifiers calls fn for the qualifiers of a class and of each of its members
// and their parameters, with the type that those have.
func eachQualifiers(decl *cim.ClassDecl, fn func(t cim.Type, quals cim.Qualifiers)) {
	fn(0, decl.Qualifiers)
	for i := range decl.Properties {
		fn(decl.Properties[i].Type, decl.Properties[i].Qualifiers)
	}
	for i := range decl.Methods {
		m := &decl.Methods[i]
		fn(m.Return, m.Qualifiers)
		for k := range m.Parameters {
			fn(m.Parameters[k].Type, m.Parameters[k].Qualifiers)
		}
	}
}
