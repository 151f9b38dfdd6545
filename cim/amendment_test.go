package cim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"openwmi/cim"
)

const amended = cim.Amended

// The fixture of localization.md 10.
func sensorMaster() *cim.ClassDecl {
	return class("Sensor",
		qual("Locale", 0x409), qual("Description", "A measuring point", amended),
		prop("string Tag", qual("DisplayName", "Tag", amended), key),
		prop("uint64 Reading", qual("Units", "K")),
		prop("uint64 Stamp = 1", qual("DisplayName", "Taken at", amended|toSub)),
		method("uint32 Reset", qual("Implemented"), param("string[] Why", in, qual("Description", "Reason", amended), qual("MaxLen", 5)), param("uint8 How = 1", in, out)),
		method("void Silent"),
	)
}

func amendment(language int, description, tag, stamp, why string) *cim.ClassDecl {
	return class("Sensor",
		qual("Description", description, amended), qual("Amendment"), qual("Locale", language),
		prop("string Tag", qual("DisplayName", tag, amended), key),
		prop("uint64 Stamp", qual("DisplayName", stamp, amended|toSub)),
		method("uint32 Reset", param("string[] Why", in, qual("Description", why, amended)), param("uint8 How", in, out)),
	)
}

// TestSplitAmendment proves localization.md#1 as far as classes go.
func TestSplitAmendment(t *testing.T) {
	master := sensorMaster()
	neutral, texts := cim.SplitAmendment(master, nil, 0x409)
	if !cim.EqualDecls(master, sensorMaster()) {
		t.Error("splitting changed the master")
	}
	want := class("Sensor",
		qual("Locale", 0x409),
		prop("string Tag", key),
		prop("uint64 Reading", qual("Units", "K")),
		prop("uint64 Stamp = 1"),
		method("uint32 Reset", qual("Implemented"), param("string[] Why", in, qual("MaxLen", 5)), param("uint8 How = 1", in, out)),
		method("void Silent"),
	)
	if !cim.EqualDecls(neutral, want) {
		t.Errorf("neutral part:\n%s", cmp.Diff(names(want), names(neutral)))
	}
	if want := amendment(0x409, "A measuring point", "Tag", "Taken at", "Reason"); !cim.EqualDecls(texts, want) {
		t.Errorf("amendment:\n%s", cmp.Diff(names(want), names(texts)))
	}
	// What is written out can be derived.
	newSchema(t, neutral)
	newSchema(t, texts)

	if n, a := cim.SplitAmendment(want, nil, 0x409); a != nil || !cim.EqualDecls(n, want) {
		t.Error("a class without texts was split")
	}
}

// names lists the elements of a definition for a readable difference.
func names(d *cim.ClassDecl) []string {
	out := show(d.Qualifiers)
	for _, p := range d.Properties {
		out = append(out, p.Type.String()+" "+p.Name+" "+p.Default.String())
		out = append(out, show(p.Qualifiers)...)
	}
	for _, m := range d.Methods {
		out = append(out, m.Return.String()+" "+m.Name+"()")
		out = append(out, show(m.Qualifiers)...)
		for _, p := range m.Parameters {
			out = append(out, p.Type.String()+" "+p.Name+" "+p.Default.String())
			out = append(out, show(p.Qualifiers)...)
		}
	}
	return out
}

// TestSplitKeepsStructure: structure is never text, whatever its flavor.
func TestSplitKeepsStructure(t *testing.T) {
	d := class("C", qual("Abstract", amended|toSub), qual("Locale", 0x409, amended), prop("string K", qual("Key", amended)))
	neutral, texts := cim.SplitAmendment(d, nil, 0x409)
	want := class("C", qual("Abstract", toSub), qual("Locale", 0x409), prop("string K", key))
	if texts != nil || !cim.EqualDecls(neutral, want) {
		t.Errorf("texts %v, neutral part:\n%s", texts, cmp.Diff(names(want), names(neutral)))
	}
	if d.HasAmended() {
		t.Error("a class with structure only has texts")
	}
}

