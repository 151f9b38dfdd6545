package scripting_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/scripting"
	"openwmi/wbem"
)

// scripting-api.md#38, scripting-api.md#39, scripting-api.md#59: the path of an
// object.
func TestPathOfObject(t *testing.T) {
	f := newFixture(t)
	inst := f.b("1")
	f.equal(inst.Path().Path(), `\\HOST\root\t:B.Id="1"`)
	f.equal(inst.Path().Locale(), f.Session().Locale())
	for name, change := range map[string]func(p *scripting.ObjectPath) error{
		"Server":         func(p *scripting.ObjectPath) error { return p.SetServer("x") },
		"Namespace":      func(p *scripting.ObjectPath) error { return p.SetNamespace("root") },
		"Path":           func(p *scripting.ObjectPath) error { return p.SetPath("X") },
		"RelPath":        func(p *scripting.ObjectPath) error { return p.SetRelPath("X") },
		"DisplayName":    func(p *scripting.ObjectPath) error { return p.SetDisplayName("winmgmts:") },
		"SetAsClass":     (*scripting.ObjectPath).SetAsClass,
		"SetAsSingleton": (*scripting.ObjectPath).SetAsSingleton,
		"Locale":         func(p *scripting.ObjectPath) error { return p.SetLocale("ms_407") },
		"Authority":      func(p *scripting.ObjectPath) error { return p.SetAuthority("kerberos:x") },
		"Keys.Add":       func(p *scripting.ObjectPath) error { return second(p.Keys().Add("K", 1, 0)) },
		"Keys.Remove":    func(p *scripting.ObjectPath) error { return p.Keys().Remove("Id", 0) },
		"Keys.DeleteAll": func(p *scripting.ObjectPath) error { return p.Keys().DeleteAll() },
		"Keys.Value": func(p *scripting.ObjectPath) error {
			for k := range p.Keys().All() {
				return k.SetValue("x")
			}
			return nil
		},
	} {
		for _, o := range []*scripting.Object{inst, f.get("B")} {
			if err := change(o.Path()); name != "Keys.Value" || o == inst {
				if wbem.StatusOf(err) != wbem.ReadOnly {
					t.Errorf("%s of %s: %v", name, o.Path().Path(), err)
				}
			}
			if err := change(o.Clone().Path()); err != nil && !(name == "Keys.Remove" && o != inst) { // scripting-api.md#39
				t.Errorf("%s of a clone of %s: %v", name, o.Path().Path(), err)
			}
		}
	}
	f.status(inst.Path().SetClass("D"), wbem.ReadOnly) // Decision S-17
	f.status(inst.Path().SetKeys(nil), wbem.NotSupported)
	f.equal(inst.Path().Path(), `\\HOST\root\t:B.Id="1"`)

	// A new class gets its name; the path of an object follows the object.
	c := f.newClass("New", "B")
	path := c.Path()
	f.equal(path.Path(), `\\HOST\root\t:New`)
	f.ok(path.SetClass("Newer"))
	f.value(c, "__CLASS", "Newer")
	p := inst.Path()
	f.ok(inst.Set("Id", "2"))
	f.equal(p.RelPath(), `B.Id="2"`)
	f.ok(inst.Set("Id", nil))
	f.equal(p.RelPath(), `B`)
	f.value(inst, "__RELPATH", nil)
	f.value(inst, "__PATH", nil)

	// A clone keeps what was done to its path, and a class its name.
	clone := f.get("B").Clone()
	f.ok(clone.Path().SetServer("elsewhere"))
	f.equal(clone.Path().Server(), "elsewhere")
	f.ok(clone.Path().SetClass("B9"))
	f.equal(clone.Path().Path(), `\\elsewhere\root\t:B9`)
	f.value(clone, "__CLASS", "B9")
	f.ok(second(clone.Put(0, nil)))
	f.value(f.get("B9"), "N", int32(7))
}

