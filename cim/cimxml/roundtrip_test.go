package cimxml_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/cim/cimxml"
)

// read returns a decoder at the root element of a document.
func read(t testing.TB, dtd cimxml.DTD, document []byte) *cimxml.Decoder {
	t.Helper()
	d := cimxml.NewDecoderBytes(document)
	d.DTD = dtd
	if !d.Next() {
		t.Fatalf("%v in %s", d.Err(), document)
	}
	return d
}

// atEnd checks that a decoder is at the end of its document.
func atEnd(t testing.TB, d *cimxml.Decoder) {
	t.Helper()
	if d.Next() || d.Err() != nil {
		t.Fatalf("the document goes on; %v", d.Err())
	}
}

var dtds = []cimxml.DTD{cimxml.CIM, cimxml.WMI}

func seeds(t *testing.T, n uint64, f func(t *testing.T, seed uint64)) {
	for seed := range n {
		if t.Run(fmt.Sprint(seed), func(t *testing.T) { f(t, seed) }); t.Failed() {
			return
		}
	}
}

// An instance of a known class comes back as it was, also which of its
// properties are set.
func TestInstanceRoundTrip(t *testing.T) {
	seeds(t, 300, func(t *testing.T, seed uint64) {
		r := newRandom(t, seed)
		inst := r.instance(r.class(nil))
		for _, dtd := range dtds {
			enc := cimxml.Encoder{DTD: dtd, Qualifiers: true, ClassOrigin: seed%2 == 0, SystemProperties: seed%3 == 0}
			text := enc.AppendInstance(nil, inst)
			dec := read(t, dtd, text)
			dec.Classes = r.lookup
			got, err := dec.Instance()
			if err != nil {
				t.Fatalf("%v in %.2000s", err, text)
			}
			atEnd(t, dec)
			checkInstance(t, got, inst, text)
		}
	})
}

func checkInstance(t *testing.T, got, want *cim.Instance, text []byte) {
	t.Helper()
	if !cim.CompareObjects(got, want, cim.IgnoreObjectSource) {
		for k, p := range want.Class().Properties() {
			if !got.At(k).Equal(want.At(k)) {
				t.Errorf("property %s: got %v, want %v", p.Name(), got.At(k), want.At(k))
			}
		}
		t.Fatalf("the instance has changed in %.2000s", text)
	}
	for k, p := range want.Class().Properties() {
		if got.IsSet(k) != want.IsSet(k) {
			t.Errorf("property %s: IsSet is %t in %s", p.Name(), got.IsSet(k), text)
		}
	}
}

// An instance of an unknown class has the same values and the same path, and
// gives the same XML again.
func TestUntypedRoundTrip(t *testing.T) {
	seeds(t, 300, func(t *testing.T, seed uint64) {
		r := newRandom(t, seed)
		inst := r.instance(r.class(nil))
		inst.SetOrigin(&cim.Origin{Server: "host", Namespace: `root\cimv2`})
		form := cimxml.InstanceWithPath
		if len(inst.Class().Keys()) == 0 {
			form = cimxml.Object
		}
		for _, dtd := range dtds {
			enc := cimxml.Encoder{DTD: dtd, Qualifiers: seed%2 == 0}
			text, err := enc.Append(nil, inst, form)
			if err != nil {
				t.Fatal(err)
			}
			dec := read(t, dtd, text)
			o, path, err := dec.Object()
			if err != nil {
				t.Fatalf("%v in %.2000s", err, text)
			}
			atEnd(t, dec)
			if form == cimxml.InstanceWithPath {
				want := fullPath(inst)
				if diff := cmp.Diff(want, path); diff != "" {
					t.Errorf("path (-want +got):\n%s", diff)
				}
				if got := fullPath(o); !cmp.Equal(got, want) {
					t.Errorf("path of the object: got %v, want %v in %s", got, want, text)
				}
			}
			again, err := enc.Append(nil, o, form)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(text), string(again)); diff != "" {
				t.Errorf("XML (-want +got):\n%s", diff)
			}
		}
	})
}

// fullPath returns the path of an object with where it is stored.
func fullPath(o cim.Object) cim.Path {
	p, _ := cim.RelPath(o)
	p.Server, p.Namespace = o.Origin().Server, o.Origin().Namespace
	return p
}

