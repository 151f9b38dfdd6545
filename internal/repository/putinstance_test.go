package repository

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/wbem"
)

func putFixture(t *testing.T) *fixture {
	return newFixture(t, classB(), classD(), classE(), classKI(), classAB(),
		class("K2", prop("string A", key), prop("sint32 C", key), prop("string V")),
		class("NN", prop("string Id", key), prop("string Must", qual("not_null")), prop("sint32 Ix", qual("indexed"))),
		class("SG", qual("singleton"), prop("string V")),
		class("NoKey", prop("string V")))
}

func TestPutInstance(t *testing.T) {
	const create, update = wbem.CreateOnly, wbem.UpdateOnly
	type step struct {
		class  string
		values []any
		flags  wbem.Flags
		want   cim.Status
		path   string
	}
	v := func(values ...any) []any { return values }
	tests := []struct {
		name  string
		steps []step
		want  []string // what is stored of the classes that were put
	}{
		{"put.md#1", []step{{"B", v("Id", "1"), 0, 0, `\\SERVER\root\t:B.Id="1"`}}, []string{`B.Id="1" N=7 S=NULL`}},
		{"put.md#2", []step{
			{"B", v("Id", "1", "S", "x"), 0, 0, ""},
			{"B", v("Id", "1", "S", "y"), 0, 0, ""},
		}, []string{`B.Id="1" N=7 S=y`}},
		{"put.md#3", []step{
			{"B", v("Id", "1", "S", "x"), 0, 0, ""},
			{"B", v("Id", "1"), 0, 0, ""},
		}, []string{`B.Id="1" N=7 S=NULL`}},
		{"put.md#4", []step{
			{"B", v("Id", "1", "S", "x"), 0, 0, ""},
			{"B", v("Id", "1", "S", "y"), create, wbem.AlreadyExists, ""},
		}, []string{`B.Id="1" N=7 S=x`}},
		{"put.md#5", []step{{"B", v("Id", "1"), create, 0, ""}}, []string{`B.Id="1" N=7 S=NULL`}},
		{"put.md#6", []step{{"B", v("Id", "1"), update, wbem.NotFound, ""}}, nil},
		{"put.md#7", []step{
			{"B", v("Id", "1"), 0, 0, ""},
			{"B", v("Id", "1", "S", "y"), update, 0, ""},
		}, []string{`B.Id="1" N=7 S=y`}},
		{"put.md#19", []step{{"B", nil, update, wbem.NotFound, ""}}, nil},
		{"put.md#20", []step{{"KI", v("V", "x"), 0, wbem.IllegalNull, ""}}, nil},
		{"put.md#21", []step{{"K2", v("C", 1), 0, wbem.IllegalNull, ""}}, nil},
		{"put.md#22", []step{{"NoKey", v("V", "x"), 0, wbem.NoKey, ""}}, nil},
		{"put.md#23", []step{
			{"NN", v("Id", "1", "Ix", 1), 0, wbem.IllegalNull, ""},
			{"NN", v("Id", "1", "Must", "x"), 0, wbem.IllegalNull, ""},
			{"NN", v("Id", "1", "Must", "x", "Ix", 1), 0, 0, ""},
		}, []string{`NN.Id="1" Ix=1 Must=x`}},
		{"put.md#24", []step{{"B", v("Id", "1"), 0, 0, ""}}, []string{`B.Id="1" N=7 S=NULL`}},
		{"put.md#25", []step{{"B", v("Id", "1", "N", nil), 0, 0, ""}}, []string{`B.Id="1" N=NULL S=NULL`}},
		{"put.md#27", []step{
			{"D", v("Id", "1", "U", 5), 0, 0, ""},
			{"E", v("Id", "1"), 0, wbem.AlreadyExists, ""},
			{"E", v("Id", "1"), create, wbem.AlreadyExists, ""},
			{"E", v("Id", "1"), update, wbem.NotFound, ""},
			{"B", v("Id", "1"), 0, wbem.AlreadyExists, ""},
			{"B", v("Id", "1"), update, wbem.NotFound, ""},
		}, []string{`D.Id="1" N=7 S=NULL U=5`}},
		{"a subclass of an existing instance", []step{
			{"B", v("Id", "1"), 0, 0, ""},
			{"D", v("Id", "1"), 0, wbem.AlreadyExists, ""},
			{"D", v("Id", "1"), update, wbem.NotFound, ""},
		}, []string{`B.Id="1" N=7 S=NULL`}},
		{"put.md#28", []step{
			{"B", v("Id", "a", "S", "1"), 0, 0, ""},
			{"B", v("Id", "A", "S", "2"), 0, 0, `\\SERVER\root\t:B.Id="A"`},
		}, []string{`B.Id="A" N=7 S=2`}},
		{"put.md#29", []step{{"B", v("Id", ""), 0, 0, `\\SERVER\root\t:B.Id=""`}}, []string{`B.Id="" N=7 S=NULL`}},
		{"put.md#30", []step{{"B", v("Id", strings.Repeat("x", 9000)), 0, wbem.QuotaViolation, ""}}, nil},
		{"put.md#31", []step{{"K2", v("C", 1, "A", "x"), 0, 0, `\\SERVER\root\t:K2.A="x",C=1`}}, []string{`K2.A="x",C=1 V=NULL`}},
		{"put.md#32", []step{{"AB", v("Id", "1"), 0, wbem.InvalidOperation, ""}}, nil},
		{"put.md#33", []step{
			{"SG", v("V", "1"), 0, 0, `\\SERVER\root\t:SG=@`},
			{"SG", v("V", "2"), 0, 0, ""},
		}, []string{`SG=@ V=2`}},
		{"put.md#34", []step{
			{"SG", v("V", "1"), update, wbem.NotFound, ""},
			{"SG", v("V", "1"), create, 0, ""},
			{"SG", v("V", "2"), create, wbem.AlreadyExists, ""},
		}, []string{`SG=@ V=1`}},
		{"a control character in a key", []step{{"B", v("Id", "a\tb"), 0, wbem.InvalidObject, ""}}, nil},
		{"an event", []step{{"__InstanceCreationEvent", nil, 0, wbem.InvalidOperation, ""}}, nil},
		{"what can only be read", []step{{"__thisNAMESPACE", nil, 0, wbem.InvalidOperation, ""}}, nil},
		{"order by value", []step{
			{"K2", v("A", "b", "C", 1), 0, 0, ""},
			{"K2", v("A", "a\u00e9", "C", 1), 0, 0, ""},
			{"K2", v("A", "a", "C", 2), 0, 0, ""},
			{"K2", v("A", "a", "C", -1), 0, 0, ""},
		}, []string{`K2.A="a",C=-1 V=NULL`, `K2.A="a",C=2 V=NULL`, "K2.A=\"a\u00e9\",C=1 V=NULL", `K2.A="b",C=1 V=NULL`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := putFixture(t)
			for i, s := range tt.steps {
				path := f.put(f.inst(s.class, s.values...), s.flags, s.want)
				if got := path.String(); s.path != "" && got != s.path {
					t.Errorf("step %d: path %s, want %s", i, got, s.path)
				}
			}
			var got []string
			for _, class := range []string{"B", "K2", "KI", "NN", "SG"} {
				got = append(got, f.all(class, true)...)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("stored (-want +got):\n%s", diff)
			}
		})
	}
}

