package query

import (
	"slices"

	"openwmi/cim"
	"openwmi/wql"
)

// A Target is a class whose objects an event query asks for (wql.md 10.3).
type Target struct {
	Class string
	Exact bool // not for those of derived classes
}

// Targets returns the classes of the objects that intrinsic events are about
// which a condition can be true of: one of TargetInstance ISA "C" and
// TargetInstance.__CLASS = "C" holds in every such event, or the same of
// PreviousInstance, TargetClass or PreviousClass. ok is false if the condition
// does not name classes in all of its branches; then it can be true of objects
// of any class.
//
// What is found is what each term of the disjunctive normal form names, but
// since one class a term is enough, there is no need to build it. Names are not
// looked up.
func Targets(e wql.Expr) (targets []Target, ok bool) {
	switch e := e.(type) {
	case *wql.And:
		for _, x := range e.X {
			if t, found := Targets(x); found && (!ok || narrower(t, targets)) {
				targets, ok = t, true
			}
		}
		return targets, ok
	case *wql.Or:
		for _, x := range e.X {
			t, found := Targets(x)
			if !found {
				return nil, false
			}
			targets = append(targets, t...)
		}
		return distinct(targets), true
	case *wql.Not:
		if inner, isNot := e.X.(*wql.Not); isNot {
			return Targets(inner.X)
		}
	case *wql.Isa:
		if names := e.Path.Names; len(names) == 1 && isTarget(names[0]) {
			return []Target{{Class: e.Class.Name}}, true
		}
	case *wql.Comparison:
		names := e.Path.Names
		if e.Op == wql.Equal && len(names) == 2 && isTarget(names[0]) && cim.EqualNames(names[1].Name, "__CLASS") {
			return []Target{{Class: e.Value.Value.String(), Exact: true}}, true
		}
	}
	return nil, false
}

func isTarget(n wql.Ident) bool {
	return slices.ContainsFunc([]string{"TargetInstance", "PreviousInstance", "TargetClass", "PreviousClass"},
		func(s string) bool { return cim.EqualNames(s, n.Name) })
}

// narrower reports whether a is likely to be fewer classes than b.
func narrower(a, b []Target) bool {
	deep := func(list []Target) (n int) {
		for _, t := range list {
			if !t.Exact {
				n++
			}
		}
		return n
	}
	if x, y := deep(a), deep(b); x != y {
		return x < y
	}
	return len(a) < len(b)
}

func distinct(list []Target) []Target {
	seen := map[Target]bool{}
	return slices.DeleteFunc(list, func(t Target) bool {
		t.Class = cim.Fold(t.Class)
		had := seen[t]
		seen[t] = true
		return had
	})
}
