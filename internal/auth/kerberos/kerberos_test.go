package kerberos_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
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

	"openwmi/internal/auth/binding"
	"openwmi/internal/auth/kerberos"
)

const (
	realm   = "EXAMPLE.ORG"
	service = "HTTP/host.example.org"
)

// A center gives tickets without asking for anything.
type center struct {
	keys *keytab.Keytab
	file string
}

func newCenter(t testing.TB, etypes ...int32) *center {
	t.Helper()
	password := rand.Text() // of this process only, which fuzz tests have several of
	c := &center{keys: keytab.New(), file: filepath.Join(t.TempDir(), "keytab")}
	for _, e := range etypes {
		if err := c.keys.AddEntry(service, realm, password, time.Now(), 3, e); err != nil {
			t.Fatal(err)
		}
	}
	b, err := c.keys.Marshal()
	if err == nil {
		err = os.WriteFile(c.file, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// client returns a client with a ticket that is valid around now plus a time.
func (c *center) client(name string, etype int32, off time.Duration) *kerberos.Client {
	cname := types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, name)
	return kerberos.NewTestClient(cname, realm, func(to string) (messages.Ticket, types.EncryptionKey, error) {
		now := time.Now().UTC().Add(off)
		return messages.NewTicket(cname, realm, types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, to), realm, types.NewKrbFlags(),
			c.keys, etype, 3, now, now.Add(-time.Minute), now.Add(time.Hour), now.Add(time.Hour))
	})
}

func (c *center) service(t testing.TB) *kerberos.Service {
	t.Helper()
	s, err := kerberos.NewService(c.file, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var etypes = []int32{
	etypeID.AES128_CTS_HMAC_SHA1_96, etypeID.AES256_CTS_HMAC_SHA1_96,
	etypeID.AES128_CTS_HMAC_SHA256_128, etypeID.AES256_CTS_HMAC_SHA384_192,
}

// handshake lets both ends speak.
func handshake(i *kerberos.Initiator, a *kerberos.Acceptor) error {
	ctx := context.Background()
	token, _, err := i.Step(ctx, nil)
	if err != nil {
		return err
	}
	reply, done, err := a.Step(ctx, token)
	if err != nil || !done {
		return errors.Join(err, errors.New("not admitted"))
	}
	_, _, err = i.Step(ctx, reply)
	return err
}

func TestHandshake(t *testing.T) {
	c := newCenter(t, append(etypes, etypeID.RC4_HMAC)...)
	s := c.service(t)
	channel, other := bytes.Repeat([]byte{1}, 16), bytes.Repeat([]byte{2}, 16)
	tests := []struct {
		name    string
		etype   int32
		off     time.Duration
		sent    []byte
		binding binding.Policy
		want    string
	}{
		{name: "AES 128", etype: etypes[0]},
		{name: "AES 256", etype: etypes[1]},
		{name: "AES 128 with SHA-2", etype: etypes[2]},
		{name: "bound", etype: etypes[1], sent: channel, binding: binding.Policy{Channel: channel, Mode: binding.Strict}},
		{name: "bound elsewhere", etype: etypes[1], sent: other, binding: binding.Policy{Channel: channel}, want: "another connection"},
		{name: "not bound", etype: etypes[1], binding: binding.Policy{Channel: channel, Mode: binding.Strict}, want: "no channel bindings"},
		{name: "RC4", etype: etypeID.RC4_HMAC, want: "too weak"},
		{name: "expired", etype: etypes[1], off: -2 * time.Hour, want: "not valid"},
		{name: "not yet valid", etype: etypes[1], off: time.Hour, want: "not valid"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var seen kerberos.Principal
			a := s.Accept(test.binding, func(_ context.Context, p kerberos.Principal) error {
				seen = p
				return nil
			})
			i := c.client("alice", test.etype, test.off).Initiate(service, test.sent)
			err := handshake(i, a)
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) || a.Session() != nil {
					t.Fatalf("%v, want %s", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if user, ok := seen.User(s.Realms()); user != "alice" || !ok || time.Until(seen.Until) < 50*time.Minute {
				t.Errorf("%+v", seen)
			}
			for range 2 {
				exchange(t, i.Session(), a.Session())
				exchange(t, a.Session(), i.Session())
			}
		})
	}
}

// exchange sends messages from one end to the other.
func exchange(t *testing.T, from, to *kerberos.Session) {
	t.Helper()
	for _, n := range []int{0, 1, 15, 16, 17, 100, 100000} {
		text := bytes.Repeat([]byte{'x'}, n)
		signature, sealed, err := from.Seal(text)
		if err != nil {
			t.Fatal(err)
		}
		if len(sealed) != n || bytes.Contains(sealed, []byte("xxxx")) {
			t.Fatalf("%d bytes become %d", n, len(sealed))
		}
		if plain, err := to.Unseal(signature, sealed); err != nil || !bytes.Equal(plain, text) {
			t.Fatalf("%d: %.20q, %v", n, plain, err)
		}
		mic, err := from.Sign(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := to.Verify(text, mic); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReplay uses a token twice.
func TestReplay(t *testing.T) {
	c := newCenter(t, etypes...)
	s := c.service(t)
	ctx := context.Background()
	token, _, err := c.client("alice", etypes[1], 0).Initiate(service, nil).Step(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	admit := func(context.Context, kerberos.Principal) error { return nil }
	if _, _, err := s.Accept(binding.Policy{}, admit).Step(ctx, token); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Accept(binding.Policy{}, admit).Step(ctx, token); err == nil || !strings.Contains(err.Error(), "used before") {
		t.Errorf("%v", err)
	}
}

// TestOthers has services and clients that are not those they should be.
func TestOthers(t *testing.T) {
	c := newCenter(t, etypes...)
	ctx := context.Background()
	errNobody := errors.New("nobody")
	i := c.client("mallory", etypes[1], 0).Initiate(service, nil)
	if err := handshake(i, c.service(t).Accept(binding.Policy{}, func(context.Context, kerberos.Principal) error { return errNobody })); !errors.Is(err, errNobody) {
		t.Errorf("%v", err)
	}

	// A service that cannot read the ticket has no answer.
	i = c.client("alice", etypes[1], 0).Initiate(service, nil)
	if _, _, err := i.Step(ctx, nil); err != nil {
		t.Fatal(err)
	}
	elsewhere := c.client("alice", etypes[1], 0).Initiate(service, nil)
	token, _, err := elsewhere.Step(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, _, err := c.service(t).Accept(binding.Policy{}, func(context.Context, kerberos.Principal) error { return nil }).Step(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	if _, done, err := i.Step(ctx, reply); err == nil || done {
		t.Error("an answer to somebody else will do")
	}

	for _, name := range []string{"alice/admin", `EXAMPLE\alice`, "alice@elsewhere"} {
		if _, ok := (kerberos.Principal{Name: name, Realm: realm}).User([]string{realm}); ok {
			t.Errorf("%s is a user", name)
		}
	}
	if _, ok := (kerberos.Principal{Name: "alice", Realm: "OTHER.ORG"}).User([]string{realm}); ok {
		t.Error("alice of another realm is a user")
	}
}

func TestKeytab(t *testing.T) {
	weak := newCenter(t, etypeID.RC4_HMAC)
	if _, err := kerberos.NewService(weak.file, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "no keys of AES") {
		t.Errorf("%v", err)
	}
	if _, err := kerberos.NewService(filepath.Join(t.TempDir(), "none"), slog.New(slog.DiscardHandler)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged")
	if err := os.WriteFile(damaged, []byte("\x05\x02\x00\x00\x00\x40\x00\x01"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := kerberos.NewService(damaged, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a damaged keytab will do")
	}

	// One that becomes so later changes nothing.
	var log bytes.Buffer
	good := newCenter(t, etypeID.AES256_CTS_HMAC_SHA1_96)
	s, err := kerberos.NewService(good.file, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(damaged, good.file); err != nil {
		t.Fatal(err)
	}
	if changed, err := s.Reread(); changed || err == nil {
		t.Errorf("read again: %v, %v", changed, err)
	}
	if got := s.Realms(); len(got) != 1 {
		t.Errorf("realms %q", got)
	}
	if !strings.Contains(log.String(), "cannot be read again") {
		t.Errorf("the log has\n%s", log.String())
	}

	// Nor does the same again, but another one does.
	other := newCenter(t, etypeID.AES128_CTS_HMAC_SHA1_96)
	for _, want := range []bool{true, false} {
		text, err := os.ReadFile(other.file)
		if err == nil {
			err = os.WriteFile(good.file, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if changed, err := s.Reread(); changed != want || err != nil {
			t.Errorf("read again: %v, %v", changed, err)
		}
	}
}

// TestMessages sends messages that nobody has sent like that. A session that has
// seen one is of no use any more.
func TestMessages(t *testing.T) {
	attacks := map[string]func(s *kerberos.Session, signatures, sealed [][]byte) error{
		"replayed": func(s *kerberos.Session, signatures, sealed [][]byte) error {
			if _, err := s.Unseal(signatures[0], sealed[0]); err != nil {
				return nil
			}
			_, err := s.Unseal(signatures[0], sealed[0])
			return err
		},
		"reordered": func(s *kerberos.Session, signatures, sealed [][]byte) error {
			_, err := s.Unseal(signatures[1], sealed[1])
			return err
		},
		"changed": func(s *kerberos.Session, signatures, sealed [][]byte) error {
			sealed[0][0] ^= 1
			_, err := s.Unseal(signatures[0], sealed[0])
			return err
		},
		"cut": func(s *kerberos.Session, signatures, sealed [][]byte) error {
			_, err := s.Unseal(signatures[0], sealed[0][1:])
			return err
		},
		"signature cut": func(s *kerberos.Session, signatures, sealed [][]byte) error {
			_, err := s.Unseal(signatures[0][:40], nil)
			return err
		},
		"nothing": func(s *kerberos.Session, signatures, sealed [][]byte) error {
			_, err := s.Unseal(nil, nil)
			return err
		},
		"fillers announced": func(s *kerberos.Session, signatures, sealed [][]byte) error {
			signatures[0][5]++
			_, err := s.Unseal(signatures[0], sealed[0])
			return err
		},
		"turned further": func(s *kerberos.Session, signatures, sealed [][]byte) error {
			signatures[0][6], signatures[0][7] = 0xff, 0xff
			_, err := s.Unseal(signatures[0], sealed[0])
			return err
		},
		"not encrypted": func(s *kerberos.Session, signatures, sealed [][]byte) error {
			signatures[0][2] &^= 2
			_, err := s.Unseal(signatures[0], sealed[0])
			return err
		},
		"renumbered": func(s *kerberos.Session, signatures, sealed [][]byte) error {
			signatures[1][15]--
			_, err := s.Unseal(signatures[1], sealed[1])
			return err
		},
	}
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			client, accepted := sessions(t)
			var signatures, sealed [][]byte
			for _, text := range []string{"first", "second", "third"} {
				s, m, err := client.Seal([]byte(text))
				if err != nil {
					t.Fatal(err)
				}
				signatures, sealed = append(signatures, s), append(sealed, m)
			}
			if err := attack(accepted, signatures, sealed); !errors.Is(err, kerberos.ErrMessage) {
				t.Errorf("%v", err)
			}
			if _, err := accepted.Unseal(signatures[0], sealed[0]); !errors.Is(err, kerberos.ErrMessage) {
				t.Errorf("the session goes on: %v", err)
			}
		})
	}
	t.Run("back to the sender", func(t *testing.T) {
		client, _ := sessions(t)
		s, m, _ := client.Seal([]byte("text"))
		if _, err := client.Unseal(s, m); !errors.Is(err, kerberos.ErrMessage) {
			t.Errorf("%v", err)
		}
	})
}

// TestKinds has a session with each kind of encryption.
func TestKinds(t *testing.T) {
	for i, size := range []int{16, 32, 16, 32} {
		client, accepted := sessionsWith(t, etypes[i], size)
		exchange(t, client, accepted)
		exchange(t, accepted, client)
	}
	for _, key := range []types.EncryptionKey{
		{KeyType: etypes[1], KeyValue: make([]byte, 16)},
		{KeyType: etypeID.RC4_HMAC, KeyValue: make([]byte, 16)},
		{},
	} {
		if _, err := kerberos.NewTestSession(key, true); err == nil {
			t.Errorf("a key of type %d with %d bytes will do", key.KeyType, len(key.KeyValue))
		}
	}
}

func sessions(t testing.TB) (client, accepted *kerberos.Session) {
	t.Helper()
	return sessionsWith(t, etypes[1], 32)
}

func sessionsWith(t testing.TB, etype int32, size int) (client, accepted *kerberos.Session) {
	t.Helper()
	key := types.EncryptionKey{KeyType: etype, KeyValue: make([]byte, size)}
	rand.Read(key.KeyValue)
	client, err := kerberos.NewTestSession(key, false)
	if err == nil {
		accepted, err = kerberos.NewTestSession(key, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	return client, accepted
}

// FuzzToken gives anything to both ends.
func FuzzToken(f *testing.F) {
	c := newCenter(f, etypes...)
	s := c.service(f)
	ctx := context.Background()
	admit := func(context.Context, kerberos.Principal) error { return nil }
	token, _, err := c.client("alice", etypes[1], 0).Initiate(service, nil).Step(ctx, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	reply, _, err := s.Accept(binding.Policy{}, admit).Step(ctx, token)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(reply)
	client := c.client("alice", etypes[1], 0)
	f.Fuzz(func(t *testing.T, token []byte) {
		if _, done, err := s.Accept(binding.Policy{}, admit).Step(ctx, token); done || err == nil {
			t.Error("it is let in")
		}
		i := client.Initiate(service, nil)
		if _, _, err := i.Step(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if _, done, err := i.Step(ctx, token); done || err == nil {
			t.Error("it is a service")
		}
	})
}

// FuzzMessage gives anything to a session.
func FuzzMessage(f *testing.F) {
	client, _ := sessions(f)
	s, m, err := client.Seal([]byte("text"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s, m)
	f.Add([]byte(nil), []byte(nil))
	f.Fuzz(func(t *testing.T, signature, sealed []byte) {
		_, accepted := sessions(t)
		if plain, err := accepted.Unseal(signature, sealed); err == nil {
			t.Errorf("%q", plain)
		}
		_, accepted = sessions(t)
		if accepted.Verify(sealed, signature) == nil {
			t.Error("it is signed")
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	for _, size := range []int{1 << 10, 512 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			client, accepted := sessions(b)
			text := make([]byte, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				s, m, err := client.Seal(text)
				if err == nil {
					_, err = accepted.Unseal(s, m)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
