package wbemtest

import (
	"openwmi/cim"
	"openwmi/wbem"
)

const localizedFlag = wbem.UseAmendedQualifiers

// lab is the fixture of localization.md 10.
const (
	labNeutral = `
		instance of __Namespace { Name = "ms_409"; };
		instance of __Namespace { Name = "ms_407"; };
		[Locale(1033)] class Sensor { [key] string Tag; uint64 Reading; uint64 Stamp; };
		class Sub : Sensor { string More; };
	`
	labEnglish = `
		[Description("A measuring point") : Amended, AMENDMENT, LOCALE(0x409)]
		class Sensor
		{
			[Description("Name of the point") : Amended, DisplayName("Tag") : Amended, key] string Tag;
			[DisplayName("Taken at") : Amended ToSubclass] uint64 Stamp;
		};
	`
	labGerman = `
		[Description("Eine Messstelle") : Amended, AMENDMENT, LOCALE(0x407)]
		class Sensor
		{
			[Description("Name der Stelle") : Amended, DisplayName("Kennung") : Amended, key] string Tag;
			[DisplayName("Zeitpunkt") : Amended ToSubclass] uint64 Stamp;
		};
	`
)

// lab compiles the fixture into root\t and returns a session with languages.
func (f *fixture) lab(locale string) wbem.Services {
	f.Helper()
	f.mof(labNeutral)
	f.mofInto(f.connect(`root\t\ms_409`), labEnglish)
	f.mofInto(f.connect(`root\t\ms_407`), labGerman)
	return f.in(locale)
}

func (f *fixture) in(locale string) wbem.Services {
	f.Helper()
	s, err := f.locator.Connect(f.ctx, `root\t`, wbem.ConnectOptions{Locale: locale})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	return s
}

// text returns a text of class Sensor as a session reads it, "" if there is
// none.
func (f *fixture) text(s wbem.Services, property, qualifier string, flags wbem.Flags) string {
	f.Helper()
	c, err := s.GetClass(f.ctx, "Sensor", wbem.Options{Flags: flags})
	if err != nil {
		f.Fatal(err)
	}
	qs := c.Qualifiers()
	if property != "" {
		qs = c.Property(property).Qualifiers()
	}
	return qs.Value(qualifier).Text()
}

func (f *fixture) wantText(s wbem.Services, property, qualifier string, flags wbem.Flags, want string) {
	f.Helper()
	if got := f.text(s, property, qualifier, flags); got != want {
		f.Errorf("%s of %q in %s with flags 0x%X is %q, want %q", qualifier, property, s.Locale(), uint32(flags), got, want)
	}
}

