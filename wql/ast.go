package wql

import (
	"iter"
	"time"

	"openwmi/cim"
	"openwmi/internal/source"
)

// A Node is a part of a query.
type Node interface {
	// Range returns where the node stands in its text.
	Range() source.Span
}

// A Query is a *Select, *Associators or *References.
type Query interface {
	Node
	String() string
	query()
}

// A Select is a data, schema or event query.
//
//	Select = "SELECT" Columns "FROM" Class [ "WITHIN" Interval ]
//	         [ "WHERE" Expr ] [ Group ] [ ";" ]
type Select struct {
	source.Span
	Source  *source.File // the text
	Columns []*Path      // in order and with repetitions; nil for *
	Class   Ident
	Within  *Interval // how often to poll; nil if not said, always in a data query
	Where   Expr      // nil if all are wanted
	Group   *Group    // nil if single events are wanted, always in a data query
}

// IsSchema reports whether the query asks for classes: wql.md 8.
func (s *Select) IsSchema() bool { return cim.EqualNames(s.Class.Name, "meta_class") }

// A Group collects events: wql.md 10.4.
//
//	Group = "GROUP" "WITHIN" Interval [ "BY" Path { "," Path } ] [ "HAVING" Expr ]
type Group struct {
	source.Span
	Within *Interval
	By     []*Path // nil if all events are one group
	// Having is made of And, Or, Not, and of Comparison, whose path is
	// NumberOfEvents and whose value is an integer of 32 bits. It is nil if every
	// group counts.
	Having Expr
}

// An Interval is a number of seconds.
type Interval struct {
	source.Span
	Text     string        // as written
	Duration time.Duration // whole milliseconds, from 1 to 4294967000: wql.md 10.2
}

// A Traversal is what both kinds of association queries can say. Items that
// are not there have no name.
type Traversal struct {
	source.Span
	Source *source.File // the text
	Object ObjectPath

	ClassDefsOnly bool // the classes of the results are wanted
	KeysOnly      bool // only key properties are wanted
	SchemaOnly    bool // Object is a class; otherwise it is an instance

	RequiredQualifier Ident // which the class of a result carries
	ResultClass       Ident // to which a result belongs
	Role              Ident // the reference of the association that holds Object
}

// An Associators asks for the objects associated with one: wql.md 9.
//
//	Associators = "ASSOCIATORS" "OF" "{" ObjectPath "}" [ "WHERE" Item { Item } ] [ ";" ]
type Associators struct {
	Traversal
	AssocClass             Ident // to which the association belongs
	RequiredAssocQualifier Ident // which the class of the association carries
	ResultRole             Ident // the reference of the association that holds the result
}

// A References asks for the associations that refer to an object: wql.md 9.
//
//	References = "REFERENCES" "OF" "{" ObjectPath "}" [ "WHERE" Item { Item } ] [ ";" ]
type References struct {
	Traversal
}

// An ObjectPath is a path of a class or instance in braces.
type ObjectPath struct {
	source.Span
	Text string // as written, without braces and the blanks next to them
	Path cim.Path
}

// An Ident is a name. An Ident with an empty name is not there.
type Ident struct {
	source.Span // with the quotes, if it has any
	Name        string
}

// A Path names a property, or one of an embedded object.
//
//	Path = Name { "." Name } [ ".*" ]
type Path struct {
	source.Span
	Names []Ident // at least one
	All   bool    // .* follows, only in columns
}

// An Expr is a condition: an *And, *Or or *Not, or a Term.
type Expr interface {
	Node
	String() string
	expr()
}

// A Term is a condition on one property: a *Comparison, *Like, *Isa or *IsNull.
type Term interface {
	Expr
	// Operand returns the property.
	Operand() *Path
}

// An And is true if all of its operands are, of which none is an *And itself.
type And struct {
	source.Span
	X []Expr // at least two
}

// An Or is true if one of its operands is, of which none is an *Or itself.
type Or struct {
	source.Span
	X []Expr // at least two
}

// A Not is true if its operand is false.
type Not struct {
	source.Span
	X Expr
}

// A Comparison compares a property with a constant other than NULL. The
// property stands on the left, wherever it was written.
type Comparison struct {
	source.Span
	Path  *Path
	Op    Op
	Value *Literal
}

// A Like compares a property with a pattern: wql.md 5.
type Like struct {
	source.Span
	Path    *Path
	Pattern *Literal // a string
}

// An Isa tells whether an embedded object, or the class __THIS in a schema
// query, is of a class or one derived from it: wql.md 6.
type Isa struct {
	source.Span
	Path  *Path
	Class Ident
}

// An IsNull tells whether a property is NULL or, with Not, whether it is not.
// The two are not opposites when the path leads nowhere: wql.md 4.6.
type IsNull struct {
	source.Span
	Path *Path
	Not  bool
}

// A Literal is a constant.
type Literal struct {
	source.Span
	// Text is the literal as written, a string with its quotes and escapes.
	Text string
	// Value is of type cim.TypeSint64, or cim.TypeUint64 when it is too large for that;
	// cim.TypeReal64; cim.TypeString; or cim.TypeBoolean. It is never NULL.
	Value cim.Value
}

// An Op is an operator of a comparison.
type Op uint8

// The operators.
const (
	Equal        Op = iota // =
	NotEqual               // <> and !=
	Less                   // <
	Greater                // >
	LessEqual              // <=
	GreaterEqual           // >=
)

var opNames = [...]string{"=", "<>", "<", ">", "<=", ">="}

func (op Op) String() string { return opNames[op] }

// Mirror returns the operator for exchanged operands.
func (op Op) Mirror() Op { return [...]Op{Equal, NotEqual, Greater, Less, GreaterEqual, LessEqual}[op] }

// Preorder returns e and all expressions in it, each before its operands. A
// nil e has none.
func Preorder(e Expr) iter.Seq[Expr] {
	return func(yield func(Expr) bool) { preorder(e, yield) }
}

func preorder(e Expr, yield func(Expr) bool) bool {
	if e == nil {
		return true
	}
	if !yield(e) {
		return false
	}
	var operands []Expr
	switch e := e.(type) {
	case *And:
		operands = e.X
	case *Or:
		operands = e.X
	case *Not:
		return preorder(e.X, yield)
	}
	for _, x := range operands {
		if !preorder(x, yield) {
			return false
		}
	}
	return true
}

// Operand returns the property.
func (e *Comparison) Operand() *Path { return e.Path }

// Operand returns the property.
func (e *Like) Operand() *Path { return e.Path }

// Operand returns the embedded object, or __THIS.
func (e *Isa) Operand() *Path { return e.Path }

// Operand returns the property.
func (e *IsNull) Operand() *Path { return e.Path }

func (*Select) query()      {}
func (*Associators) query() {}
func (*References) query()  {}

func (*And) expr()        {}
func (*Or) expr()         {}
func (*Not) expr()        {}
func (*Comparison) expr() {}
func (*Like) expr()       {}
func (*Isa) expr()        {}
func (*IsNull) expr()     {}
