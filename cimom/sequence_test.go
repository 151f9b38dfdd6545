package cimom_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/wbem"
)

func openMemory(t *testing.T) *cimom.Manager {
	t.Helper()
	m, err := cimom.OpenMemory(cimom.Options{Locale: "en-US"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// Close ends enumerations that nobody reads on, and one in whose midst it is
// called; their next step says so.
func TestCloseEndsSequences(t *testing.T) {
	m := openMemory(t)
	s := connect(t, m)
	putThing(t, s, "1")
	putThing(t, s, "2")
	next, stop := iter.Pull2(s.Instances(t.Context(), "Thing", wbem.Options{}))
	defer stop()
	if _, err, ok := next(); err != nil || !ok {
		t.Fatal(err, ok)
	}
	for _, err := range s.Instances(t.Context(), "Thing", wbem.Options{}) {
		if err != nil {
			if !errors.Is(err, wbem.ShuttingDown) {
				t.Errorf("step after close: %v", err)
			}
			break
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err, ok := next(); !ok || !errors.Is(err, wbem.ShuttingDown) {
		t.Errorf("step after close: %v, %v", err, ok)
	}
}

// A sequence that is cancelled ends with an error, not short.
func TestCancelledSequence(t *testing.T) {
	s := connect(t, openMemory(t))
	putThing(t, s, "1")
	putThing(t, s, "2")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	n := 0
	for _, err := range s.Instances(ctx, "Thing", wbem.Options{}) {
		if last = err; err != nil {
			break
		}
		n++
		cancel()
	}
	if n != 1 || !errors.Is(last, wbem.CallCancelled) {
		t.Errorf("%d objects, then %v", n, last)
	}
}

// Instances of dynamic subclasses cannot be had without their provider, and
// that is said.
func TestDynamicSubclass(t *testing.T) {
	s := connect(t, openMemory(t))
	putThing(t, s, "1")
	dynamic := &cim.ClassDecl{Name: "Living", Super: "Thing", Qualifiers: cim.Qualifiers{
		{Name: "dynamic", Value: cim.BoolValue(true)}, {Name: "provider", Value: cim.StringValue("Nobody")},
	}}
	if err := s.PutClass(t.Context(), dynamic, wbem.Options{Flags: wbem.UpdateSafeMode}); err != nil {
		t.Fatal(err)
	}
	n := 0
	var last error
	for _, last = range s.Instances(t.Context(), "Thing", wbem.Options{}) {
		if last == nil {
			n++
		}
	}
	if n != 1 || !errors.Is(last, wbem.ProviderNotFound) {
		t.Errorf("%d instances, then %v", n, last)
	}
	if _, err := s.GetInstance(t.Context(), cim.MustParsePath(`Thing.Id="2"`), wbem.Options{}); !errors.Is(err, wbem.ProviderNotFound) {
		t.Errorf("get: %v", err)
	}
	for _, err := range s.Instances(t.Context(), "Thing", wbem.Options{Flags: wbem.Shallow}) {
		if err != nil {
			t.Error(err)
		}
	}
}

// localize puts a class with a text in a language and returns what it reads
// back in it.
func localize(t *testing.T, m *cimom.Manager, locale, text string) {
	t.Helper()
	s := in(t, m, locale)
	d := &cim.ClassDecl{Name: "Said", Qualifiers: cim.Qualifiers{
		{Name: "Description", Value: cim.StringValue(text), Flavor: cim.Amended},
	}, Properties: []cim.PropertyDecl{
		{Name: "Id", Type: cim.TypeString, Qualifiers: cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}},
	}}
	if err := s.PutClass(t.Context(), d, wbem.Options{Flags: wbem.UseAmendedQualifiers}); err != nil {
		t.Fatal(err)
	}
}

func in(t *testing.T, m *cimom.Manager, locale string) wbem.Services {
	t.Helper()
	s, err := m.Connect(t.Context(), "", wbem.ConnectOptions{Locale: locale})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func said(t *testing.T, s wbem.Services) (*cim.Class, string) {
	t.Helper()
	c, err := s.GetClass(t.Context(), "Said", wbem.Options{Flags: wbem.UseAmendedQualifiers})
	if err != nil {
		t.Fatal(err)
	}
	return c, c.Qualifiers().Value("Description").Text()
}

// A locale namespace that is deleted and created again has other texts.
func TestTextsOfAnotherNamespace(t *testing.T) {
	m := openMemory(t)
	s := in(t, m, "MS_409")
	for range 20 {
		localize(t, m, "MS_409", "first")
		if _, text := said(t, s); text != "first" {
			t.Fatalf("%q", text)
		}
		if err := s.DeleteInstance(t.Context(), cim.MustParsePath(`__Namespace.Name="ms_409"`), wbem.Options{}); err != nil {
			t.Fatal(err)
		}
		localize(t, m, "MS_409", "second")
		if _, text := said(t, s); text != "second" {
			t.Fatalf("%q", text)
		}
	}
}

// Reading with the flag and writing back what was read changes nothing, also
// where the texts are those of another language; new texts go to the language
// of the session.
func TestTextsOfAnotherLanguage(t *testing.T) {
	m := openMemory(t)
	localize(t, m, "MS_409", "in English")
	japanese := in(t, m, "MS_411")
	c, text := said(t, japanese)
	if text != "in English" {
		t.Fatalf("%q", text)
	}
	put := func(d *cim.ClassDecl) {
		t.Helper()
		if err := japanese.PutClass(t.Context(), d, wbem.Options{Flags: wbem.UseAmendedQualifiers}); err != nil {
			t.Fatal(err)
		}
	}
	put(c.Decl().Clone())
	if _, err := japanese.OpenNamespace(t.Context(), "ms_411", wbem.Options{}); !errors.Is(err, wbem.InvalidNamespace) {
		t.Errorf("a namespace without texts: %v", err)
	}
	d := c.Decl().Clone()
	d.Qualifiers.Set(cim.Qualifier{Name: "Description", Value: cim.StringValue("in Japanese"), Flavor: cim.Amended})
	put(d)
	if _, text := said(t, japanese); text != "in Japanese" {
		t.Errorf("%q", text)
	}
	english := in(t, m, "MS_409")
	if _, text := said(t, english); text != "in English" {
		t.Errorf("%q", text)
	}
	// The neutral class, put with the flag, says nothing about texts.
	neutral, err := english.GetClass(t.Context(), "Said", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := english.PutClass(t.Context(), neutral.Decl().Clone(), wbem.Options{Flags: wbem.UseAmendedQualifiers}); err != nil {
		t.Fatal(err)
	}
	if _, text := said(t, english); text != "in English" {
		t.Errorf("after a put of the neutral class: %q", text)
	}
	// A view whose texts were taken away takes them away.
	c, _ = said(t, english)
	d = c.Decl().Clone()
	d.Qualifiers.Delete("Description")
	if err := english.PutClass(t.Context(), d, wbem.Options{Flags: wbem.UseAmendedQualifiers}); err != nil {
		t.Fatal(err)
	}
	if _, text := said(t, english); text != "" {
		t.Errorf("after a put without texts: %q", text)
	}
}

func TestOpenNamespaceElsewhere(t *testing.T) {
	s, err := openMemory(t).Connect(t.Context(), "root", wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]wbem.Status{
		"cimv2": wbem.OK, `\\elsewhere\cimv2`: wbem.InvalidNamespace, `\\elsewhere`: wbem.InvalidNamespace, "": wbem.InvalidNamespace,
	} {
		if _, err := s.OpenNamespace(t.Context(), path, wbem.Options{}); wbem.StatusOf(err) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}
