package auth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"openwmi/internal/access"
	"openwmi/internal/audit"
	"openwmi/internal/auth"
	"openwmi/wbem"
)

func TestMain(m *testing.M) {
	auth.Weaken()
	m.Run()
}

// A trail is an audit.Sink that keeps all in memory.
type trail struct {
	mu      sync.Mutex
	records []audit.Record
}

func (t *trail) Record(r audit.Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.records = append(t.records, r)
}

// lines are the records in short.
func (t *trail) lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []string
	for _, r := range t.records {
		out = append(out, strings.Join(strings.Fields(fmt.Sprint(r.Kind, " ", r.Operation, " ", r.Object, r.Who, " ", r.Status.Name(), " ", r.Detail)), " "))
	}
	return out
}

func open(t *testing.T, dir string, sink audit.Sink) *auth.Users {
	t.Helper()
	u, err := auth.Open(dir, auth.Options{Audit: sink})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func add(t *testing.T, u *auth.Users, name, password string, groups ...string) auth.User {
	t.Helper()
	user, err := u.Add(auth.NewUser{Name: name, Password: password, Groups: groups})
	if err != nil {
		t.Fatal(err)
	}
	return user
}

func wantStatus(t *testing.T, what string, err error, want wbem.Status) {
	t.Helper()
	if wbem.StatusOf(err) != want {
		t.Errorf("%s: %v, want %s", what, err, want.Name())
	}
}

// What is done to users, one after the other, and what it leaves.
func TestUsers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	log := &trail{}
	u := open(t, dir, log)
	if list, err := u.List(); err != nil || len(list) != 0 {
		t.Fatalf("in a store without a file: %v, %v", list, err)
	}
	alice := add(t, u, "Alice", "correct horse", "operators", "Night Shift")
	bob := add(t, u, "bob", "battery staple", "Administrators", "OPERATORS")
	wantStatus(t, "same name", second(u.Add(auth.NewUser{Name: "ALICE", Password: "correct horse"})), wbem.AlreadyExists)
	wantStatus(t, "name of a group", second(u.Add(auth.NewUser{Name: "operators", Password: "correct horse"})), wbem.AlreadyExists)
	wantStatus(t, "user as group", u.Set("bob", auth.Change{Join: []string{"alice"}}), wbem.InvalidParameter)
	wantStatus(t, "not in it", u.Set("bob", auth.Change{Leave: []string{"Night Shift"}}), wbem.NotFound)
	for _, name := range []string{`builtin\administrators`, "Administrators"} {
		if err := u.Set("bob", auth.Change{Leave: []string{name}}); err != nil {
			t.Error(err)
		}
		if err := u.Set("bob", auth.Change{Join: []string{`BUILTIN\Administrators`}}); err != nil {
			t.Error(err)
		}
	}
	wantStatus(t, "nobody", u.SetPassword("carol", "correct horse"), wbem.NotFound)
	wantStatus(t, "nobody", u.Delete("carol"), wbem.NotFound)
	if err := u.Set(`OpenWMI\alice`, auth.Change{Leave: []string{"night shift"}, Join: []string{"readers"}, Disable: true}); err != nil {
		t.Fatal(err)
	}
	list, err := u.List()
	if err != nil {
		t.Fatal(err)
	}
	ignore := cmpopts.IgnoreTypes(time.Time{})
	want := []auth.User{
		{Name: "Alice", SID: alice.SID, Groups: []string{"operators", "readers"}, Disabled: true},
		{Name: "bob", SID: bob.SID, Groups: []string{"Administrators", "operators"}},
	}
	if d := cmp.Diff(want, list, ignore); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if !list[0].Changed.After(list[0].Created) {
		t.Errorf("changed %v, created %v", list[0].Changed, list[0].Created)
	}

	// Whoever comes later is somebody else.
	if err := u.Delete("ALICE"); err != nil {
		t.Fatal(err)
	}
	if again := add(t, u, "alice", "correct horse"); again.SID == alice.SID {
		t.Errorf("a new user has the SID %s of one that was deleted", again.SID)
	}
	if got := u.NameOf(alice.SID); got != "" || !u.Owns(alice.SID) {
		t.Errorf("the SID of a deleted user is called %q, owned %v", got, u.Owns(alice.SID))
	}
	if got := u.NameOf(bob.SID); got != `openwmi\bob` {
		t.Errorf("bob is called %q", got)
	}
	sid, err := u.Resolve("Operators")
	if name := u.NameOf(sid); err != nil || name != `openwmi\operators` {
		t.Errorf("operators: %s, %v, %s", sid, err, name)
	}
	if u.Owns("S-1-5-21-1-2-3-1000") || u.Owns("S-1-5-32-544") {
		t.Error("it owns the SIDs of others")
	}

	// Another process sees the same; nothing else is left in the directory.
	other, err := open(t, dir, nil).List()
	mine, _ := u.List()
	if d := cmp.Diff(mine, other); err != nil || d != "" {
		t.Errorf("%v, -mine +theirs\n%s", err, d)
	}
	names := ""
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		info, _ := e.Info()
		names += fmt.Sprint(e.Name(), " ")
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v", e.Name(), info.Mode())
		}
	}
	if names != "users.json users.lock " {
		t.Errorf("the directory has %s", names)
	}
	if d := cmp.Diff([]string{
		`security AddUser openwmi\Alice` + processUser(t) + ` NoErr groups operators, Night Shift`,
		`security AddUser openwmi\bob` + processUser(t) + ` NoErr groups Administrators, OPERATORS`,
		`security AddUser openwmi\ALICE` + processUser(t) + ` AlreadyExists`,
	}, log.lines()[:3]); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func second[T any](_ T, err error) error { return err }

