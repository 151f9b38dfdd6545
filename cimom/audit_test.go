package cimom_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/internal/auth"
	"openwmi/wbem"
)

// A trail is an AuditSink that keeps all in memory.
type trail struct {
	mu      sync.Mutex
	records []cimom.AuditRecord
}

func (t *trail) Record(r cimom.AuditRecord) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.records = append(t.records, r)
}

// take returns the records since the last call, in short.
func (t *trail) take() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []string
	for _, r := range t.records {
		who := r.Who
		if r.SID == "S-1-5-18" {
			who = "owner"
		}
		if r.Peer != "" {
			who += "@" + r.Peer
		}
		out = append(out, strings.TrimSuffix(fmt.Sprintf("%s %s %s %s %s %s: %s", r.Kind, who, r.Operation, r.Namespace, r.Object, r.Status.Name(), r.Detail), ": "))
	}
	t.records = nil
	return out
}

func (t *trail) wants(test *testing.T, what string, want ...string) {
	test.Helper()
	if d := cmp.Diff(want, t.take()); d != "" {
		test.Errorf("%s: -want +got\n%s", what, d)
	}
}

// What is written is recorded, by whom and what became of it; what is only read is
// not, unless it is refused.
func TestAudit(t *testing.T) {
	log := &trail{}
	var text strings.Builder
	m, err := cimom.OpenMemory(cimom.Options{Server: "HERE", Audit: log, Logger: textLogger(&text)})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	l := &lab{T: t, m: m, Services: connectAs(t, m, nil, `root\cimv2`)}
	decl := &cim.ClassDecl{Name: "B", Properties: []cim.PropertyDecl{
		{Name: "Id", Type: cim.TypeString, Qualifiers: cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}},
		{Name: "Secret", Type: cim.TypeString},
	}}
	if err := l.PutClass(t.Context(), decl, wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	l.put("B", "Id", "1", "Secret", "xyzzy")
	_ = l.get(`B.Id="1"`)
	for range l.Instances(t.Context(), "B", wbem.Options{}) {
	}
	_, err = l.PutInstance(t.Context(), l.spawn("B", "Id", "1"), wbem.Options{Flags: wbem.CreateOnly})
	wantStatus(t, "again", err, wbem.AlreadyExists)
	if _, err := l.ExecMethod(t.Context(), cim.MustParsePath("__SystemSecurity=@"), "GetCallerAccessRights", nil, wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := l.DeleteInstance(t.Context(), cim.MustParsePath(`B.Id="1"`), wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := l.Services.(wbem.QualifierStore).SetQualifier(t.Context(), &cim.QualifierDecl{Name: "Colour", Type: cim.TypeString}, wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	log.mu.Lock()
	ids := map[string]bool{}
	for _, r := range log.records {
		ids[r.ID.String()] = true
		if r.Duration <= 0 || r.Duration > time.Minute || time.Since(r.Time) > time.Minute {
			t.Errorf("%s took %v and ended at %v", r.Operation, r.Duration, r.Time)
		}
	}
	if len(ids) != len(log.records) || ids[""] {
		t.Errorf("the numbers are %v", ids)
	}
	log.mu.Unlock()
	log.wants(t, "the owner",
		`write owner PutClass root\cimv2 B NoErr`,
		`write owner PutInstance root\cimv2 B.Id="1" NoErr`,
		`write owner PutInstance root\cimv2 B.Id="1" AlreadyExists`,
		`method owner ExecMethod root\cimv2 __SystemSecurity=@ NoErr: GetCallerAccessRights`,
		`write owner DeleteInstance root\cimv2 B.Id="1" NoErr`,
		`write owner SetQualifier root\cimv2 Colour NoErr`,
	)

	secure(t, m, "root", nobody)
	secure(t, m, `root\cimv2`, "O:BAG:BAD:(A;;0x21;;;AU)")
	log.wants(t, "descriptors",
		`security owner SetSecurityDescriptor root root NoErr`,
		`security owner SetSecurityDescriptor root\cimv2 root\cimv2 NoErr`,
	)
	who := &wbem.Identity{Name: "nobody-eve", Remote: true, Peer: "192.0.2.7:52100", Level: 6}
	u := *l
	u.Services = connectAs(t, m, who, `root\cimv2`)
	_ = u.tryPutClass("New")
	_, err = u.ExecMethod(t.Context(), cim.MustParsePath("__SystemSecurity=@"), "GetSD", nil, wbem.Options{})
	wantStatus(t, "GetSD", err, wbem.AccessDenied)
	_, err = m.Connect(t.Context(), "root", wbem.ConnectOptions{Identity: who})
	wantStatus(t, "connect", err, wbem.AccessDenied)
	secure(t, m, `root\cimv2`, nobody)
	_, err = u.GetInstance(t.Context(), cim.MustParsePath(`B.Id="2"`), wbem.Options{})
	wantStatus(t, "get", err, wbem.AccessDenied)
	for _, err := range u.Query(t.Context(), "WQL", `SELECT * FROM B WHERE Secret = "plugh"`, wbem.Options{}) {
		wantStatus(t, "query", err, wbem.AccessDenied)
	}
	var id string
	for _, r := range log.records {
		if r.Operation == "PutClass" {
			id = r.ID.String()
		}
	}
	log.wants(t, "somebody else",
		`denial nobody-eve@192.0.2.7:52100 PutClass root\cimv2 New AccessDenied: lacks FullWrite in namespace root\cimv2`,
		`denial nobody-eve@192.0.2.7:52100 ExecMethod root\cimv2 __SystemSecurity=@ AccessDenied: GetSD lacks MethodExecute in namespace root\cimv2`,
		`denial nobody-eve@192.0.2.7:52100 ConnectServer root  AccessDenied: lacks Enable, RemoteEnable in namespace root`,
		`security owner SetSecurityDescriptor root\cimv2 root\cimv2 NoErr`,
		`denial nobody-eve@192.0.2.7:52100 GetObject root\cimv2 B.Id="2" AccessDenied: lacks Enable, RemoteEnable in namespace root\cimv2`,
		`denial nobody-eve@192.0.2.7:52100 ExecQuery root\cimv2  AccessDenied: lacks Enable, RemoteEnable in namespace root\cimv2`,
	)
	if id == "" || strings.Count(text.String(), "id="+id) != 1 {
		t.Errorf("the log does not have the number %s once:\n%s", id, text.String())
	}
}

// system-classes.md 8.5, async-and-security.md 8.8: entries of the SACL have
// decisions recorded, granted ones and refused ones, also what is inherited.
func TestAuditOfAccess(t *testing.T) {
	log := &trail{}
	m, err := cimom.OpenMemory(cimom.Options{Server: "HERE", Audit: log})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	secure(t, m, "root", "O:BAG:BAD:(A;CI;CC;;;WD)S:(AU;CIFA;LCSW;;;AU)(AU;SA;CC;;;AN)(AU;CIIOSA;CC;;;WD)")
	log.take()
	l := &lab{T: t, m: m, Services: connectAs(t, m, amy, "root")}
	log.wants(t, "granted to another one than it is for")
	_ = l.tryPutClass("New")
	log.mu.Lock()
	if r := log.records; len(r) != 2 || r[0].ID == 0 || r[0].ID != r[1].ID {
		t.Errorf("they are not of one operation: %+v", r)
	}
	log.mu.Unlock()
	log.wants(t, "refused",
		`access `+amy.Name+` AccessCheck root  AccessDenied: FullWrite`,
		`denial `+amy.Name+` PutClass root New AccessDenied: lacks FullWrite in namespace root`,
	)
	_ = connectAs(t, m, amy, `root\cimv2`)
	_ = connectAs(t, m, nil, `root\cimv2`)
	log.wants(t, "granted below",
		`access `+amy.Name+` AccessCheck root\cimv2  NoErr: Enable`,
		`access owner AccessCheck root\cimv2  NoErr: Enable`,
	)
	// What is no audit entry has no place there.
	for _, sddl := range []string{"O:BAG:BAD:S:(A;;CC;;;WD)", "O:BAG:BAD:S:(AU;SA;0x100;;;WD)", "O:BAG:BAD:S:(AU;SAIO;CC;;;WD)", "O:BAG:BAD:S:(AL;SA;CC;;;WD)", "O:BAG:BAD:(A;SA;CC;;;WD)"} {
		wantStatus(t, sddl, setSDDL(t, connectAs(t, m, nil, "root"), sddl), wbem.InvalidParameter)
	}
}

// Users of the store: descriptors name them and their groups, and nobody else is
// taken for them.
func TestStoreUsers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	users, err := auth.Open(dir, auth.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, groups := range map[string][]string{"nobody-alice": {"operators"}, "nobody-bob": nil, "nobody-root": {"Administrators"}} {
		if _, err := users.Add(auth.NewUser{Name: name, Password: "correct horse", Groups: groups}); err != nil {
			t.Fatal(err)
		}
	}
	log := &trail{}
	m, err := cimom.Open(dir, cimom.Options{Server: "HERE", Audit: log})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	logon := func(name string) *wbem.Identity {
		t.Helper()
		id, err := m.Users().Verify(t.Context(), auth.Logon{Name: name, Password: "correct horse", Peer: "192.0.2.1:9", Level: 6})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	owner := connectAs(t, m, nil, `root\cimv2`)
	manager := owner.(wbem.SecurityManager)
	if err := manager.SetSecurity(t.Context(), `O:BAG:BAD:(A;;0x29;;;operators)(A;;0x21;;;openwmi\Nobody-Bob)`); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, "an unknown name", manager.SetSecurity(t.Context(), "O:BAG:BAD:(A;;0x21;;;nobody-carol)"), wbem.InvalidParameter)
	s, err := manager.Security(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "names", []string{s.Entries[0].Who, s.Entries[1].Who}, []string{`openwmi\operators`, `openwmi\nobody-bob`})
	rights := func(who *wbem.Identity) any {
		t.Helper()
		s, err := m.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{Identity: who})
		if err != nil {
			return cim.StatusOf(err).Name()
		}
		r, err := s.(wbem.SecurityManager).CallerRights(t.Context())
		if err != nil {
			t.Error(err)
		}
		return fmt.Sprintf("0x%X", r)
	}
	alice := logon("nobody-alice")
	equal(t, "by group", rights(alice), any("0x29"))
	equal(t, "by name", rights(logon(`OPENWMI\nobody-bob`)), any("0x21"))
	equal(t, "administrator", rights(logon("nobody-root")), any("0x6003F"))
	for what, id := range map[string]wbem.Identity{
		"of the system":      {Name: "nobody-alice", Groups: []string{"operators"}, Level: 6},
		"of another domain":  {Name: `LAB\nobody-alice`, Level: 6},
		"called like it":     {Name: `openwmi\nobody-alice`, Groups: []string{`openwmi\operators`, `BUILTIN\Administrators`}, Level: 6},
		"of another store":   {Name: `openwmi\nobody-carol`, Authority: wbem.StoreAuthority, Level: 6},
		"without the domain": {Name: "", Level: 6},
	} {
		if got := rights(&id); got != no {
			t.Errorf("somebody %s has the rights %v", what, got)
		}
	}

	e, err := manager.ExplainAccess(t.Context(), &wbem.Identity{Name: "nobody-bob", Remote: true, Level: 6})
	if err != nil || e.Refused != "" || !e.Rights[0].Granted {
		t.Errorf("%+v, %v", e, err)
	}

	// Who calls is known to the log; whoever loses its account loses its session.
	session := connectAs(t, m, alice, `root\cimv2`)
	log.take()
	u := &lab{T: t, m: m, Services: session}
	equal(t, "as alice", u.tryPutClass("New"), no)
	log.wants(t, "as alice", `denial openwmi\nobody-alice@192.0.2.1:9 PutClass root\cimv2 New AccessDenied: lacks FullWrite in namespace root\cimv2`)
	if err := m.Users().Set("nobody-alice", auth.Change{Disable: true}); err != nil {
		t.Fatal(err)
	}
	_, err = session.GetClass(t.Context(), "__Event", wbem.Options{})
	wantStatus(t, "disabled, open session", err, wbem.AccessDenied)
	equal(t, "disabled", rights(alice), any(no))
	if err := m.Users().Set("nobody-alice", auth.Change{Enable: true, Leave: []string{"operators"}}); err != nil {
		t.Fatal(err)
	}
	_, err = session.GetClass(t.Context(), "__Event", wbem.Options{})
	wantStatus(t, "another one than before", err, wbem.AccessDenied)
	equal(t, "without the group", rights(alice), any(no))
	if err := m.Users().Delete("nobody-alice"); err != nil {
		t.Fatal(err)
	}
	equal(t, "deleted", rights(alice), any(no))
}

// A permanent subscription of a user of the store has the rights that its groups
// have at the time of the event, and none when the user is disabled or gone.
func TestSubscriptionOfStoreUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t, filepath.Join(t.TempDir(), "store"), map[string]any{})
		defer s.close()
		users := s.m.Users()
		for name, groups := range map[string][]string{"nobody-kim": {"watchers"}, "nobody-lee": {"watchers"}} {
			if _, err := users.Add(auth.NewUser{Name: name, Password: "correct horse", Groups: groups}); err != nil {
				t.Fatal(err)
			}
		}
		kim, err := users.Verify(t.Context(), auth.Logon{Name: "nobody-kim", Password: "correct horse"})
		if err != nil {
			t.Fatal(err)
		}
		s.compile(kim, filterMOF("f", newItems)+postedMOF("p")+bindMOF("f", `Posted.Name="p"`))
		secure(t, s.m, "root", nobody)
		cimv2 := s.connect(administrator, `root\cimv2`).(wbem.SecurityManager)
		if err := cimv2.SetSecurity(t.Context(), "O:BAG:BAD:(A;;CC;;;watchers)"); err != nil {
			t.Fatal(err)
		}
		change := func(c auth.Change) {
			t.Helper()
			if err := users.Set("nobody-kim", c); err != nil {
				t.Fatal(err)
			}
		}
		s.put(administrator, "1")
		s.wants(`p root\cimv2 __InstanceCreationEvent TargetInstance={Item Id=1}`)
		change(auth.Change{Leave: []string{"watchers"}})
		s.put(administrator, "2")
		s.wants()
		change(auth.Change{Join: []string{"watchers"}})
		s.put(administrator, "3")
		s.wants(`p root\cimv2 __InstanceCreationEvent TargetInstance={Item Id=3}`)
		change(auth.Change{Disable: true})
		s.put(administrator, "4")
		s.wants()
		if err := users.Delete("nobody-kim"); err != nil {
			t.Fatal(err)
		}
		s.put(administrator, "5")
		s.wants()
	})
}
