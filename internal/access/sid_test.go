package access_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"openwmi/internal/access"
	"openwmi/wbem"
)

func TestSID(t *testing.T) {
	for _, tc := range []struct {
		text   string
		binary []byte
		sid    access.SID
	}{
		{"S-1-1-0", []byte{1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}, access.Everyone},
		{"S-1-5-18", []byte{1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}, access.LocalSystem},
		{"S-1-5-32-544", []byte{1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0}, access.Administrators},
		{"S-1-22-1-4294967295", []byte{1, 2, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0, 255, 255, 255, 255}, access.NewSID(22, 1, 1<<32-1)},
		{"S-1-0x010000000000-7", []byte{1, 1, 1, 0, 0, 0, 0, 0, 7, 0, 0, 0}, access.NewSID(1<<40, 7)},
		{"S-1-4294967295", []byte{1, 0, 0, 0, 255, 255, 255, 255}, access.NewSID(1<<32 - 1)},
		{"S-1-0xFFFFFFFFFFFF", []byte{1, 0, 255, 255, 255, 255, 255, 255}, access.NewSID(1<<48 - 1)},
	} {
		parsed, err := access.ParseSID(tc.text)
		if err != nil || parsed != tc.sid {
			t.Errorf("ParseSID(%s) = %v, %v", tc.text, parsed, err)
		}
		decoded, n, err := access.DecodeSID(append(bytes.Clone(tc.binary), "rest"...))
		if err != nil || decoded != tc.sid || n != len(tc.binary) {
			t.Errorf("DecodeSID(%v) = %v, %d, %v", tc.binary, decoded, n, err)
		}
		if got := tc.sid.String(); got != tc.text {
			t.Errorf("String of %v = %s, want %s", tc.binary, got, tc.text)
		}
		if got := tc.sid.Bytes(); !bytes.Equal(got, tc.binary) {
			t.Errorf("Bytes of %s = %v, want %v", tc.text, got, tc.binary)
		}
	}
	var zero access.SID
	if !zero.IsZero() || zero.String() != "" || len(zero.Bytes()) != 0 {
		t.Errorf("zero SID: %v, %q, %v", zero.IsZero(), zero.String(), zero.Bytes())
	}
}

func TestBadSID(t *testing.T) {
	for _, text := range []string{
		"", "S", "S-1", "S-1-", "S-2-5-18", "s-1-5-18", "S-1-5-", "S-1-5--18", "S-1-5-4294967296", "S-1-5-18 ", "S-1-5-+1",
		"S-1-0x-1", "S-1-281474976710656-1", "S-1-0x1000000000000-1", "S-1-x-1", "S-1-5" + strings.Repeat("-1", 16), "BA",
	} {
		if s, err := access.ParseSID(text); !errors.Is(err, wbem.InvalidParameter) {
			t.Errorf("ParseSID(%q) = %v, %v", text, s, err)
		}
	}
	for _, b := range [][]byte{
		nil, {1}, {1, 1, 0, 0, 0, 0, 0}, {2, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}, {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0},
		append([]byte{1, 16, 0, 0, 0, 0, 0, 5}, make([]byte, 64)...),
	} {
		if s, n, err := access.DecodeSID(b); !errors.Is(err, wbem.InvalidParameter) || n != 0 {
			t.Errorf("DecodeSID(%v) = %v, %d, %v", b, s, n, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a SID with 16 sub-authorities was made")
		}
	}()
	access.NewSID(5, make([]uint32, 16)...)
}
