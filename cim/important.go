package cim

import "slices"

// importantQualifiers make up the structure of what they stand on: they decide
// how data are stored, whom a call reaches, or what it carries (put.md 4.2,
// Decision P-8; model.md 13.1).
var importantQualifiers = map[Scope][]string{
	ScopeClass:     {"Abstract", "Singleton", "Dynamic", "Association", "Indication", "Provider", "Amendment", "HasClassRefs"},
	ScopeProperty:  {"Key", "Indexed", "Not_Null", "ClassRef", "Dynamic"},
	ScopeMethod:    {"Implemented", "Static"},
	ScopeParameter: {"In", "Out", "ID"},
}

// Important returns the names of the qualifiers that make up the structure of a
// class, property, method or parameter, which are one scope each. CIMTYPE is not
// among them, because it is part of the type. The slice must not be changed.
func (s Scope) Important() []string { return importantQualifiers[s] }

// isStructural reports whether a qualifier is never text, whatever its flavor:
// it is important somewhere, or says what the object manager computes or needs
// to find texts (localization.md 6).
func isStructural(name string) bool {
	same := func(s string) bool { return EqualNames(s, name) }
	for _, names := range importantQualifiers {
		if slices.ContainsFunc(names, same) {
			return true
		}
	}
	return same("CIMTYPE") || same("Locale")
}
