package compile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

func split(locale, text string) (neutral, texts string, err error) {
	p, err := compile.ParseText(ctx, compile.Options{Server: "HOST"}, "master.mof", []byte(text))
	if err != nil {
		return "", "", err
	}
	return p.Split(locale)
}

const master = `// A master file.
#pragma amendment("MS_409")
#pragma namespace("\\\\.\\root\\lab")
#pragma autorecover
#pragma classflags("forceupdate")
Qualifier Description : ToSubClass Amended;
Qualifier Unit : ToSubclass;

[LOCALE(0x409), Description("A measuring " "point")]
class Sensor as $S
{
  [DisplayName("Tag") : Amended, key] string Tag;
  [Unit("V"), read: ToInstance] uint64 Reading[4];
  [DisplayName("Taken at") : Amended ToSubclass] uint64 Stamp = 0x10;
  [Description("Resets it"), Implemented]
  uint32 Reset([in, Description("a moment")] datetime When, [in, out] string Why[]);
};
class Sub : Sensor { [Description("again"): Amended] string Tag; Sensor ref next = $one; };
[Key2: Amended, x("text"): Amended]
instance of Sensor as $one
{
  Tag = "a" // the first
    "b";
  [DisplayName("no"): Amended, y] Stamp = 1;
};
`

