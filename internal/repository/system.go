package repository

import (
	"sync"

	"openwmi/cim"
)

// System classes exist in every namespace, or in the few that are named with
// them, without being stored: they are the same everywhere. Their ids are
// below firstID and, as all ids, stand for one structure: whoever adds,
// removes or retypes a property of one gives it a new id, and has the records
// of the old one converted.

// A systemClass is a row of the tables in this file and systemevents.go.
type systemClass struct {
	id    uint32
	where where
	decl  *cim.ClassDecl
}

// where says which namespaces have a class.
type where int

const (
	everywhere where = iota
	inRoot
	inRootAndDefault
)

func (c *systemClass) in(ns *Namespace) bool {
	switch c.where {
	case everywhere:
		return true
	case inRoot:
		return ns.parent == nil
	}
	return ns.parent == nil || ns.parent.parent == nil && cim.EqualNames(ns.name, "default")
}

// systemClasses returns the rows, superclasses first. Their declarations are in
// canonical form, so that any number of namespaces can derive from them.
var systemClasses = sync.OnceValue(func() []*systemClass {
	var rows []*systemClass
	classes := map[string]*cim.Class{}
	for _, table := range [][]*systemClass{coreClasses(), registrationClasses(), eventClasses(), rootClasses()} {
		for _, row := range table {
			c, err := cim.Derive(classes[row.decl.Super], row.decl)
			if err != nil {
				panic("repository: " + err.Error())
			}
			classes[c.Name()] = c
			rows = append(rows, row)
		}
	}
	return rows
})

// addSystemClasses puts the system classes of its namespace into an empty
// schema.
func (s *schema) addSystemClasses() {
	for _, c := range systemClasses() {
		if !c.in(s.ns) {
			continue
		}
		e := &entry{id: c.id, name: c.decl.Name, fold: cim.Fold(c.decl.Name), system: true, def: &definition{}}
		e.def.decl.Store(c.decl)
		var super *entry
		if c.decl.Super != "" {
			super = s.find(c.decl.Super)
		}
		e.link(super, declaresReference(c.decl))
		s.put(e)
	}
}

// What follows makes the tables short.

func sys(id uint32, name, super string, qs cim.Qualifiers, props ...cim.PropertyDecl) *systemClass {
	return &systemClass{id: id, decl: &cim.ClassDecl{Name: name, Super: super, Qualifiers: qs, Properties: props}}
}

func is(name string) cim.Qualifiers { return cim.Qualifiers{isQualifier(name)} }

func isQualifier(name string) cim.Qualifier {
	return cim.Qualifier{Name: name, Value: cim.BoolValue(true)}
}

func field(name string, t cim.Type, qs ...cim.Qualifier) cim.PropertyDecl {
	return cim.PropertyDecl{Name: name, Type: t, Qualifiers: qs}
}

// fields returns several of one type.
func fields(t cim.Type, names ...string) []cim.PropertyDecl {
	var out []cim.PropertyDecl
	for _, name := range names {
		out = append(out, field(name, t))
	}
	return out
}

// of names the class of a reference or object.
func of(class string, p cim.PropertyDecl) cim.PropertyDecl {
	p.Class = class
	return p
}

// or gives a property a default.
func or(v cim.Value, p cim.PropertyDecl) cim.PropertyDecl {
	p.Default, p.HasDefault = v, true
	return p
}

func booleanOr(v bool, name string) cim.PropertyDecl {
	return or(cim.BoolValue(v), field(name, cim.TypeBoolean))
}

const (
	bytesType   = cim.TypeUint8 | cim.TypeArray
	stringsType = cim.TypeString | cim.TypeArray
)

var (
	isKey      = isQualifier("key")
	isNotNull  = isQualifier("not_null")
	isInterval = cim.Qualifier{Name: "subtype", Value: cim.StringValue("interval")}
)