// scripting-api.md#40, scripting-api.md#41: spawning.
func TestSpawn(t *testing.T) {
	f := newFixture(t)
	inst := f.b("1")
	f.status(second(inst.SpawnDerivedClass(0)), wbem.IllegalOperation)
	for _, name := range []string{"", "Local"} {
		c := f.newClass(name, "")
		f.status(second(c.SpawnDerivedClass(0)), wbem.IncompleteClass)
		f.status(second(c.SpawnInstance(0)), wbem.IncompleteClass)
	}
	derived := f.newClass("DB", "B")
	f.status(second(derived.SpawnInstance(0)), wbem.IncompleteClass)
	f.status(second(f.get("B").SpawnInstance(1)), wbem.InvalidParameter)
	f.status(second(f.get("B").SpawnDerivedClass(1)), wbem.InvalidParameter)
	f.value(inst, "N", int32(7))
	f.value(inst, "S", nil)

	// Decision S-16: from an instance, but not from one of parameters.
	f.ok(inst.Set("N", 9))
	other, err := inst.SpawnInstance(0)
	f.ok(err)
	f.value(other, "N", int32(7))
	f.value(other, "Id", nil)
	m, err := f.get("M").Methods().Item("Add", 0)
	f.ok(err)
	in, err := m.InParameters().SpawnInstance(0)
	f.ok(err)
	f.ok(in.Set("a", 1))
	f.status(second(in.SpawnInstance(0)), wbem.IllegalOperation)

	// After a put and a get the class can be spawned from.
	f.ok(second(derived.Put(0, nil)))
	f.value(f.spawn(f.Services, "DB", "Id", "1"), "__DERIVATION", []any{"B"})
	f.equal(f.get("DB").Derivation(), []string{"B"})
	f.equal(f.get("B").Derivation(), []string{})
	f.equal(derived.Derivation(), []string{"B"})
	f.equal(f.b("1").Derivation(), []string{})
}

// scripting-api.md#42: comparing.
func TestCompareTo(t *testing.T) {
	f := newFixture(t)
	o := f.b("1")
	f.ok(o.Set("S", "text"))
	c := o.Clone()
	compare := func(a, b *scripting.Object, flags scripting.Flags, want bool) {
		t.Helper()
		if got, err := a.CompareTo(b, flags); got != want || err != nil {
			t.Errorf("CompareTo(%d) = %v, %v", flags, got, err)
		}
	}
	compare(o, c, 0, true)
	f.ok(c.Set("S", "Text"))
	compare(o, c, 0, false)
	compare(o, c, scripting.ComparisonFlagIgnoreCase, true)
	compare(o, f.get("B"), 0, false)
	compare(f.get("B"), f.get("B"), 0, true)
	class := f.get("B")
	f.ok(second(class.Qualifiers().Add("Mine", 1, true, true, true, 0)))
	compare(class, f.get("B"), 0, false)
	compare(class, f.get("B"), scripting.ComparisonFlagIgnoreQualifiers, true)
	f.status(second(o.CompareTo(nil, 0)), wbem.InvalidParameter)
	f.status(second(o.CompareTo(c, 0x40)), wbem.InvalidParameter)
}

// scripting-api.md#43, scripting-api.md#44, model.md#34: properties of classes.
func TestPropertiesOfClass(t *testing.T) {
	f := newFixture(t)
	c := f.get("DN") // overrides the default of N
	f.value(c, "N", int32(8))
	f.status(c.Properties().Remove("S", 0), wbem.PropagatedProperty)
	f.status(c.Properties().Remove("Nope", 0), wbem.NotFound)
	f.status(c.Properties().Remove("__CLASS", 0), wbem.SystemProperty)
	f.status(c.Properties().Remove("S", 1), wbem.InvalidParameter)
	f.status(c.Properties().Remove("n", 0), wbem.ResetToDefault)
	f.value(c, "N", int32(7))
	f.status(c.Properties().Remove("N", 0), wbem.PropagatedProperty)

	props := f.newClass("New", "B").Properties()
	f.status(second(props.Add("P", 9999, false, 0)), wbem.InvalidPropertyType)
	f.status(second(props.Add("P", scripting.CimtypeString.ArrayOf(), false, 0)), wbem.InvalidPropertyType)
	for _, name := range []string{"", "_P", "P_", "1P", "P-Q", "__P"} {
		f.status(second(props.Add(name, scripting.CimtypeString, false, 0)), wbem.InvalidParameter)
	}
	f.status(second(props.Add("P", scripting.CimtypeString, false, 1)), wbem.InvalidParameter)
	p, err := props.Add("P", scripting.CimtypeUint8, true, 0)
	f.ok(err)
	f.equal([]any{p.Name(), p.CIMType(), p.IsArray(), p.IsLocal(), p.Origin()}, []any{"P", scripting.CimtypeUint8, true, true, "New"})
	f.equal(value(t, p), nil)
	f.equal(props.Count(), 4)
	f.ok(p.SetValue([]int{1, 2}))
	f.equal(value(t, p), []any{uint8(1), uint8(2)})
	_, err = props.Add("p", scripting.CimtypeString, false, 0) // replaces
	f.ok(err)
	f.equal([]any{props.Count(), value(t, p), p.CIMType()}, []any{4, nil, scripting.CimtypeString})
	f.ok(props.Remove("P", 0))
	f.status(second(p.Value()), wbem.NotFound)
	f.status(p.SetValue("x"), wbem.NotFound)
	f.status(second(props.Item("P", 0)), wbem.NotFound)
	f.status(second(props.Item("S", 1)), wbem.InvalidParameter)

	// An inherited property, and what assigning makes of it.
	p, err = props.Item("n", 0)
	f.ok(err)
	f.equal([]any{p.Name(), p.IsLocal(), p.Origin(), value(t, p)}, []any{"N", false, "B", int32(7)})
	f.ok(p.SetValue(nil))
	f.equal([]any{p.IsLocal(), p.Origin(), value(t, p)}, []any{true, "B", nil})

	var names []string
	for p := range props.All() {
		names = append(names, p.Name())
	}
	f.equal(names, []string{"Id", "N", "S"})

	// 1024 is the limit.
	many := f.newClass("Many", "")
	for i := range cim.MaxProperties {
		f.ok(second(many.Properties().Add(fmt.Sprint("P", i), scripting.CimtypeUint8, false, 0)))
	}
	f.status(second(many.Properties().Add("Q", scripting.CimtypeUint8, false, 0)), wbem.TooManyProperties)
}