// A class comes back as it was below its superclass, from the own definition and
// from the complete one; without the superclass it gives the same XML again.
func TestClassRoundTrip(t *testing.T) {
	seeds(t, 300, func(t *testing.T, seed uint64) {
		r := newRandom(t, seed)
		c := r.class(nil)
		for _, dtd := range dtds {
			enc := cimxml.Encoder{DTD: dtd, Qualifiers: true, SystemProperties: seed%2 == 0}
			text := enc.AppendClassDecl(nil, c.Decl())
			dec := read(t, dtd, text)
			dec.Classes = r.lookup
			own, inherited, err := dec.ClassDecl()
			if err != nil {
				t.Fatalf("%v in %.2000s", err, text)
			}
			atEnd(t, dec)
			if inherited != nil && len(inherited.Properties)+len(inherited.Methods) > 0 {
				t.Errorf("something is inherited in %s", text)
			}
			if got := r.derive(c.Super(), own); !cim.CompareObjects(got, c, 0) {
				t.Fatalf("the definition has changed in %.2000s", text)
			}

			text = enc.AppendClass(nil, c)
			dec = read(t, dtd, text)
			dec.Classes = r.lookup
			got, err := dec.Class()
			if err != nil {
				t.Fatalf("%v in %.2000s", err, text)
			}
			atEnd(t, dec)
			if !cim.CompareObjects(got, c, 0) {
				t.Fatalf("the class has changed in %.2000s", text)
			}

			if enc.SystemProperties {
				continue // __DERIVATION and __DYNASTY need the superclasses
			}
			got, err = read(t, dtd, text).Class()
			if err != nil {
				t.Fatalf("%v in %.2000s", err, text)
			}
			if diff := cmp.Diff(string(text), string(enc.AppendClass(nil, got))); diff != "" {
				t.Fatalf("XML (-want +got):\n%s", diff)
			}
		}
	})
}

func TestPathRoundTrip(t *testing.T) {
	seeds(t, 300, func(t *testing.T, seed uint64) {
		p := newRandom(t, seed).path(0)
		var enc cimxml.Encoder
		text := enc.AppendPath(nil, p)
		dec := read(t, cimxml.CIM, text)
		got, err := dec.Path()
		if err != nil {
			t.Fatal(err)
		}
		atEnd(t, dec)
		if diff := cmp.Diff(p, got); diff != "" {
			t.Errorf("path (-want +got):\n%s\n%s", diff, text)
		}
	})
}

func TestQualifierDeclRoundTrip(t *testing.T) {
	seeds(t, 200, func(t *testing.T, seed uint64) {
		r := newRandom(t, seed)
		q := &cim.QualifierDecl{
			Name: r.name(), Type: pick(r, elemTypes[:12]...) | pick(r, 0, cim.TypeArray),
			Scope: cim.Scope(r.Uint32()) & (cim.ScopeSchema - 1), Flavor: cim.Flavor(r.Uint32()) & cim.WritableFlavors,
		}
		if q.Scope == cim.ScopeSchema-1 {
			q.Scope = cim.ScopeAny
		}
		if r.chance(2) {
			q.Default = r.value(q.Type)
		}
		var enc cimxml.Encoder
		text := enc.AppendQualifierDecl(nil, q)
		dec := read(t, cimxml.CIM, text)
		got, err := dec.QualifierDecl()
		if err != nil {
			t.Fatal(err)
		}
		atEnd(t, dec)
		if diff := cmp.Diff(q, got, cmp.Comparer(cim.Value.Equal)); diff != "" {
			t.Errorf("declaration (-want +got):\n%s\n%s", diff, text)
		}
	})
}

func TestParamValueRoundTrip(t *testing.T) {
	seeds(t, 300, func(t *testing.T, seed uint64) {
		r := newRandom(t, seed)
		typ, class := r.typ()
		v := r.value(typ)
		for _, dtd := range dtds {
			enc := cimxml.Encoder{DTD: dtd, Qualifiers: true}
			text := enc.AppendParamValue(nil, "p", typ, class, v)
			for _, typeOf := range []func(string) cim.Type{nil, func(string) cim.Type { return typ }} {
				dec := read(t, dtd, text)
				name, got, err := dec.ParamValue(typeOf)
				if err != nil {
					t.Fatalf("%v in %.2000s", err, text)
				}
				atEnd(t, dec)
				if name != "p" || got.Type() != v.Type() {
					t.Fatalf("%s is %v, want %v in %s", name, got.Type(), v.Type(), text)
				}
				if typ.Elem() != cim.TypeObject && !got.Equal(v) {
					t.Errorf("got %v, want %v in %s", got, v, text)
				}
			}
		}
	})
}
