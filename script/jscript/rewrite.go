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
	nameObject = "%object" // what in looks into
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

	scopes  [][]string // names of the functions and catch clauses around
	globals []string   // that the script declares
	caught  []string   // names of the catch clauses around, in this function
	leaked  []string   // names of function expressions, which the function around has too
	named   string     // the function around
	calls   bool       // whether it does
	funcs   int        // functions around
	depth   int
	deep    bool
}

func (w *rewriter) program(p *ast.Program) {
	inside := w.locals != nil
	if inside {
		w.scopes = append(w.scopes, w.locals)
	}
	w.globals = declared(nil, p.DeclarationList)
	p.Body = w.body(p.Body)
	p.DeclarationList = declare(p.DeclarationList, w.leaked)
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
	names = declared(names, f.DeclarationList)
	w.scopes = append(w.scopes, names)
	w.funcs++
	caught, leaked, named, calls := w.caught, w.leaked, w.named, w.calls
	w.calls = false
	w.caught, w.leaked, w.named = nil, nil, ""
	if f.Name != nil {
		w.named = f.Name.Name.String()
	}
	f.Body.List = w.body(f.Body.List)
	f.DeclarationList = declare(f.DeclarationList, w.leaked)
	if w.calls {
		f.Body.List = slices.Insert(f.Body.List, 0, look(f.Body.Idx0()))
	}
	w.calls = calls
	w.caught, w.leaked, w.named = caught, leaked, named
	w.funcs--
	w.scopes = w.scopes[:len(w.scopes)-1]
}

// declared adds the names of variables to others.
func declared(names []string, list []*ast.VariableDeclaration) []string {
	for _, d := range list {
		for _, b := range d.List {
			if id, ok := b.Target.(*ast.Identifier); ok {
				names = append(names, id.Name.String())
			}
		}
	}
	return names
}

// declare adds variables to the declarations of a function.
func declare(list []*ast.VariableDeclaration, names []string) []*ast.VariableDeclaration {
	for _, name := range names {
		list = append(list, &ast.VariableDeclaration{List: []*ast.Binding{{Target: ident(name, 0)}}})
	}
	return list
}

// leak makes the name of a function expression that of a variable of the function around
// as well, unless something has the name there: JScript declares it in both.
func (w *rewriter) leak(f *ast.FunctionLiteral) ast.Expression {
	w.function(f)
	if f.Name == nil || w.locals != nil {
		return f
	}
	name := f.Name.Name.String()
	if around := len(w.scopes) - 1 - len(w.caught); around >= 0 {
		for _, names := range w.scopes[around:] {
			if slices.Contains(names, name) && !slices.Contains(w.leaked, name) {
				return f
			}
		}
		w.scopes[around] = append(slices.Clip(w.scopes[around]), name)
	} else if slices.Contains(w.globals, name) || slices.Contains(w.caught, name) || builtins[name] {
		return f
	}
	if !slices.Contains(w.leaked, name) {
		w.leaked = append(w.leaked, name)
	}
	return &ast.AssignExpression{Operator: token.ASSIGN, Left: ident(name, f.Idx0()), Right: f}
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