func value(t *testing.T, p interface{ Value() (any, error) }) any {
	t.Helper()
	v, err := p.Value()
	if err != nil {
		t.Error(err)
	}
	return v
}

// A class is changed locally, put, and is what was said.
func TestPutChangedClass(t *testing.T) {
	f := newFixture(t)
	c := f.newClass("New", "B")
	f.ok(second(c.Properties().Add("P", scripting.CimtypeUint32, false, 0)))
	f.ok(c.Set("P", 5))
	f.ok(c.Set("S", "default"))
	f.ok(second(c.Qualifiers().Add("Description", "new", false, false, true, 0)))
	p, err := c.Put(0, nil)
	f.ok(err)
	f.equal([]any{p.Path(), p.IsClass()}, []any{`\\HOST\root\t:New`, true})
	stored := f.get("New")
	f.value(stored, "P", int32(5))
	f.value(stored, "S", "default")
	f.value(stored, "N", int32(7))
	q, err := stored.Qualifiers().Item("description", 0)
	f.ok(err)
	f.equal([]any{value(t, q), q.IsLocal()}, []any{"new", true})
	equal, err := stored.CompareTo(c, scripting.ComparisonFlagIgnoreObjectSource)
	f.equal([]any{equal, err}, []any{true, nil})
}

// What is wrong with a class as a whole is found when it is put (put.md 4.1),
// and until then it can be read.
func TestBadClassIsRead(t *testing.T) {
	f := newFixture(t)
	c := f.newClass("New", "B")
	p, err := c.Properties().Add("N", scripting.CimtypeString, false, 0)
	f.ok(err)
	f.ok(p.SetValue("seven"))
	f.value(c, "N", "seven")
	f.value(c, "__PROPERTY_COUNT", int32(3))
	f.value(c, "__DYNASTY", "B")
	f.value(c, "__SUPERCLASS", "B")
	f.value(c, "__DERIVATION", []any{"B"})
	f.value(c, "__NAMESPACE", `root\t`)
	f.value(c, "__SERVER", "HOST")
	f.value(c, "__RELPATH", "New")
	f.value(c, "__PATH", `\\HOST\root\t:New`)
	f.status(second(c.Put(0, nil)), wbem.UpdateTypeMismatch) // put.md#41
	f.status(second(c.CompareTo(c, 0)), wbem.UpdateTypeMismatch)
	f.status(second(c.GetObjectText(0)), wbem.UpdateTypeMismatch)
	f.status(second(c.GetText(scripting.ObjectTextFormatWMIDTD20, 0, nil)), wbem.UpdateTypeMismatch)
	f.status(f.spawn(f.Services, "T").Set("Embedded", c), wbem.UpdateTypeMismatch)

	// put.md#40: another key below a class with keys.
	c = f.newClass("New", "B")
	p, err = c.Properties().Add("Key2", scripting.CimtypeString, false, 0)
	f.ok(err)
	qs, err := p.Qualifiers()
	f.ok(err)
	f.ok(second(qs.Add("key", true, true, true, true, 0)))
	f.status(second(c.Put(0, nil)), wbem.CannotChangeKeyInheritance)

	// put.md#36: the names.
	for name, want := range map[string]wbem.Status{
		"_X": wbem.InvalidOperation, "X_": wbem.InvalidObject, "1X": wbem.InvalidParameter, "X-Y": wbem.InvalidParameter, "": wbem.IncompleteClass,
	} {
		f.status(second(f.newClass(name, "").Put(0, nil)), want)
	}
	f.value(f.newClass("", ""), "__PATH", nil)
}