// TestSplitDropsEmptyOverrides: what says nothing without its texts goes.
func TestSplitDropsEmptyOverrides(t *testing.T) {
	s := newSchema(t, class("P", prop("string A"), prop("string B = b"), prop("string C"), method("uint32 M", param("string X", in)), method("uint32 N")))
	d := class("C : P",
		prop("string a", qual("T", "x", amended)), prop("string B = c", qual("T", "x", amended)), prop("string C", qual("Q"), qual("T", "x", amended)),
		prop("string Own", qual("T", "x", amended)),
		method("uint32 m", param("string x", in, qual("T", "x", amended))), method("uint32 N", qual("Implemented"), qual("T", "x", amended)))
	neutral, texts := cim.SplitAmendment(d, s.class("P"), 0x407)
	want := class("C : P", prop("string B = c"), prop("string C", qual("Q")), prop("string Own"), method("uint32 N", qual("Implemented")))
	if !cim.EqualDecls(neutral, want) {
		t.Errorf("neutral part:\n%s", cmp.Diff(names(want), names(neutral)))
	}
	if len(texts.Properties) != 4 || len(texts.Methods) != 2 || texts.Super != "" {
		t.Errorf("amendment: %v", names(texts))
	}
	// Without the superclass nobody knows that they are overrides.
	if neutral, _ = cim.SplitAmendment(d, nil, 0x407); len(neutral.Properties) != 4 || len(neutral.Methods) != 2 {
		t.Errorf("neutral part without superclass: %v", names(neutral))
	}
}