// put.md#16 put.md#17 put.md#18
func TestGeneratedKeys(t *testing.T) {
	f := putFixture(t)
	local := f.inst("B", "S", "x")
	first := f.put(local, 0, wbem.OK)
	second := f.put(local, wbem.CreateOnly, wbem.OK)
	guid := first.Keys[0].Text
	if !regexp.MustCompile(`^\{[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}\}$`).MatchString(guid) || len(guid) != 38 {
		t.Errorf("generated key %q", guid)
	}
	if v, _ := local.Get("Id"); !v.IsNull() {
		t.Errorf("the put has changed the object: %v", v)
	}
	if _, ok := cim.RelPath(local); ok {
		t.Error("the object has a path, so deleting it would not fail")
	}
	if got := f.get(first.RelPath()); got != `B.Id="`+guid+`" N=7 S=x` {
		t.Error(got)
	}
	if len(f.all("B", false)) != 2 {
		t.Errorf("stored are %v", f.all("B", false))
	}
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteInstance(f.ns, second) })
	if len(f.all("B", false)) != 1 {
		t.Errorf("stored are %v", f.all("B", false))
	}
}

// put.md#26
func TestKeyChange(t *testing.T) {
	f := putFixture(t)
	f.put(f.inst("B", "Id", "1", "S", "x"), 0, wbem.OK)
	inst, err := f.ns.Instance(cim.MustParsePath(`B="1"`), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := inst.Set("Id", cim.StringValue("2")); err != nil {
		t.Fatal(err)
	}
	f.put(inst, 0, wbem.OK)
	if diff := cmp.Diff([]string{`B.Id="1" N=7 S=x`, `B.Id="2" N=7 S=x`}, f.all("B", true)); diff != "" {
		t.Error(diff)
	}
}

// TestOtherDefinition puts instances whose class is not the stored one (put.md
// 5.4 and 6).
// put.md#61 put.md#62
func TestOtherDefinition(t *testing.T) {
	f := putFixture(t)
	f.put(f.inst("B", "Id", "1", "S", "x"), 0, wbem.OK)
	home := f.ns
	inst, err := home.Instance(cim.MustParsePath(`B="1"`), false)
	if err != nil {
		t.Fatal(err)
	}
	f.ns = f.space("u")
	f.put(inst, 0, wbem.InvalidClass)
	for _, tt := range []struct {
		class *cim.ClassDecl
		want  cim.Status
		get   string
	}{
		{class("B", prop("string Id", key), prop("sint32 N = 8"), prop("string S"), prop("string T = t")), wbem.OK, `B.Id="1" N=8 S=x T=t`},
		{class("B", prop("string Id", key), prop("string N"), prop("string S")), wbem.TypeMismatch, "NotFound"},
		{class("B", prop("string Id", key), prop("sint32 N")), wbem.InvalidProperty, "NotFound"},
	} {
		f.putClass(tt.class, wbem.UpdateForceMode, wbem.OK)
		path := f.put(inst, 0, tt.want)
		if got := f.get(`B="1"`); got != tt.get {
			t.Errorf("%s, want %s", got, tt.get)
		}
		if tt.want == wbem.OK && path.Namespace != `root\u` {
			t.Errorf("path %v", path)
		}
	}
	f.ns = home
	if got := f.get(`B="1"`); got != `B.Id="1" N=7 S=x` {
		t.Error(got)
	}
}

func TestInstanceQualifiers(t *testing.T) {
	f := putFixture(t)
	inst := f.inst("B", "Id", "1")
	if err := inst.SetLocalQualifiers(cim.Qualifiers{qual("Mine", "a", cim.ToInstance)}); err != nil {
		t.Fatal(err)
	}
	if err := inst.SetLocalPropertyQualifiers(2, cim.Qualifiers{qual("Deep", 5)}); err != nil {
		t.Fatal(err)
	}
	f.put(inst, 0, wbem.OK)
	check := func(mine string, deep int64) {
		t.Helper()
		got, err := f.ns.Instance(cim.MustParsePath(`B="1"`), false)
		if err != nil {
			t.Fatal(err)
		}
		if v := got.Qualifiers().Value("Mine").Text(); v != mine {
			t.Errorf("qualifier Mine is %q, want %q", v, mine)
		}
		if v := got.PropertyQualifiers(2).Value("Deep").Int(); v != deep {
			t.Errorf("qualifier Deep is %d, want %d", v, deep)
		}
	}
	check("a", 5)
	// The class may forbid it later; that is no structural change.
	b := with(classB(), qual("Mine", "class", cim.ToInstance|cim.DisableOverride))
	f.putClass(b, 0, wbem.OK)
	check("class", 5)
}

// put.md#69 put.md#70 put.md#72 put.md#73
func TestPartial(t *testing.T) {
	tests := []struct {
		name    string
		values  []any
		flags   wbem.Flags
		partial Partial
		want    cim.Status
		get     string
	}{
		{"listed", []any{"Id", "1", "S", "y", "N", 2}, wbem.UpdateOnly, Partial{Properties: []string{"s"}}, 0, `B.Id="1" N=1 S=y`},
		{"without UpdateOnly", []any{"Id", "1", "S", "y"}, 0, Partial{Properties: []string{"S"}}, wbem.InvalidContext, `B.Id="1" N=1 S=x`},
		{"NULL is left", []any{"Id", "1", "S", nil, "N", 2}, wbem.UpdateOnly, Partial{Properties: []string{"S", "N"}}, 0, `B.Id="1" N=2 S=x`},
		{"NULL is meant", []any{"Id", "1", "S", nil}, wbem.UpdateOnly, Partial{Properties: []string{"S"}, StrictNulls: true}, 0, `B.Id="1" N=1 S=NULL`},
		{"no such property", []any{"Id", "1"}, wbem.UpdateOnly, Partial{Properties: []string{"Nope"}}, wbem.InvalidProperty, `B.Id="1" N=1 S=x`},
		{"absent", []any{"Id", "2", "S", "y"}, wbem.UpdateOnly, Partial{Properties: []string{"S"}}, wbem.NotFound, `B.Id="1" N=1 S=x`},
		{"all, strict", []any{"Id", "1"}, wbem.UpdateOnly, Partial{StrictNulls: true}, 0, `B.Id="1" N=7 S=NULL`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := putFixture(t)
			f.put(f.inst("B", "Id", "1", "S", "x", "N", 1), 0, wbem.OK)
			f.update(tt.want, func(tx *Tx) error {
				_, err := tx.PutInstance(f.ns, f.inst("B", tt.values...), tt.flags, &tt.partial)
				return err
			})
			if got := f.get(`B="1"`); got != tt.get {
				t.Errorf("stored is %s, want %s", got, tt.get)
			}
		})
	}
	// put.md 8.2, rule 10
	f := putFixture(t)
	f.put(f.inst("NN", "Id", "1", "Must", "x", "Ix", 1), 0, wbem.OK)
	f.update(wbem.IllegalNull, func(tx *Tx) error {
		_, err := tx.PutInstance(f.ns, f.inst("NN", "Id", "1"), wbem.UpdateOnly, &Partial{Properties: []string{"Must"}, StrictNulls: true})
		return err
	})
}