// Instances: values of their own and defaults.
func TestPropertiesOfInstance(t *testing.T) {
	f := newFixture(t)
	o := f.b("1")
	p, err := o.Properties().Item("N", 0)
	f.ok(err)
	f.equal([]any{p.IsLocal(), p.Origin(), p.CIMType()}, []any{false, "B", scripting.CimtypeSint32})
	f.status(o.Properties().Remove("N", 0), wbem.InvalidOperation)
	f.ok(p.SetValue(nil))
	f.equal([]any{p.IsLocal(), value(t, p)}, []any{true, nil})
	f.status(o.Properties().Remove("N", 0), wbem.ResetToDefault)
	f.equal([]any{p.IsLocal(), value(t, p)}, []any{false, int32(7)})
	f.status(o.Properties().Remove("Nope", 0), wbem.NotFound)
	f.status(o.Properties().Remove("__PATH", 0), wbem.SystemProperty)
	f.status(second(o.Properties().Add("P", scripting.CimtypeString, false, 0)), wbem.InvalidOperation)
	f.status(second(o.Get("Nope")), wbem.UnknownName)
	f.status(o.Set("Nope", 1), wbem.UnknownName)
}

func TestSystemProperties(t *testing.T) {
	f := newFixture(t)
	d := f.spawn(f.Services, "D", "Id", "1")
	got := map[string]any{}
	var names []string
	for p := range d.SystemProperties().All() {
		names = append(names, p.Name())
		got[p.Name()] = value(t, p)
		f.equal([]any{p.IsLocal(), p.Origin()}, []any{false, "___SYSTEM"})
		f.status(second(p.Qualifiers()), wbem.SystemProperty)
		f.status(p.SetValue("x"), map[bool]wbem.Status{true: wbem.ReadOnly, false: wbem.TypeMismatch}[p.CIMType() == scripting.CimtypeString && !p.IsArray()])
	}
	f.equal(names, cim.SystemProperties)
	f.equal(got, map[string]any{
		"__GENUS": int32(2), "__CLASS": "D", "__SUPERCLASS": "B", "__DYNASTY": "B", "__RELPATH": `D.Id="1"`, "__PROPERTY_COUNT": int32(4),
		"__DERIVATION": []any{"B"}, "__SERVER": "HOST", "__NAMESPACE": `root\t`, "__PATH": `\\HOST\root\t:D.Id="1"`,
	})
	f.equal(d.SystemProperties().Count(), 10)
	f.status(second(d.SystemProperties().Add("__X", scripting.CimtypeString, false, 0)), wbem.InvalidOperation)
	f.status(d.SystemProperties().Remove("__CLASS", 0), wbem.SystemProperty)
	f.status(second(d.Properties().Item("__CLASS", 0)), wbem.NotFound)

	// __CLASS of a class can be written.
	c := f.get("KI")
	f.ok(c.Set("__CLASS", "KI2"))
	f.status(c.Set("__PATH", "KI2"), wbem.ReadOnly)
	f.ok(second(c.Put(0, nil)))
	f.equal(f.get("KI2").Path().Class(), "KI2")
}

