package view

import (
	"context"
	"slices"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wql"
)

// What a query says of properties of a view is said of those of a source, as
// far as it means the same there: the object manager looks at every object
// again, so that to leave a condition out costs time and nothing else.

// translate makes a condition on a property of the view part of what a source is
// asked for. none says that no object made from the source can meet it.
func (c *call) translate(ctx context.Context, a *ask, cond provider.Condition) (none bool, err error) {
	l := a.leaf
	k := l.plan.class.PropertyIndex(cond.Property)
	if k < 0 {
		return false, nil
	}
	p := l.plan.props[k]
	switch {
	case p.hidden:
		return !admits(cond, p.Default()), nil
	case l.plan.kind == join && l.plan.owner(p) < 0:
		return true, nil // it is NULL
	case l.plan.kind == join && !l.plan.maps(k, l.source):
		return false, nil
	}
	name := p.from[l.source.index]
	t := typeOf(l.class, name)
	switch {
	case name == "" || t == 0:
		return true, nil // it is NULL
	case l.plan.rewritten(p):
		if cond.In == nil {
			return false, nil
		}
		in, err := c.sourcePaths(ctx, p, cond.In)
		a.conds = append(a.conds, provider.Condition{Property: name, In: in})
		return len(in) == 0, err
	case p.Type() == cim.TypeReference:
		if cond.In == nil {
			return false, nil
		}
		in := make([]cim.Value, len(cond.In))
		for i, v := range cond.In {
			in[i] = cim.TextValue(t, c.home.qualify(v.Text()))
		}
		if t == cim.TypeReference || isPathName(name) {
			a.conds = append(a.conds, provider.Condition{Property: name, In: in})
		}
		return false, nil
	}
	cond, ok := cast(cond, p.Type(), t)
	if !ok {
		return false, nil
	}
	cond.Property = name
	a.conds = append(a.conds, cond)
	return cond.In != nil && len(cond.In) == 0, nil
}

func isPathName(name string) bool {
	return cim.EqualNames(name, "__PATH") || cim.EqualNames(name, "__RELPATH")
}

// admits reports whether a value may meet a condition.
func admits(cond provider.Condition, v cim.Value) bool {
	return !v.IsNull() && (cond.In == nil || slices.ContainsFunc(cond.In, v.EqualFold))
}

// cast returns a condition on values of one type as one on values of another of
// which those are made. ok is false if there is none.
func cast(cond provider.Condition, from, to cim.Type) (_ provider.Condition, ok bool) {
	if from == to {
		return cond, true
	}
	if !from.IsInteger() || !to.IsInteger() {
		return cond, false
	}
	out := provider.Condition{Property: cond.Property}
	if cond.In != nil {
		out.In = []cim.Value{}
		for _, v := range cond.In {
			if w, err := cim.Convert(v, to); err == nil { // else no value of the source becomes it
				out.In = append(out.In, w)
			}
		}
		return out, true
	}
	// A bound that the type of the source does not have is beyond all its values,
	// on one side or the other.
	var low, high error
	out.Low, low = cim.Convert(cond.Low, to)
	out.High, high = cim.Convert(cond.High, to)
	if low != nil && !isNegative(cond.Low) || high != nil && isNegative(cond.High) {
		return provider.Condition{Property: cond.Property, In: []cim.Value{}}, true
	}
	return out, true
}

func isNegative(v cim.Value) bool { return v.Type().IsSigned() && v.Int() < 0 }

// maxValues is up to how many values of one property become part of a query.
const maxValues = 128

// terms returns the conditions of a query. none says that nothing can meet them.
func (a *ask) terms() (terms []wql.Expr, none bool) {
	for _, cond := range a.conds {
		if cond.In != nil && len(cond.In) == 0 {
			return nil, true
		}
		if isReserved(cond.Property) || len(cond.In) > maxValues {
			continue
		}
		if cim.IsSystemName(cond.Property) {
			e, none := a.systemTerm(cond)
			if none {
				return nil, true
			}
			if e != nil {
				terms = append(terms, e)
			}
			continue
		}
		if cond.In != nil {
			if e := anyOf(cond.Property, cond.In); e != nil {
				terms = append(terms, e)
			}
			continue
		}
		for _, bound := range []struct {
			op wql.Op
			v  cim.Value
		}{{wql.GreaterEqual, cond.Low}, {wql.LessEqual, cond.High}} {
			if e := compare(cond.Property, bound.op, bound.v); e != nil {
				terms = append(terms, e)
			}
		}
	}
	return terms, false
}

