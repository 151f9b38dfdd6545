package server_test

import (
	"encoding/asn1"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
	"golang.org/x/crypto/cryptobyte"
	cryptobyteasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"openwmi/cimom"
	"openwmi/internal/server"
)

// A mint makes tickets with the key of the server, as a key distribution centre
// does.
type mint struct{ keys *keytab.Keytab }

const krbService, krbRealm = "HTTP/host", "EXAMPLE.ORG"

func newMint(t *testing.T) (m mint, file string) {
	t.Helper()
	m.keys = keytab.New()
	for _, realm := range []string{krbRealm, "OTHER.ORG"} {
		if err := m.keys.AddEntry(krbService, realm, "secret", time.Now(), 1, etypeID.AES256_CTS_HMAC_SHA1_96); err != nil {
			t.Fatal(err)
		}
	}
	b, err := m.keys.Marshal()
	if err == nil {
		file = filepath.Join(t.TempDir(), "keytab")
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m, file
}

// token returns what a client sends to say who it is, and that it wants no answer.
func (m mint) token(t *testing.T, name, realm string, until time.Duration) string {
	t.Helper()
	return m.tokenWith(t, name, realm, until, types.EncryptionKey{})
}

// tokenWith is token with a key of the client's own.
func (m mint) tokenWith(t *testing.T, name, realm string, until time.Duration, sub types.EncryptionKey) string {
	t.Helper()
	now := time.Now().UTC()
	client := types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, name)
	ticket, key, err := messages.NewTicket(client, realm, types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, krbService), realm, types.NewKrbFlags(),
		m.keys, etypeID.AES256_CTS_HMAC_SHA1_96, 1, now, now.Add(-time.Hour), now.Add(until), now.Add(until))
	if err != nil {
		t.Fatal(err)
	}
	a, err := types.NewAuthenticator(realm, client)
	if err != nil {
		t.Fatal(err)
	}
	a.Cksum = types.Checksum{CksumType: 0x8003, Checksum: append([]byte{16}, make([]byte, 23)...)}
	a.SubKey = sub
	request, err := messages.NewAPReq(ticket, key, a)
	if err != nil {
		t.Fatal(err)
	}
	text, err := request.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var b cryptobyte.Builder
	b.AddASN1(cryptobyteasn1.Tag(0x60), func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 113554, 1, 2, 2})
		b.AddUint16(0x0100)
		b.AddBytes(text)
	})
	return base64.StdEncoding.EncodeToString(b.BytesOrPanic())
}

// TestTickets lets users in who have a ticket of the right realm, once for each
// token.
func TestTickets(t *testing.T) {
	m, file := newMint(t)
	s := start(t, server.Config{Kerberos: server.Kerberos{Keytab: file, Realms: []string{krbRealm}}}, cimom.Options{})
	first := m.token(t, alice, krbRealm, time.Hour)
	weak := types.EncryptionKey{KeyType: etypeID.RC4_HMAC, KeyValue: make([]byte, 16)}
	tests := []struct {
		name, token string
		want        int
		detail      string // in the audit log
	}{
		{"alice", first, http.StatusOK, "Kerberos, alice@EXAMPLE.ORG"},
		{"replayed", first, http.StatusUnauthorized, "the token was used before"},
		{"nobody", m.token(t, "bob", krbRealm, time.Hour), http.StatusUnauthorized, "Kerberos, bob@EXAMPLE.ORG, but there is no such user"},
		{"another realm", m.token(t, alice, "OTHER.ORG", time.Hour), http.StatusUnauthorized, "Kerberos, alice@OTHER.ORG, but there is no such user"},
		{"an instance", m.token(t, alice+"/admin", krbRealm, time.Hour), http.StatusUnauthorized, "Kerberos, alice/admin@EXAMPLE.ORG, but there is no such user"},
		{"expired", m.token(t, alice, krbRealm, -10*time.Minute), http.StatusUnauthorized, "the ticket is not valid"},
		{"a weak key", m.tokenWith(t, alice, krbRealm, time.Hour, weak), http.StatusUnauthorized, "is too weak"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, scheme := range []string{"Kerberos", "Negotiate"} {
				before := len(s.audit.logons())
				c := s.talk(t)
				r, _ := c.post(scheme+" "+test.token, soap, []byte(identify))
				if r.StatusCode != test.want {
					t.Errorf("%s: %d, want %d", scheme, r.StatusCode, test.want)
				}
				if got := c.asks(); got != test.want {
					t.Errorf("%s, after it: %d, want %d", scheme, got, test.want)
				}
				logons := s.audit.logons()[before:]
				if len(logons) != 1 || !strings.Contains(logons[0].Detail, test.detail) {
					t.Errorf("%s: the audit log has %+v, want %q", scheme, logons, test.detail)
				}
				if strings.HasPrefix(test.detail, "Kerberos") || test.name == "a weak key" {
					break // its token is used up
				}
			}
		})
	}
}

// TestExpired lets a ticket expire on a connection.
func TestExpired(t *testing.T) {
	m, file := newMint(t)
	s := start(t, server.Config{Kerberos: server.Kerberos{Keytab: file}}, cimom.Options{})
	// Clocks may differ by five minutes when a ticket is shown, not after that.
	c := s.talk(t)
	if r, _ := c.post("Negotiate "+m.token(t, alice, krbRealm, -time.Minute), soap, []byte(identify)); r.StatusCode != http.StatusOK {
		t.Fatalf("%d", r.StatusCode)
	}
	if got := c.asks(); got != http.StatusUnauthorized {
		t.Errorf("after the ticket has expired: %d", got)
	}
}