// scripting-api.md#45, and the types of Automation (model.md 1.1).
func TestValues(t *testing.T) {
	f := newFixture(t)
	when := time.Date(2024, 2, 29, 12, 30, 0, 5000, time.FixedZone("", 3600))
	datetime := scripting.NewDateTime()
	f.ok(datetime.SetValue("20240229123000.000005+060"))
	embedded := f.b("in")
	for _, test := range []struct {
		name     string
		in, want any // want a wbem.Status for an error
	}{
		{"U8", 255, uint8(255)},
		{"U8", 300, wbem.ValueOutOfRange},
		{"U8", -1, wbem.ValueOutOfRange},
		{"S32", "abc", wbem.TypeMismatch},
		{"S32", "12", int32(12)},
		{"S32", 1.5, wbem.TypeMismatch},
		{"S32", 2.0, int32(2)},
		{"S32", []int{1}, wbem.TypeMismatch},
		{"S32", nil, nil},
		{"S8", -128, int16(-128)},
		{"U16", 65535, int32(65535)}, // model.md#2
		{"S16", int16(-3), int16(-3)},
		{"U32", uint32(4294967295), int32(-1)}, // model.md#3
		{"U32", int32(-1), int32(-1)},          // the bits
		{"U32", -1, wbem.ValueOutOfRange},
		{"U32", 4294967295, int32(-1)},
		{"U32", 4294967296, wbem.ValueOutOfRange},
		{"U32", int16(5), int32(5)},
		{"U32", 5.0, int32(5)},
		{"U64", "18446744073709551615", "18446744073709551615"},
		{"U64", uint64(1) << 63, "9223372036854775808"},
		{"U64", "0x10", wbem.TypeMismatch},
		{"S64", int64(-5), "-5"},
		{"R32", 1.5, float32(1.5)},
		{"R64", float32(1.5), 1.5},
		{"R64", "1.5", 1.5},
		{"Bool", true, true},
		{"Bool", int16(-1), true},
		{"Bool", "false", false},
		{"Bool", "maybe", wbem.TypeMismatch},
		{"When", when, "20240229123000.000005+060"},
		{"When", datetime, "20240229123000.000005+060"},
		{"When", "2024", wbem.TypeMismatch},
		{"Char", "A", int16(65)},
		{"Char", 65, int16(65)},
		{"Char", int16(-1), int16(-1)}, // U+FFFF
		{"Ref", embedded.Path(), `\\HOST\root\t:B.Id="in"`},
		{"Bytes", []byte{1, 2}, []any{uint8(1), uint8(2)}},
		{"Bytes", []any{1, "2", int16(3)}, []any{uint8(1), uint8(2), uint8(3)}},
		{"Bytes", []float64{1}, wbem.TypeMismatch},
		{"Bytes", []any{1, nil}, wbem.IllegalNull},
		{"Bytes", []any{1, 256}, wbem.ValueOutOfRange},
		{"Bytes", 1, wbem.TypeMismatch},
		{"Bytes", []string{}, []any{}},
		{"Texts", [2]string{"a", "b"}, []any{"a", "b"}},
		{"Texts", []any{1, true}, []any{"1", "TRUE"}},
		{"Texts", map[string]int{}, wbem.TypeMismatch},
		{"Embedded", f.get("KI"), wbem.TypeMismatch},
		{"Embedded", "text", wbem.TypeMismatch},
		{"Embedded", (*scripting.Object)(nil), nil},
		{"U8", cim.Uint8Value(3), uint8(3)},
	} {
		o := f.spawn(f.Services, "T", "Id", "1")
		err := o.Set(test.name, test.in)
		if want, ok := test.want.(wbem.Status); ok {
			if wbem.StatusOf(err) != want {
				t.Errorf("%s = %v: %v, want %s", test.name, test.in, err, want.Name())
			}
			continue
		}
		if err != nil {
			t.Errorf("%s = %v: %v", test.name, test.in, err)
			continue
		}
		f.value(o, test.name, test.want)
		// What was stored reads the same, and can be assigned again.
		p, err := f.Put(o, 0, nil)
		f.ok(err)
		stored := f.get(p.RelPath())
		f.value(stored, test.name, test.want)
		f.ok(stored.Set(test.name, test.want))
		equal, err := stored.CompareTo(o, scripting.ComparisonFlagIgnoreObjectSource)
		if !equal || err != nil {
			t.Errorf("%s = %v: not the same after assigning %v: %v", test.name, test.in, test.want, err)
		}
	}

	// Embedded objects are copied both ways.
	o := f.spawn(f.Services, "T", "Id", "1", "Embedded", embedded)
	f.ok(embedded.Set("Id", "changed"))
	v, err := o.Get("Embedded")
	f.ok(err)
	in := v.(*scripting.Object)
	f.value(in, "Id", "in")
	f.ok(in.Set("Id", "changed"))
	v, err = o.Get("Embedded")
	f.ok(err)
	f.value(v.(*scripting.Object), "Id", "in")
}

