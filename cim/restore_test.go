package cim_test

import (
	"errors"
	"slices"
	"testing"

	"openwmi/cim"
)

// TestRestore: what Derive refuses now is what it may have accepted once.
func TestRestore(t *testing.T) {
	fixed := cim.Qualifier{Name: "Fixed", Value: cim.BoolValue(true), Flavor: cim.ToSubclass | cim.DisableOverride}
	base, err := cim.Derive(nil, &cim.ClassDecl{Name: "B", Qualifiers: cim.Qualifiers{fixed},
		Properties: []cim.PropertyDecl{{Name: "P", Type: cim.TypeUint32}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		decl cim.ClassDecl
		want cim.Status
	}{
		"override": {cim.ClassDecl{Qualifiers: cim.Qualifiers{{Name: "Fixed", Value: cim.BoolValue(false)}}}, cim.UpdateOverrideNotAllowed},
		"default":  {cim.ClassDecl{Properties: []cim.PropertyDecl{{Name: "T", Type: cim.TypeDatetime, HasDefault: true, Default: cim.TextValue(cim.TypeDatetime, "x")}}}, cim.TypeMismatch},
		"name":     {cim.ClassDecl{Properties: []cim.PropertyDecl{{Name: "a b", Type: cim.TypeUint8}}}, cim.InvalidParameter},
		"abstract": {cim.ClassDecl{Qualifiers: cim.Qualifiers{{Name: "Abstract", Value: cim.BoolValue(true)}}}, cim.CannotBeAbstract},
	} {
		tc.decl.Name, tc.decl.Super = "D", "B"
		if _, err := cim.Derive(base, tc.decl.Clone()); err == nil || tc.want != cim.InvalidParameter && !errors.Is(err, tc.want) {
			t.Errorf("%s: derived: %v, want %v", name, err, tc.want)
		}
		c, err := cim.Restore(base, &tc.decl)
		if err != nil || c.Super() != base || c.Property("P") == nil {
			t.Errorf("%s: restored: %v", name, err)
		}
	}
	// What the package relies on is checked.
	for name, p := range map[string]cim.PropertyDecl{
		"type of an override": {Name: "P", Type: cim.TypeString},
		"no type":             {Name: "Q"},
		"type of a default":   {Name: "Q", Type: cim.TypeString, HasDefault: true, Default: cim.Uint8Value(1)},
	} {
		if _, err := cim.Restore(base, &cim.ClassDecl{Name: "D", Super: "B", Properties: []cim.PropertyDecl{p}}); err == nil {
			t.Errorf("%s: restored", name)
		}
	}
}

// TestImportant: what is important is never text, whatever its flavor
// (localization.md 6).
func TestImportant(t *testing.T) {
	names := []string{"CIMTYPE", "Locale"}
	for _, s := range []cim.Scope{cim.ScopeClass, cim.ScopeProperty, cim.ScopeMethod, cim.ScopeParameter} {
		names = slices.Concat(names, s.Important())
	}
	for _, name := range names {
		if (cim.Qualifier{Name: name, Flavor: cim.Amended}).IsText() {
			t.Errorf("%s is text", name)
		}
	}
	if len(names) != 20 || !(cim.Qualifier{Name: "Description", Flavor: cim.Amended}).IsText() {
		t.Errorf("there are %d, and a description is or is not text", len(names))
	}
}

func TestNeutral(t *testing.T) {
	c, err := cim.Derive(nil, &cim.ClassDecl{Name: "C"})
	if err != nil {
		t.Fatal(err)
	}
	text := cim.Qualifier{Name: "Description", Value: cim.StringValue("x"), Flavor: cim.Amended}
	a, err := cim.Derive(nil, &cim.ClassDecl{Name: "C", Qualifiers: cim.Qualifiers{text}})
	if err != nil {
		t.Fatal(err)
	}
	view, err := cim.Localize(c, nil, a)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := cim.Localize(view, nil, a)
	if err != nil {
		t.Fatal(err)
	}
	if view == c || view.Neutral() != c || twice.Neutral() != c || c.Neutral() != c {
		t.Error("the class of a view is not found")
	}
}
