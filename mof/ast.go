package mof

import (
	"openwmi/cim"
	"openwmi/internal/source"
)

// A Node is a part of a syntax tree.
type Node interface {
	// Range returns where the node stands in its file.
	Range() source.Span
}

// A File is the syntax tree of one MOF file. What was written wrongly is
// missing from it; otherwise it holds the file as written, in order.
//
//	MofFile = { Production }
type File struct {
	Source   *source.File
	Decls    []Decl
	Comments []source.Span // each comment with its delimiters, without the end of its line
}

// A Decl is a production at the top of a file: a *Pragma, *QualifierDecl,
// *ClassDecl or *InstanceDecl. Its range includes its final semicolon.
type Decl interface {
	Node
	decl()
}

// An Ident is a name as written. An Ident with an empty name is not there.
type Ident struct {
	Pos  source.Pos
	Name string
}

// Range returns where the name stands.
func (id Ident) Range() source.Span {
	return source.Span{Pos: id.Pos, End: id.Pos + source.Pos(len(id.Name))}
}

// A Pragma is a directive.
//
//	Preprocessor = "#" [ "pragma" ] Name [ "(" [ Arg { "," Arg } ] ")" ]
type Pragma struct {
	source.Span
	Kind PragmaKind
	Name Ident   // as written; "include" after a bare # as well
	Args []Value // *StringLit, *NumberLit, or *Word
	File *File   // what an include brought in; nil if it was not followed or could not be
}

// A QualifierDecl declares default flavors of a qualifier (WMI) or its type,
// default, scope and flavors (DMTF).
//
//	WmiQualDecl  = "qualifier" Identifier ":" Flavor { Flavor } ";"
//	DmtfQualDecl = "qualifier" Identifier ":" Type [ ArrayDim ] [ "=" Initializer ]
//	               "," "scope" "(" Scope { "," Scope } ")"
//	               [ "," "flavor" "(" Flavor { "," Flavor } ")" ] ";"
type QualifierDecl struct {
	source.Span
	Name    Ident
	Type    Type // without a type in the WMI form
	Dim     *Dim
	Default Value // nil if there is none
	Scopes  []ScopeWord
	Flavors []FlavorWord
}

// IsTyped reports whether d has the DMTF form.
func (d *QualifierDecl) IsTyped() bool { return d.Type.Type != 0 }

// A ClassDecl declares a class, or is the value of an object property.
//
//	ClassDecl = [ QualList ] "class" ClassName [ Alias ] [ ":" ClassName ] [ Alias ]
//	            "{" { ClassFeature } "}" ";"
type ClassDecl struct {
	source.Span
	Qualifiers []Qualifier
	Name       Ident
	Alias      Ident // without the dollar sign
	Super      Ident
	Features   []Feature
	Body       source.Span // the braces and what is between them
}

// A Feature is a *Property or a *Method of a class. Its range includes its
// semicolon.
type Feature interface {
	Node
	feature()
}

// A Property is a property of a class or a parameter of a method.
//
//	Property = [ QualList ] Type Identifier [ ArrayDim ] [ "=" Initializer ]
type Property struct {
	source.Span
	Qualifiers []Qualifier
	Type       Type
	Name       Ident
	Dim        *Dim  // nil for a scalar
	Default    Value // nil if there is none
}

// A Method is a method of a class.
//
//	Method = [ QualList ] ( Type | "void" ) Identifier "(" [ Param { "," Param } ] ")"
type Method struct {
	source.Span
	Qualifiers []Qualifier
	Type       Type // of what it returns
	Name       Ident
	Dim        *Dim // of what it returns: not nil is what Check refuses
	Params     []Property
}

// A Type is the type of a property, parameter, method or qualifier. Whether it
// is that of an array, the Dim of its owner says.
//
//	Type = SimpleType | ( ClassName | "object" ) [ "ref" ]
type Type struct {
	source.Span
	Type  cim.Type // zero for void
	Class string   // of a reference or object; empty if any
}

// A Dim makes a property an array.
//
//	ArrayDim = "[" [ Integer ] "]"
type Dim struct {
	source.Span
	Bound *NumberLit // nil for an open array
}

// An InstanceDecl declares an instance, or is the value of an object property.
//
//	InstanceDecl = [ QualList ] "instance" "of" ClassName [ Alias ] "{" { InstProp } "}" ";"
type InstanceDecl struct {
	source.Span
	Qualifiers []Qualifier
	Class      Ident
	Alias      Ident // without the dollar sign
	Properties []Assignment
	Body       source.Span // the braces and what is between them
}

// An Assignment gives a property of an instance its value or qualifiers.
//
//	InstProp = [ QualList ] Identifier [ "=" Initializer ] ";"
type Assignment struct {
	source.Span
	Qualifiers []Qualifier
	Name       Ident
	Value      Value // nil if only qualifiers are given
}

// A Qualifier is a qualifier in use.
//
//	Qual = Identifier [ QualValue ] [ ":" Flavor { Flavor } ]
type Qualifier struct {
	source.Span
	Name    Ident
	Value   Value // nil if there is none, which mostly means TRUE
	Flavors []FlavorWord
}

// A FlavorWord is a flavor as written.
type FlavorWord struct {
	source.Span
	Flavor Flavor
}

// A ScopeWord is a scope as written.
type ScopeWord struct {
	source.Span
	Scope cim.Scope
}

// A Value is a *NumberLit, *StringLit, *CharLit, *BoolLit, *NullLit,
// *AliasRef, *ArrayLit, *InstanceDecl, *ClassDecl, or, in a pragma only, a
// *Word.
type Value interface {
	Node
	value()
}

// A NumberLit is a number.
type NumberLit struct {
	source.Span
	Raw string // as written
}

// A StringLit is one string, written as one literal or several in sequence.
type StringLit struct {
	source.Span
	Value string // UTF-8, unpaired surrogates like other code points (WTF-8)
}

// A CharLit is a character in single quotes.
type CharLit struct {
	source.Span
	Value uint16 // one UTF-16 code unit
}

// A BoolLit is TRUE or FALSE.
type BoolLit struct {
	source.Span
	Value bool
}

// A NullLit is NULL.
type NullLit struct {
	source.Span
}

// An AliasRef names an object that is declared elsewhere with this alias.
type AliasRef struct {
	source.Span
	Name string // without the dollar sign
}

// An ArrayLit is a list of values in braces or, in a qualifier with more than one
// value, in parentheses.
//
//	ArrayLit = "{" [ Value { "," Value } ] "}"
type ArrayLit struct {
	source.Span
	Elems []Value
}

// A Word is a word that is not quoted.
type Word struct {
	source.Span
	Text string
}

func (*Pragma) decl()        {}
func (*QualifierDecl) decl() {}
func (*ClassDecl) decl()     {}
func (*InstanceDecl) decl()  {}

func (*Property) feature() {}
func (*Method) feature()   {}

func (*NumberLit) value()    {}
func (*StringLit) value()    {}
func (*CharLit) value()      {}
func (*BoolLit) value()      {}
func (*NullLit) value()      {}
func (*AliasRef) value()     {}
func (*ArrayLit) value()     {}
func (*InstanceDecl) value() {}
func (*ClassDecl) value()    {}
func (*Word) value()         {}
