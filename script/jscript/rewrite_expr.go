package jscript

import (
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
)

// natives are the methods of strings, arrays, numbers and dates that scripts call most:
// these calls are left alone. An automation object that has a method with the very same
// name is asked whether it is one.
var natives = map[string]bool{
	"charAt": true, "charCodeAt": true, "indexOf": true, "lastIndexOf": true, "substr": true, "substring": true, "slice": true,
	"split": true, "replace": true, "match": true, "search": true, "toLowerCase": true, "toUpperCase": true, "concat": true,
	"push": true, "pop": true, "join": true, "sort": true, "reverse": true, "splice": true, "shift": true, "unshift": true,
	"toString": true, "valueOf": true, "toFixed": true, "test": true, "hasOwnProperty": true, "getTime": true, "apply": true,
	"call": true,
}

func (w *rewriter) exprs(list []ast.Expression) {
	for i, e := range list {
		if e != nil {
			list[i] = w.expr(e)
		}
	}
}

// expr rewrites an expression and returns what takes its place.
func (w *rewriter) expr(e ast.Expression) ast.Expression {
	if !w.enter(e) {
		return e
	}
	defer func() { w.depth-- }()
	switch e := e.(type) {
	case *ast.Identifier:
		if v, ok := w.text.values[int(e.Idx)-1]; ok {
			return &ast.NumberLiteral{Idx: e.Idx, Literal: e.Name.String(), Value: v}
		}
	case *ast.NullLiteral, *ast.BooleanLiteral, *ast.StringLiteral:
	case *ast.RegExpLiteral:
		if weight(e.Pattern) == 0 {
			return call(nameRegExp, e, e)
		}
	case *ast.NumberLiteral:
		if n := len(e.Literal); n > 1 && e.Literal[n-1] == 'n' && e.Literal[:2] != "0x" {
			w.refuse(e, 1004)
		}
	case *ast.ThisExpression:
		if w.evalThis() {
			return ident(nameThis, e.Idx)
		}
	case *ast.ArrayLiteral:
		w.exprs(e.Value)
		// A comma at the end adds an element, in JScript. [MS-ES3] 11.1.4
		if end := int(e.RightBracket) - 1; len(e.Value) > 0 && end > 0 && end <= len(w.text.text) {
			if strings.HasSuffix(strings.TrimRight(w.text.text[:end], " \t\r\n"), ",") {
				e.Value = append(e.Value, nil)
			}
		}
	case *ast.ObjectLiteral:
		w.object(e)
	case *ast.FunctionLiteral:
		return w.leak(e)
	case *ast.AssignExpression:
		switch e.Left.(type) {
		case *ast.Identifier, *ast.DotExpression, *ast.BracketExpression:
		default:
			w.refuse(e.Left, 5008)
		}
		switch e.Operator {
		case token.EXPONENT, token.LOGICAL_AND, token.LOGICAL_OR, token.COALESCE:
			w.refuse(e.Right, 1002)
		}
		e.Left = w.expr(e.Left)
		e.Right = w.expr(e.Right)
	case *ast.BinaryExpression:
		if e.Operator == token.EXPONENT || e.Operator == token.COALESCE {
			w.refuse(e, 1002)
		}
		e.Left = w.expr(e.Left)
		e.Right = w.expr(e.Right)
		if e.Operator == token.IN {
			e.Right = call(nameObject, e.Right, e.Right)
		}
	case *ast.UnaryExpression:
		if e.Operator == token.TYPEOF {
			return w.typeof(e)
		}
		e.Operand = w.expr(e.Operand)
	case *ast.ConditionalExpression:
		e.Test, e.Consequent, e.Alternate = w.expr(e.Test), w.expr(e.Consequent), w.expr(e.Alternate)
	case *ast.SequenceExpression:
		w.exprs(e.Sequence)
	case *ast.DotExpression:
		if n, ok := w.text.puts[int(e.Identifier.Idx)-1]; ok && n == 0 {
			return w.ref(e, e.Left)
		}
		if id, ok := e.Left.(*ast.Identifier); ok && w.named != "" && id.Name.String() == w.named && e.Identifier.Name == "arguments" {
			return ident("arguments", e.Idx0()) // of the function that runs
		}
		e.Left = w.expr(e.Left)
	case *ast.BracketExpression:
		if n, ok := w.text.puts[int(e.LeftBracket)-1]; ok && n > 0 {
			args := []ast.Expression{e.Member}
			if seq, ok := e.Member.(*ast.SequenceExpression); ok && n == len(seq.Sequence) && n > 1 {
				args = seq.Sequence
			}
			return w.ref(e, e.Left, args...)
		}
		e.Left, e.Member = w.expr(e.Left), w.expr(e.Member)
	case *ast.CallExpression:
		w.calls = true
		return w.call(e)
	case *ast.NewExpression:
		w.calls = true
		e.Callee = w.expr(e.Callee)
		w.exprs(e.ArgumentList)
		if id, ok := e.Callee.(*ast.Identifier); ok && id.Name == "Date" && len(e.ArgumentList) == 1 {
			e.ArgumentList[0] = call(nameDate, e.ArgumentList[0], e.ArgumentList[0])
		}
	default: // arrow functions, classes, templates, patterns, spread, ?., await, yield, meta properties
		w.refuse(e, 1002)
	}
	return e
}

