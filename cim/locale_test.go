package cim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"openwmi/cim"
)

func TestParseLocales(t *testing.T) {
	for _, tc := range []struct {
		list string
		want []cim.LCID
		err  cim.Status
	}{
		{"", []cim.LCID{0x411}, 0}, {" , ", []cim.LCID{0x411}, 0},
		{"MS_409", []cim.LCID{0x409}, 0}, {"ms_407", []cim.LCID{0x407}, 0}, {"Ms_00000409", []cim.LCID{0x409}, 0},
		{"MS_407,MS_409", []cim.LCID{0x407, 0x409}, 0}, // localization.md#5
		{" MS_407 , de-DE, ms_0407, en-US ", []cim.LCID{0x407, 0x409}, 0},
		{"de-AT", []cim.LCID{0xC07}, 0}, {"de", []cim.LCID{0x7}, 0}, {"DE_ch", []cim.LCID{0x807}, 0}, {"MS_9", []cim.LCID{0x9}, 0},
		{"zh-Hant-TW", []cim.LCID{0x404}, 0}, {"zh-Hans", []cim.LCID{0x804}, 0}, {"zh-Hant", []cim.LCID{0x404}, 0}, {"zh-Hans-CN", []cim.LCID{0x804}, 0},
		{"sr-Latn-RS", []cim.LCID{0x241A}, 0}, {"sr-Cyrl-RS", []cim.LCID{0x281A}, 0}, {"sr", []cim.LCID{0x241A}, 0}, {"hr", []cim.LCID{0x1A}, 0},
		{"pt-PT", []cim.LCID{0x816}, 0}, {"nb", []cim.LCID{0x14}, 0},
		{"MS_10407", []cim.LCID{0x10407}, 0}, // German, sorted as in a telephone book
		{"xx-Unknown", []cim.LCID{0x411}, 0}, // localization.md#11
		{"xx-Unknown,fr-FR", []cim.LCID{0x40C}, 0}, {"english", []cim.LCID{0x411}, 0},
		{"MS_XYZ", nil, cim.InvalidParameter}, // localization.md#9
		{"MS_", nil, cim.InvalidParameter}, {"ms_ 409", nil, cim.InvalidParameter}, {"MS_000000409", nil, cim.InvalidParameter}, {"MS_+409", nil, cim.InvalidParameter},
		{"fr-FR,MS_4X9", nil, cim.InvalidParameter},
		{"MS_7FFF", nil, cim.InvalidArgument}, // localization.md#10
		{"MS_0", nil, cim.InvalidArgument}, {"MS_FFFFFFFF", nil, cim.InvalidArgument}, {"MS_1000409", nil, cim.InvalidArgument},
	} {
		got, err := cim.ParseLocales(tc.list, 0x411)
		wantStatus(t, tc.list, err, tc.err)
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.list, diff)
		}
	}
}

// TestLanguageTable: every language of localization.md 3.2 is known by both
// forms.
func TestLanguageTable(t *testing.T) {
	for name, id := range map[string]cim.LCID{
		"ar-SA": 0x401, "zh-TW": 0x404, "cs-CZ": 0x405, "da-DK": 0x406, "de-DE": 0x407, "el-GR": 0x408, "en-US": 0x409, "fi-FI": 0x40B,
		"fr-FR": 0x40C, "he-IL": 0x40D, "hu-HU": 0x40E, "it-IT": 0x410, "ja-JP": 0x411, "ko-KR": 0x412, "nl-NL": 0x413, "nb-NO": 0x414,
		"pl-PL": 0x415, "pt-BR": 0x416, "ru-RU": 0x419, "sv-SE": 0x41D, "tr-TR": 0x41F, "zh-CN": 0x804, "pt-PT": 0x816, "es-ES": 0xC0A,
	} {
		if got, err := cim.ParseLocale(name); got != id || err != nil {
			t.Errorf("%s is %v, %v", name, got, err)
		}
		if got, err := cim.ParseLocale(id.String()); got != id || err != nil {
			t.Errorf("%v is %v, %v", id, got, err)
		}
	}
	if s := cim.LCID(0x10C0A); s.Namespace() != "ms_c0a" || s.String() != "MS_10C0A" {
		t.Errorf("%s in %s", s, s.Namespace())
	}
}

