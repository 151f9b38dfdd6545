package repository

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"openwmi/cim"
	"openwmi/wbem"
)

// TestUpdateConflicts goes through the table of put.md 4.3 row by row. Without
// a mode every one of them is ClassHasChildren.
func TestUpdateConflicts(t *testing.T) {
	classQ := func(q cim.Qualifier) *cim.ClassDecl { return class("P", q, prop("string A")) }
	propQ := func(q cim.Qualifier) *cim.ClassDecl { return class("P", prop("string A", q)) }
	methodQ := func(parts ...any) *cim.ClassDecl {
		return class("P", prop("string A"), method("uint32 M", parts...))
	}
	for _, row := range []struct {
		name        string
		old         *cim.ClassDecl // P
		child       *cim.ClassDecl // C : P
		new         *cim.ClassDecl // P
		safe, force cim.Status
		removed     []string
	}{
		{name: "gains a property of another type",
			old: class("P"), child: class("C : P", prop("uint8 X")), new: class("P", prop("string X")),
			safe: wbem.UpdateTypeMismatch, removed: []string{"property X"}},
		{name: "gains an array where the child has a scalar",
			old: class("P"), child: class("C : P", prop("string X")), new: class("P", prop("string[] X")),
			safe: wbem.UpdateTypeMismatch, removed: []string{"property X"}},
		{name: "retypes a property",
			old: class("P", prop("uint8 X")), child: class("C : P", prop("uint8 X = 3")), new: class("P", prop("uint16 X")),
			safe: wbem.UpdateTypeMismatch, removed: []string{"property X"}},
		{name: "retypes a property that the child leaves alone",
			old: class("P", prop("uint8 X")), child: class("C : P"), new: class("P", prop("uint16 X"))},
		{name: "gains a property that the child has alike",
			old: class("P"), child: class("C : P", prop("string x = a")), new: class("P", prop("string X"))},

		{name: "class qualifier that forbids to override",
			old: class("P", prop("string A")), child: class("C : P", qual("Q", "b")), new: classQ(qual("Q", "a", noOver)),
			safe: wbem.UpdateOverrideNotAllowed, removed: []string{"qualifier Q"}},
		{name: "the same with an equal value",
			old: class("P", prop("string A")), child: class("C : P", qual("Q", "a")), new: classQ(qual("Q", "a", noOver))},
		{name: "the same without propagation",
			old: class("P", prop("string A")), child: class("C : P", qual("Q", "b")), new: classQ(qual("Q", "a", cim.DisableOverride))},
		{name: "class qualifier that may be overridden",
			old: class("P", prop("string A")), child: class("C : P", qual("Q", "b")), new: classQ(qual("Q", "a", toSub))},
		{name: "class qualifier of another type, string and integer",
			old: class("P", prop("string A")), child: class("C : P", qual("Q", "b")), new: classQ(qual("Q", 1, toSub)),
			safe: wbem.UpdateOverrideNotAllowed, removed: []string{"qualifier Q"}},
		{name: "class qualifier of another type, scalar and array",
			old: class("P", prop("string A")), child: class("C : P", qual("Q", "b")), new: classQ(qual("Q", []string{"b"}, toSub)),
			safe: wbem.UpdateOverrideNotAllowed, removed: []string{"qualifier Q"}},
		{name: "property qualifier that forbids to override",
			old: class("P", prop("string A")), child: class("C : P", prop("string A", qual("Q", "b"))), new: propQ(qual("Q", "a", noOver)),
			safe: wbem.UpdateOverrideNotAllowed, removed: []string{"qualifier Q of property A"}},
		{name: "property qualifier of another type",
			old: class("P", prop("string A")), child: class("C : P", prop("string A", qual("Q", "b"))), new: propQ(qual("q", true, toSub)),
			safe: wbem.UpdateOverrideNotAllowed, removed: []string{"qualifier Q of property A"}},
		{name: "method qualifier that forbids to override",
			old: methodQ(param("string I", in)), child: class("C : P", method("uint32 M", param("string I", in), qual("Q", "b"))),
			new:  methodQ(param("string I", in), qual("Q", "a", noOver)),
			safe: wbem.UpdateOverrideNotAllowed, removed: []string{"qualifier Q of method M"}},
		{name: "parameter qualifier that forbids to override",
			old: methodQ(param("string I", in)), child: class("C : P", method("uint32 M", param("string I", in, qual("Q", "b")))),
			new:  methodQ(param("string I", in, qual("Q", "a", noOver))),
			safe: wbem.UpdateOverrideNotAllowed, removed: []string{"qualifier Q of parameter I of method M"}},

		{name: "gains a method of another signature",
			old: class("P", prop("string A")), child: class("C : P", method("uint32 M")), new: methodQ(param("string I", in)),
			safe: wbem.UpdatePropagatedMethod, removed: []string{"method M"}},
		{name: "changes the direction of a parameter",
			old: methodQ(param("string I", in)), child: class("C : P", method("uint32 M", param("string I", in))),
			new:  methodQ(param("string I", in, out)),
			safe: wbem.UpdatePropagatedMethod, removed: []string{"method M"}},
		{name: "gains a method that the child has alike",
			old: class("P", prop("string A")), child: class("C : P", method("uint32 m", param("string i", in))), new: methodQ(param("string I", in))},
		{name: "loses a method that the child declares too",
			old: methodQ(), child: class("C : P", method("uint32 M", qual("Implemented"))), new: class("P", prop("string A"))},

		{name: "loses a property whose default the child overrides",
			old: class("P", prop("uint8 X = 1")), child: class("C : P", prop("uint8 X = 2")), new: class("P"),
			safe: wbem.ClassHasChildren, removed: []string{"property X"}},
		{name: "loses a property whose qualifiers the child overrides",
			old: class("P", prop("uint8 X")), child: class("C : P", prop("uint8 X", qual("Q"))), new: class("P"),
			safe: wbem.ClassHasChildren, removed: []string{"property X"}},
		{name: "loses a property that the child leaves alone",
			old: class("P", prop("uint8 X")), child: class("C : P"), new: class("P")},

		{name: "keys move",
			old: class("P", prop("string A", key), prop("string B")), child: class("C : P"), new: class("P", prop("string A"), prop("string B", key)),
			safe: wbem.CannotChangeKeyInheritance, force: wbem.CannotChangeKeyInheritance},
		{name: "keys appear",
			old: class("P", prop("string A")), child: class("C : P"), new: class("P", prop("string A", key)),
			safe: wbem.CannotChangeKeyInheritance, force: wbem.CannotChangeKeyInheritance},
		{name: "keys disappear",
			old: class("P", prop("string A", key)), child: class("C : P"), new: class("P", prop("string A")),
			safe: wbem.CannotChangeKeyInheritance, force: wbem.CannotChangeKeyInheritance},
		{name: "an index appears",
			old: class("P", prop("string A")), child: class("C : P"), new: class("P", prop("string A", qual("Indexed"))),
			safe: wbem.CannotChangeIndexInheritance, force: wbem.CannotChangeIndexInheritance},
		{name: "an index disappears",
			old: class("P", prop("string A", qual("Indexed"))), child: class("C : P"), new: class("P", prop("string A")),
			safe: wbem.CannotChangeIndexInheritance, force: wbem.CannotChangeIndexInheritance},
		{name: "becomes a singleton, the child is none",
			old: class("P", prop("string A")), child: class("C : P"), new: class("P", qual("Singleton"), prop("string A")),
			safe: wbem.CannotBeSingleton, force: wbem.CannotBeSingleton},
		{name: "becomes a singleton, the child has keys",
			old: class("P", qual("Abstract")), child: class("C : P", prop("string K", key)), new: class("P", qual("Abstract"), qual("Singleton")),
			safe: wbem.CannotBeSingleton, force: wbem.CannotBeSingleton},
		{name: "becomes a singleton as the child is",
			old: class("P", qual("Abstract")), child: class("C : P", qual("Singleton")), new: class("P", qual("Abstract"), qual("Singleton"))},
		{name: "becomes concrete, the child is abstract",
			old: class("P", qual("Abstract")), child: class("C : P", qual("Abstract")), new: class("P"),
			safe: wbem.CannotBeAbstract, force: wbem.CannotBeAbstract},
		{name: "becomes dynamic, the child is static",
			old: class("P"), child: class("C : P"), new: class("P", qual("Dynamic"), qual("Provider", "x")),
			safe: wbem.InvalidOperation, force: wbem.InvalidOperation},
		{name: "becomes dynamic with all below it",
			old: class("P"), child: class("C : P"), new: class("P", qual("Dynamic", toSub), qual("Provider", "x", toSub))},
		{name: "too many properties in the child",
			old: class("P"), child: manyProperties("C : P", "C", 1000), new: manyProperties("P", "P", 25),
			safe: wbem.TooManyProperties, force: wbem.TooManyProperties},
		{name: "as many properties as there may be",
			old: class("P"), child: manyProperties("C : P", "C", 1000), new: manyProperties("P", "P", 24)},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, mode := range []struct {
				name  string
				flags wbem.Flags
				want  cim.Status
			}{{"compatible", compatible, wbem.ClassHasChildren}, {"safe", safe, row.safe}, {"force", force, row.force}} {
				s := newSchemaTree(t, row.old.Clone(), row.child.Clone(), class("G : C"))
				before := s.classes["C"].Decl()
				harmless := classify(s.classes["P"], mustDerive(t, row.new.Clone())) == changeUnimportant
				if harmless && row.safe == 0 && mode.flags == compatible {
					mode.want = 0 // a qualifier that contradicts nobody
				}
				u, err := s.update(row.new.Clone(), mode.flags)
				checkStatus(t, mode.name, err, mode.want)
				if err != nil {
					continue
				}
				edit := u.children[0]
				if diff := cmp.Diff(row.removed, edit.removed); diff != "" && mode.flags == force {
					t.Errorf("removed (-want +got):\n%s", diff)
				}
				if (edit.decl != nil) != (len(edit.removed) > 0) {
					t.Errorf("%s: a definition changed without a removal, or not with one", mode.name)
				}
				if edit.decl == nil && s.classes["C"].Decl() != before {
					t.Errorf("%s: the child's own definition changed", mode.name)
				}
				if u.children[1].decl != nil {
					t.Errorf("%s: the grandchild's own definition changed", mode.name)
				}
			}
		})
	}
}