// put.md#78
func TestAmendmentInstance(t *testing.T) {
	f := newFixture(t)
	f.ns = f.space("ms_409")
	f.putClass(class("A", qual("Amendment"), qual("Locale", 0x409), prop("string Id", key)), 0, wbem.OK)
	f.putClass(class("T", qual("Description", "text", cim.Amended), prop("string Id", key)), 0, wbem.OK)
	f.putClass(classB(), 0, wbem.OK)
	f.put(f.inst("A", "Id", "1"), 0, wbem.InvalidOperation)
	f.put(f.inst("T", "Id", "1"), 0, wbem.InvalidOperation)
	f.put(f.inst("B", "Id", "1"), 0, wbem.OK)
	f.ns = f.namespace(`root\t`)
	f.putClass(class("A", qual("Amendment"), prop("string Id", key)), 0, wbem.OK)
	f.put(f.inst("A", "Id", "1"), 0, wbem.OK)
}

func TestEmbedded(t *testing.T) {
	f := newFixture(t, classB(), classD(), classKI(), class("H", prop("string Id", key), prop("object:B O"), prop("object[] All")))
	d := f.inst("D", "Id", "in", "U", 1)
	h := f.inst("H", "Id", "1", "O", cim.ObjectValue(d), "All", cim.ObjectsValue([]cim.Object{f.inst("KI", "Num", 1), mustClass(t, f.ns, "KI")}))
	f.put(h, 0, wbem.OK)
	// It was stored by value, also as far as its class goes.
	d.Put(d.Class().PropertyIndex("U"), cim.Uint8Value(9))
	f.update(wbem.OK, func(tx *Tx) error {
		if err := tx.DeleteClass(f.ns, "B"); err != nil {
			return err
		}
		return tx.DeleteClass(f.ns, "KI")
	})
	got, err := f.ns.Instance(cim.MustParsePath(`H="1"`), false)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := got.Get("O")
	if in, ok := v.Object().(*cim.Instance); !ok || show(in) != `D.Id="in" N=7 S=NULL U=1` || in.Class().Super().Name() != "B" {
		t.Errorf("embedded is %v", v)
	}
	all, _ := got.Get("All")
	if n := all.Len(); n != 2 || all.Index(0).Object().Genus() != 2 || all.Index(1).Object().ClassName() != "KI" {
		t.Errorf("embedded are %v", all)
	}
	// Unchecked values are checked by the put.
	k := got.Class().PropertyIndex("O")
	got.Put(k, cim.ObjectValue(all.Index(0).Object()))
	f.put(got, 0, wbem.TypeMismatch)
	got.Put(k, cim.StringValue("x"))
	f.put(got, 0, wbem.TypeMismatch)
	got.Put(k, cim.ObjectValue(got))
	f.put(got, 0, wbem.CircularReference)
}

