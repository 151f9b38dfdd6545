package cim_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"openwmi/cim"
)

// show lists qualifiers with their flavors.
func show(qs cim.Qualifiers) []string {
	out := []string{}
	for _, q := range qs {
		out = append(out, fmt.Sprintf("%s=%v 0x%02X", q.Name, q.Value, uint8(q.Flavor)))
	}
	return out
}

// TestPropagation proves the cases of model.md about flavors, for classes,
// properties and methods alike.
func TestPropagation(t *testing.T) {
	quals := func(qs ...any) []any { return qs }
	for _, tc := range []struct {
		name                          string
		base, derived                 []any // qualifiers
		onBase, onDerived, onGrand    []string
		onBaseInstance, onDerivedInst []string
	}{
		{"model.md#19", quals(qual("q", toSub)), nil,
			[]string{"q=TRUE 0x02"}, []string{"q=TRUE 0x22"}, []string{"q=TRUE 0x22"}, nil, nil},
		{"model.md#20", quals(qual("q")), nil,
			[]string{"q=TRUE 0x00"}, nil, nil, nil, nil},
		{"model.md#21", quals(qual("q", toInst)), nil,
			[]string{"q=TRUE 0x01"}, nil, nil, []string{"q=TRUE 0x21"}, nil},
		{"both ways", quals(qual("q", toInst|toSub)), nil,
			[]string{"q=TRUE 0x03"}, []string{"q=TRUE 0x23"}, []string{"q=TRUE 0x23"}, []string{"q=TRUE 0x23"}, []string{"q=TRUE 0x23"}},
		{"an override with other flavors", quals(qual("q", "a", toInst|toSub)), quals(qual("Q", "b")),
			[]string{"q=a 0x03"}, []string{"Q=b 0x00"}, nil, []string{"q=a 0x23"}, nil},
		{"an equal value keeps the flavors of what must not be overridden", quals(qual("q", "a", toSub|noOver)), quals(qual("q", "a", toInst)),
			[]string{"q=a 0x12"}, []string{"q=a 0x12"}, []string{"q=a 0x32"}, nil, nil},
		{"an equal number of another width", quals(qual("q", 5, toSub|noOver)), quals(qual("q", cim.Sint64Value(5))),
			[]string{"q=5 0x12"}, []string{"q=5 0x12"}, []string{"q=5 0x32"}, nil, nil},
		{"inherited ones come first", quals(qual("b", toSub), qual("c"), qual("a", toSub)), quals(qual("z"), qual("A", false)),
			[]string{"b=TRUE 0x02", "c=TRUE 0x00", "a=TRUE 0x02"}, []string{"b=TRUE 0x22", "A=FALSE 0x00", "z=TRUE 0x00"}, []string{"b=TRUE 0x22"}, nil, nil},
		{"text", quals(qual("q", "x", toSub|cim.Amended)), nil,
			[]string{"q=x 0x82"}, []string{"q=x 0xA2"}, []string{"q=x 0xA2"}, nil, nil},
	} {
		propQ := func(qs []any) cim.PropertyDecl {
			p := prop("string P")
			for _, q := range qs {
				p.Qualifiers = append(p.Qualifiers, q.(cim.Qualifier))
			}
			return p
		}
		s := newSchema(t,
			class("B", append(tc.base, propQ(tc.base), method("uint32 M", tc.base...))...),
			class("D : B"), class("G : D"))
		if tc.derived != nil {
			s.add(class("D : B", append(tc.derived, propQ(tc.derived), method("uint32 M", tc.derived...))...))
			s.add(class("G : D"))
		}
		for i, want := range [][]string{tc.onBase, tc.onDerived, tc.onGrand} {
			c := s.class([]string{"B", "D", "G"}[i])
			if want == nil {
				want = []string{}
			}
			for what, qs := range map[string]cim.Qualifiers{
				"class": c.Qualifiers(), "property": c.Property("P").Qualifiers(), "method": c.Method("M").Qualifiers(),
			} {
				if diff := cmp.Diff(want, show(qs)); diff != "" {
					t.Errorf("%s: %s %s (-want +got):\n%s", tc.name, what, c.Name(), diff)
				}
			}
		}
		for i, want := range [][]string{tc.onBaseInstance, tc.onDerivedInst} {
			inst := s.instance([]string{"B", "D"}[i])
			if want == nil {
				want = []string{}
			}
			for what, qs := range map[string]cim.Qualifiers{
				"instance": inst.Qualifiers(), "property": inst.PropertyQualifiers(0), "class side": inst.Class().Properties()[0].InstanceQualifiers(),
			} {
				if diff := cmp.Diff(want, show(qs)); diff != "" {
					t.Errorf("%s: %s of %s (-want +got):\n%s", tc.name, what, inst.ClassName(), diff)
				}
			}
		}
	}
}

