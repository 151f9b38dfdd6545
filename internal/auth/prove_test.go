package auth_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/internal/audit"
	"openwmi/internal/auth"
	"openwmi/internal/auth/ntlm"
	"openwmi/wbem"
)

var errProof = errors.New("wrong proof")

// knows returns what proves to know a password.
func knows(password string) func(ntlm.Hash) error {
	return func(h ntlm.Hash) error {
		if h != ntlm.HashOf(password) {
			return errProof
		}
		return nil
	}
}

type logons []audit.Record

func (l *logons) Record(r audit.Record) {
	if r.Kind == audit.Logon {
		*l = append(*l, r)
	}
}

func TestVerifyNTLM(t *testing.T) {
	var log logons
	u := open(t, t.TempDir(), &log)
	for _, n := range []auth.NewUser{
		{Name: "alice", Password: "correct horse", NTLM: true, Groups: []string{"staff"}},
		{Name: "bob", Password: "correct horse"},
		{Name: "carol", Password: "correct horse", NTLM: true},
	} {
		if _, err := u.Add(n); err != nil {
			t.Fatal(err)
		}
	}
	if err := u.Set("carol", auth.Change{Disable: true}); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, password, why string }{
		{"alice", "correct horse", "NTLM"},
		{`openwmi\ALICE`, "correct horse", "NTLM"},
		{"alice", "wrong", "wrong proof"},
		{"bob", "correct horse", "no NT hash"},
		{"carol", "correct horse", "disabled"},
		{"nobody", "correct horse", "no such user"},
		{strings.Repeat("a", 1000), "correct horse", "too long"},
	}
	for _, test := range tests {
		calls := 0
		id, err := u.VerifyNTLM(t.Context(), auth.Logon{Name: test.name, Peer: "192.0.2.1:7", Level: 2}, func(h ntlm.Hash) error {
			calls++
			return knows(test.password)(h)
		})
		if test.why == "NTLM" {
			if err != nil || id.Name != `openwmi\alice` || id.Authority != wbem.StoreAuthority || id.Level != 2 || !id.In(`openwmi\staff`) {
				t.Errorf("%s: %+v, %v", test.name, id, err)
			}
		} else {
			wantStatus(t, test.name, err, wbem.AccessDenied)
		}
		if last := log[len(log)-1]; !strings.Contains(last.Detail, test.why) || last.Peer != "192.0.2.1:7" {
			t.Errorf("%s: the audit log has %+v", test.name, last)
		}
		if want := min(1, 100/len(test.name)); calls != want {
			t.Errorf("%s: %d proofs, want %d", test.name, calls, want)
		}
	}
	if len(log) != len(tests) {
		t.Errorf("%d records of %d logons", len(log), len(tests))
	}
}

// Wrong proofs slow each other and wrong passwords.
func TestGuessingProofs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, t.TempDir(), nil)
		if _, err := u.Add(auth.NewUser{Name: "alice", Password: "correct horse", NTLM: true}); err != nil {
			t.Fatal(err)
		}
		var waits []string
		for i := range 6 {
			began := time.Now()
			l := auth.Logon{Name: "alice", Peer: fmt.Sprintf("192.0.2.%d:1", i)}
			_, err := u.VerifyNTLM(t.Context(), l, knows("wrong"))
			wantStatus(t, "a wrong proof", err, wbem.AccessDenied)
			waits = append(waits, time.Since(began).String())
		}
		if got, want := strings.Join(waits, " "), "0s 0s 0s 250ms 500ms 1s"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if d, err := guess(t, u, "alice", "correct horse", "192.0.2.200:1"); d != 2*time.Second || err != nil {
			t.Errorf("with the password: %v after %v", err, d)
		}
	})
}

func TestVouched(t *testing.T) {
	var log logons
	u := open(t, t.TempDir(), &log)
	add(t, u, "alice", "correct horse")
	id, err := u.Vouched(auth.Logon{Name: "Alice", Peer: "192.0.2.1:7", Level: 6}, "Kerberos")
	if err != nil || id.Name != `openwmi\alice` || id.Authority != wbem.StoreAuthority || id.Level != 6 || !id.Remote {
		t.Errorf("%+v, %v", id, err)
	}
	_, err = u.Vouched(auth.Logon{Name: "nobody"}, "Kerberos")
	wantStatus(t, "nobody", err, wbem.AccessDenied)
	if err := u.Set("alice", auth.Change{Disable: true}); err != nil {
		t.Fatal(err)
	}
	_, err = u.Vouched(auth.Logon{Name: "alice"}, "Kerberos")
	wantStatus(t, "a disabled user", err, wbem.AccessDenied)
	var details []string
	for _, r := range log {
		details = append(details, r.Detail)
	}
	if got, want := strings.Join(details, "; "), "Kerberos; Kerberos, but there is no such user; Kerberos, but the user is disabled"; got != want {
		t.Errorf("the audit log has %s, want %s", got, want)
	}
}
