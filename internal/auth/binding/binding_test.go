package binding_test

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"

	"openwmi/internal/auth/binding"
)

func TestOf(t *testing.T) {
	raw := []byte("a certificate")
	one := binding.Of(&x509.Certificate{Raw: raw, SignatureAlgorithm: x509.SHA1WithRSA})
	two := binding.Of(&x509.Certificate{Raw: raw, SignatureAlgorithm: x509.ECDSAWithSHA256})
	three := binding.Of(&x509.Certificate{Raw: raw, SignatureAlgorithm: x509.SHA384WithRSA})
	if !bytes.Equal(one, two) || bytes.Equal(two, three) || len(three) != 16 {
		t.Errorf("%x %x %x", one, two, three)
	}
}

func TestPolicy(t *testing.T) {
	channel := bytes.Repeat([]byte{1}, 16)
	other := bytes.Repeat([]byte{2}, 16)
	zeros := make([]byte, 16)
	tests := []struct {
		mode          string
		channel, sent []byte
		want          string
	}{
		{"relaxed", channel, nil, ""},
		{"", channel, zeros, ""},
		{"relaxed", channel, channel, ""},
		{"relaxed", channel, other, "another connection"},
		{"relaxed", nil, other, "another connection"},
		{"relaxed", channel, channel[:8], "another connection"},
		{"strict", channel, channel, ""},
		{"strict", channel, nil, "no channel bindings"},
		{"strict", channel, zeros, "no channel bindings"},
		{"strict", nil, nil, ""},
		{"strict", nil, channel, "another connection"},
		{"none", channel, other, ""},
		{"none", nil, nil, ""},
		{"lax", nil, nil, "none, relaxed or strict"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			p := binding.Policy{Channel: test.channel}
			err := p.Mode.UnmarshalText([]byte(test.mode))
			if err == nil {
				err = p.Check(test.sent)
			}
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}
