package cim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// An LCID identifies a language and where it is spoken ([MS-LCID]): the primary
// language in bits 0 to 9, the sublanguage in bits 10 to 15.
type LCID uint32

// EnglishUS is the language of last resort.
const EnglishUS LCID = 0x409

func (l LCID) primary() LCID { return l & 0x3FF }

// String returns l in the form MS_xxx.
func (l LCID) String() string { return fmt.Sprintf("MS_%X", uint32(l)) }

// Namespace returns the name of the namespace, below the one with the classes,
// that holds the texts of the language, such as ms_409.
func (l LCID) Namespace() string { return fmt.Sprintf("ms_%x", uint32(l)&0xFFFF) }

// IsLocaleNamespace reports whether the last element of a namespace path is the
// name of a namespace that holds texts.
func IsLocaleNamespace(path string) bool {
	_, err := parseMS(path[strings.LastIndexAny(path, `\/`)+1:])
	return err == nil
}

// ParseLocales reads a list such as "MS_407, en-US" (localization.md 3.1),
// preferred language first. An unknown name is left out; if nothing remains the
// result is def alone. The error is InvalidParameter for MS_ with anything but
// a hexadecimal number behind it, and InvalidArgument for a number that is no
// language.
func ParseLocales(list string, def LCID) ([]LCID, error) {
	var out []LCID
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		l, err := ParseLocale(item)
		if err != nil {
			return nil, err
		}
		if l != 0 && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	if len(out) == 0 {
		out = []LCID{def}
	}
	return out, nil
}

// ParseLocale reads one locale, MS_xxx or a name. It returns zero for a name
// that it does not know. Errors are those of ParseLocales.
func ParseLocale(s string) (LCID, error) {
	if len(s) >= 3 && EqualNames(s[:3], "MS_") {
		l, err := parseMS(s)
		if err != nil {
			return 0, err
		}
		if !l.known() {
			return 0, Errorf(InvalidArgument, "locale %s is no language", s)
		}
		return l, nil
	}
	return localeByName(s), nil
}

func parseMS(s string) (LCID, error) {
	if len(s) < 3 || !EqualNames(s[:3], "MS_") || len(s) > 3+8 {
		return 0, Errorf(InvalidParameter, "locale %.40q is not MS_ and a hexadecimal number", s)
	}
	n, err := strconv.ParseUint(s[3:], 16, 32)
	if err != nil {
		return 0, Errorf(InvalidParameter, "locale %.40q is not MS_ and a hexadecimal number", s)
	}
	return LCID(n), nil
}

// known reports whether l is a language of the table, or a language of it
// without the place, in any sort order (bits 16 to 19).
func (l LCID) known() bool {
	if l > 0xFFFFF {
		return false
	}
	l &= 0xFFFF
	for _, e := range localeTable {
		if e.id == l || l == e.id.primary() {
			return true
		}
	}
	return false
}

// localeByName maps names such as de-DE, de, or zh-Hant-TW; zero if unknown.
func localeByName(name string) LCID {
	name = strings.ReplaceAll(name, "_", "-")
	for _, e := range localeTable {
		if EqualNames(e.name, name) {
			return e.id
		}
	}
	switch Fold(name) {
	case "ZH", "ZH-HANS":
		return 0x804
	case "ZH-HANT":
		return 0x404
	case "SR", "SR-LATN": // the number of its language is that of Croatian
		return 0x241A
	case "SR-CYRL":
		return 0x281A
	case "BS":
		return 0x141A
	case "NN": // and this one has that of Bokmål
		return 0x814
	}
	language, rest, _ := strings.Cut(name, "-")
	script, place, hasScript := strings.Cut(rest, "-")
	for _, e := range localeTable {
		l, r, _ := strings.Cut(e.name, "-")
		switch {
		case !EqualNames(l, language):
		case rest == "":
			return e.id.primary()
		case len(rest) == 2 && len(r) == 7 && EqualNames(r[5:], rest), // the table knows the script
			hasScript && len(script) == 4 && EqualNames(r, place): // the table does without
			return e.id
		}
	}
	return 0
}

// SystemLocale returns the first usable of some values such as those of LC_ALL,
// LC_MESSAGES and LANG: de_DE.UTF-8@euro is German. C and POSIX, and nothing
// usable, are English.
func SystemLocale(values ...string) LCID {
	for _, v := range values {
		v, _, _ = strings.Cut(v, "@")
		v, _, _ = strings.Cut(v, ".")
		switch v {
		case "":
			continue
		case "C", "POSIX":
			return EnglishUS
		}
		if l, err := ParseLocale(v); err == nil && l != 0 {
			return l
		}
	}
	return EnglishUS
}