func (w *rewriter) object(o *ast.ObjectLiteral) {
	for _, p := range o.Value {
		k, ok := p.(*ast.PropertyKeyed)
		if !ok || k.Computed || k.Kind != ast.PropertyKindValue {
			w.refuse(p, 1003)
			continue
		}
		k.Value = w.expr(k.Value)
		if key, ok := k.Key.(*ast.StringLiteral); ok && key.Value == "__proto__" {
			k.Computed = true // which goja takes for a name like others
		}
	}
}

// typeof leaves the operator where the name may be undeclared.
func (w *rewriter) typeof(e *ast.UnaryExpression) ast.Expression {
	id, ok := e.Operand.(*ast.Identifier)
	if !ok {
		e.Operand = w.expr(e.Operand)
		return call(nameTypeof, e, e.Operand)
	}
	return &ast.ConditionalExpression{
		Test:       &ast.BinaryExpression{Operator: token.STRICT_EQUAL, Left: e, Right: text("undefined", e.Idx), Comparison: true},
		Consequent: text("undefined", e.Idx),
		Alternate:  call(nameTypeof, e, ident(id.Name.String(), id.Idx)),
	}
}

// call rewrites a call. What a member is called on is asked for a view in which every
// member is a method, when it may be an automation object.
func (w *rewriter) call(c *ast.CallExpression) ast.Expression {
	w.exprs(c.ArgumentList)
	switch callee := c.Callee.(type) {
	case *ast.Identifier:
		switch callee.Name {
		case "eval":
			return w.eval(c)
		case "Date": // without new it is the text of now
			now := &ast.NewExpression{New: c.Idx0(), Callee: callee}
			c.Callee, c.ArgumentList = &ast.DotExpression{Left: now, Identifier: *ident("toString", c.Idx0())}, nil
			return c
		}
	case *ast.DotExpression:
		if _, ok := w.text.puts[int(callee.Identifier.Idx)-1]; ok {
			break
		}
		callee.Left = w.expr(callee.Left)
		if callee.Identifier.Name == "exec" {
			return &ast.CallExpression{
				Callee: ident(nameExec, callee.Identifier.Idx), LeftParenthesis: c.LeftParenthesis,
				ArgumentList: append([]ast.Expression{callee.Left}, c.ArgumentList...), RightParenthesis: c.RightParenthesis,
			}
		}
		if !natives[callee.Identifier.Name.String()] {
			callee.Left = view(callee.Left)
		}
		return c
	case *ast.BracketExpression:
		if _, ok := w.text.puts[int(callee.LeftBracket)-1]; ok {
			break
		}
		callee.Left, callee.Member = w.expr(callee.Left), w.expr(callee.Member)
		callee.Left = view(callee.Left)
		return c
	}
	c.Callee = w.expr(c.Callee)
	return c
}

// view asks for the view, unless e cannot be an automation object.
func view(e ast.Expression) ast.Expression {
	switch e := e.(type) {
	case *ast.ThisExpression, *ast.StringLiteral, *ast.RegExpLiteral, *ast.ArrayLiteral, *ast.ObjectLiteral,
		*ast.FunctionLiteral, *ast.NumberLiteral:
		return e
	case *ast.Identifier:
		switch e.Name {
		case "Math", "String", "Number", "Date", "Array", "Object", "RegExp":
			return e
		}
	}
	return call(nameView, e, e)
}

// ref makes a call something to assign to: a property v of an object that stands for
// the member with these arguments.
func (w *rewriter) ref(e ast.Node, callee ast.Expression, args ...ast.Expression) ast.Expression {
	var base, name ast.Expression = callee, text("", callee.Idx0())
	switch c := callee.(type) {
	case *ast.DotExpression:
		if _, ok := w.text.puts[int(c.Identifier.Idx)-1]; !ok {
			base, name = c.Left, text(c.Identifier.Name.String(), c.Identifier.Idx)
		}
	case *ast.BracketExpression:
		if _, ok := w.text.puts[int(c.LeftBracket)-1]; !ok {
			base, name = c.Left, w.expr(c.Member)
		}
	}
	base = w.expr(base)
	w.exprs(args)
	return &ast.DotExpression{
		Left:       call(nameRef, e, append([]ast.Expression{base, name}, args...)...),
		Identifier: ast.Identifier{Name: "v", Idx: e.Idx0()},
	}
}