// TestForcedFlavors: model.md#23 and its like.
func TestForcedFlavors(t *testing.T) {
	c := newSchema(t, class("C", prop("string K", qual("Key", toInst)))).class("C")
	if diff := cmp.Diff([]string{"Key=TRUE 0x13"}, show(c.Property("K").Qualifiers())); diff != "" {
		t.Error(diff)
	}
	c = newSchema(t, class("C", qual("SINGLETON"), qual("Abstract"), qual("Dynamic", toSub))).class("C")
	if diff := cmp.Diff([]string{"SINGLETON=TRUE 0x13", "Abstract=TRUE 0x00", "Dynamic=TRUE 0x02"}, show(c.Qualifiers())); diff != "" {
		t.Error(diff)
	}
}

func TestQualifierSet(t *testing.T) {
	var qs cim.Qualifiers
	qs.Set(qual("A", 1))
	qs.Set(qual("B", 2))
	qs.Set(qual("a", 3))
	if diff := cmp.Diff([]string{"a=3 0x00", "B=2 0x00"}, show(qs)); diff != "" {
		t.Error(diff)
	}
	if !qs.Delete("A") || qs.Delete("A") || qs.Index("b") != 0 || !qs.Value("A").IsNull() || qs.True("B") {
		t.Errorf("%v", qs)
	}
}

func TestInstanceQualifiers(t *testing.T) {
	s := newSchema(t, class("C", qual("Fixed", "c", toInst|noOver), qual("Free", "c", toInst), qual("Class", "c"),
		prop("string P", qual("Fixed", "p", toInst|noOver))))
	for _, tc := range []struct {
		name string
		q    cim.Qualifier
		want cim.Status
	}{
		{"new", qual("Mine", "i"), cim.OK},
		{"what the class keeps", qual("Class", "i"), cim.OK},
		{"free", qual("Free", "i"), cim.OK},
		{"fixed", qual("fixed", "i"), cim.OverrideNotAllowed},
		{"key", qual("Key"), cim.CannotBeKey},
		{"to subclasses", qual("Q", toSub), cim.InvalidFlavor},
		{"bad name", qual("1"), cim.InvalidParameter},
		{"bad type", qual("Q", cim.Uint8Value(1)), cim.InvalidQualifierType},
	} {
		i := s.instance("C")
		wantStatus(t, tc.name+" on the instance", i.SetLocalQualifiers(cim.Qualifiers{tc.q}), tc.want)
		wantStatus(t, tc.name+" on its property", i.SetLocalPropertyQualifiers(0, cim.Qualifiers{tc.q}), tc.want)
		if tc.want != cim.OK && (len(i.LocalQualifiers()) > 0 || len(i.LocalPropertyQualifiers(0)) > 0) {
			t.Errorf("%s: a refused qualifier was set", tc.name)
		}
	}
	i := s.instance("C")
	wantStatus(t, "twice", i.SetLocalQualifiers(cim.Qualifiers{qual("Q"), qual("q")}), cim.InvalidQualifier)
	if err := i.SetLocalQualifiers(cim.Qualifiers{qual("Free", "i", cim.Propagated), qual("Mine", "m")}); err != nil {
		t.Fatal(err)
	}
	want := []string{"Fixed=c 0x31", "Free=i 0x00", "Mine=m 0x00"}
	if diff := cmp.Diff(want, show(i.Qualifiers())); diff != "" {
		t.Error(diff)
	}
	c := i.Clone()
	_ = c.SetLocalQualifiers(nil)
	_ = c.SetLocalPropertyQualifiers(0, cim.Qualifiers{qual("X")})
	if diff := cmp.Diff(want, show(i.Qualifiers())); diff != "" || len(i.LocalPropertyQualifiers(0)) != 0 {
		t.Errorf("changing a clone changes the original: %s", diff)
	}
	if i.HasAmended() {
		t.Error("no text, but HasAmended")
	}
	_ = i.SetLocalPropertyQualifiers(0, cim.Qualifiers{qual("T", "t", cim.Amended)})
	if !i.HasAmended() {
		t.Error("text, but not HasAmended")
	}
}

