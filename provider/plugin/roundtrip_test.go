package plugin_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/provider"
	"openwmi/wbem"
	"openwmi/wql"
)

// every returns a class with a property of each type, below another one.
func every(t testing.TB) *cim.Class {
	t.Helper()
	super, err := cim.Derive(nil, &cim.ClassDecl{Name: "Base", Properties: []cim.PropertyDecl{
		{Name: "S", Type: cim.TypeString, Qualifiers: cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}},
		{Name: "Default", Type: cim.TypeUint64, Default: cim.Uint64Value(math.MaxUint64), HasDefault: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	decl := &cim.ClassDecl{Name: "Every", Super: "Base", Qualifiers: cim.Qualifiers{{Name: "description", Value: cim.StringValue("all")}}}
	for name, typ := range map[string]cim.Type{
		"S8": cim.TypeSint8, "U8": cim.TypeUint8, "S16": cim.TypeSint16, "U16": cim.TypeUint16, "S32": cim.TypeSint32, "U32": cim.TypeUint32,
		"S64": cim.TypeSint64, "U64": cim.TypeUint64, "R4": cim.TypeReal32, "R8": cim.TypeReal64, "B": cim.TypeBoolean, "C": cim.TypeChar16,
		"D": cim.TypeDatetime, "R": cim.TypeReference, "O": cim.TypeObject, "T": cim.TypeString,
	} {
		decl.Properties = append(decl.Properties, cim.PropertyDecl{Name: name, Type: typ},
			cim.PropertyDecl{Name: name + "s", Type: typ.ArrayOf()})
	}
	decl.Properties = append(decl.Properties, cim.PropertyDecl{Name: "A", Type: cim.TypeString.ArrayOf()})
	in := cim.Qualifiers{{Name: "in", Value: cim.BoolValue(true)}}
	out := cim.Qualifiers{{Name: "out", Value: cim.BoolValue(true)}}
	decl.Methods = []cim.MethodDecl{{Name: "Do", Return: cim.TypeUint32, Parameters: []cim.ParameterDecl{
		{Name: "X", Type: cim.TypeSint64, Qualifiers: in}, {Name: "Y", Type: cim.TypeString, Qualifiers: out},
	}}}
	c, err := cim.Derive(super, decl)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// values has values of each property, the extreme ones among them.
func values(c *cim.Class) map[string][]cim.Value {
	embedded := cim.NewInstance(c)
	_ = embedded.Set("S", cim.StringValue("inner"))
	_ = embedded.Set("U64", cim.Uint64Value(math.MaxUint64))
	return map[string][]cim.Value{
		"S8":  {cim.Sint8Value(math.MinInt8), cim.Sint8Value(math.MaxInt8)},
		"U8":  {cim.Uint8Value(0), cim.Uint8Value(math.MaxUint8)},
		"S16": {cim.Sint16Value(math.MinInt16), cim.Sint16Value(math.MaxInt16)},
		"U16": {cim.Uint16Value(0), cim.Uint16Value(math.MaxUint16)},
		"S32": {cim.Sint32Value(math.MinInt32), cim.Sint32Value(math.MaxInt32)},
		"U32": {cim.Uint32Value(0), cim.Uint32Value(math.MaxUint32)},
		"S64": {cim.Sint64Value(math.MinInt64), cim.Sint64Value(math.MaxInt64)},
		"U64": {cim.Uint64Value(0), cim.Uint64Value(math.MaxUint64)},
		"R4":  {cim.Real32Value(math.MaxFloat32), cim.Real32Value(math.SmallestNonzeroFloat32), cim.Real32Value(float32(math.Inf(-1)))},
		"R8":  {cim.Real64Value(0.1), cim.Real64Value(math.SmallestNonzeroFloat64), cim.Real64Value(math.Copysign(0, -1))},
		"B":   {cim.BoolValue(true), cim.BoolValue(false)},
		"C":   {cim.Char16Value(0), cim.Char16Value(0xD800)},
		"D":   {cim.TextValue(cim.TypeDatetime, "20240229235959.999999-480"), cim.TextValue(cim.TypeDatetime, "99999999235959.999999:000")},
		"R":   {cim.ReferenceValue(`\\HERE\root\cimv2:Every.S="a\"b"`), cim.ReferenceValue(`Every.S="\ud800"`)},
		"O":   {cim.ObjectValue(embedded), cim.ObjectValue(c)},
		"T":   {cim.StringValue(""), cim.StringValue("z\x00ä\U0001F600"), cim.StringValue("half " + cim.FromUTF16([]uint16{0xD83D}))},
	}
}

// same compares instances in all that belongs to them.
func same(t *testing.T, got, want *cim.Instance) {
	t.Helper()
	if got == nil || got.Class() != want.Class() {
		t.Fatalf("got %v, an instance of another class", got)
	}
	for k, p := range want.Class().Properties() {
		if got.IsSet(k) != want.IsSet(k) || !equal(got.At(k), want.At(k)) || got.At(k).Type() != want.At(k).Type() {
			t.Errorf("%s is %v (%v, set %t), not %v (%v, set %t)", p.Name(),
				got.At(k), got.At(k).Type(), got.IsSet(k), want.At(k), want.At(k).Type(), want.IsSet(k))
		}
		if d := cmp.Diff(want.LocalPropertyQualifiers(k), got.LocalPropertyQualifiers(k)); d != "" {
			t.Errorf("qualifiers of %s (-want +got):\n%s", p.Name(), d)
		}
	}
	if d := cmp.Diff(want.LocalQualifiers(), got.LocalQualifiers()); d != "" {
		t.Errorf("qualifiers (-want +got):\n%s", d)
	}
	if d := cmp.Diff(want.Origin(), got.Origin()); d != "" {
		t.Errorf("origin (-want +got):\n%s", d)
	}
}

// equal tells apart what Equal of reals does not: their bits.
func equal(a, b cim.Value) bool {
	if a.Type().IsReal() && b.Type().IsReal() {
		return a.Bits() == b.Bits()
	}
	return a.Equal(b)
}

// Every value of every type comes back as it went, alone and in an array.
func TestRoundTrip(t *testing.T) {
	h, _ := newHost(t, "echo", self(t, "echo"))
	p := mustOpen(t, h).(interface {
		provider.InstancePutter
		provider.InstanceGetter
		provider.InstanceEnumerator
	})
	c := every(t)
	var all []*cim.Instance
	for round := range 3 {
		inst := cim.NewInstance(c)
		if round == 2 { // all NULL, and set
			for k := range c.Properties() {
				inst.Put(k, cim.Value{})
			}
		} else {
			for name, vs := range values(c) {
				if err := inst.Set(name, vs[round]); err != nil {
					t.Fatal(name, err)
				}
				elems := vs
				if round == 1 {
					elems = nil // an empty array is not NULL
				}
				array, err := cim.ArrayValue(vs[0].Type(), elems...)
				if err == nil {
					err = inst.Set(name+"s", array)
				}
				if err != nil {
					t.Fatal(name, err)
				}
			}
		}
		_ = inst.Set("S", cim.StringValue("kept"))
		inst.SetOrigin(&cim.Origin{Server: "HERE", Namespace: `root\cimv2`})
		_ = inst.SetLocalQualifiers(cim.Qualifiers{{Name: "Own", Value: cim.StringsValue([]string{"a", "b"}), Flavor: cim.ToInstance}})
		_ = inst.SetLocalPropertyQualifiers(c.PropertyIndex("T"), cim.Qualifiers{{Name: "Also", Value: cim.Real64Value(0.5)}})
		all = append(all, inst)
	}
	third := cim.NewInstance(c) // texts, the last of which is no UTF-8
	_ = third.Set("S", cim.StringValue("kept"))
	_ = third.Set("T", values(c)["T"][2])
	_ = third.Set("R8", values(c)["R8"][2])
	key := cim.NewInstance(c)
	_ = key.Set("S", cim.StringValue("kept"))
	for _, inst := range append(all, third) {
		path, err := p.PutInstance(t.Context(), request(c), inst.Clone())
		if err != nil {
			t.Fatal(err)
		}
		if path.String() != `Every.S="chosen"` {
			t.Errorf("path %v", path)
		}
		got, err := p.GetInstance(t.Context(), request(c), key.Clone())
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, inst)
		n := 0
		for got, err := range p.Instances(t.Context(), request(c)) {
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, inst)
			n++
		}
		if n != 200 {
			t.Errorf("%d instances", n)
		}
	}
}

// What a request says arrives.
func TestRequest(t *testing.T) {
	h, _ := newHost(t, "echo", self(t, "echo"))
	p := mustOpen(t, h)
	c := every(t)
	r := request(c)
	r.Caller = &wbem.Identity{Name: `D\ada`, Groups: []string{"g", "h"}, Remote: true, Level: 6, Authority: wbem.StoreAuthority}
	r.Impersonation = 3
	r.Locale, r.Flags, r.Context = "ms_407", wbem.CreateOnly, &wbem.Context{}
	r.Context.Set("Name", cim.Sint64Value(math.MinInt64))
	var progress []wbem.Progress
	r.Progress = func(p wbem.Progress) { progress = append(progress, p) }
	key := cim.NewInstance(c)
	_ = key.Set("S", cim.StringValue("k"))
	ctx, cancel := context.WithTimeout(t.Context(), 10*60e9)
	defer cancel()
	inst, err := p.(provider.InstanceGetter).GetInstance(ctx, r, key)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := inst.Get("A")
	want := `root\cimv2 Every Base D\ada [g h] true 6 1 ms_407 2 3 -9223372036854775808 true  k`
	if got := strings.TrimSpace(a.Texts()[0]); got != want {
		t.Errorf("the request was\n%s\nand not\n%s", got, want)
	}
	if d := cmp.Diff([]wbem.Progress{{Total: 10, Done: 3, Message: "half"}}, progress); d != "" {
		t.Error(d)
	}

	q, err := wql.Parse(`SELECT T FROM Every WHERE U64 > 1`)
	if err != nil {
		t.Fatal(err)
	}
	ask := &provider.Query{Select: q.(*wql.Select), Properties: []string{"T"}, Conditions: []provider.Condition{
		{Property: "U64", Low: cim.Uint64Value(2)}, {Property: "T", In: []cim.Value{cim.StringValue("a"), cim.StringValue("b")}},
	}}
	for inst, err := range p.(provider.InstanceQuerier).QueryInstances(ctx, r, ask) {
		if err != nil {
			t.Fatal(err)
		}
		a, _ := inst.Get("A")
		if d := cmp.Diff([]string{`U64[] true 2 NULL;T[a b] false NULL NULL;`, "[T] false", "SELECT T FROM Every WHERE U64 > 1"}, a.Texts()); d != "" {
			t.Error(d)
		}
	}

	_, err = p.(provider.PartialPutter).PutProperties(ctx, r, key, provider.Partial{Properties: []string{}, StrictNulls: true})
	if wbem.StatusOf(err) != wbem.VetoPut || !strings.Contains(err.Error(), "[] false true false") {
		t.Errorf("partial put: %v", err)
	}

	err = p.(provider.InstanceDeleter).DeleteInstance(ctx, r, key)
	var own *wbem.Error
	if !errors.As(err, &own) || own.Status != wbem.VetoDelete || own.Detail != "no" || own.Object == nil {
		t.Fatalf("delete: %v", err)
	}
	if why, _ := own.Object.Get("Why"); why.Text() != "because" || own.Object.ClassName() != "OwnStatus" {
		t.Errorf("error object of class %s: %v", own.Object.ClassName(), why)
	}

	m := c.Method("Do")
	in := cim.NewInstance(m.Signature(false))
	_ = in.Set("X", cim.Sint64Value(5))
	for _, key := range []*cim.Instance{nil, key} {
		out, err := p.(provider.MethodExecutor).ExecMethod(ctx, r, key, m, in)
		if err != nil {
			t.Fatal(err)
		}
		y, _ := out.Get("Y")
		n, _ := out.Get("ReturnValue")
		if want := map[bool]string{true: "Do5 true", false: "Do5 false"}[key == nil]; y.Text() != want || n.Uint() != 7 {
			t.Errorf("method: %v %v, not %s", y, n, want)
		}
	}

	pr := provider.PropertyRequest{Property: c.Property("T"), Path: cim.MustParsePath(`Every.S="k"`), ClassContext: "cc", InstanceContext: "ic", PropertyContext: "pc"}
	if err := p.(provider.PropertyPutter).PutProperty(ctx, r, pr, cim.StringValue("v")); err != nil {
		t.Error(err)
	}
	v, err := p.(provider.PropertyGetter).GetProperty(ctx, r, pr)
	if err != nil || v.Text() != `TEvery.S="k"ccicpcv` {
		t.Errorf("property: %v %v", v, err)
	}
}

// Events and logical consumers work as in the process.
func TestEvents(t *testing.T) {
	h, _ := newHost(t, "echo", self(t, "echo"))
	s := start(t, cimom.Options{Host: h}, `
		#pragma namespace("root\\cimv2")
		class Tick : __ExtrinsicEvent { uint32 N; };
		instance of __Win32Provider as $P { Name = "echo"; };
		instance of __EventProviderRegistration { provider = $P; EventQueryList = { "SELECT * FROM Tick" }; };`)
	if _, err := s.Subscribe(t.Context(), "WQL", "SELECT * FROM Tick", wbem.Options{}); wbem.StatusOf(err) != wbem.AccessDenied {
		t.Errorf("the access check was not asked: %v", err)
	}
	p := mustOpen(t, h)
	c := every(t)
	q, err := wql.ParseEvent("SELECT * FROM Tick WHERE N > 3")
	if err != nil {
		t.Fatal(err)
	}
	r := request(c)
	r.Services = s
	w := p.(provider.QueryWatcher)
	if err := w.NewQuery(t.Context(), r, 4, q); err != nil {
		t.Error(err)
	}
	if err := w.CancelQuery(t.Context(), r, 4); wbem.StatusOf(err) != wbem.NotFound || !strings.Contains(err.Error(), "4 SELECT * FROM Tick WHERE N > 3 4") {
		t.Error(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	next := uint64(0)
	err = p.(provider.EventProvider).ProvideEvents(ctx, r, func(event *cim.Instance) error {
		if n, _ := event.Get("N"); event.ClassName() != "Tick" || n.Uint() != next {
			t.Errorf("event %v, not number %d", event, next)
		}
		if next++; next == 20 {
			cancel()
		}
		return nil
	})
	if err != nil || next < 20 {
		t.Errorf("providing events ended after %d: %v", next, err)
	}
	err = p.(provider.EventProvider).ProvideEvents(t.Context(), r, func(*cim.Instance) error { return wbem.InvalidClass })
	if wbem.StatusOf(err) != wbem.InvalidClass {
		t.Errorf("a refused event: %v", err)
	}

	inst := cim.NewInstance(c)
	events := []provider.Event{{ID: "a", Namespace: "n", Instance: inst}, {ID: "b", Namespace: "n", Instance: inst}, {ID: "c", Namespace: "n", Instance: inst}}
	err = p.(provider.EventConsumer).Consume(t.Context(), inst, events)
	u, ok := err.(*provider.Undelivered)
	if !ok || len(u.Errs) != 3 || u.Errs[0] != nil || !errors.Is(u.Errs[2], provider.ErrNotAttempted) || wbem.StatusOf(u.Errs[1]) != wbem.Failed || !strings.Contains(u.Errs[1].Error(), "b n") {
		t.Errorf("undelivered: %v", err)
	}
	if err := p.(provider.ConsumerValidator).Validate(inst); wbem.StatusOf(err) != wbem.InvalidObject || !strings.Contains(err.Error(), "Every") {
		t.Errorf("validate: %v", err)
	}
}

// A class travels once, with the first instance of it.
func TestClassOnce(t *testing.T) {
	h, j := newHost(t, "counts", self(t, "counts"))
	p := mustOpen(t, h)
	c := every(t)
	for range 3 {
		if _, err := ask(t.Context(), p, c, "x"); err != nil {
			t.Fatal(err)
		}
	}
	other := every(t) // another class, whatever its name
	if _, err := ask(t.Context(), p, other, "x"); err != nil {
		t.Fatal(err)
	}
	j.wait(t, "it needs class", 2)
	if n := strings.Count(j.String(), "it needs class"); n != 2 {
		t.Errorf("two classes were asked for %d times", n)
	}
}

const asked = `
	#pragma namespace("root\\cimv2")
	class Stored { [key] string K; uint32 N; };
	instance of Stored { K = "old"; };
	instance of __Win32Provider as $P { Name = "P"; CLSID = "go-plugin:P"; };
	instance of __InstanceProviderRegistration { provider = $P; SupportsGet = TRUE; };
	[dynamic, provider("P")] class Asked { [key] string S; string A[]; };
`

// A program asks the namespace as its caller, and for itself only so deep.
func TestQuestions(t *testing.T) {
	h, _ := newHost(t, "P", self(t, "asker"))
	s := start(t, cimom.Options{Host: h}, asked)
	inst, err := s.GetInstance(t.Context(), cim.MustParsePath(`Asked.S="x"`), wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := inst.Get("A")
	if d := cmp.Diff([]string{`HERE root\cimv2 Stored.K="new"`, "9", "new", "old", "NotFound"}, a.Texts()); d != "" {
		t.Error(d)
	}
	_, err = s.GetInstance(t.Context(), cim.MustParsePath(`Asked.S="again"`), wbem.Options{})
	wants(t, err, wbem.QuotaViolation, "deep")
}

// A class can be named.
func TestClassByName(t *testing.T) {
	h, _ := newHost(t, "P", self(t, "named"))
	s := start(t, cimom.Options{Host: h}, asked)
	inst, err := s.GetInstance(t.Context(), cim.MustParsePath(`Asked.S="x"`), wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := inst.Get("S"); v.Text() != "x" || inst.ClassName() != "Asked" {
		t.Errorf("got %v of class %s", v, inst.ClassName())
	}
}