func TestSystemLocale(t *testing.T) {
	for _, tc := range []struct {
		values []string
		want   cim.LCID
	}{
		{nil, 0x409}, {[]string{"", "", ""}, 0x409}, {[]string{"C"}, 0x409}, {[]string{"C.UTF-8", "", "de_DE.UTF-8"}, 0x409}, {[]string{"POSIX"}, 0x409},
		{[]string{"", "", "de_DE.UTF-8@euro"}, 0x407}, {[]string{"", "fr_CA", "de_DE"}, 0xC0C}, {[]string{"tlh", "ja_JP.eucJP"}, 0x411},
		{[]string{"MS_40C"}, 0x40C}, {[]string{"MS_XYZ", "it_IT"}, 0x410}, {[]string{"sr_RS"}, 0x241A},
	} {
		if got := cim.SystemLocale(tc.values...); got != tc.want {
			t.Errorf("%q: %v, want %v", tc.values, got, tc.want)
		}
	}
}

func TestSearchLocales(t *testing.T) {
	for _, tc := range []struct {
		list   []cim.LCID
		want   []string
		strict []string
	}{
		{[]cim.LCID{0x409}, []string{"ms_409", "ms_9"}, []string{"ms_409"}},
		{[]cim.LCID{0xC07}, []string{"ms_c07", "ms_407", "ms_7", "ms_409"}, []string{"ms_c07"}},                  // localization.md#7
		{[]cim.LCID{0x411}, []string{"ms_411", "ms_11", "ms_409"}, []string{"ms_411"}},                           // localization.md#8
		{[]cim.LCID{0x407, 0x409}, []string{"ms_407", "ms_7", "ms_409", "ms_9"}, []string{"ms_407", "ms_409"}},   // localization.md#5
		{[]cim.LCID{0x80A}, []string{"ms_80a", "ms_c0a", "ms_a", "ms_409"}, []string{"ms_80a"}},                  // Spanish
		{[]cim.LCID{0x1004}, []string{"ms_1004", "ms_804", "ms_409"}, []string{"ms_1004"}},                       // Chinese keeps
		{[]cim.LCID{0xC04}, []string{"ms_c04", "ms_404", "ms_409"}, []string{"ms_c04"}},                          // to its script
		{[]cim.LCID{0x181A}, []string{"ms_181a", "ms_241a", "ms_409"}, []string{"ms_181a"}},                      // and so does Serbian
		{[]cim.LCID{0x301A}, []string{"ms_301a", "ms_281a", "ms_409"}, []string{"ms_301a"}},                      //
		{[]cim.LCID{0x10407}, []string{"ms_407", "ms_7", "ms_409"}, []string{"ms_407"}},                          // the sort order does not count
		{[]cim.LCID{0x7}, []string{"ms_7", "ms_407", "ms_409"}, []string{"ms_7"}},                                //
		{[]cim.LCID{0xC07, 0x407}, []string{"ms_c07", "ms_407", "ms_7", "ms_409"}, []string{"ms_c07", "ms_407"}}, //
	} {
		if diff := cmp.Diff(tc.want, cim.SearchLocales(tc.list, false)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tc.list, diff)
		}
		if diff := cmp.Diff(tc.strict, cim.SearchLocales(tc.list, true)); diff != "" {
			t.Errorf("%v, strict (-want +got):\n%s", tc.list, diff)
		}
	}
}

func TestIsLocaleNamespace(t *testing.T) {
	for path, want := range map[string]bool{
		`root\lab\ms_409`: true, `root\lab\MS_40C`: true, "ms_9": true, "root/ms_409": true,
		"": false, "ms_": false, `root\lab`: false, `root\ms_409\x`: false, "ms_xyz": false, "ms_123456789": false, "ms": false,
	} {
		if got := cim.IsLocaleNamespace(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}