// SearchLocales returns the names of the namespaces in which the texts for a
// list of languages are looked for, in order: each language, its parents, and
// English last; with strict only the languages themselves (localization.md
// 3.3).
func SearchLocales(list []LCID, strict bool) []string {
	var out []string
	add := func(l LCID) {
		if name := l.Namespace(); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, l := range list {
		l &= 0xFFFF
		add(l)
		if strict {
			continue
		}
		parent, neutral := l.parents()
		if parent != 0 {
			add(parent)
		}
		if neutral {
			add(l.primary())
		}
	}
	if !strict {
		add(EnglishUS)
	}
	return out
}

// parents returns the main variant of the language of l, zero if it has none,
// and whether the language without a place is searched too. Variants written in
// different scripts do not stand for each other.
func (l LCID) parents() (main LCID, neutral bool) {
	switch l {
	case 0x804, 0x1004:
		return 0x804, false // Chinese, simplified
	case 0x404, 0xC04, 0x1404:
		return 0x404, false // Chinese, traditional
	case 0x81A, 0x181A, 0x241A, 0x2C1A:
		return 0x241A, false // Serbian, Latin
	case 0xC1A, 0x1C1A, 0x281A, 0x301A:
		return 0x281A, false // Serbian, Cyrillic
	case 0x141A, 0x201A:
		return 0, false // Bosnian shares its primary number with Croatian
	}
	switch l.primary() {
	case 0x0A:
		return 0xC0A, true // Spanish
	case 0x04:
		return 0, false
	}
	return 0x400 | l.primary(), true
}

// localeTable has the languages that a locale may name. "Locale qualifier" and
// [MS-LCID].
var localeTable = []struct {
	id   LCID
	name string
}{
	{0x401, "ar-SA"}, {0x402, "bg-BG"}, {0x403, "ca-ES"}, {0x404, "zh-TW"}, {0x405, "cs-CZ"}, {0x406, "da-DK"},
	{0x407, "de-DE"}, {0x408, "el-GR"}, {0x409, "en-US"}, {0x40B, "fi-FI"}, {0x40C, "fr-FR"}, {0x40D, "he-IL"},
	{0x40E, "hu-HU"}, {0x40F, "is-IS"}, {0x410, "it-IT"}, {0x411, "ja-JP"}, {0x412, "ko-KR"}, {0x413, "nl-NL"},
	{0x414, "nb-NO"}, {0x415, "pl-PL"}, {0x416, "pt-BR"}, {0x417, "rm-CH"}, {0x418, "ro-RO"}, {0x419, "ru-RU"},
	{0x41A, "hr-HR"}, {0x41B, "sk-SK"}, {0x41C, "sq-AL"}, {0x41D, "sv-SE"}, {0x41E, "th-TH"}, {0x41F, "tr-TR"},
	{0x420, "ur-PK"}, {0x421, "id-ID"}, {0x422, "uk-UA"}, {0x423, "be-BY"}, {0x424, "sl-SI"}, {0x425, "et-EE"},
	{0x426, "lv-LV"}, {0x427, "lt-LT"}, {0x428, "tg-TJ"}, {0x429, "fa-IR"}, {0x42A, "vi-VN"}, {0x42B, "hy-AM"},
	{0x42C, "az-Latn-AZ"}, {0x42D, "eu-ES"}, {0x42E, "hsb-DE"}, {0x42F, "mk-MK"}, {0x432, "tn-ZA"}, {0x434, "xh-ZA"},
	{0x435, "zu-ZA"}, {0x436, "af-ZA"}, {0x437, "ka-GE"}, {0x438, "fo-FO"}, {0x439, "hi-IN"}, {0x43A, "mt-MT"},
	{0x43B, "se-NO"}, {0x43E, "ms-MY"}, {0x43F, "kk-KZ"}, {0x440, "ky-KG"}, {0x441, "sw-KE"}, {0x442, "tk-TM"},
	{0x443, "uz-Latn-UZ"}, {0x444, "tt-RU"}, {0x445, "bn-IN"}, {0x446, "pa-IN"}, {0x447, "gu-IN"}, {0x448, "or-IN"},
	{0x449, "ta-IN"}, {0x44A, "te-IN"}, {0x44B, "kn-IN"}, {0x44C, "ml-IN"}, {0x44D, "as-IN"}, {0x44E, "mr-IN"},
	{0x44F, "sa-IN"}, {0x450, "mn-MN"}, {0x451, "bo-CN"}, {0x452, "cy-GB"}, {0x453, "km-KH"}, {0x454, "lo-LA"},
	{0x456, "gl-ES"}, {0x45B, "si-LK"}, {0x45E, "am-ET"}, {0x461, "ne-NP"}, {0x462, "fy-NL"}, {0x463, "ps-AF"},
	{0x464, "fil-PH"}, {0x468, "ha-NG"}, {0x46A, "yo-NG"}, {0x46F, "kl-GL"}, {0x470, "ig-NG"}, {0x47A, "arn-CL"},
	{0x47E, "br-FR"}, {0x480, "ug-CN"}, {0x481, "mi-NZ"}, {0x482, "oc-FR"}, {0x483, "co-FR"}, {0x484, "gsw-FR"},
	{0x485, "sah-RU"}, {0x487, "rw-RW"}, {0x488, "wo-SN"},
	{0x801, "ar-IQ"}, {0x804, "zh-CN"}, {0x807, "de-CH"}, {0x809, "en-GB"}, {0x80A, "es-MX"}, {0x80C, "fr-BE"},
	{0x810, "it-CH"}, {0x813, "nl-BE"}, {0x814, "nn-NO"}, {0x816, "pt-PT"}, {0x81A, "sr-Latn-CS"}, {0x81D, "sv-FI"},
	{0x82C, "az-Cyrl-AZ"}, {0x83C, "ga-IE"}, {0x83E, "ms-BN"}, {0x843, "uz-Cyrl-UZ"}, {0x845, "bn-BD"},
	{0xC01, "ar-EG"}, {0xC04, "zh-HK"}, {0xC07, "de-AT"}, {0xC09, "en-AU"}, {0xC0A, "es-ES"}, {0xC0C, "fr-CA"},
	{0xC1A, "sr-Cyrl-CS"},
	{0x1001, "ar-LY"}, {0x1004, "zh-SG"}, {0x1007, "de-LU"}, {0x1009, "en-CA"}, {0x100A, "es-GT"}, {0x100C, "fr-CH"},
	{0x101A, "hr-BA"},
	{0x1401, "ar-DZ"}, {0x1404, "zh-MO"}, {0x1407, "de-LI"}, {0x1409, "en-NZ"}, {0x140A, "es-CR"}, {0x140C, "fr-LU"},
	{0x141A, "bs-Latn-BA"},
	{0x1801, "ar-MA"}, {0x1809, "en-IE"}, {0x180A, "es-PA"}, {0x180C, "fr-MC"}, {0x181A, "sr-Latn-BA"},
	{0x1C01, "ar-TN"}, {0x1C09, "en-ZA"}, {0x1C0A, "es-DO"}, {0x1C1A, "sr-Cyrl-BA"},
	{0x2001, "ar-OM"}, {0x2009, "en-JM"}, {0x200A, "es-VE"}, {0x201A, "bs-Cyrl-BA"},
	{0x2401, "ar-YE"}, {0x240A, "es-CO"}, {0x241A, "sr-Latn-RS"},
	{0x2801, "ar-SY"}, {0x2809, "en-BZ"}, {0x280A, "es-PE"}, {0x281A, "sr-Cyrl-RS"},
	{0x2C01, "ar-JO"}, {0x2C09, "en-TT"}, {0x2C0A, "es-AR"}, {0x2C1A, "sr-Latn-ME"},
	{0x3001, "ar-LB"}, {0x3009, "en-ZW"}, {0x300A, "es-EC"}, {0x301A, "sr-Cyrl-ME"},
	{0x3401, "ar-KW"}, {0x3409, "en-PH"}, {0x340A, "es-CL"},
	{0x3801, "ar-AE"}, {0x380A, "es-UY"}, {0x3C01, "ar-BH"}, {0x3C0A, "es-PY"},
	{0x4001, "ar-QA"}, {0x4009, "en-IN"}, {0x400A, "es-BO"}, {0x4409, "en-MY"}, {0x440A, "es-SV"},
	{0x4809, "en-SG"}, {0x480A, "es-HN"}, {0x4C0A, "es-NI"}, {0x500A, "es-PR"}, {0x540A, "es-US"},
}
