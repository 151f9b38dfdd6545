package jscript

import (
	"slices"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"

	"openwmi/internal/source"
)

// Functions that the rewritten tree calls. No script can spell their names.
const (
	nameView   = "%view"   // what a member is called on
	nameRef    = "%ref"    // a member with arguments, as something to assign to
	nameTypeof = "%typeof" // the operator, of an object
	nameCaught = "%caught" // is told what a catch clause has caught
	nameEval   = "%eval"   // eval among the local variables
	nameDate   = "%date"   // the argument of new Date
	nameExec   = "%exec"   // the method exec, of something
	nameRegExp = "%regexp" // a regular expression that needs backtracking
	nameThis   = "%this"   // in a text for eval: this of the function around
	nameScope  = "%scope"  // in a text for eval: the local variables around
)

// maxDepth bounds how deep the tree of a script may be, which is how deep goja's
// compiler recurses.
const maxDepth = 10000

// A rewriter makes the tree that goja compiles out of the tree that its parser read.
//
//	a.Item["x"] = 1   %ref(a, "Item", "x").v = 1     what the scanner prepared
//	a.b(c)            %view(a).b(c)                  a automation object calls b, not reads and calls it
//	typeof a          %typeof(a)                     automation objects can be called, but are "object"
//	catch (e) {}      catch (e) { %caught(e); }      errors get numbers and texts of JScript
//	new Date(x)       new Date(%date(x))             dates of automation
//	a.exec(b)         %exec(a, b)                    matches of regular expressions are noted
//	/a(?=b)/          %regexp(/a(?=b)/)              backtracking gets a limit of time
//	eval(x)           %eval(x, {locals})             goja's own eval knows nothing of all this
//	{ function f() {} }                              functions in blocks belong to the function around
//
// It also refuses what goja knows and JScript does not: JScript is ECMAScript 3.
type rewriter struct {
	script *Script
	text   *scanned
	list   *source.List
	locals []string // of the functions around, for a text of eval

	scopes [][]string // names of the functions and catch clauses around
	funcs  int        // functions around
	depth  int
	deep   bool
}

func (w *rewriter) program(p *ast.Program) {
	inside := w.locals != nil
	if inside {
		w.scopes = append(w.scopes, w.locals)
	}
	p.Body = w.body(p.Body)
	if !inside {
		return
	}
	// The locals are the properties of an object: the text runs in a with statement. What
	// it declares becomes global, except what is a local variable.
	for _, d := range p.DeclarationList {
		// The list is also that of the statement.
		d.List = slices.DeleteFunc(slices.Clone(d.List), func(b *ast.Binding) bool {
			id, ok := b.Target.(*ast.Identifier)
			return ok && slices.Contains(w.locals, id.Name.String())
		})
	}
	var funcs, rest []ast.Statement
	for _, s := range p.Body {
		if _, ok := s.(*ast.FunctionDeclaration); ok {
			funcs = append(funcs, s)
		} else {
			rest = append(rest, s)
		}
	}
	if len(rest) > 0 {
		p.Body = append(funcs, &ast.WithStatement{
			With: rest[0].Idx0(), Object: ident(nameScope, rest[0].Idx0()),
			Body: &ast.BlockStatement{LeftBrace: rest[0].Idx0(), List: rest, RightBrace: rest[0].Idx0()},
		})
	}
}

// refuse reports syntax that JScript does not have.
func (w *rewriter) refuse(n ast.Node, code int) {
	pos := int(n.Idx0()) - 1
	w.list.Add(diagnostic(w.script.File, pos, pos+1, code, ""))
}

// enter counts a level of the tree; false when there are too many.
func (w *rewriter) enter(n ast.Node) bool {
	w.depth++
	if w.depth > maxDepth && !w.deep {
		w.deep = true
		pos := int(n.Idx0()) - 1
		w.list.Add(diagnostic(w.script.File, pos, pos+1, 1001, "the expression or statement is nested too deep"))
	}
	return !w.deep
}

