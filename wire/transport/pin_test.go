package transport_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"openwmi/wbem"
	"openwmi/wire/transport"
)

// Whoever knows the fingerprint of a certificate needs nobody to vouch for it, and
// trusts no other.
func TestFingerprint(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	sum := sha256.Sum256(s.Certificate().Raw)
	right := hex.EncodeToString(sum[:])
	var colons []string
	for _, b := range sum {
		colons = append(colons, strings.ToUpper(hex.EncodeToString([]byte{b})))
	}
	for text, want := range map[string]wbem.Status{
		right:                     wbem.OK,
		strings.Join(colons, ":"): wbem.OK,
		strings.Repeat("0", 64):   wbem.AccessDenied,
		right[:62]:                wbem.InvalidParameter,
		"":                        wbem.InvalidParameter,
		strings.Repeat("x", 64):   wbem.InvalidParameter,
	} {
		f, err := transport.ParseFingerprint(text)
		if err == nil {
			c := transport.New(transport.Options{Fingerprint: f})
			var r *http.Response
			if r, err = c.Get(s.URL); err == nil {
				r.Body.Close()
			}
			c.CloseIdleConnections()
		}
		if !errors.Is(err, want) && (err != nil || want != wbem.OK) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