func TestScopes(t *testing.T) {
	if s, ok := cim.ParseScope("Any"); !ok || s != cim.ScopeAny || len(s.Names()) != 1 {
		t.Errorf("any is %v, %v", s, ok)
	}
	a, _ := cim.ParseScope("ASSOCIATION")
	p, _ := cim.ParseScope("property")
	if diff := cmp.Diff([]string{"association", "property"}, (a | p).Names()); diff != "" {
		t.Error(diff)
	}
	if _, ok := cim.ParseScope("nothing"); ok {
		t.Error("nothing is a scope")
	}
}

// TestManyQualifiers: the number of qualifiers on an element has a limit, and
// up to it they take no square of time.
func TestManyQualifiers(t *testing.T) {
	many := func(n int, prefix string, args ...any) cim.Qualifiers {
		qs := make(cim.Qualifiers, n)
		for i := range qs {
			qs[i] = qual(fmt.Sprint(prefix, i), args...)
		}
		return qs
	}
	n := cim.MaxQualifiers
	for _, on := range []struct {
		name string
		decl func(qs cim.Qualifiers) *cim.ClassDecl
	}{
		{"class", func(qs cim.Qualifiers) *cim.ClassDecl { return &cim.ClassDecl{Name: "C", Qualifiers: qs} }},
		{"property", func(qs cim.Qualifiers) *cim.ClassDecl { return class("C", prop("string P", qs...)) }},
		{"method", func(qs cim.Qualifiers) *cim.ClassDecl {
			d := class("C", method("uint32 M"))
			d.Methods[0].Qualifiers = qs
			return d
		}},
		{"parameter", func(qs cim.Qualifiers) *cim.ClassDecl {
			return class("C", method("uint32 M", param("string P", qs...)))
		}},
	} {
		n := n
		if on.name == "parameter" {
			n-- // the ID is one
		}
		_, err := cim.Derive(nil, on.decl(many(n+1, "Q")))
		wantStatus(t, on.name+" with too many", err, cim.QuotaViolation)
		twice := many(n, "Q")
		twice[n-1].Name = "q7"
		_, err = cim.Derive(nil, on.decl(twice))
		wantStatus(t, on.name+" with one twice", err, cim.InvalidQualifier)

		super, err := cim.Derive(nil, on.decl(many(n, "Q", toSub)))
		wantStatus(t, on.name+" with as many as possible", err, cim.OK)
		below := on.decl(many(n, "q", "x", toSub))
		below.Name = "D"
		_, err = cim.Derive(super, below)
		wantStatus(t, on.name+" with another type", err, cim.UpdateOverrideNotAllowed)
		below = on.decl(many(n, "q", false))
		below.Name = "D"
		_, err = cim.Derive(super, below)
		wantStatus(t, on.name+" with all overridden", err, cim.OK)
		below = on.decl(many(1, "More"))
		below.Name = "D"
		_, err = cim.Derive(super, below)
		wantStatus(t, on.name+" with more than it inherits", err, cim.QuotaViolation)
	}

	s := newSchema(t, class("C", prop("string P")))
	i := s.instance("C")
	wantStatus(t, "instance", i.SetLocalQualifiers(many(n+1, "Q")), cim.QuotaViolation)
	wantStatus(t, "property of an instance", i.SetLocalPropertyQualifiers(0, many(n+1, "Q")), cim.QuotaViolation)
	wantStatus(t, "instance with as many as possible", i.SetLocalQualifiers(many(n, "Q")), cim.OK)

	qs := many(n, "Q", toSub)
	find := qs.Finder()
	if q, ok := find("q1023"); !ok || q.Name != "Q1023" {
		t.Errorf("q1023 is %v", q)
	}
	if q, ok := find("Q1024"); ok {
		t.Errorf("Q1024 is %v", q)
	}
	reversed := slices.Clone(qs)
	slices.Reverse(reversed)
	a, b := &cim.ClassDecl{Name: "C", Qualifiers: qs}, &cim.ClassDecl{Name: "C", Qualifiers: reversed}
	if !cim.EqualDecls(a, b) {
		t.Error("the order of qualifiers makes a difference")
	}
	reversed[0].Value = cim.BoolValue(false)
	if cim.EqualDecls(a, b) {
		t.Error("the value of a qualifier makes no difference")
	}
}