func (w *rewriter) function(f *ast.FunctionLiteral) {
	if f.Async || f.Generator {
		w.refuse(f, 1002)
	}
	if f.Name != nil {
		if name, ok := w.text.events[int(f.Name.Idx)-1]; ok {
			f.Name.Name = unistring.NewFromString(name)
		}
	}
	if from := int(f.Function) - 1; from >= 0 && from+len(f.Source) <= len(w.script.File.Text()) {
		f.Source = w.script.File.Text()[from : from+len(f.Source)]
	}
	var names []string
	if f.Name != nil {
		names = append(names, f.Name.Name.String())
	}
	if f.ParameterList.Rest != nil {
		w.refuse(f.ParameterList.Rest, 1010)
	}
	names = append(names, w.bindings(f.ParameterList.List, true)...)
	for _, d := range f.DeclarationList {
		for _, b := range d.List {
			if id, ok := b.Target.(*ast.Identifier); ok {
				names = append(names, id.Name.String())
			}
		}
	}
	w.scopes = append(w.scopes, names)
	w.funcs++
	f.Body.List = w.body(f.Body.List)
	w.funcs--
	w.scopes = w.scopes[:len(w.scopes)-1]
}

// bindings rewrites declared variables or parameters, and returns their names.
func (w *rewriter) bindings(list []*ast.Binding, params bool) (names []string) {
	for _, b := range list {
		id, ok := b.Target.(*ast.Identifier)
		if !ok {
			w.refuse(b.Target, 1010)
			continue
		}
		names = append(names, id.Name.String())
		if b.Initializer != nil {
			if params {
				w.refuse(b.Initializer, 1006)
			}
			b.Initializer = w.expr(b.Initializer)
		}
	}
	return names
}

func ident(name string, idx file.Idx) *ast.Identifier {
	return &ast.Identifier{Name: unistring.NewFromString(name), Idx: idx}
}

func text(s string, idx file.Idx) *ast.StringLiteral {
	return &ast.StringLiteral{Idx: idx, Literal: "''", Value: unistring.NewFromString(s)}
}

// call makes the call of a function of ours, in the place of n.
func call(name string, n ast.Node, args ...ast.Expression) *ast.CallExpression {
	return &ast.CallExpression{
		Callee: ident(name, n.Idx0()), LeftParenthesis: n.Idx0(), ArgumentList: args, RightParenthesis: n.Idx0(),
	}
}

// eval makes a call of eval one of ours, which is given the local variables.
func (w *rewriter) eval(c *ast.CallExpression) ast.Expression {
	c.Callee.(*ast.Identifier).Name = nameEval
	if len(w.scopes) == 0 || len(c.ArgumentList) == 0 {
		return c
	}
	idx := c.Idx0()
	var this ast.Expression = &ast.ThisExpression{Idx: idx}
	if w.evalThis() {
		this = ident(nameThis, idx)
	}
	scope := &ast.ObjectLiteral{LeftBrace: idx, RightBrace: idx, Value: []ast.Property{
		&ast.PropertyKeyed{Key: text(nameThis, idx), Kind: ast.PropertyKindValue, Value: this},
	}}
	seen := map[string]bool{"arguments": true}
	for _, names := range slices.Backward(w.scopes) {
		for _, name := range names {
			if seen[name] {
				continue
			}
			seen[name] = true
			value := ident(nameScope+"value", idx)
			scope.Value = append(scope.Value,
				accessor(ast.PropertyKindGet, name, idx, nil, &ast.ReturnStatement{Return: idx, Argument: ident(name, idx)}),
				accessor(ast.PropertyKindSet, name, idx, value, &ast.ExpressionStatement{Expression: &ast.AssignExpression{
					Operator: token.ASSIGN, Left: ident(name, idx), Right: value,
				}}))
		}
	}
	c.ArgumentList = []ast.Expression{c.ArgumentList[0], scope}
	return c
}

// evalThis reports whether this is to be taken from the object with the locals.
func (w *rewriter) evalThis() bool { return w.locals != nil && w.funcs == 0 }

// accessor makes a getter or setter.
func accessor(kind ast.PropertyKind, name string, idx file.Idx, param *ast.Identifier, s ast.Statement) ast.Property {
	f := &ast.FunctionLiteral{
		Function: idx, ParameterList: &ast.ParameterList{Opening: idx, Closing: idx},
		Body: &ast.BlockStatement{LeftBrace: idx, List: []ast.Statement{s}, RightBrace: idx},
	}
	if param != nil {
		f.ParameterList.List = []*ast.Binding{{Target: param}}
	}
	return &ast.PropertyKeyed{Key: text(name, idx), Kind: kind, Value: f}
}