// localization.md#1 and localization.md#30
func TestSplit(t *testing.T) {
	neutral, texts, err := split("", master)
	if err != nil {
		t.Fatal(err)
	}
	const wantNeutral = `#pragma namespace("\\\\.\\root\\lab")
#pragma autorecover
#pragma classflags("forceupdate")

[LOCALE(1033)]
class Sensor as $S
{
	[key] string Tag;
	[Unit("V"): ToSubclass, read: ToInstance] uint64 Reading[4];
	uint64 Stamp = 0x10;
	[Implemented] uint32 Reset([in] datetime When, [in, out] string Why[]);
};

class Sub : Sensor
{
	string Tag;
	Sensor ref next = $one;
};

instance of Sensor as $one
{
	Tag = "a" // the first
    "b";
	[y] Stamp = 1;
};
`
	if diff := cmp.Diff(wantNeutral, neutral); diff != "" {
		t.Errorf("neutral (-want +got):\n%s", diff)
	}
	const wantTexts = `#pragma autorecover
#pragma namespace("\\\\.\\root\\lab")

instance of __Namespace
{
	Name = "ms_409";
};
#pragma namespace("\\\\.\\root\\lab\\ms_409")

[Description("A measuring point"): Amended ToSubclass, AMENDMENT, LOCALE(0x409)]
class Sensor
{
	[DisplayName("Tag"): Amended, key] string Tag;
	[DisplayName("Taken at"): Amended ToSubclass] uint64 Stamp;
	[Description("Resets it"): Amended ToSubclass] uint32 Reset([in, Description("a moment"): Amended ToSubclass] datetime When, [in, out] string Why[]);
};

[AMENDMENT, LOCALE(0x409)]
class Sub : Sensor
{
	[Description("again"): Amended] string Tag;
};
`
	if diff := cmp.Diff(wantTexts, texts); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}

	// localization.md#2: both parts compile, in this order.
	m := openMemory(t)
	mustStore(t, m, compile.Options{}, `#pragma namespace("root")
		instance of __Namespace {Name="lab";};`)
	mustStore(t, m, compile.Options{}, neutral)
	mustStore(t, m, compile.Options{}, texts)
	getClass(t, m, `root\lab`, "Sensor")
	if !getClass(t, m, `root\lab\ms_409`, "Sensor").IsAmendment() {
		t.Error("the class in ms_409 is not marked as an amendment")
	}
	// The texts come back to whom asks for them, also those of a parameter.
	svc, err := m.Connect(ctx, `root\lab`, wbem.ConnectOptions{Locale: "MS_409"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := svc.GetClass(ctx, "Sensor", wbem.Options{Flags: wbem.UseAmendedQualifiers})
	if err != nil {
		t.Fatal(err)
	}
	in := c.Method("Reset").Signature(false)
	for where, qs := range map[string]cim.Qualifiers{
		"A measuring point": c.Qualifiers(), "a moment": in.Property("When").Qualifiers(),
	} {
		if got := qs.Value("Description").Text(); got != where {
			t.Errorf("Description %q, want %q", got, where)
		}
	}
}

// A file is the same whether it is compiled or its two parts are.
func TestSplitSchema(t *testing.T) {
	all, root := schemaFiles(t)
	p, err := compile.Parse(ctx, compile.Options{Namespace: `root\whole`, CreateNamespace: true, ReadFile: all.read}, root)
	if err != nil {
		t.Fatal(err)
	}
	m := openMemory(t)
	if _, err := p.Store(ctx, m); err != nil {
		t.Fatal(err)
	}
	neutral, texts, err := p.Split("MS_409")
	if err != nil {
		t.Fatal(err)
	}
	neutral = strings.ReplaceAll(neutral, `root\\whole`, `root\\parts`)
	texts = strings.ReplaceAll(texts, `root\\whole`, `root\\parts`)
	o := compile.Options{Namespace: `root\parts`, CreateNamespace: true}
	mustStore(t, m, o, neutral)
	mustStore(t, m, o, texts)
	whole, parts := connect(t, m, `root\whole`), connect(t, m, `root\parts`)
	count := 0
	for want, err := range whole.Classes(ctx, "", wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		if cim.IsSystemName(want.Name()) {
			continue
		}
		count++
		got, err := parts.GetClass(ctx, want.Name(), wbem.Options{Flags: wbem.UseAmendedQualifiers})
		if err != nil {
			t.Fatal(err)
		}
		if got.Qualifiers().Value("Description").Text() != want.Qualifiers().Value("Description").Text() ||
			len(got.Properties()) != len(want.Properties()) {
			t.Errorf("class %s differs", want.Name())
		}
		plain, err := parts.GetClass(ctx, want.Name(), wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if plain.Decl().HasAmended() {
			t.Errorf("class %s has texts in the neutral part", want.Name())
		}
	}
	if count != 1631 {
		t.Errorf("%d classes", count)
	}
}

func TestSplitErrors(t *testing.T) {
	for _, tt := range []struct {
		id, locale, text string
		code             wbem.Status
		exit             int
	}{
		{"localization.md#25", "", "#pragma amendment(\"MS_409\")\n#pragma amendment(\"MS_409\")", cim.MOFInvalidDuplicateAmendment, 3},
		{"localization.md#26", "english", "", cim.MOFInvalidAmendmentSyntax, 2},
		{"a name", "de-DE", "", cim.MOFInvalidAmendmentSyntax, 2},
		{"no number", "MS_", "", cim.MOFInvalidAmendmentSyntax, 2},
		{"in the text", "", `#pragma amendment("MS_english")`, cim.MOFInvalidAmendmentSyntax, 3},
		{"another one", "MS_407", `#pragma amendment("MS_409")`, cim.MOFInvalidDuplicateAmendment, 2},
		{"none", "", "class X {};", cim.MOFInvalidAmendmentSyntax, 2}, // localization.md#27
	} {
		_, _, err := split(tt.locale, tt.text)
		var e *compile.Error
		if !errors.As(err, &e) || e.Status() != tt.code || compile.ExitStatus(err) != tt.exit {
			t.Errorf("%s: %v, want %v and exit status %d", tt.id, err, tt.code, tt.exit)
		}
		if got := errors.Is(err, compile.ErrNoAmendment); got != (tt.id == "none") {
			t.Errorf("%s: is ErrNoAmendment: %v", tt.id, got)
		}
	}
	if _, _, err := split("ms_409", `#pragma amendment("MS_0409")`); err != nil {
		t.Errorf("the same language: %v", err)
	}
}

// localization.md#28: texts that somebody translated by hand, with keys repeated
// or left out.
func TestTranslation(t *testing.T) {
	m := openMemory(t)
	mustStore(t, m, compile.Options{}, `class Sensor { [key] string ID; uint64 Stamp; };`)
	mustStore(t, m, compile.Options{}, `instance of __Namespace { Name = "ms_40c"; };
#pragma namespace("\\\\.\\root\\default\\ms_40c")
[Description("Un point de mesure") : Amended, AMENDMENT, LOCALE(0x40c)]
class Sensor { [key] string ID; [DisplayName("Pris à"): Amended] uint64 Stamp; };`)
	svc, err := m.Connect(ctx, `root\default`, wbem.ConnectOptions{Locale: "MS_40C"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := svc.GetClass(ctx, "Sensor", wbem.Options{Flags: wbem.UseAmendedQualifiers})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Property("Stamp").Qualifiers().Value("DisplayName").Text(); got != "Pris à" {
		t.Errorf("DisplayName %q", got)
	}
}

func TestEncodeSplit(t *testing.T) {
	if got := string(compile.EncodeSplit("class A {};\n")); got != "class A {};\n" {
		t.Errorf("ASCII became %q", got)
	}
	src, e, err := source.Decode("x", compile.EncodeSplit("// ä\nclass A {};\n"))
	if err != nil || e != source.UTF16LE || src.Text() != "// ä\r\nclass A {};\r\n" {
		t.Errorf("%v %q, %v", e, src.Text(), err)
	}
}