// localize merges the amendments, by class name, into a class and everything
// above it.
func localize(t *testing.T, c *cim.Class, amendments map[string]*cim.Class) *cim.Class {
	t.Helper()
	if c == nil {
		return nil
	}
	v, err := cim.Localize(c, localize(t, c.Super(), amendments), amendments[c.Name()])
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func text(q cim.Qualifiers, name string) string { return show(cim.Qualifiers{must(q.Get(name))})[0] }

func must(q cim.Qualifier, ok bool) cim.Qualifier {
	if !ok {
		q.Name = "absent"
	}
	return q
}

// TestLocalize proves the cases of localization.md 10 about merging.
func TestLocalize(t *testing.T) {
	neutral := func(parts ...any) *cim.ClassDecl {
		return class("Sensor", append(parts, qual("Locale", 1033), prop("string Tag", key), prop("uint64 Reading"), prop("uint64 Stamp"),
			method("uint32 Reset", param("string[] Why", in), param("uint8 How = 1", in, out)))...)
	}
	english := amendment(0x409, "A measuring point", "Tag", "Taken at", "Reason")
	german := amendment(0x407, "Ein Messpunkt", "Marke", "Erfasst am", "Grund")
	view := func(t *testing.T, n, a *cim.ClassDecl) *cim.Class {
		t.Helper()
		return localize(t, newSchema(t, n).class("Sensor"), map[string]*cim.Class{"Sensor": newSchema(t, a).class("Sensor")})
	}
	check := func(t *testing.T, what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}

	t.Run("localization.md#4", func(t *testing.T) {
		v := view(t, neutral(), english)
		check(t, "class", text(v.Qualifiers(), "Description"), "Description=A measuring point 0x80")
		check(t, "Locale", text(v.Qualifiers(), "Locale"), "Locale=1033 0x00")
		check(t, "Amendment", text(v.Qualifiers(), "Amendment"), "Amendment=TRUE 0x00")
		check(t, "Tag", text(v.Property("Tag").Qualifiers(), "DisplayName"), "DisplayName=Tag 0x80")
		if r := v.Property("Reading"); len(r.Qualifiers()) != 0 || !v.Property("Tag").IsKey() {
			t.Errorf("Reading: %v", r.Qualifiers())
		}
		if !v.Decl().IsMergedView() {
			t.Error("the view is not recognized as one")
		}
		// What spawns instances shows them too.
		if i := cim.NewInstance(v); i.HasAmended() {
			t.Error("an instance has texts of its own")
		}
	})
	t.Run("localization.md#5", func(t *testing.T) {
		v := view(t, neutral(), german)
		check(t, "class", text(v.Qualifiers(), "Description"), "Description=Ein Messpunkt 0x80")
		check(t, "Locale", text(v.Qualifiers(), "Locale"), "Locale=1031 0x00")
	})
	t.Run("localization.md#12", func(t *testing.T) {
		n := neutral(qual("Description", "d"))
		check(t, "with texts", text(view(t, n, english).Qualifiers(), "Description"), "Description=A measuring point 0x80")
		check(t, "without", text(newSchema(t, n).class("Sensor").Qualifiers(), "Description"), "Description=d 0x00")
		// What must not be overridden binds subclasses, not translators.
		n = neutral(qual("Description", "d", toSub|noOver))
		check(t, "fixed", text(view(t, n, english).Qualifiers(), "Description"), "Description=A measuring point 0x80")
		// Another type is no translation.
		n = neutral(qual("Description", 5))
		check(t, "a number", text(view(t, n, english).Qualifiers(), "Description"), "Description=5 0x00")
	})
	t.Run("localization.md#13", func(t *testing.T) {
		a := amendment(0x409, "x", "y", "z", "w")
		a.Properties[0].Qualifiers.Set(qual("Units", "x"))
		a.Qualifiers.Set(qual("Abstract", amended))
		v := view(t, neutral(), a)
		check(t, "Units", text(v.Property("Tag").Qualifiers(), "Units"), "absent=NULL 0x00")
		if v.IsAbstract() {
			t.Error("structure came out of an amendment")
		}
	})
	t.Run("localization.md#14", func(t *testing.T) {
		a := class("Sensor", prop("string Stamp", qual("T", "x", amended)), prop("uint64[] Reading", qual("T", "x", amended)), prop("string Nope", qual("T", "x", amended)),
			method("uint16 Reset", qual("T", "x", amended)), method("void Nope", qual("T", "x", amended)))
		v := view(t, neutral(), a)
		for _, p := range v.Properties() {
			check(t, p.Name(), text(p.Qualifiers(), "T"), "absent=NULL 0x00")
		}
		check(t, "Reset", text(v.Method("Reset").Qualifiers(), "T"), "absent=NULL 0x00")
		if v.Property("Nope") != nil || v.Method("Nope") != nil {
			t.Error("members came out of an amendment")
		}
		// A parameter of another direction is ignored, its method is not.
		a = class("Sensor", method("uint32 Reset", qual("T", "m", amended), param("string[] Why", out, qual("T", "x", amended)), param("uint8 How", in, out, qual("T", "h", amended))))
		m := view(t, neutral(), a).Method("Reset")
		check(t, "Reset", text(m.Qualifiers(), "T"), "T=m 0x80")
		check(t, "Why", text(m.Parameters()[0].Qualifiers(), "T"), "absent=NULL 0x00")
		check(t, "How", text(m.Parameters()[1].Qualifiers(), "T"), "T=h 0x80")
	})
	t.Run("localization.md#28", func(t *testing.T) {
		v := view(t, neutral(), class("Sensor", prop("string tag", key, qual("DisplayName", "Étiquette", amended))))
		check(t, "Tag", text(v.Property("Tag").Qualifiers(), "DisplayName"), "DisplayName=Étiquette 0x80")
		if len(v.Keys()) != 1 || v.Property("Tag").Name() != "Tag" {
			t.Error("the key changed")
		}
		if _, ok := v.Qualifiers().Get("Amendment"); !ok {
			t.Error("the view is not marked, although the amendment is not either")
		}
	})
	t.Run("localization.md#22 and localization.md#23", func(t *testing.T) {
		s := newSchema(t, neutral(), class("Sub : Sensor", prop("string Own")), class("Deep : Sub"))
		a := map[string]*cim.Class{"Sensor": newSchema(t, english.Clone()).class("Sensor")}
		for _, name := range []string{"Sub", "Deep"} {
			v := localize(t, s.class(name), a)
			check(t, name+".Stamp", text(v.Property("Stamp").Qualifiers(), "DisplayName"), "DisplayName=Taken at 0xA2")
			check(t, name+".Tag", text(v.Property("Tag").Qualifiers(), "DisplayName"), "absent=NULL 0x00")
			if v.Decl().IsMergedView() || v.Super().Name() != s.class(name).Super().Name() || v.KeyClass().Name() != "Sensor" {
				t.Errorf("%s: merged view %v", name, v.Decl().IsMergedView())
			}
		}
		// A neutral override below beats a text from above, of whatever type.
		s.add(class("Over : Sensor", prop("uint64 Stamp", qual("DisplayName", "mine"))))
		check(t, "Over.Stamp", text(localize(t, s.class("Over"), a).Property("Stamp").Qualifiers(), "DisplayName"), "DisplayName=mine 0x00")
		s.add(class("Odd : Sensor", prop("uint64 Stamp", qual("DisplayName", 5))))
		check(t, "Odd.Stamp", text(localize(t, s.class("Odd"), a).Property("Stamp").Qualifiers(), "DisplayName"), "DisplayName=5 0x00")
		// Texts of a subclass for what it inherits.
		a["Sub"] = newSchema(t, class("Sub", qual("Amendment"), qual("Locale", 0x407), prop("uint64 Reading", qual("DisplayName", "Wert", amended)),
			method("uint32 Reset", qual("DisplayName", "Neu", amended)))).class("Sub")
		v := localize(t, s.class("Sub"), a)
		check(t, "Sub.Reading", text(v.Property("Reading").Qualifiers(), "DisplayName"), "DisplayName=Wert 0x80")
		check(t, "Sub.Reset", text(v.Method("Reset").Qualifiers(), "DisplayName"), "DisplayName=Neu 0x80")
		if m := v.Method("Reset"); m.Origin() != "Sensor" || len(m.Parameters()) != 2 || m.Parameters()[1].Default().Int() != 1 {
			t.Errorf("Sub.Reset is of %s, %d parameters, default %v", m.Origin(), len(m.Parameters()), m.Parameters()[1].Default())
		}
	})
	t.Run("localization.md#30", func(t *testing.T) {
		_, texts := cim.SplitAmendment(sensorMaster(), nil, 0x409)
		m := texts.Method("Reset")
		if len(m.Parameters) != 2 || !m.Parameters[0].In() || !m.Parameters[0].Type.IsArray() || !m.Parameters[1].Out() {
			t.Errorf("the amendment has %v", names(texts))
		}
		v := view(t, neutral(), texts)
		in := v.Method("Reset").Signature(false)
		check(t, "Why", text(in.Property("Why").Qualifiers(), "Description"), "Description=Reason 0x80")
	})
	t.Run("split again", func(t *testing.T) {
		// A view that is split again is what it was made of, but for the marks.
		v := view(t, neutral(), english)
		n, texts := cim.SplitAmendment(v.Decl(), nil, 0x409)
		n.Qualifiers.Delete("Amendment")
		if want := neutral(); !cim.EqualDecls(n, newSchema(t, want).class("Sensor").Decl()) {
			t.Errorf("neutral part:\n%s", cmp.Diff(names(want), names(n)))
		}
		if want := newSchema(t, english.Clone()).class("Sensor").Decl(); !cim.EqualDecls(texts, want) {
			t.Errorf("amendment:\n%s", cmp.Diff(names(want), names(texts)))
		}
	})
	t.Run("nothing to merge", func(t *testing.T) {
		c := newSchema(t, neutral()).class("Sensor")
		if v := localize(t, c, nil); v != c {
			t.Error("a class without amendment was copied")
		}
	})
}

func TestIsMergedView(t *testing.T) {
	for _, tc := range []struct {
		name string
		decl *cim.ClassDecl
		want bool
	}{
		{"marked, with texts", class("C", qual("Amendment"), prop("string A", qual("D", "x", amended))), true},
		{"marked, texts of a parameter", class("C", qual("Amendment"), method("void M", param("string A", in, qual("D", "x", amended)))), true},
		{"marked, without texts", class("C", qual("Amendment"), prop("string A")), false},
		{"marked FALSE", class("C", qual("Amendment", false), qual("D", "x", amended)), false},
		{"an unsplit master", class("C", qual("D", "x", amended)), false},
	} {
		if tc.decl.IsMergedView() != tc.want {
			t.Errorf("%s: %v", tc.name, !tc.want)
		}
	}
}
