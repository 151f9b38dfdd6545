package address_test

import (
	"testing"

	"openwmi/consumers/internal/address"
)

func TestOf(t *testing.T) {
	for in, want := range map[string]string{
		"Mail.Example.Org.":  "mail.example.org:25",
		"mail:587":           "mail:587",
		"10.0.0.1":           "10.0.0.1:25",
		"::1":                "[::1]:25",
		"[0:0::1]":           "[::1]:25",
		"[::ffff:1.2.3.4]:1": "1.2.3.4:1",
		"a:65536":            "",
		"a:":                 "",
		"a b":                "",
		"[a":                 "",
		"a@b":                "",
	} {
		got, err := address.Of(in, 25)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s = %q, %v, want %q", in, got, err, want)
		}
	}
}
