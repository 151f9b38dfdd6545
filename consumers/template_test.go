package consumers_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/wbem"
)

// object returns an instance of a class that has a property for each value; the
// type of a nil value is string.
func object(t testing.TB, class string, values map[string]any) *cim.Instance {
	t.Helper()
	d := &cim.ClassDecl{Name: class}
	for name, v := range values {
		d.Properties = append(d.Properties, cim.PropertyDecl{Name: name, Type: typeOf(v)})
	}
	c, err := cim.Derive(nil, d)
	if err != nil {
		t.Fatal(err)
	}
	inst := cim.NewInstance(c)
	for name, v := range values {
		if v, ok := v.(cim.Value); ok {
			if err := inst.Set(name, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	return inst
}

func typeOf(v any) cim.Type {
	if v, ok := v.(cim.Value); ok {
		return v.Type()
	}
	return cim.TypeString
}

func array(t testing.TB, elem cim.Type, values ...cim.Value) cim.Value {
	t.Helper()
	v, err := cim.ArrayValue(elem, values...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// sample is an event with a property of every kind.
func sample(t testing.TB) *cim.Instance {
	disk := func(letter string) cim.Value {
		return cim.ObjectValue(object(t, "Disk", map[string]any{
			"Letter": cim.StringValue(letter),
			"Sizes":  array(t, cim.TypeUint8, cim.Uint8Value(1), cim.Uint8Value(2)),
		}))
	}
	when, err := cim.ParseDatetime("20260102030405.000000+000")
	if err != nil {
		t.Fatal(err)
	}
	return object(t, "Sample", map[string]any{
		"X":        cim.Sint32Value(5),
		"Negative": cim.Sint64Value(-7),
		"Huge":     cim.Uint64Value(1<<64 - 1),
		"Yes":      cim.BoolValue(true),
		"No":       cim.BoolValue(false),
		"Real":     cim.Real64Value(0.1),
		"Char":     cim.Char16Value('é'),
		"When":     cim.DatetimeValue(when),
		"Ref":      cim.ReferenceValue(`Disk.Letter="C:"`),
		"Null":     nil,
		"Text":     cim.StringValue(`a "b" %X%`),
		"Broken":   cim.StringValue("a\xED\xA0\x80b"),
		"None":     array(t, cim.TypeSint32),
		"One":      array(t, cim.TypeSint32, cim.Sint32Value(1)),
		"Three":    array(t, cim.TypeSint32, cim.Sint32Value(1), cim.Sint32Value(2), cim.Sint32Value(3)),
		"OneText":  cim.StringsValue([]string{"C:"}),
		"Texts":    cim.StringsValue([]string{"C:", "D:"}),
		"Flags":    array(t, cim.TypeBoolean, cim.BoolValue(true), cim.BoolValue(false)),
		"Target":   disk("C:"),
		"Disks":    array(t, cim.TypeObject, disk("C:"), disk("D:")),
		"NoDisks":  array(t, cim.TypeObject),
		"Class": cim.ObjectValue(object(t, "Plain", map[string]any{
			"P": cim.StringValue(""),
		}).Class()),
	})
}

func TestExpand(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"", ""},
		{"plain", "plain"},
		{`"%X%" %X% %%`, `"%X%" 5 %`},            // events.md#26
		{"%None% %One% %Three%", "() 1 (1,2,3)"}, // events.md#27
		{"%x%%X%", "55"},
		{"%%X%%", "%X%"},
		{"%%%X%", "%5"},
		{"100% sure of %X%", "100% sure of 5"},
		{"50%X%", "505"},
		{"%X", "%X"},
		{"%", "%"},
		{"%A B%", "%A B%"},
		{"%.X%", "%.X%"},
		{"%X.%", "%X.%"},
		{"%1X%", "%1X%"},
		{"%Three[0]%", "%Three[0]%"},
		{`a "b %X%`, `a "b 5`},
		{`"" %X% "%X%`, `"" 5 "5`},
		{`"a" "%X%"%X%`, `"a" "%X%"5`},
		{"%Negative% %Huge%", "-7 18446744073709551615"},
		{"%Yes% %No%", "TRUE FALSE"},
		{"%Real% %Char%", "0.1 é"},
		{"%When%", "20260102030405.000000+000"},
		{"%Ref%", `Disk.Letter="C:"`},
		{"[%Null%]", "[]"},
		{"[%Missing%] [%Target.Missing%] [%X.Y%]", "[] [] []"},
		{"%Text%", `a "b" %X%`},
		{"%Broken%", "a\uFFFDb"},
		{"%OneText% %Texts%", `C: ("C:","D:")`},
		{"%Flags%", "(TRUE,FALSE)"},
		{"%Target.Letter%", "C:"},
		{"%Disks.Letter%", `("C:","D:")`},
		{"%Disks.Sizes%", `(1,2,1,2)`},
		{"%NoDisks.Letter%", "()"},
		{"[%Null.Letter%]", "[]"},
		{"%Target%", "instance of Disk\n{\n\tLetter = \"C:\";\n\tSizes = {1, 2};\n};"},
		{"%__CLASS% %Target.__CLASS% %Class.__CLASS%", "Sample Disk Plain"},
		{"[%__PATH%] [%Class.P%]", "[] []"},
	} {
		got, err := consumers.ParseTemplate(tc.text).Expand(sample(t))
		if err != nil || got != tc.want {
			t.Errorf("%s = %q, %v, want %q", tc.text, got, err, tc.want)
		}
	}
}

func TestUnknown(t *testing.T) {
	template := consumers.ParseTemplate("%X% %Missing% %Target.Missing% %Disks.Missing% %Null.Any%")
	var got []string
	template.Unknown = func(ref string) { got = append(got, ref) }
	if _, err := template.Expand(sample(t)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Missing", "Target.Missing", "Disks.Missing"}, got); diff != "" {
		t.Errorf("unknown properties differ:\n%s", diff)
	}
}

func TestMaxExpansion(t *testing.T) {
	long := strings.Repeat("a", consumers.MaxExpansion/4)
	event := object(t, "Long", map[string]any{
		"Text":  cim.StringValue(long),
		"Texts": cim.StringsValue([]string{long, long, long, long, long}),
	})
	for text, ok := range map[string]bool{
		"%Text%%Text%%Text%%Text%":  true,
		"%Text%%Text%%Text%%Text%!": false,
		"%Texts%":                   false,
	} {
		got, err := consumers.ParseTemplate(text).Expand(event)
		if ok && (err != nil || len(got) != consumers.MaxExpansion) || !ok && (!errors.Is(err, wbem.QuotaViolation) || got != "") {
			t.Errorf("%s has %d bytes, %v", text, len(got), err)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	for _, text := range []string{
		"", "a", "%", "%%", "%X%", "%X", `"`, `"%X%" %X% %%`, `%Target.Letter% "`, "%Disks%%NoDisks%%Three%", "%é%", "\xff%\xff%",
	} {
		f.Add(text)
	}
	event := sample(f)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := consumers.ParseTemplate(text).Expand(event)
		if err != nil {
			if len(text) < consumers.MaxExpansion/1000 {
				t.Fatal(err)
			}
			return
		}
		if !utf8.ValidString(got) {
			t.Fatalf("%q is no UTF-8", got)
		}
		if !strings.Contains(text, "%") && got != strings.ToValidUTF8(text, "\uFFFD") {
			t.Fatalf("%q became %q", text, got)
		}
	})
}