// scripting-api.md#46, scripting-api.md#47: qualifiers.
func TestQualifiers(t *testing.T) {
	f := newFixture(t)
	add := func(s *scripting.QualifierSet, name string, value any) error {
		return second(s.Add(name, value, true, true, true, 0))
	}
	qualifiers := func(o *scripting.Object, property string) *scripting.QualifierSet {
		t.Helper()
		p, err := o.Properties().Item(property, 0)
		f.ok(err)
		qs, err := p.Qualifiers()
		f.ok(err)
		return qs
	}
	show := func(s *scripting.QualifierSet) []string {
		out := []string{}
		for q := range s.All() {
			line := q.Name()
			if !q.IsLocal() {
				line += " inherited"
			}
			out = append(out, line)
		}
		return out
	}
	inst := f.b("1")
	f.status(add(qualifiers(inst, "S"), "key", true), wbem.CannotBeKey) // scripting-api.md#46
	f.status(add(inst.Qualifiers(), "key", true), wbem.CannotBeKey)
	class := f.get("B")
	for _, bad := range []any{time.Now(), nil, class, int64(1) << 40, []any{1, "a"}, []any{time.Now()}} { // scripting-api.md#47
		f.status(add(class.Qualifiers(), "Q", bad), wbem.InvalidQualifierType)
	}
	for _, good := range []struct{ in, want any }{
		{"a", "a"}, {true, true}, {5, int32(5)}, {int16(5), int32(5)}, {1.5, 1.5}, {float32(1.5), 1.5},
		{[]string{"a"}, []any{"a"}}, {[]any{1, int16(2)}, []any{int32(1), int32(2)}}, {[]bool{}, []any{}},
	} {
		q, err := class.Qualifiers().Add("V", good.in, true, true, true, 0)
		f.ok(err)
		f.equal(value(t, q), good.want)
	}
	f.status(add(class.Qualifiers(), "Key", true), wbem.InvalidQualifier)
	f.status(add(class.Qualifiers(), "Q-", true), wbem.InvalidParameter)
	f.status(second(class.Qualifiers().Add("Q", 1, true, true, true, 1)), wbem.InvalidParameter)
	f.status(add(qualifiers(f.get("T"), "Bytes"), "key", true), wbem.CannotBeKey)
	f.status(add(qualifiers(f.get("T"), "R32"), "key", true), wbem.CannotBeKey)
	f.status(add(qualifiers(f.get("D"), "Id"), "key", false), wbem.OverrideNotAllowed)
	f.ok(add(qualifiers(f.get("D"), "Id"), "key", true))

	// What is inherited, overridden, removed.
	d := f.get("D")
	f.equal(show(d.Qualifiers()), []string{"Description inherited", "Q inherited"})
	f.status(d.Qualifiers().Remove("Q", 0), wbem.InvalidOperation) // Decision S-28
	f.status(d.Qualifiers().Remove("Nope", 0), wbem.NotFound)
	f.status(d.Qualifiers().Remove("Q", 1), wbem.InvalidParameter)
	f.status(second(d.Qualifiers().Item("Nope", 0)), wbem.NotFound)
	f.status(second(d.Qualifiers().Item("Q", 1)), wbem.InvalidParameter)
	q, err := d.Qualifiers().Item("q", 0)
	f.ok(err)
	f.equal([]any{q.Name(), value(t, q), q.IsLocal(), q.IsAmended(), q.PropagatesToSubclass(), q.PropagatesToInstance(), q.IsOverridable()},
		[]any{"Q", "b", false, false, true, true, true})
	f.ok(q.SetValue("d"))
	f.ok(q.SetPropagatesToInstance(false))
	f.ok(q.SetPropagatesToSubclass(false))
	f.ok(q.SetIsOverridable(false))
	f.status(q.SetValue(nil), wbem.InvalidQualifierType)
	f.equal([]any{value(t, q), q.IsLocal(), q.PropagatesToSubclass(), q.PropagatesToInstance(), q.IsOverridable()},
		[]any{"d", true, false, false, false})
	f.equal(d.Qualifiers().Count(), 2)
	f.status(d.Qualifiers().Remove("Q", 0), wbem.ResetToDefault)
	f.equal([]any{value(t, q), q.IsLocal()}, []any{"b", false})
	f.ok(add(d.Qualifiers(), "Own", 1))
	f.ok(d.Qualifiers().Remove("own", 0))
	f.equal(show(d.Qualifiers()), []string{"Description inherited", "Q inherited"})

	// Those of properties, with their type.
	f.equal(show(qualifiers(d, "N")), []string{"CIMTYPE inherited", "Units inherited"})
	f.ok(add(qualifiers(d, "N"), "Units", "pears"))
	f.equal(show(qualifiers(d, "N")), []string{"CIMTYPE", "Units"})
}