func processUser(t *testing.T) string {
	t.Helper()
	log := &trail{}
	u := open(t, t.TempDir(), log)
	_ = u.Delete("nobody")
	return log.records[0].Who
}

// Commands at the same time do not undo what others did.
func TestConcurrentChanges(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			u := open(t, dir, nil)
			if _, err := u.Add(auth.NewUser{Name: fmt.Sprintf("user%d", i), Password: "correct horse", Groups: []string{"all"}}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	list, err := open(t, dir, nil).List()
	if err != nil || len(list) != 16 {
		t.Errorf("%d users, %v", len(list), err)
	}
	sids := map[string]bool{}
	for _, u := range list {
		sids[u.SID] = true
	}
	if len(sids) != 16 {
		t.Errorf("%d SIDs", len(sids))
	}
}

func TestNames(t *testing.T) {
	u := open(t, t.TempDir(), nil)
	for name, good := range map[string]bool{
		"alice": true, "J. Doe": true, "größe": true, "svc-1$": true, "李": true, strings.Repeat("a", 64): true,
		"": false, " a": false, "a ": false, "a  b": false, ".": false, "a.": false, "-rf": false, "a/b": false, `a\b`: false, "a@b": false,
		"a\nb": false, "a\x00": false, "\xff": false, "gro\u0308ße": false, "S-1-5-18": false, "everyone": false,
		"Authenticated Users": false, "administrators": false, "a;b": false, "a)b": false, strings.Repeat("a", 65): false, "a\u202eb": false,
	} {
		_, err := u.Add(auth.NewUser{Name: name, Password: "correct horse"})
		if good != (err == nil) {
			t.Errorf("%q: %v", name, err)
		} else if !good {
			wantStatus(t, name, err, wbem.InvalidParameter)
		}
	}
	// Every name that descriptors know is taken.
	for _, name := range []string{"Everyone", "System", "Network", "Users"} {
		if _, ok := access.NamedSID(name); !ok {
			t.Errorf("%s is nobody", name)
		}
	}
	for _, s := range []access.SID{access.Everyone, access.OwnerRights, access.Network, access.Anonymous, access.AuthenticatedUsers,
		access.LocalSystem, access.LocalService, access.NetworkService, access.Administrators, access.Users} {
		if _, err := u.Add(auth.NewUser{Name: s.Name(), Password: "correct horse"}); err == nil {
			t.Errorf("a user may be called %s", s.Name())
		}
	}
}

func TestPasswords(t *testing.T) {
	u := open(t, t.TempDir(), nil)
	for password, good := range map[string]bool{
		"12345678": true, "пароль12": true, strings.Repeat("x", 1024): true, " spaces ": true,
		"": false, "1234567": false, strings.Repeat("x", 1025): false, "line\nline": false, "zero\x00zero": false, "\xff2345678": false, "verylongname": false,
	} {
		_, err := u.Add(auth.NewUser{Name: "VeryLongName", Password: password})
		if good != (err == nil) {
			t.Errorf("%q: %v", password, err)
		}
		if err == nil {
			if err := u.Delete("verylongname"); err != nil {
				t.Fatal(err)
			}
		} else if password != "" && strings.Contains(err.Error(), password) {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

const goodFile = `{
  "version": 1,
  "domain": "S-1-5-21-1-2-3",
  "next": 1002,
  "groups": [{"name": "operators", "rid": 1001}],
  "users": [
    {"name": "alice", "rid": 1000, "groups": ["operators", "Administrators"], "created": "2026-01-02T03:04:05Z",
     "changed": "2026-01-02T03:04:05Z", "password": "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
  ]
}`

// What is wrong with a file is told with its place.
func TestBadFiles(t *testing.T) {
	if err := auth.Parse([]byte(goodFile)); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ old, new, want string }{
		{`"version": 1,`, `"version": 1`, "line 3, column 3: invalid character"},
		{`"version": 1`, `"version": 2`, "version 2 is not known"},
		{`"version": 1`, `"version": "1"`, "line 2, column 14: "},
		{`"next": 1002,`, ``, "next is 0"},
		{`"next"`, `"nxt"`, `line 4, column 3: unknown field "nxt"`},
		{`"next": 1002`, `"next": 1002, "next": 1003`, `line 4, column 17: "next" stands there twice`},
		{`"next": 1002`, `"next": 1001`, "group operators: rid 1001 is not from 1000 to 1000"},
		{`"next": 1002`, `"next": 99999999999`, "line 4, column 11: "},
		{`S-1-5-21-1-2-3"`, `S-1-5-32"`, "domain"},
		{`"rid": 1001`, `"rid": 1000`, "user alice: rid 1000 is not from"},
		{`"operators", "rid"`, `"alice", "rid"`, "there is a second user or group alice"},
		{`["operators", `, `["readers", `, `user alice: there is no group "readers"`},
		{`["operators", `, `["operators", "OPERATORS", `, "user alice: group OPERATORS is named twice"},
		{`"name": "alice"`, `"name": "everyone"`, `"everyone" is no name of a user`},
		{`"name": "alice"`, `"nome": "alice"`, `line 7, column 6: unknown field "nome"`},
		{`"name": "alice"`, `"Name": "alice"`, `line 7, column 6: unknown field "Name"`},
		{`"name": "alice"`, `"name": "alice", "name": "bob"`, `line 7, column 23: "name" stands there twice`},
		{`m=64,`, `m=999999999,`, "user alice: the parameters"},
		{`$argon2id$`, `$argon2i$`, "user alice: its password is no hash"},
		{`"created": "2026`, `"created": "26`, "line 7, column "},
		{`[{"name": "operators", "rid": 1001}]`, `{}`, "line 5, column 13: "},
		{`[{"name": "operators", "rid": 1001}]`, `[null]`, "a user or group is null"},
	} {
		text := strings.Replace(goodFile, tc.old, tc.new, 1)
		if err := auth.Parse([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%s for %s: %v, want %s", tc.new, tc.old, err, tc.want)
		}
	}
	for _, text := range []string{"", "null", "[]", "{", "{}", goodFile + "x", goodFile[:100]} {
		if err := auth.Parse([]byte(text)); err == nil {
			t.Errorf("%.40q is a file", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(goodFile))
	f.Add([]byte(`{"version":1,"users":[{}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := auth.Parse(text); err == nil && !json.Valid(text) {
			t.Error("it is no JSON")
		}
	})
}

// A file that others can write, or that is none, is refused, and so is everybody
// whom it names.
func TestUnsafeFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there the directory says who can write")
	}
	dir := t.TempDir()
	u := open(t, dir, nil)
	add(t, u, "alice", "correct horse")
	file := filepath.Join(dir, "users.json")
	check := func(what, want string) {
		t.Helper()
		_, err := auth.Open(dir, auth.Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := os.Chmod(file, 0o620); err != nil {
		t.Fatal(err)
	}
	check("mode", "has the mode 0620, so that others can write it")
	if err := u.Delete("alice"); err == nil {
		t.Error("it is changed all the same")
	}
	if err := os.Rename(file, file+".real"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file+".real", file); err != nil {
		t.Fatal(err)
	}
	check("link", "is not a file")
}

// What the superuser changes in the store of somebody else, that one can read.
func TestOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only the superuser can give files away")
	}
	const somebody = 65534
	dir := t.TempDir()
	if err := os.Chown(dir, somebody, somebody); err != nil {
		t.Fatal(err)
	}
	u := open(t, dir, nil)
	for _, name := range []string{"alice", "bob"} {
		if _, err := u.Add(auth.NewUser{Name: name, Password: "correct horse", NTLM: true}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"users.json", "users.lock", "server.key"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if uid := fmt.Sprint(reflect.ValueOf(info.Sys()).Elem().FieldByName("Uid")); uid != fmt.Sprint(somebody) || info.Mode().Perm() != 0o600 {
			t.Errorf("%s belongs to %s, mode %v", name, uid, info.Mode())
		}
	}
}

// Changes of the file count after a second; one that is damaged lets nobody in.
func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		server, command := open(t, dir, nil), open(t, dir, nil)
		verify := func(password string) error {
			_, err := server.Verify(t.Context(), auth.Logon{Name: "alice", Password: password})
			return err
		}
		wantStatus(t, "before", verify("correct horse"), wbem.AccessDenied)
		add(t, command, "alice", "correct horse")
		time.Sleep(time.Second)
		wantStatus(t, "added", verify("correct horse"), wbem.OK)
		if err := command.SetPassword("alice", "battery staple"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		wantStatus(t, "old password", verify("correct horse"), wbem.AccessDenied)
		wantStatus(t, "new password", verify("battery staple"), wbem.OK)
		if err := command.Set("alice", auth.Change{Disable: true}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		wantStatus(t, "disabled", verify("battery staple"), wbem.AccessDenied)
		_, _, _, err := server.Account("alice")
		wantStatus(t, "account", err, wbem.AccessDenied)
		if err := command.Set("alice", auth.Change{Enable: true}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		wantStatus(t, "enabled", verify("battery staple"), wbem.OK)

		// Who cannot wait says so.
		if err := command.SetPassword("alice", "wrong horse"); err != nil {
			t.Fatal(err)
		}
		for _, want := range []bool{true, false} {
			if changed, err := server.Reread(); changed != want || err != nil {
				t.Errorf("read again: %v, %v", changed, err)
			}
		}
		wantStatus(t, "at once", verify("wrong horse"), wbem.OK)
		if err := os.WriteFile(filepath.Join(dir, "users.json"), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		if changed, err := server.Reread(); changed || err == nil {
			t.Errorf("read again: %v, %v", changed, err)
		}
		wantStatus(t, "damaged", verify("battery staple"), wbem.AccessDenied)
		if _, err := server.List(); err == nil || !strings.Contains(err.Error(), "users.json: line 1, column 2: ") {
			t.Errorf("List: %v", err)
		}
		if err := command.Delete("alice"); err == nil {
			t.Error("a damaged file is replaced")
		}
	})
}

// The NT hash is that of [MS-NLMP] 4.2.2.1.1, and nobody without the key has it.
func TestNTHash(t *testing.T) {
	dir := t.TempDir()
	u := open(t, dir, nil)
	add(t, u, "plain", "Password")
	if _, ok := u.NTHash("plain"); ok {
		t.Error("there is one of a user added without it")
	}
	if _, err := os.Stat(filepath.Join(dir, "server.key")); !os.IsNotExist(err) {
		t.Errorf("the key is made before it is needed: %v", err)
	}
	user, err := u.Add(auth.NewUser{Name: "User", Password: "Password", NTLM: true})
	if err != nil || !user.NTLM {
		t.Fatal(user, err)
	}
	hash, ok := u.NTHash(`OPENWMI\user`)
	want := [16]byte{0xa4, 0xf4, 0x9c, 0x40, 0x65, 0x10, 0xbd, 0xca, 0xb6, 0x82, 0x4e, 0xe7, 0xc3, 0x0f, 0xd8, 0x52}
	if !ok || hash != want {
		t.Errorf("%x, %v", hash, ok)
	}
	file := filepath.Join(dir, "users.json")
	text, err := os.ReadFile(file)
	if err != nil || bytes.Contains(bytes.ToLower(text), []byte(fmt.Sprintf("%x", want))) || bytes.Contains(text, []byte("Password\"")) {
		t.Errorf("the file shows it: %v", err)
	}

	// A new password has a new hash; one of another user is of no use.
	if err := u.SetPassword("user", "OtherPassword"); err != nil {
		t.Fatal(err)
	}
	if hash, ok := u.NTHash("user"); !ok || hash == want {
		t.Errorf("after another password: %x, %v", hash, ok)
	}
	if _, err := u.Add(auth.NewUser{Name: "eve", Password: "Password", NTLM: true}); err != nil {
		t.Fatal(err)
	}
	text, err = os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Users []struct{ Name, NTHash string } `json:"users"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	swapped := string(text)
	swapped = strings.Replace(swapped, all.Users[1].NTHash, "@", 1)
	swapped = strings.Replace(swapped, all.Users[2].NTHash, all.Users[1].NTHash, 1)
	swapped = strings.Replace(swapped, "@", all.Users[2].NTHash, 1)
	if err := os.WriteFile(file, []byte(swapped), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := open(t, dir, nil).NTHash("eve"); ok {
		t.Error("the hash of one user counts for another")
	}

	if err := u.Set("user", auth.Change{Disable: true}); err != nil {
		t.Fatal(err)
	}
	if _, ok := u.NTHash("user"); ok {
		t.Error("there is one of a disabled user")
	}
	if runtime.GOOS != "windows" {
		if err := os.Chmod(filepath.Join(dir, "server.key"), 0o640); err != nil {
			t.Fatal(err)
		}
		if _, ok := open(t, dir, nil).NTHash("eve"); ok {
			t.Error("a key that others can read is used")
		}
	}
}

// An identity of the store says so, with its groups.
func TestIdentity(t *testing.T) {
	u := open(t, t.TempDir(), nil)
	add(t, u, "Alice", "correct horse", "operators", "Administrators")
	id, err := u.Verify(context.Background(), auth.Logon{Name: "alice", Password: "correct horse", Peer: "192.0.2.7:5", Level: 6})
	if err != nil {
		t.Fatal(err)
	}
	want := &wbem.Identity{
		Name: `openwmi\Alice`, Groups: []string{`BUILTIN\Administrators`, `openwmi\operators`},
		Remote: true, Level: 6, Authority: wbem.StoreAuthority, Peer: "192.0.2.7:5",
	}
	if d := cmp.Diff(want, id); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
