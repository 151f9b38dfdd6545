package ephemeral_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"openwmi/cimom"
	"openwmi/internal/auth"
	"openwmi/internal/ephemeral"
	"openwmi/internal/server"
	"openwmi/wbem"
)

// prepared returns the directory of a store with users.
func prepared(t *testing.T, users ...auth.NewUser) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	m, err := cimom.Open(dir, cimom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range users {
		n.Throwaway = true
		if _, err := m.Users().Add(n); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A user whom the prepared store has already is the one who may do everything, even
// if he was disabled there. Nothing of that is in the store itself.
func TestUserOfPreparedStore(t *testing.T) {
	dir := prepared(t, auth.NewUser{Name: "Test", Password: "correct horse", Groups: []string{"operators"}})
	of := func(dir string) auth.User {
		t.Helper()
		users, err := auth.Open(dir, auth.Options{})
		if err != nil {
			t.Fatal(err)
		}
		list, err := users.List()
		if err != nil || len(list) != 1 {
			t.Fatalf("%v, %v", list, err)
		}
		return list[0]
	}
	users, err := auth.Open(dir, auth.Options{})
	if err == nil {
		err = users.Set("test", auth.Change{Disable: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	before := of(dir)
	if err := os.Mkdir(filepath.Join(dir, "audit"), 0o700); err != nil {
		t.Fatal(err)
	}
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	s, err := ephemeral.Open(t.Context(), ephemeral.Options{Schema: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	id, err := s.Users().Verify(t.Context(), auth.Logon{Name: s.User, Password: s.Password, Peer: "127.0.0.1:1", Level: 6})
	if err != nil || !id.In(`openwmi\operators`) {
		t.Fatalf("%+v, %v", id, err)
	}
	if sid, _, _, err := s.Users().Account("test"); err != nil || sid != before.SID {
		t.Errorf("the SID is %s, %v, not %s", sid, err, before.SID)
	}
	if logs, err := filepath.Glob(filepath.Join(tmp, "*", "*", "audit")); err != nil || len(logs) > 0 {
		t.Errorf("the audit log is copied: %q, %v", logs, err)
	}
	svc, err := s.Connect(t.Context(), "root", wbem.ConnectOptions{Identity: id})
	if err != nil {
		t.Fatal(err)
	}
	svc.Close()
	if after := of(dir); after.Changed != before.Changed {
		t.Errorf("the prepared store has %+v", after)
	}

	// A group is no user.
	dir = prepared(t, auth.NewUser{Name: "alice", Password: "correct horse", Groups: []string{"test"}})
	if s, err := ephemeral.Open(t.Context(), ephemeral.Options{Schema: []string{dir}}); wbem.StatusOf(err) != wbem.AlreadyExists {
		t.Errorf("%v, %v", s, err)
	}
}

// What it was told stays as it was, and nothing is left when it is closed.
func TestServe(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	o := ephemeral.Options{Listen: []server.Listener{{Address: "127.0.0.1:0"}}, TLS: true}
	s, err := ephemeral.Open(t.Context(), o)
	if err == nil {
		err = s.Serve(t.Context(), o)
	}
	if err != nil {
		t.Fatal(err)
	}
	if !s.Addresses[0].Secure || o.Listen[0].Certificate != "" {
		t.Errorf("it listens at %+v as told by %+v", s.Addresses, o.Listen)
	}
	if _, err := http.Get("https://" + s.Addresses[0].Address + "/healthz"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("whoever does not trust it: %v", err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}
