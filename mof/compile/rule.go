package compile

import (
	"openwmi/cim"
	"openwmi/mof"
)

// A rule is what a use of a qualifier means: what is not written there comes from
// a declaration or from the dialect. mof.md 1, 6 and 8
type rule struct {
	flavor cim.Flavor // of a use that names none
	typ    cim.Type   // declared; zero lets the value decide
	def    cim.Value  // of a use without a value, as it is stored
	role   role
	kept   bool // by the namespace
}

// A role is what the compiler itself does with a qualifier.
type role uint8

const (
	plain     role = iota
	key            // Key
	direction      // In or Out
	texts          // an array of strings in which numbers may stand without quotes
)

var roles = map[string]role{
	"KEY": key, "IN": direction, "OUT": direction,
	"VALUEMAP": texts, "VALUES": texts, "BITMAP": texts, "BITVALUES": texts,
}

// rules has the declarations that are in effect at one point of a unit.
//
// A declaration in the unit, of either form, goes before one that the namespace
// keeps, which is there so that files need not repeat the declarations of a
// schema. mof.md 8, Decision
type rules struct {
	dmtf       bool            // undeclared qualifiers have the defaults of DSP0004
	declared   map[string]rule // in the unit so far, by folded name
	kept       map[string]rule // by the namespace, likewise
	bySpelling map[string]*rule
}

func newRules(dmtf bool) *rules {
	return &rules{dmtf: dmtf, declared: map[string]rule{}, bySpelling: map[string]*rule{}}
}

// of returns the rule for a name.
func (r *rules) of(name string) *rule {
	if found := r.bySpelling[name]; found != nil {
		return found
	}
	folded := cim.Fold(name)
	found, ok := r.declared[folded]
	if !ok {
		found, ok = r.kept[folded]
		found.kept = ok
	}
	if !ok {
		found.def = cim.BoolValue(true)
		if r.dmtf {
			found.flavor = cim.ToSubclass
		}
	}
	found.role = roles[folded]
	r.bySpelling[name] = &found
	return &found
}

// keep makes kept the declarations of the namespace.
func (r *rules) keep(kept map[string]rule) {
	r.kept = kept
	clear(r.bySpelling)
}

// declare puts a declaration into effect for what follows.
func (r *rules) declare(d *cim.QualifierDecl) {
	r.declared[cim.Fold(d.Name)] = ruleOf(d)
	clear(r.bySpelling)
}

// declare puts a declaration into effect as it is written.
func declare(r *rules, d *mof.QualifierDecl) error {
	q, err := declaration(d)
	if err == nil {
		r.declare(q)
	}
	return err
}

func ruleOf(d *cim.QualifierDecl) rule {
	r := rule{flavor: d.Flavor, typ: d.Type, def: cim.BoolValue(true)}
	if d.Type != 0 && d.Type != cim.TypeBoolean {
		r.def = stored(d.Default)
	}
	return r
}

// declaration returns what a declaration of a qualifier declares. Its type is
// zero in the form of WMI, which says nothing but flavors.
func declaration(d *mof.QualifierDecl) (*cim.QualifierDecl, error) {
	q := &cim.QualifierDecl{Name: d.Name.Name}
	if !d.IsTyped() {
		q.Flavor = flavorOf(d.Flavors, 0)
		return q, nil
	}
	q.Flavor = flavorOf(d.Flavors, cim.ToSubclass)
	q.Type = d.Type.Type
	if d.Dim != nil {
		q.Type = q.Type.ArrayOf()
	}
	for _, w := range d.Scopes {
		q.Scope |= w.Scope
	}
	if d.Default == nil {
		return q, nil
	}
	var err error
	q.Default, err = literals(d.Default, q.Type)
	return q, err
}

// flavorOf returns the flavor that words mean; where they say nothing of
// subclasses, propagates tells. DSP0004 has ToSubclass unless Restricted is
// there, the Windows compiler only what is written.
func flavorOf(words []mof.FlavorWord, propagates cim.Flavor) cim.Flavor {
	f := propagates
	for _, w := range words {
		switch w.Flavor {
		case mof.ToInstance:
			f |= cim.ToInstance
		case mof.ToSubclass:
			f |= cim.ToSubclass
		case mof.NotToInstance:
			f &^= cim.ToInstance
		case mof.NotToSubclass:
			f &^= cim.ToSubclass
		case mof.Restricted:
			f &^= cim.ToInstance | cim.ToSubclass
		case mof.DisableOverride:
			f |= cim.DisableOverride
		case mof.EnableOverride:
			f &^= cim.DisableOverride
		case mof.Amended, mof.Translatable:
			f |= cim.Amended
		}
	}
	return f
}