// systemTerm returns a condition on a system property, nil if it is not worth
// one: some are known of all that a namespace has.
func (a *ask) systemTerm(cond provider.Condition) (e wql.Expr, none bool) {
	if cond.In == nil {
		return nil, false
	}
	is := func(text string) bool {
		return slices.ContainsFunc(cond.In, func(v cim.Value) bool { return cim.EqualNames(v.Text(), text) })
	}
	switch cim.Fold(cond.Property) {
	case "__SERVER":
		return nil, !is(a.leaf.at.server)
	case "__NAMESPACE":
		return nil, !is(a.leaf.at.namespace)
	case "__CLASS":
		return anyOf(cond.Property, cond.In), false
	case "__PATH", "__RELPATH":
		var paths []wql.Expr
		for _, v := range cond.In {
			if e := a.pathTerm(v.Text()); e != nil {
				paths = append(paths, e)
			}
		}
		return disjunction(paths), len(paths) == 0
	}
	return nil, false
}

// pathTerm returns the condition to be the instance at a path, nil if the source
// has none there.
func (a *ask) pathTerm(text string) wql.Expr {
	p, err := cim.ParsePath(text)
	if err != nil || !p.IsInstance() || !a.leaf.at.isHere(p.Server) ||
		p.Namespace != "" && !cim.EqualNames(p.Namespace, a.leaf.at.namespace) {
		return nil
	}
	keys, err := keysOf(a.leaf.class, p)
	if err != nil {
		return nil
	}
	terms := []wql.Expr{compare("__CLASS", wql.Equal, cim.StringValue(p.Class))}
	for _, k := range keys {
		if e := anyOf(k.Property, k.In); e != nil && !isReserved(k.Property) {
			terms = append(terms, e)
		}
	}
	return conjunction(terms)
}

// anyOf returns the condition that a property has one of some values, nil if
// WQL cannot say it.
func anyOf(name string, values []cim.Value) wql.Expr {
	var terms []wql.Expr
	for _, v := range values {
		e := compare(name, wql.Equal, v)
		if e == nil {
			return nil
		}
		terms = append(terms, e)
	}
	return disjunction(terms)
}

// compare returns a comparison, nil without a value and if WQL cannot say it.
func compare(name string, op wql.Op, v cim.Value) wql.Expr {
	l, err := wql.NewLiteral(v)
	if t := v.Type(); err != nil || t == cim.TypeChar16 || t == cim.TypeReal32 { // whose literals are of other types
		return nil
	}
	return &wql.Comparison{Path: wqlPath(name), Op: op, Value: l}
}

func wqlPath(name string) *wql.Path { return &wql.Path{Names: []wql.Ident{{Name: name}}} }

// conjunction returns the AND of conditions, of which some may be nil.
func conjunction(x []wql.Expr) wql.Expr {
	var all []wql.Expr
	for _, e := range x {
		switch e := e.(type) {
		case nil:
		case *wql.And:
			all = append(all, e.X...)
		default:
			all = append(all, e)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return &wql.And{X: all}
}

// disjunction returns the OR of conditions.
func disjunction(x []wql.Expr) wql.Expr {
	switch len(x) {
	case 0:
		return nil
	case 1:
		return x[0]
	}
	return &wql.Or{X: x}
}

// fits reports whether a query is within the limits of WQL.
func fits(q *wql.Select) bool {
	terms := 0
	for e := range wql.Preorder(q.Where) {
		if _, ok := e.(wql.Term); ok {
			terms++
		}
	}
	return terms <= wql.MaxTerms && !cim.TooLong(q.String(), wql.MaxText)
}