// Qualifiers of instances.
func TestInstanceQualifiers(t *testing.T) {
	f := newFixture(t)
	o := f.b("1")
	q, err := o.Qualifiers().Add("Mine", "x", true, true, true, 0)
	f.ok(err)
	f.equal([]any{value(t, q), q.IsLocal(), q.PropagatesToSubclass(), q.PropagatesToInstance()}, []any{"x", true, false, true})
	p, err := f.Put(o, 0, nil)
	f.ok(err)
	q, err = f.get(p.RelPath()).Qualifiers().Item("Mine", 0)
	f.ok(err)
	f.equal(value(t, q), "x")
	f.ok(o.Qualifiers().Remove("Mine", 0))
	f.status(second(q.Value()), wbem.OK)
	inherited, err := o.Qualifiers().Item("Q", 0)
	f.ok(err)
	f.equal([]any{value(t, inherited), inherited.IsLocal()}, []any{"b", false})
}

// CIMTYPE refines what objects and references are of.
func TestCIMTYPE(t *testing.T) {
	f := newFixture(t)
	for _, test := range []struct {
		t       scripting.Cimtype
		isArray bool
		set     any
		want    any // the qualifier afterwards, or a status
	}{
		{scripting.CimtypeString, false, "string", "string"},
		{scripting.CimtypeString, false, "datetime", "datetime"},
		{scripting.CimtypeString, false, "ref:B", "ref:B"},
		{scripting.CimtypeReference, false, "ref:B", "ref:B"},
		{scripting.CimtypeReference, true, "ref:B", "ref:B"},
		{scripting.CimtypeObject, false, "object:B", "object:B"},
		{scripting.CimtypeObject, false, "ref:B", wbem.TypeMismatch},
		{scripting.CimtypeUint8, false, "uint16", wbem.TypeMismatch},
		{scripting.CimtypeUint8, false, 5, wbem.TypeMismatch},
		{scripting.CimtypeObject, false, "object:", wbem.TypeMismatch},
	} {
		c := f.newClass("New", "")
		p, err := c.Properties().Add("P", test.t, test.isArray, 0)
		f.ok(err)
		qs, err := p.Qualifiers()
		f.ok(err)
		_, err = qs.Add("cimtype", test.set, true, true, true, 0)
		if want, ok := test.want.(wbem.Status); ok {
			f.status(err, want)
			continue
		}
		f.ok(err)
		q, err := qs.Item("CIMTYPE", 0)
		f.ok(err)
		f.equal([]any{value(t, q), q.IsLocal(), p.IsArray()}, []any{test.want, true, test.isArray})
		f.status(qs.Remove("CIMTYPE", 0), wbem.InvalidOperation)
		f.ok(second(c.Put(0, nil)))
		f.ok(c.Delete(0, nil))
	}
}

func TestMethods(t *testing.T) {
	f := newFixture(t)
	for _, class := range []string{"M", "M2"} {
		c := f.get(class)
		var names []string
		for m := range c.Methods().All() {
			names = append(names, m.Name())
		}
		f.equal(names, []string{"Add", "Nothing"})
		f.equal(c.Methods().Count(), 2)
		m, err := c.Methods().Item("add", 0)
		f.ok(err)
		f.equal([]string{m.Name(), m.Origin()}, []string{"Add", "M"})
		show := func(o *scripting.Object) string {
			var out []string
			for p := range o.Properties().All() {
				line := p.Name()
				qs, err := p.Qualifiers()
				f.ok(err)
				if q, err := qs.Item("ID", 0); err == nil {
					line += strings.Repeat("'", int(value(t, q).(int32))+1)
				}
				out = append(out, line)
			}
			return o.Path().Class() + " " + strings.Join(out, " ")
		}
		f.equal(show(m.InParameters()), "__PARAMETERS a' b''")
		f.equal(show(m.OutParameters()), "__PARAMETERS b'' ReturnValue text'''")
		in := m.InParameters()
		f.ok(in.Properties().Remove("a", 0))
		f.equal(show(m.InParameters()), "__PARAMETERS a' b''")
		none, err := c.Methods().Item("Nothing", 0)
		f.ok(err)
		if none.InParameters() != nil || none.OutParameters() != nil {
			t.Error("parameters of a method without any")
		}
		f.status(second(c.Methods().Item("Nope", 0)), wbem.NotFound)
		f.status(second(c.Methods().Item("Add", 1)), wbem.InvalidParameter)
		q, err := m.Qualifiers().Item("Implemented", 0)
		if class == "M" {
			f.ok(err)
			f.equal(value(t, q), true)
			f.status(q.SetValue(false), wbem.ReadOnly)
		} else {
			f.status(err, wbem.NotFound)
		}
		f.status(second(m.Qualifiers().Add("Q", 1, true, true, true, 0)), wbem.ReadOnly)
	}
	derived := f.newClass("M3", "M")
	f.equal(derived.Methods().Count(), 2)
	f.equal(f.spawn(f.Services, "M", "Id", "1").Methods().Count(), 2)
	f.equal(f.get("").Methods().Count(), 0)
}