func mustDerive(t *testing.T, d *cim.ClassDecl) *cim.Class {
	t.Helper()
	c, err := cim.Derive(nil, d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func manyProperties(header, prefix string, n int) *cim.ClassDecl {
	d := class(header)
	for i := range n {
		d.Properties = append(d.Properties, prop(fmt.Sprintf("string %s%d", prefix, i)))
	}
	return d
}

// TestForceGoesDeep lets every class of a chain contradict the new definition.
func TestForceGoesDeep(t *testing.T) {
	s := newSchemaTree(t,
		class("P", prop("uint8 Gone = 1"), prop("string Kept")),
		class("C : P", prop("uint8 Gone = 2"), prop("uint8 X"), qual("Q", "c")),
		class("G : C", prop("uint8 Gone = 3"), prop("uint8 X = 5"), prop("uint8 Own"), qual("Q", "g"), method("string M")),
		class("H : G", prop("string Kept = h")),
	)
	u, err := s.update(class("P", qual("Q", "p", noOver), prop("string Kept"), prop("string X = p"), method("uint32 M")), force)
	if err != nil {
		t.Fatal(err)
	}
	want := []wbem.ClassEdit{
		{Class: "C", Removed: []string{"qualifier Q", "property Gone", "property X"}},
		{Class: "G", Removed: []string{"qualifier Q", "property Gone", "property X", "method M"}},
		{Class: "H"},
	}
	if diff := cmp.Diff(want, u.edits()); diff != "" {
		t.Errorf("edits (-want +got):\n%s", diff)
	}
	g := s.classes["G"]
	if x := g.Property("X"); x.Type() != cim.TypeString || x.IsLocal() || x.Origin() != "P" || x.Default().Text() != "p" {
		t.Errorf("G.X is a %v, local %v, of %s, default %v", x.Type(), x.IsLocal(), x.Origin(), x.Default())
	}
	if g.Property("Gone") != nil || g.Property("Own") == nil || g.Qualifiers().Value("Q").Text() != "p" {
		t.Errorf("G has lost or kept the wrong things")
	}
	if m := g.Method("M"); m.Origin() != "P" || m.IsLocal() {
		t.Errorf("G.M is of %s, local %v", m.Origin(), m.IsLocal())
	}
	if s.classes["H"].Property("Kept").Default().Text() != "h" {
		t.Errorf("H.Kept lost its default")
	}

	// All resolutions or none: the key of a grandchild forbids the whole.
	s = newSchemaTree(t, class("P", qual("Abstract")), class("C : P", qual("Abstract"), prop("uint8 X")), class("G : C", prop("string K", key)))
	_, err = s.update(class("P", qual("Abstract"), qual("Singleton"), prop("string X")), force)
	checkStatus(t, "unresolvable below", err, wbem.CannotBeSingleton)
	if s.classes["C"].Property("X").Type() != cim.TypeUint8 {
		t.Error("a part of a failed update was kept")
	}
}

// TestUnimportantConflict: a qualifier on which nothing depends can still be
// one that a child contradicts. That deletes no instances.
func TestUnimportantConflict(t *testing.T) {
	s := newSchemaTree(t, classB(), with(classD(), qual("Q", "d")))
	s.instances["B"], s.instances["D"] = 3, 4
	u, err := s.update(with(classB(), qual("Q", "b", noOver)), force)
	if err != nil {
		t.Fatal(err)
	}
	if u.change != changeUnimportant || u.deleteInstances || u.children[0].decl == nil {
		t.Errorf("plan %+v", u)
	}
}

// TestClassify tells structural from unimportant and from no change.
func TestClassify(t *testing.T) {
	full := func() *cim.ClassDecl {
		return class("C : P", qual("Description", "d", toSub), qual("Locale", 1033),
			prop("uint8 A = 1", qual("Description", "a")), prop("ref:P R", qual("read")), prop("string[] S"),
			method("uint32 M", qual("Description", "m"), param("string I = x", in), param("object:P O", out), param("uint8 IO", in, out)),
			method("ref:P Get"), prop("string Over"), prop("uint8 K", qual("Not_Null")))
	}
	edit := func(f func(d *cim.ClassDecl)) *cim.ClassDecl { d := full(); f(d); return d }
	for _, tc := range []struct {
		name string
		decl *cim.ClassDecl
		want change
	}{
		{"the same", full(), changeNone},
		{"qualifiers in another order", edit(func(d *cim.ClassDecl) {
			d.Qualifiers[0], d.Qualifiers[1] = d.Qualifiers[1], d.Qualifiers[0]
		}), changeNone},
		{"IDs of parameters written out", edit(func(d *cim.ClassDecl) {
			for i := range d.Methods[0].Parameters {
				d.Methods[0].Parameters[i].Qualifiers.Set(qual("ID", i))
			}
		}), changeNone},
		{"superclass in other case", edit(func(d *cim.ClassDecl) { d.Super = "p" }), changeNone},

		{"class name in other case", edit(func(d *cim.ClassDecl) { d.Name = "c" }), changeUnimportant},
		{"property name in other case", edit(func(d *cim.ClassDecl) { d.Properties[0].Name = "a" }), changeUnimportant},
		{"method name in other case", edit(func(d *cim.ClassDecl) { d.Methods[0].Name = "m" }), changeUnimportant},
		{"parameter name in other case", edit(func(d *cim.ClassDecl) { d.Methods[0].Parameters[0].Name = "i" }), changeUnimportant},
		{"qualifier name in other case", edit(func(d *cim.ClassDecl) { d.Qualifiers[0].Name = "DESCRIPTION" }), changeUnimportant},
		{"class of a reference in other case", edit(func(d *cim.ClassDecl) { d.Properties[1].Class = "p" }), changeUnimportant},
		{"properties in another order", edit(func(d *cim.ClassDecl) {
			d.Properties[0], d.Properties[1] = d.Properties[1], d.Properties[0]
		}), changeUnimportant},
		{"value of a qualifier", edit(func(d *cim.ClassDecl) { d.Qualifiers[0].Value = cim.StringValue("D") }), changeUnimportant},
		{"flavor of a qualifier", edit(func(d *cim.ClassDecl) { d.Qualifiers[0].Flavor = toInst }), changeUnimportant},
		{"a qualifier less", edit(func(d *cim.ClassDecl) { d.Qualifiers = d.Qualifiers[:1] }), changeUnimportant},
		{"a property qualifier", edit(func(d *cim.ClassDecl) { d.Properties[0].Qualifiers = nil }), changeUnimportant},
		{"a method qualifier", edit(func(d *cim.ClassDecl) { d.Methods[0].Qualifiers = nil }), changeUnimportant},
		{"a parameter qualifier", edit(func(d *cim.ClassDecl) {
			d.Methods[0].Parameters[1].Qualifiers.Set(qual("Optional"))
		}), changeUnimportant},
		{"an inherited qualifier repeated", edit(func(d *cim.ClassDecl) { d.Qualifiers.Set(qual("Abstract", toSub)) }), changeUnimportant},
		{"an inherited property repeated", edit(func(d *cim.ClassDecl) {
			d.Properties = append(d.Properties, prop("string Id"))
		}), changeUnimportant},
		{"an inherited default repeated", edit(func(d *cim.ClassDecl) {
			d.Properties = append(d.Properties, prop("string Id = x"))
		}), changeUnimportant},

		{"the default above written out", edit(func(d *cim.ClassDecl) {
			d.Property("Over").HasDefault, d.Property("Over").Default = true, cim.StringValue("o")
		}), changeUnimportant},
		{"class of a returned reference in other case", edit(func(d *cim.ClassDecl) { d.Methods[1].ReturnClass = "p" }), changeUnimportant},

		{"another class of a returned reference", edit(func(d *cim.ClassDecl) { d.Methods[1].ReturnClass = "P2" }), changeStructural},
		{"flavor of an important qualifier", edit(func(d *cim.ClassDecl) { d.Property("K").Qualifiers[0].Flavor = toSub }), changeStructural},
		{"no longer in", edit(func(d *cim.ClassDecl) { d.Methods[0].Parameters[2].Qualifiers = cim.Qualifiers{out} }), changeStructural},
		{"no longer out", edit(func(d *cim.ClassDecl) { d.Methods[0].Parameters[2].Qualifiers = cim.Qualifiers{in} }), changeStructural},
		{"another superclass", edit(func(d *cim.ClassDecl) { d.Super = "P2" }), changeStructural},
		{"another type", edit(func(d *cim.ClassDecl) { d.Properties[0] = prop("uint16 A = 1") }), changeStructural},
		{"another class of a reference", edit(func(d *cim.ClassDecl) { d.Properties[1].Class = "P2" }), changeStructural},
		{"another default", edit(func(d *cim.ClassDecl) { d.Properties[0].Default = cim.Uint8Value(2) }), changeStructural},
		{"no default", edit(func(d *cim.ClassDecl) { d.Properties[0].HasDefault = false }), changeStructural},
		{"an inherited default", edit(func(d *cim.ClassDecl) {
			d.Properties = append(d.Properties, prop("string Id = y"))
		}), changeStructural},
		{"a property more", edit(func(d *cim.ClassDecl) { d.Properties = append(d.Properties, prop("string T")) }), changeStructural},
		{"a property less", edit(func(d *cim.ClassDecl) { d.Properties = d.Properties[:2] }), changeStructural},
		{"a method more", edit(func(d *cim.ClassDecl) { d.Methods = append(d.Methods, method("uint32 N")) }), changeStructural},
		{"a method less", edit(func(d *cim.ClassDecl) { d.Methods = d.Methods[:1] }), changeStructural},
		{"another return type", edit(func(d *cim.ClassDecl) { d.Methods[0].Return = cim.TypeString }), changeStructural},
		{"another direction", edit(func(d *cim.ClassDecl) { d.Methods[0].Parameters[0].Qualifiers = cim.Qualifiers{out} }), changeStructural},
		{"another default of a parameter", edit(func(d *cim.ClassDecl) {
			d.Methods[0].Parameters[0].Default = cim.StringValue("y")
		}), changeStructural},
		{"another class of a parameter", edit(func(d *cim.ClassDecl) { d.Methods[0].Parameters[1].Class = "" }), changeStructural},
	} {
		s := newSchemaTree(t, class("P", qual("Abstract", toSub), prop("string Id = x"), prop("string Over = o")),
			class("P2", qual("Abstract", toSub), prop("string Id = x"), prop("string Over = o")), full())
		s.classes["c"], s.classes["p"] = s.classes["C"], s.classes["P"] // for those in other case
		u, err := s.update(tc.decl, compatible)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if u.change != tc.want {
			t.Errorf("%s: change %d, want %d", tc.name, u.change, tc.want)
		}
	}
	for _, name := range []string{
		"abstract", "singleton", "dynamic", "association", "indication", "provider", "amendment", "hasclassrefs",
		"Description", "Locale", "x",
	} {
		s := newSchemaTree(t, class("C", prop("string A")))
		q := qual(name)
		if name == "provider" || name == "Description" {
			q = qual(name, "text")
		}
		u, err := s.update(class("C", q, prop("string A")), compatible)
		want := changeStructural
		if name == "Description" || name == "Locale" || name == "x" {
			want = changeUnimportant
		}
		if err != nil || u.change != want {
			t.Errorf("class qualifier %s: %+v, %v, want change %d", name, u, err, want)
		}
	}
	for name, want := range map[string]change{
		"key": changeStructural, "Indexed": changeStructural, "NOT_NULL": changeStructural, "dynamic": changeStructural, "classref": changeStructural,
		"read": changeUnimportant, "write": changeUnimportant, "DisplayName": changeUnimportant, "mine": changeUnimportant,
	} {
		s := newSchemaTree(t, class("C", prop("string A")))
		u, err := s.update(class("C", prop("string A", qual(name))), compatible)
		if err != nil || u.change != want {
			t.Errorf("property qualifier %s: %+v, %v, want change %d", name, u, err, want)
		}
	}
	for name, want := range map[string]change{"Implemented": changeStructural, "Static": changeStructural, "Privileges": changeUnimportant} {
		s := newSchemaTree(t, class("C", method("string M")))
		u, err := s.update(class("C", method("string M", qual(name))), compatible)
		if err != nil || u.change != want {
			t.Errorf("method qualifier %s: %+v, %v, want change %d", name, u, err, want)
		}
	}
}