// TestUncheckedValues: a put looks at what values hold, so that nothing is
// stored which cannot be read.
func TestUncheckedValues(t *testing.T) {
	f := newFixture(t, class("H", prop("string Id", key), prop("uint8[] Y"), prop("uint8 U"), prop("datetime T"), prop("object[] All")))
	for _, tc := range []struct {
		prop string
		v    cim.Value
		want cim.Status
	}{
		{"Y", cim.NumbersValue(cim.TypeUint8, []uint64{1, 2, 3}), wbem.TypeMismatch},
		{"U", cim.NumberValue(cim.TypeUint8, 300), wbem.ValueOutOfRange},
		{"T", cim.TextValue(cim.TypeDatetime, "garbage"), wbem.TypeMismatch},
		{"All", cim.ObjectsValue([]cim.Object{nil}), wbem.IllegalNull},
		{"All", cim.ObjectsValue([]cim.Object{(*cim.Instance)(nil)}), wbem.IllegalNull},
		{"All", cim.ObjectsValue([]cim.Object{&cim.Instance{}}), wbem.InvalidObject},
	} {
		h := f.inst("H", "Id", "1")
		h.Put(h.Class().PropertyIndex(tc.prop), tc.v)
		f.put(h, 0, tc.want)
	}
	f.put(&cim.Instance{}, 0, wbem.InvalidClass)
}

