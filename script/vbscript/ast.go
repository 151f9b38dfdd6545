package vbscript

import "openwmi/internal/source"

// A Script is a parsed text. It never changes.
type Script struct {
	File     *source.File
	explicit bool
	resume   bool // has On Error Resume Next outside of procedures
	body     []stmtAt
	procs    []*procNode
	classes  []*classNode
}

type exprNode interface{}

type (
	litNode struct{ val Value }
	dayNode struct{ text string } // a date of this year
	// nameNode is a name alone.
	nameNode struct {
		pos       source.Pos
		key, text string
	}
	meNode   struct{}
	withNode struct{} // the object of the innermost With
	// memberNode is x.name without arguments.
	memberNode struct {
		x         exprNode
		key, text string
	}
	// callNode is x(args): a call, an element of an array, or a default member.
	callNode struct {
		x    exprNode
		args []exprNode // nil for one left out
	}
	unaryNode struct {
		op string // "-", "+", "not"
		x  exprNode
	}
	binaryNode struct {
		op   string
		x, y exprNode
	}
	newNode   struct{ key, text string }
	parenNode struct{ x exprNode }
)

type stmtNode interface{}

type stmtAt struct {
	pos source.Pos
	s   stmtNode
}

type varNode struct {
	pos       source.Pos
	key, text string
	array     bool
	dims      []exprNode
}

type (
	dimNode   struct{ vars []varNode }
	constNode struct {
		names []varNode
		vals  []exprNode
	}
	redimNode struct {
		preserve bool
		targets  []exprNode
		dims     [][]exprNode
	}
	assignNode struct {
		set    bool
		target exprNode
		val    exprNode
	}
	callStmt struct {
		x    exprNode // the procedure, without the arguments
		args []exprNode
		has  bool // arguments, perhaps none, were written
	}
	ifNode struct {
		conds  []exprNode
		bodies [][]stmtAt
		poss   []source.Pos
		other  []stmtAt
	}
	selectNode struct {
		x     exprNode
		cases []caseNode
		other []stmtAt
	}
	caseNode struct {
		vals []exprNode
		body []stmtAt
	}
	forNode struct {
		v              exprNode
		from, to, step exprNode
		body           []stmtAt
	}
	eachNode struct {
		v    exprNode
		in   exprNode
		body []stmtAt
	}
	doNode struct {
		pre, until bool
		cond       exprNode // nil for none
		body       []stmtAt
		condPos    source.Pos
	}
	withStmt struct {
		x    exprNode
		body []stmtAt
	}
	exitNode  struct{ what string }
	onError   struct{ resume bool }
	eraseNode struct{ targets []exprNode }
	stopNode  struct{}
)

type procKind uint8

const (
	kindSub procKind = iota
	kindFunction
	kindGet
	kindLet
	kindSet
)

type paramNode struct {
	key, text string
	byVal     bool
}

type procNode struct {
	pos       source.Pos
	key, text string
	kind      procKind
	private   bool
	isDefault bool
	params    []paramNode
	body      []stmtAt
	resume    bool // has On Error Resume Next
}

type classNode struct {
	pos       source.Pos
	key, text string
	vars      []varNode
	private   []bool // of vars
	procs     []*procNode
}
