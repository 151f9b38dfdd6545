package mof

import (
	"strings"

	"openwmi/cim"
)

// The words of the language in this file mean something in their place only;
// elsewhere they are names like others (mof.md 2.2).

// A Flavor is one flavor word, or a set of them.
type Flavor uint16

// The flavor words. model.md 11.2
const (
	ToInstance Flavor = 1 << iota
	NotToInstance
	ToSubclass
	NotToSubclass
	EnableOverride
	DisableOverride
	Restricted
	Amended
	Translatable // DMTF's word for Amended
)

var flavorNames = [...]string{
	"ToInstance", "NotToInstance", "ToSubclass", "NotToSubclass", "EnableOverride",
	"DisableOverride", "Restricted", "Amended", "Translatable",
}

// String returns the words of f, separated by blanks.
func (f Flavor) String() string {
	var words []string
	for i, name := range flavorNames {
		if f&(1<<i) != 0 {
			words = append(words, name)
		}
	}
	return strings.Join(words, " ")
}

// A PragmaKind is what a directive does. mof.md 5
type PragmaKind uint8

// The kinds of directives.
const (
	UnknownPragma   PragmaKind = iota
	IgnoredPragma              // locale, source and other words of DMTF that change nothing
	IncludePragma              // include("file"), also as #include
	NamespacePragma            // namespace("path")
	AutorecoverPragma
	AmendmentPragma      // amendment("MS_xxx")
	ClassFlagsPragma     // classflags("flag", ...)
	InstanceFlagsPragma  // instanceflags("flag", ...)
	DeleteClassPragma    // deleteclass("class", FAIL or NOFAIL)
	DeleteInstancePragma // deleteinstance("path", FAIL or NOFAIL)
)

var pragmaKinds = map[string]PragmaKind{
	"include": IncludePragma, "namespace": NamespacePragma, "autorecover": AutorecoverPragma,
	"amendment": AmendmentPragma, "classflags": ClassFlagsPragma, "instanceflags": InstanceFlagsPragma,
	"deleteclass": DeleteClassPragma, "deleteinstance": DeleteInstancePragma,

	"locale": IgnoredPragma, "instancelocale": IgnoredPragma, "source": IgnoredPragma,
	"nonlocal": IgnoredPragma, "nonlocaltype": IgnoredPragma, "sourcetype": IgnoredPragma,
}

// A keyword is a word that the grammar tests for.
type keyword uint8

const (
	notKeyword keyword = iota
	kwAs
	kwClass
	kwFalse
	kwFlavor
	kwInstance
	kwNull
	kwOf
	kwQualifier
	kwRef
	kwScope
	kwTrue
	kwTypedef // typedef, enum, interface, struct: known, and never accepted
	kwMOF3    // structure, enumeration: likewise where MOF 3 has them
	kwVoid
)

// A word is what an identifier may mean, depending on its place.
type word struct {
	keyword keyword
	typ     cim.Type // of a simple type and of object
	flavor  Flavor
	scope   cim.Scope
}

// words has the meanings of all words by their lower case form.
var words = func() map[string]word {
	m := map[string]word{
		"as": {keyword: kwAs}, "class": {keyword: kwClass}, "false": {keyword: kwFalse},
		"flavor": {keyword: kwFlavor}, "instance": {keyword: kwInstance}, "null": {keyword: kwNull},
		"of": {keyword: kwOf}, "qualifier": {keyword: kwQualifier}, "ref": {keyword: kwRef},
		"scope": {keyword: kwScope}, "true": {keyword: kwTrue}, "void": {keyword: kwVoid},
		"typedef": {keyword: kwTypedef}, "enum": {keyword: kwTypedef}, "interface": {keyword: kwTypedef},
		"struct": {keyword: kwTypedef}, "structure": {keyword: kwMOF3}, "enumeration": {keyword: kwMOF3},
	}
	for _, name := range [...]string{
		"sint8", "uint8", "sint16", "uint16", "sint32", "uint32", "sint64", "uint64", "real32", "real64",
		"boolean", "string", "datetime", "char16", "object",
	} {
		t, _ := cim.ParseType(name)
		m[name] = word{typ: t}
	}
	for i, name := range flavorNames {
		m[strings.ToLower(name)] = word{flavor: 1 << i}
	}
	for _, name := range [...]string{
		"any", "class", "association", "indication", "property", "reference", "method", "parameter",
		"schema", "instance",
	} {
		w := m[name]
		w.scope, _ = cim.ParseScope(name)
		m[name] = w
	}
	return m
}()

// longestWord bounds the lookup of words: a longer identifier is none.
const longestWord = len("disableoverride")

// A symbol is an identifier in one spelling: all its occurrences share one
// string, and its meaning is looked up once.
type symbol struct {
	name string
	word
}

type symbols map[string]*symbol

func (t symbols) intern(name string) *symbol {
	if s := t[name]; s != nil {
		return s
	}
	s := &symbol{name: name}
	if len(name) <= longestWord {
		s.word = words[strings.ToLower(name)]
	}
	t[name] = s
	return s
}
