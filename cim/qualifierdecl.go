package cim

// A QualifierDecl declares a qualifier for a namespace, as DMTF's schemas do:
// its type, default, where it may stand, and its flavor when a use names none.
type QualifierDecl struct {
	Name    string
	Type    Type  // as declared; values of integer types are stored as sint32 or sint64
	Default Value // NULL if none; of type Type
	Scope   Scope
	Flavor  Flavor
}

// A Scope is a set of elements on which a qualifier may stand.
type Scope uint16

const (
	ScopeClass Scope = 1 << iota
	ScopeAssociation
	ScopeIndication
	ScopeProperty
	ScopeReference
	ScopeMethod
	ScopeParameter
	ScopeSchema
	ScopeInstance

	ScopeAny Scope = 1<<iota - 1
)

var scopeNames = []string{
	"class", "association", "indication", "property", "reference", "method", "parameter", "schema", "instance",
}

// ParseScope returns the scope of a keyword of MOF, in any case, "any" included.
func ParseScope(keyword string) (Scope, bool) {
	if EqualNames(keyword, "any") {
		return ScopeAny, true
	}
	for i, name := range scopeNames {
		if EqualNames(keyword, name) {
			return 1 << i, true
		}
	}
	return 0, false
}

// Names returns the keywords of the set, "any" alone for all of them.
func (s Scope) Names() []string {
	if s == ScopeAny {
		return []string{"any"}
	}
	var out []string
	for i, name := range scopeNames {
		if s&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}