func TestKeyRules(t *testing.T) {
	many := class("Many")
	for i := range cim.MaxKeys + 1 {
		many.Properties = append(many.Properties, prop("uint8 K"+strconv.Itoa(i), key))
	}
	f := newFixture(t, many, class("C", prop("char16 C", key)), class("R", prop("ref R", key)))
	inst := f.inst("Many")
	for k := range inst.Class().Properties() {
		inst.Put(k, cim.Uint8Value(1))
	}
	f.put(inst, 0, wbem.InvalidObject)
	f.put(f.inst("C", "C", cim.Char16Value(' ')), 0, wbem.InvalidObject)
	f.put(f.inst("C", "C", cim.Char16Value('!')), 0, wbem.OK)
	// The longest reference that a path can have, which its normal form makes
	// longer.
	to := `K="` + strings.Repeat(`\"`, 2000) + `"`
	f.put(f.inst("R", "R", cim.ReferenceValue(to)), 0, wbem.OK)
	if got := f.all("R", true); len(got) != 1 {
		t.Errorf("stored are %v", got)
	}
	f.put(f.inst("R", "R", cim.ReferenceValue(to+to)), 0, wbem.QuotaViolation)
}

func TestDeleteInstance(t *testing.T) {
	f := putFixture(t)
	f.put(f.inst("D", "Id", "1"), 0, wbem.OK)
	f.put(f.inst("SG"), 0, wbem.OK)
	for _, tt := range []struct {
		path string
		want cim.Status
	}{
		{`B`, wbem.InvalidObjectPath},
		{`B=1`, wbem.InvalidObjectPath},
		{`None="1"`, wbem.InvalidClass},
		{`E="1"`, wbem.NotFound},
		{`B="2"`, wbem.NotFound},
		{`B="` + strings.Repeat("x", 9000) + `"`, wbem.QuotaViolation},
		{`B="1"`, wbem.OK},
		{`D="1"`, wbem.NotFound},
		{`SG=@`, wbem.OK},
		{`SG=@`, wbem.NotFound},
	} {
		f.update(tt.want, func(tx *Tx) error { return tx.DeleteInstance(f.ns, cim.MustParsePath(tt.path)) })
	}
	f.put(f.inst("E", "Id", "1"), 0, wbem.OK)
}
