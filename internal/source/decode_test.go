package source_test

import (
	"errors"
	"testing"

	"openwmi/internal/source"
)

func TestDecode(t *testing.T) {
	for _, test := range []struct {
		name, data string
		enc        source.Encoding
		want       string
	}{
		{"empty", "", source.UTF8, ""},
		{"ASCII", "a", source.UTF8, "a"},
		{"UTF-8", "\xC3\xA4", source.UTF8, "ä"},
		{"UTF-8 with mark", "\xEF\xBB\xBFa\xC3\xA4", source.UTF8BOM, "aä"},
		{"only a mark", "\xEF\xBB\xBF", source.UTF8BOM, ""},
		{"UTF-16LE", "\xFF\xFEa\x00\xE4\x00\xAC\x20", source.UTF16LE, "aä€"},
		{"UTF-16BE", "\xFE\xFF\x00a\x00\xE4\x20\xAC", source.UTF16BE, "aä€"},
		{"a pair", "\xFF\xFE\x3D\xD8\x00\xDE", source.UTF16LE, "😀"},
		{"unpaired", "\xFF\xFE\x3D\xD8a\x00\x00\xDE\x3D\xD8", source.UTF16LE, "\xED\xA0\xBDa\xED\xB8\x80\xED\xA0\xBD"},
		{"U+0000", "\xFF\xFE\x00\x00", source.UTF16LE, "\x00"},
		{"Windows-1252", "\x80\xE4\x81", source.Windows1252, "€ä\u0081"},
		{"surrogates are no UTF-8", "\xED\xA0\x80", source.Windows1252, "í\u00A0€"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, enc, err := source.Decode("x", []byte(test.data))
			if err != nil {
				t.Fatal(err)
			}
			if f.Text() != test.want || enc != test.enc || f.Name() != "x" {
				t.Errorf("%q in %v", f.Text(), enc)
			}
			data, err := source.Encode(f.Text(), enc)
			if err != nil || string(data) != test.data {
				t.Errorf("encoded again: %q %v", data, err)
			}
		})
	}
}

func TestDecodeErrors(t *testing.T) {
	for name, data := range map[string]string{
		"binary MOF":         "FOMB\x00\x00",
		"half a unit":        "\xFF\xFEa",
		"not what it claims": "\xEF\xBB\xBF\xFF",
		"too long":           string(make([]byte, source.MaxFile+1)),
	} {
		_, _, err := source.Decode("x", []byte(data))
		var decode *source.DecodeError
		if !errors.As(err, &decode) || decode.Name != "x" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEncodeErrors(t *testing.T) {
	if _, err := source.Encode("a\xED\xA0\x80", source.UTF8); err == nil {
		t.Error("an unpaired surrogate became UTF-8")
	}
	if _, err := source.Encode("Ω", source.Windows1252); err == nil {
		t.Error("an omega became Windows-1252")
	}
}

// FuzzDecode checks that what is decoded encodes to the same bytes.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", "a\x80", "\xEF\xBB\xBFä", "\xFF\xFEa\x00\x3D\xD8\x00\xDE", "\xFE\xFF\xD8\x3D", "FOMB"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, enc, err := source.Decode("x", data)
		if err != nil {
			return
		}
		again, err := source.Encode(file.Text(), enc)
		if err != nil {
			t.Fatal(err)
		}
		if string(again) != string(data) {
			t.Errorf("%q became %q", data, again)
		}
	})
}
