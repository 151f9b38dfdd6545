package jscript

import (
	"slices"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
)

// body rewrites the statements of a program or function. Function declarations that
// are inside of blocks come out of them, before the statement in which they were: the
// last of several with a name counts.
func (w *rewriter) body(list []ast.Statement) []ast.Statement {
	var names []string
	out := make([]ast.Statement, 0, len(list))
	for _, s := range list {
		h := &hoister{}
		if _, ok := s.(*ast.FunctionDeclaration); !ok {
			s = h.stmt(s)
		}
		for _, f := range h.funcs {
			out = append(out, f)
		}
		out = append(out, s)
	}
	for _, s := range out {
		if f, ok := s.(*ast.FunctionDeclaration); ok && f.Function.Name != nil {
			names = append(names, f.Function.Name.Name.String())
		}
	}
	if len(w.scopes) > 0 {
		top := len(w.scopes) - 1
		w.scopes[top] = append(slices.Clip(w.scopes[top]), names...)
	} else {
		w.globals = append(w.globals, names...)
	}
	w.stmts(out)
	return out
}

func (w *rewriter) stmts(list []ast.Statement) {
	for i, s := range list {
		list[i] = w.stmt(s)
	}
}

// stmt rewrites a statement and returns what takes its place.
func (w *rewriter) stmt(s ast.Statement) ast.Statement {
	if s == nil || !w.enter(s) {
		return s
	}
	defer func() { w.depth-- }()
	switch s := s.(type) {
	case *ast.EmptyStatement, *ast.BranchStatement, *ast.DebuggerStatement:
	case *ast.BlockStatement:
		w.stmts(s.List)
	case *ast.ExpressionStatement:
		if lit, ok := s.Expression.(*ast.StringLiteral); ok && lit.Value == "use strict" {
			// JScript knows no strict mode: the directive becomes an expression.
			s.Expression = &ast.SequenceExpression{Sequence: []ast.Expression{lit}}
			break
		}
		s.Expression = w.expr(s.Expression)
	case *ast.VariableStatement:
		w.bindings(s.List, false)
		if w.ofCatch(s.List) {
			return assigned(s)
		}
	case *ast.FunctionDeclaration:
		w.function(s.Function)
	case *ast.IfStatement:
		s.Test, s.Consequent, s.Alternate = w.expr(s.Test), w.stmt(s.Consequent), w.stmt(s.Alternate)
	case *ast.ForStatement:
		switch init := s.Initializer.(type) {
		case nil:
		case *ast.ForLoopInitializerExpression:
			init.Expression = w.expr(init.Expression)
		case *ast.ForLoopInitializerVarDeclList:
			w.bindings(init.List, false)
			if w.ofCatch(init.List) {
				s.Initializer = nil
				if seq := assigning(init.List); len(seq.Sequence) > 0 {
					s.Initializer = &ast.ForLoopInitializerExpression{Expression: seq}
				}
			}
		default:
			w.refuse(s, 1002)
		}
		if s.Test != nil {
			s.Test = w.expr(s.Test)
		}
		if s.Update != nil {
			s.Update = w.expr(s.Update)
		}
		s.Body = w.stmt(s.Body)
	case *ast.ForInStatement:
		switch into := s.Into.(type) {
		case *ast.ForIntoVar:
			list := []*ast.Binding{into.Binding}
			w.bindings(list, false)
			if w.ofCatch(list) {
				id := into.Binding.Target.(*ast.Identifier)
				s.Into = &ast.ForIntoExpression{Expression: ident(id.Name.String(), id.Idx)}
			}
		case *ast.ForIntoExpression:
			into.Expression = w.expr(into.Expression)
		default:
			w.refuse(s, 1002)
		}
		s.Source, s.Body = w.expr(s.Source), w.stmt(s.Body)
	case *ast.WhileStatement:
		s.Test, s.Body = w.expr(s.Test), w.stmt(s.Body)
	case *ast.DoWhileStatement:
		s.Body, s.Test = w.stmt(s.Body), w.expr(s.Test)
	case *ast.LabelledStatement:
		s.Statement = w.stmt(s.Statement)
	case *ast.ReturnStatement:
		if s.Argument != nil {
			s.Argument = w.expr(s.Argument)
		}
	case *ast.ThrowStatement:
		s.Argument = w.expr(s.Argument)
	case *ast.SwitchStatement:
		s.Discriminant = w.expr(s.Discriminant)
		for _, c := range s.Body {
			if c.Test != nil {
				c.Test = w.expr(c.Test)
			}
			w.stmts(c.Consequent)
		}
	case *ast.TryStatement:
		w.try(s)
	case *ast.WithStatement:
		s.Object, s.Body = w.expr(s.Object), w.stmt(s.Body)
	case *ast.LexicalDeclaration:
		w.refuse(s, 1004)
	default: // classes, for of
		w.refuse(s, 1002)
	}
	return s
}