// amendedCases are those of localization.md 10 and put.md 15, "Amended
// qualifiers", with the decision that a localized put writes both parts.
var amendedCases = []testCase{
	{"localization.md#2 localization.md#3 not asked for", func(f *fixture) {
		s := f.lab("MS_409")
		f.wantText(s, "", "Description", 0, "")
		f.connect(`root\t\ms_409`)
	}},
	{"localization.md#4 merged", func(f *fixture) {
		s := f.lab("MS_409")
		c, err := s.GetClass(f.ctx, "Sensor", wbem.Options{Flags: localizedFlag})
		f.status(err, wbem.OK)
		q, _ := c.Qualifiers().Get("Description")
		if q.Value.Text() != "A measuring point" || q.Flavor&cim.Amended == 0 {
			f.Errorf("Description: %+v", q)
		}
		if !c.Qualifiers().True("Amendment") || c.Qualifiers().Value("Locale").Int() != 0x409 {
			f.Error("Amendment or Locale")
		}
		if qs := c.Property("Reading").Qualifiers(); len(qs) != 0 {
			f.Errorf("Reading: %+v", qs)
		}
	}},
	{"localization.md#5 preferred language", func(f *fixture) {
		f.wantText(f.lab("MS_407,MS_409"), "Tag", "DisplayName", localizedFlag, "Kennung")
	}},
	{"localization.md#6 next language", func(f *fixture) {
		s := f.lab("MS_407,MS_409")
		f.status(f.connect(`root\t\ms_407`).DeleteClass(f.ctx, "Sensor", wbem.Options{}), wbem.OK)
		f.wantText(s, "Tag", "DisplayName", localizedFlag, "Tag")
	}},
	{"localization.md#7 parent language", func(f *fixture) {
		f.wantText(f.lab("de-AT"), "Tag", "DisplayName", localizedFlag, "Kennung")
	}},
	{"localization.md#8 language of last resort", func(f *fixture) {
		f.wantText(f.lab("ms_411"), "Tag", "DisplayName", localizedFlag, "Tag")
	}},
	{"localization.md#9 localization.md#10 localization.md#11 locales", func(f *fixture) {
		for locale, want := range map[string]wbem.Status{
			"MS_XYZ": wbem.InvalidParameter, "MS_": wbem.InvalidParameter, "MS_7FFF": wbem.InvalidArgument, "xx-Unknown": wbem.OK,
		} {
			_, err := f.locator.Connect(f.ctx, `root\t`, wbem.ConnectOptions{Locale: locale})
			f.status(err, want)
		}
	}},
	{"localization.md#12 neutral text", func(f *fixture) {
		s := f.lab("MS_409")
		f.putClass(0, `[Locale(1033), Description("d")] class Sensor { [key] string Tag; uint64 Reading; uint64 Stamp; };`)
		f.wantText(s, "", "Description", localizedFlag, "A measuring point")
		f.wantText(s, "", "Description", 0, "d")
	}},
	{"localization.md#13 localization.md#14 what is not merged", func(f *fixture) {
		s := f.lab("MS_409")
		f.mofInto(f.connect(`root\t\ms_409`), `
			[AMENDMENT, LOCALE(0x409)] class Sensor
			{
				[key] string Tag;
				[Units("x"), DisplayName("r") : Amended] uint32 Reading;
				[Units("s")] uint64 Stamp;
			};`)
		f.wantText(s, "Reading", "DisplayName", localizedFlag, "")
		f.wantText(s, "Stamp", "Units", localizedFlag, "")
	}},
	{"localization.md#15 put.md#78 instance of an amendment", func(f *fixture) {
		f.lab("MS_409")
		s := f.connect(`root\t\ms_409`)
		_, err := s.PutInstance(f.ctx, f.spawn(s, "Sensor", "Tag", "x"), wbem.Options{})
		f.status(err, wbem.InvalidOperation)
	}},
	{"localization.md#16 instance of a merged class", func(f *fixture) {
		s := f.lab("MS_409")
		c, err := s.GetClass(f.ctx, "Sensor", wbem.Options{Flags: localizedFlag})
		f.status(err, wbem.OK)
		inst := cim.NewInstance(c)
		f.set(inst, "Tag", "x")
		_, err = s.PutInstance(f.ctx, inst, wbem.Options{})
		f.status(err, wbem.AmendedObject)
		_, err = s.PutInstance(f.ctx, inst, wbem.Options{Flags: localizedFlag})
		f.status(err, wbem.OK)
		f.wantText(s, "", "Description", 0, "")
	}},
	{"localization.md#17 class stored with its texts", func(f *fixture) {
		f.putClass(0, `[Description("d") : Amended] class Whole { [key] string K; };`)
		f.put(0, "Whole", "K", "1")
	}},
	{"localization.md#18 put.md#77 localized put", func(f *fixture) {
		s := f.lab("MS_409")
		d := f.merged(s)
		d.Property("Reading").Qualifiers.Set(cim.Qualifier{Name: "Units", Value: cim.StringValue("K")})
		d.Qualifiers.Set(cim.Qualifier{Name: "Description", Value: cim.StringValue("A point"), Flavor: cim.Amended})
		f.status(s.PutClass(f.ctx, d, wbem.Options{Flags: localizedFlag}), wbem.OK)
		c := f.class("Sensor")
		if c.Decl().HasAmended() || c.Qualifiers().Value("Locale").Int() != 1033 || c.Qualifiers().Index("Amendment") >= 0 {
			f.Errorf("neutral class: %+v", c.Qualifiers())
		}
		f.wantText(s, "Reading", "Units", 0, "K")
		f.wantText(s, "", "Description", localizedFlag, "A point")
		f.wantText(s, "Tag", "DisplayName", localizedFlag, "Tag")
		f.wantText(f.in("MS_407"), "", "Description", localizedFlag, "Eine Messstelle")
	}},
	{"localization.md#19 put.md#76 merged class without the flag", func(f *fixture) {
		s := f.lab("MS_409")
		f.status(s.PutClass(f.ctx, f.merged(s), wbem.Options{}), wbem.AmendedObject)
	}},
	{"localization.md#20 unmarked class", func(f *fixture) {
		const text = `[Description("d") : Amended] class Fresh { [key, DisplayName("k") : Amended] string K; };`
		f.putClass(localizedFlag, text)
		if f.class("Fresh").Decl().HasAmended() {
			f.Error("texts stand in the neutral class")
		}
		c, err := f.GetClass(f.ctx, "Fresh", wbem.Options{Flags: localizedFlag})
		f.status(err, wbem.OK)
		if c.Qualifiers().Value("Description").Text() != "d" || c.Property("K").Qualifiers().Value("DisplayName").Text() != "k" {
			f.Error("texts are lost")
		}
	}},
	{"localization.md#21 delete", func(f *fixture) {
		s := f.lab("MS_409")
		f.status(s.DeleteClass(f.ctx, "Sensor", wbem.Options{Flags: localizedFlag}), wbem.InvalidParameter)
		f.status(s.DeleteClass(f.ctx, "Sensor", wbem.Options{}), wbem.OK)
		_, err := f.connect(`root\t\ms_409`).GetClass(f.ctx, "Sensor", wbem.Options{})
		f.status(err, wbem.OK)
		_, err = s.GetClass(f.ctx, "Sensor", wbem.Options{Flags: localizedFlag})
		f.status(err, wbem.NotFound)
	}},
	{"localization.md#22 localization.md#23 subclass", func(f *fixture) {
		s := f.lab("MS_409")
		c, err := s.GetClass(f.ctx, "Sub", wbem.Options{Flags: localizedFlag})
		f.status(err, wbem.OK)
		q, _ := c.Property("Stamp").Qualifiers().Get("DisplayName")
		if q.Value.Text() != "Taken at" || q.IsLocal() {
			f.Errorf("DisplayName of Stamp: %+v", q)
		}
		if c.Property("Tag").Qualifiers().Index("DisplayName") >= 0 {
			f.Error("Tag has an inherited DisplayName")
		}
	}},
	{"localization.md#30 parameters", func(f *fixture) {
		f.putClass(localizedFlag, `class Act { [key] string K; uint32 Do([in, Description("what to do") : Amended] string What); };`)
		c, err := f.GetClass(f.ctx, "Act", wbem.Options{Flags: localizedFlag})
		f.status(err, wbem.OK)
		if got := c.Method("Do").Signature(false).Property("What").Qualifiers().Value("Description").Text(); got != "what to do" {
			f.Error(got)
		}
		if f.class("Act").Decl().HasAmended() {
			f.Error("texts stand in the neutral class")
		}
	}},
}

// merged returns the definition of Sensor with its texts.
func (f *fixture) merged(s wbem.Services) *cim.ClassDecl {
	f.Helper()
	c, err := s.GetClass(f.ctx, "Sensor", wbem.Options{Flags: localizedFlag})
	if err != nil {
		f.Fatal(err)
	}
	return c.Decl().Clone()
}
