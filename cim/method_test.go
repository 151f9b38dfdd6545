package cim_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"openwmi/cim"
)

// signature lists the properties of a __PARAMETERS class with their IDs.
func signature(t *testing.T, c *cim.Class) []string {
	t.Helper()
	if c == nil {
		return nil
	}
	if c.Name() != "__PARAMETERS" || !c.IsAbstract() || c.Super() != nil {
		t.Errorf("signature %s: abstract %v, superclass %v", c.Name(), c.IsAbstract(), c.Super())
	}
	var out []string
	for _, p := range c.Properties() {
		s := p.CIMType() + " " + p.Name()
		for _, q := range p.Qualifiers() {
			s += " " + q.Name + "=" + q.Value.String()
			if !q.IsLocal() {
				s += " inherited"
			}
		}
		out = append(out, s)
	}
	return out
}

func TestSignatures(t *testing.T) {
	s := newSchema(t,
		class("C",
			method("uint32 Both", param("string P", in, out)),
			method("void Nothing"),
			method("uint32 Mixed", param("string Z = zz", in, qual("Optional")), param("uint8[] A", out), param("ref:C R", in)),
			method("void Unmarked", param("string U")),
			method("object:C Make"),
		),
		class("D : C", method("uint32 Mixed", qual("Implemented"), param("string z", in), param("uint8[] a", out), param("ref R", in))),
		class("E : D"),
	)
	for _, tc := range []struct {
		class, method string
		in, out       []string
	}{
		// model.md#24: p in both with ID 0; ReturnValue without ID.
		{"C", "Both", []string{"string P in=TRUE out=TRUE ID=0"}, []string{"string P in=TRUE out=TRUE ID=0", "uint32 ReturnValue out=TRUE"}},
		{"C", "Nothing", nil, nil},
		{"C", "mixed", []string{"ref:C R in=TRUE ID=2", "string Z in=TRUE Optional=TRUE ID=0"}, []string{"uint8 A out=TRUE ID=1", "uint32 ReturnValue out=TRUE"}},
		{"C", "Unmarked", []string{"string U ID=0"}, []string{"string U ID=0"}},
		{"C", "Make", nil, []string{"object:C ReturnValue out=TRUE"}},
		// What an override does not repeat and what is inherited is there too.
		{"D", "Mixed", []string{"ref:object R in=TRUE ID=2", "string z in=TRUE ID=0"}, []string{"uint8 a out=TRUE ID=1", "uint32 ReturnValue out=TRUE"}},
		{"E", "Mixed", []string{"ref:object R in=TRUE ID=2", "string z in=TRUE ID=0"}, []string{"uint8 a out=TRUE ID=1", "uint32 ReturnValue out=TRUE"}},
		{"E", "Both", []string{"string P in=TRUE out=TRUE ID=0"}, []string{"string P in=TRUE out=TRUE ID=0", "uint32 ReturnValue out=TRUE"}},
	} {
		m := s.class(tc.class).Method(tc.method)
		if diff := cmp.Diff(tc.in, signature(t, m.Signature(false))); diff != "" {
			t.Errorf("%s.%s in (-want +got):\n%s", tc.class, tc.method, diff)
		}
		if diff := cmp.Diff(tc.out, signature(t, m.Signature(true))); diff != "" {
			t.Errorf("%s.%s out (-want +got):\n%s", tc.class, tc.method, diff)
		}
	}
	args := cim.NewInstance(s.class("C").Method("Mixed").Signature(false))
	if v, _ := args.Get("Z"); v.Text() != "zz" {
		t.Errorf("the default of a parameter shows as %v", v)
	}
	if q, _ := s.class("C").Method("Both").Parameters()[0].Qualifiers().Get("ID"); q.Flavor != cim.ToInstance|cim.DisableOverride {
		t.Errorf("flavor of ID is 0x%02X, want 0x11", uint8(q.Flavor))
	}
}

func TestMethodInheritance(t *testing.T) {
	s := newSchema(t,
		class("P", method("uint32 M", qual("Here"), qual("Below", toSub), param("string A", in, qual("T", "t", toSub)))),
		class("C : P", prop("string X")),
		class("G : C", method("uint32 m", qual("Implemented"), param("string a", in))),
		class("H : G"),
	)
	for _, tc := range []struct {
		class, name, declared string
		local                 bool
		quals                 int
	}{
		{"P", "M", "P", true, 2}, {"C", "M", "P", false, 1}, {"G", "m", "G", true, 2}, {"H", "m", "G", false, 1},
	} {
		m := s.class(tc.class).Method("m")
		if m.Name() != tc.name || m.Origin() != "P" || m.DeclaringClass() != tc.declared || m.IsLocal() != tc.local || len(m.Qualifiers()) != tc.quals {
			t.Errorf("%s.M: %s of %s, declared in %s, local %v, qualifiers %v", tc.class, m.Name(), m.Origin(), m.DeclaringClass(), m.IsLocal(), m.Qualifiers())
		}
		if p := m.Parameters()[0]; p.Qualifiers().Value("T").Text() != "t" || !p.In() || p.Out() {
			t.Errorf("%s.M.A: %v", tc.class, p.Qualifiers())
		}
	}
	if s.class("C").Method("M") != s.class("P").Method("M") && s.class("C").Methods()[0].IsLocal() {
		t.Error("an inherited method is local")
	}
	if s.class("H").Method("N") != nil {
		t.Error("a method that is not there was found")
	}
}

// TestParametersByID: the order is that of the IDs.
func TestParametersByID(t *testing.T) {
	c := newSchema(t, class("C", method("uint32 M",
		param("string B", in, qual("ID", 1)), param("string C", in, qual("ID", 2)), param("string A", in, qual("ID", 0))))).class("C")
	var got []string
	for _, p := range c.Method("M").Parameters() {
		got = append(got, p.Name())
	}
	if diff := cmp.Diff([]string{"A", "B", "C"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestManyMethods(t *testing.T) {
	d := class("C")
	for i := range cim.MaxMethods + 1 {
		d.Methods = append(d.Methods, method(fmt.Sprint("uint32 M", i)))
	}
	_, err := cim.Derive(nil, d)
	wantStatus(t, "1025 methods", err, cim.QuotaViolation)
	d.Methods = d.Methods[:cim.MaxMethods]
	super, err := cim.Derive(nil, d)
	wantStatus(t, "1024 methods", err, cim.OK)
	_, err = cim.Derive(super, class("D : C", method("uint32 m7")))
	wantStatus(t, "an override", err, cim.OK)
	_, err = cim.Derive(super, class("D : C", method("uint32 More")))
	wantStatus(t, "one more than is inherited", err, cim.QuotaViolation)

	m := method("uint32 M")
	for i := range cim.MaxParameters + 1 {
		m.Parameters = append(m.Parameters, param(fmt.Sprint("string P", i), in))
	}
	_, err = cim.Derive(nil, class("C", m))
	wantStatus(t, "1024 parameters", err, cim.TooManyProperties)
	m.Parameters = m.Parameters[:cim.MaxParameters]
	_, err = cim.Derive(nil, class("C", m))
	wantStatus(t, "1023 parameters", err, cim.OK)
	m.Parameters[cim.MaxParameters-1].Name = "p7"
	_, err = cim.Derive(nil, class("C", m))
	wantStatus(t, "one twice", err, cim.InvalidDuplicateParameter)
}