func (w *rewriter) try(s *ast.TryStatement) {
	w.stmts(s.Body.List)
	if c := s.Catch; c != nil {
		id, ok := c.Parameter.(*ast.Identifier)
		if !ok {
			w.refuse(c, 1005)
			return
		}
		w.scopes = append(w.scopes, []string{id.Name.String()})
		w.caught = append(w.caught, id.Name.String())
		w.stmts(c.Body.List)
		w.caught = w.caught[:len(w.caught)-1]
		w.scopes = w.scopes[:len(w.scopes)-1]
		caught := &ast.ExpressionStatement{Expression: call(nameCaught, id, ident(id.Name.String(), id.Idx))}
		c.Body.List = append([]ast.Statement{caught}, c.Body.List...)
	}
	if s.Finally != nil {
		w.stmts(s.Finally.List)
	}
}

// ofCatch reports whether one of these variables has the name of a catch clause around.
// Goja takes that for an error; in JScript the declaration is one of the function around,
// and the value goes to the variable of the clause. [MS-ES3] 12.14
func (w *rewriter) ofCatch(list []*ast.Binding) bool {
	return slices.ContainsFunc(list, func(b *ast.Binding) bool {
		id, ok := b.Target.(*ast.Identifier)
		return ok && slices.Contains(w.caught, id.Name.String())
	})
}

// assigned is what a declaration does when it is passed: the parser has noted the names.
func assigned(s *ast.VariableStatement) ast.Statement {
	if seq := assigning(s.List); len(seq.Sequence) > 0 {
		return &ast.ExpressionStatement{Expression: seq}
	}
	return &ast.EmptyStatement{Semicolon: s.Idx0()}
}

func assigning(list []*ast.Binding) *ast.SequenceExpression {
	seq := &ast.SequenceExpression{}
	for _, b := range list {
		if id, ok := b.Target.(*ast.Identifier); ok && b.Initializer != nil {
			seq.Sequence = append(seq.Sequence, &ast.AssignExpression{
				Operator: token.ASSIGN, Left: ident(id.Name.String(), id.Idx), Right: b.Initializer,
			})
		}
	}
	return seq
}

// A hoister takes the function declarations out of a statement.
type hoister struct {
	funcs []*ast.FunctionDeclaration
	depth int
}

func (h *hoister) list(list []ast.Statement) {
	for i, s := range list {
		list[i] = h.stmt(s)
	}
}

func (h *hoister) stmt(s ast.Statement) ast.Statement {
	if h.depth++; h.depth > maxDepth {
		return s // the rewriter refuses it
	}
	defer func() { h.depth-- }()
	switch s := s.(type) {
	case *ast.FunctionDeclaration:
		h.funcs = append(h.funcs, s)
		return &ast.EmptyStatement{Semicolon: s.Idx0()}
	case *ast.BlockStatement:
		h.list(s.List)
	case *ast.IfStatement:
		s.Consequent, s.Alternate = h.stmt(s.Consequent), h.stmt(s.Alternate)
	case *ast.ForStatement:
		s.Body = h.stmt(s.Body)
	case *ast.ForInStatement:
		s.Body = h.stmt(s.Body)
	case *ast.WhileStatement:
		s.Body = h.stmt(s.Body)
	case *ast.DoWhileStatement:
		s.Body = h.stmt(s.Body)
	case *ast.LabelledStatement:
		s.Statement = h.stmt(s.Statement)
	case *ast.WithStatement:
		s.Body = h.stmt(s.Body)
	case *ast.SwitchStatement:
		for _, c := range s.Body {
			h.list(c.Consequent)
		}
	case *ast.TryStatement:
		h.list(s.Body.List)
		if s.Catch != nil {
			h.list(s.Catch.Body.List)
		}
		if s.Finally != nil {
			h.list(s.Finally.List)
		}
	}
	return s
}