// scripting-api.md#60, and the two forms of text.
func TestText(t *testing.T) {
	f := newFixture(t)
	d := f.get("D")
	text, err := d.GetObjectText(0)
	f.ok(err)
	if diff := cmp.Diff("class D : B { uint8 U; };", strings.Join(strings.Fields(text), " ")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	f.status(second(d.GetObjectText(2)), wbem.InvalidParameter)
	text, err = f.get("B").GetObjectText(scripting.TextFlagNoFlavors)
	f.ok(err)
	if strings.Contains(text, "ToSubclass") || !strings.Contains(text, `Q("b")`) {
		t.Errorf("text %s", text)
	}

	f.status(second(d.GetText(9, 0, nil)), wbem.NotFound)
	f.status(second(d.GetText(1, 1, nil)), wbem.InvalidParameter)
	f.status(d.SetFromText(text, 1, 0, nil), wbem.NotSupported)
	xml := func(o *scripting.Object, format scripting.ObjectTextFormat, nameValues ...any) (string, error) {
		s := scripting.NewNamedValueSet()
		for i := 0; i < len(nameValues); i += 2 {
			f.ok(second(s.Add(nameValues[i].(string), nameValues[i+1], 0)))
		}
		return o.GetText(format, 0, s)
	}
	for _, bad := range [][]any{{"Unknown", true}, {"LocalOnly", []int{1}}, {"PathLevel", 4}, {"PathLevel", -1}, {"PathLevel", "x"}} {
		f.status(second(xml(d, 1, bad...)), wbem.InvalidParameter)
	}
	f.status(second(xml(f.spawn(f.Services, "B"), 1, "PathLevel", 1)), wbem.InvalidObjectPath)
	inst := f.spawn(f.Services, "D", "Id", "1")
	for _, test := range []struct {
		o         *scripting.Object
		format    scripting.ObjectTextFormat
		options   []any
		has, lack string
	}{
		{inst, 1, nil, `<INSTANCE CLASSNAME="D"`, "QUALIFIER"},
		{inst, 1, nil, `NAME="N"`, "__CLASS"},
		{inst, 2, nil, "__CLASS", "VALUE.NAMEDOBJECT"},
		{inst, 2, []any{"ExcludeSystemProperties", true}, `NAME="N"`, "__CLASS"},
		{inst, 1, []any{"includequalifiers", true}, "<QUALIFIER", "CLASSORIGIN"},
		{inst, 1, []any{"IncludeClassOrigin", true}, `CLASSORIGIN="B"`, "<QUALIFIER"},
		{inst, 1, []any{"LocalOnly", true}, `NAME="U"`, `NAME="N"`},
		{inst, 1, []any{"PathLevel", 1}, "<VALUE.NAMEDOBJECT><INSTANCENAME", "NAMESPACE"},
		{inst, 1, []any{"PathLevel", 2}, "<VALUE.OBJECTWITHLOCALPATH>", "<HOST>"},
		{inst, 1, []any{"PathLevel", 3}, "<HOST>HOST</HOST>", ""},
		{d, 2, nil, `<CLASS NAME="D"`, "<QUALIFIER"},
		{d, 1, nil, `SUPERCLASS="B"`, "__CLASS"},
	} {
		text, err := xml(test.o, test.format, test.options...)
		f.ok(err)
		if !strings.Contains(text, test.has) || test.lack != "" && strings.Contains(text, test.lack) {
			t.Errorf("format %d, %v: want %s, not %s:\n%s", test.format, test.options, test.has, test.lack, text)
		}
	}
}

// Refresh reads an instance in place.
func TestRefresh(t *testing.T) {
	f := newFixture(t)
	path := f.store("B", "Id", "1", "S", "old")
	o := f.get(path)
	p := o.Path()
	f.store("B", "Id", "1", "S", "new")
	f.value(o, "S", "old")
	f.ok(o.Refresh(0, nil))
	f.value(o, "S", "new")
	f.equal(p.RelPath(), path)
	f.status(o.Refresh(1, nil), wbem.InvalidParameter)
	f.status(f.get("B").Refresh(0, nil), wbem.InvalidOperation)
	f.status(f.spawn(f.Services, "B").Refresh(0, nil), wbem.InvalidOperation)
	f.ok(f.Delete(path, 0, nil))
	f.status(o.Refresh(0, nil), wbem.NotFound)
	f.value(o, "S", "new")
}
