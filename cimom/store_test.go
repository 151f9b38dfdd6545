package cimom_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/wbem"
)

// open opens the store in a directory for the time of the test.
func open(t *testing.T, dir string) *cimom.Manager {
	t.Helper()
	m, err := cimom.Open(dir, cimom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func connect(t *testing.T, m *cimom.Manager) wbem.Services {
	t.Helper()
	s, err := m.Connect(t.Context(), "", wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// putThing stores an instance of a class that it creates if need be.
func putThing(t *testing.T, s wbem.Services, id string) {
	t.Helper()
	decl := &cim.ClassDecl{Name: "Thing", Properties: []cim.PropertyDecl{
		{Name: "Id", Type: cim.TypeString, Qualifiers: cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}},
	}}
	if err := s.PutClass(t.Context(), decl, wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	c, err := s.GetClass(t.Context(), "Thing", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inst := cim.NewInstance(c)
	if err := inst.Set("Id", cim.StringValue(id)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutInstance(t.Context(), inst, wbem.Options{}); err != nil {
		t.Fatal(err)
	}
}

func things(t *testing.T, s wbem.Services) string {
	t.Helper()
	var ids []string
	for inst, err := range s.Instances(t.Context(), "Thing", wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		v, _ := inst.Get("Id")
		ids = append(ids, v.Text())
	}
	return strings.Join(ids, " ")
}

func verify(t *testing.T, m *cimom.Manager) {
	t.Helper()
	problems, err := m.Verify(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Object, p.What)
	}
}

// system-classes.md#19: a good copy is found to be good; here the copy is a
// backup, and what was written after it is gone when it is restored.
func TestBackupAndRestore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	backup := filepath.Join(t.TempDir(), "backup")
	m := open(t, dir)
	s := connect(t, m)
	putThing(t, s, "before")
	if err := m.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	putThing(t, s, "later")
	if _, err := cimom.Restore(t.Context(), backup, dir, nil); wbem.StatusOf(err) != wbem.BackupRestoreWinmgmtRunning {
		t.Errorf("restore over a store in use: %v", err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	old, err := cimom.Restore(t.Context(), backup, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	restored := open(t, dir)
	if got := things(t, connect(t, restored)); got != "before" {
		t.Errorf("restored: %q", got)
	}
	verify(t, restored)
	if got := things(t, connect(t, open(t, old))); got != "before later" {
		t.Errorf("moved aside: %q", got)
	}
}

func TestRestoreOfDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	m := open(t, dir)
	putThing(t, connect(t, m), "kept")
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	for name, prepare := range map[string]func(backup string){
		"missing": func(string) {},
		"a file":  func(b string) { must(t, os.WriteFile(b, []byte("x"), 0o600)) },
		"an empty directory with junk": func(b string) {
			must(t, os.Mkdir(b, 0o700))
			must(t, os.WriteFile(filepath.Join(b, "CURRENT"), []byte("junk"), 0o600))
			must(t, os.WriteFile(filepath.Join(b, "marker.manifest.000001.MANIFEST-000001"), nil, 0o600))
		},
	} {
		backup := filepath.Join(t.TempDir(), "backup")
		prepare(backup)
		if _, err := cimom.Restore(t.Context(), backup, dir, nil); err == nil {
			t.Errorf("%s: restored", name)
		}
		if _, err := os.Stat(dir + ".restoring"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: left something behind: %v", name, err)
		}
	}
	if _, err := cimom.Restore(t.Context(), filepath.Dir(dir), dir, nil); !errors.Is(err, wbem.InvalidParameter) {
		t.Errorf("restore of what contains the store: %v", err)
	}
	if got := things(t, connect(t, open(t, dir))); got != "kept" {
		t.Errorf("after restores that failed: %q", got)
	}
}

// TestRestoreElsewhere restores a backup that was made under another name of the
// computer and has references with that name as keys.
func TestRestoreElsewhere(t *testing.T) {
	dir := t.TempDir()
	backup := filepath.Join(dir, "backup")
	put := func(server string, m *cimom.Manager, flags wbem.Flags) error {
		s := connect(t, m)
		decl := &cim.ClassDecl{Name: "Link", Properties: []cim.PropertyDecl{
			{Name: "To", Type: cim.TypeReference, Qualifiers: cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}},
		}}
		must(t, s.PutClass(t.Context(), decl, wbem.Options{}))
		c, err := s.GetClass(t.Context(), "Link", wbem.Options{})
		must(t, err)
		inst := cim.NewInstance(c)
		must(t, inst.Set("To", cim.ReferenceValue(`\\`+server+`\root\cimv2:Thing.Id="1"`)))
		_, err = s.PutInstance(t.Context(), inst, wbem.Options{Flags: flags})
		return err
	}
	m, err := cimom.Open(filepath.Join(dir, "old"), cimom.Options{Server: "ALPHA"})
	must(t, err)
	must(t, put("ALPHA", m, 0))
	must(t, m.Backup(t.Context(), backup))
	must(t, m.Close())
	if old, err := cimom.Restore(t.Context(), backup, filepath.Join(dir, "new"), nil); err != nil || old != "" {
		t.Fatalf("restored, old store %q: %v", old, err)
	}
	m, err = cimom.Open(filepath.Join(dir, "new"), cimom.Options{Server: "BETA"})
	must(t, err)
	for _, server := range []string{"ALPHA", "BETA"} {
		if err := put(server, m, wbem.CreateOnly); wbem.StatusOf(err) != wbem.AlreadyExists {
			t.Errorf("put with the name %s: %v", server, err)
		}
	}
	verify(t, m)
	must(t, m.Close())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTwoOwners(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	open(t, dir)
	_, err := cimom.Open(dir, cimom.Options{})
	if wbem.StatusOf(err) != wbem.BackupRestoreWinmgmtRunning || !strings.Contains(err.Error(), dir) {
		t.Errorf("second opener: %v", err)
	}
}

func TestNoStore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, []byte("x"), 0o600))
	for _, path := range []string{file, filepath.Dir(file)} {
		if _, err := cimom.Open(path, cimom.Options{}); !errors.Is(err, wbem.InvalidParameter) {
			t.Errorf("open %s: %v", path, err)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
		t.Errorf("something was written: %v, %v", entries, err)
	}
}

func TestClose(t *testing.T) {
	m := open(t, filepath.Join(t.TempDir(), "store"))
	s := connect(t, m)
	putThing(t, s, "1")
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	if _, err := s.GetClass(t.Context(), "Thing", wbem.Options{}); !errors.Is(err, wbem.ShuttingDown) {
		t.Errorf("get after close: %v", err)
	}
	if _, err := m.Connect(t.Context(), "", wbem.ConnectOptions{}); !errors.Is(err, wbem.ShuttingDown) {
		t.Errorf("connect after close: %v", err)
	}
}

func TestSession(t *testing.T) {
	m := open(t, filepath.Join(t.TempDir(), "store"))
	s := connect(t, m)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.GetClass(ctx, "__Event", wbem.Options{}); !errors.Is(err, wbem.CallCancelled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.GetClass(t.Context(), "__Event", wbem.Options{}); !errors.Is(err, wbem.InvalidOperation) {
		t.Errorf("closed: %v", err)
	}
	for name, o := range map[string]wbem.ConnectOptions{
		"user":      {User: "me"},
		"password":  {Password: "secret"},
		"authority": {Authority: "kerberos:me"},
	} {
		// async-and-security.md#32
		if _, err := m.Connect(t.Context(), "", o); !errors.Is(err, wbem.LocalCredentials) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := m.Connect(t.Context(), "", wbem.ConnectOptions{Flags: 1}); !errors.Is(err, wbem.InvalidParameter) {
		t.Errorf("flags: %v", err)
	}
	remote := wbem.ConnectOptions{Identity: &wbem.Identity{Name: "guest", Remote: true}}
	if _, err := m.Connect(t.Context(), "", remote); !errors.Is(err, wbem.AccessDenied) {
		t.Errorf("remote caller: %v", err)
	}
}

// Changes come in the order of commits, and only what is durable.
func TestSubscribe(t *testing.T) {
	m := open(t, filepath.Join(t.TempDir(), "store"))
	var got []string
	cancel := m.Subscribe(func(c cimom.Change) { got = append(got, c.Class().Name()) })
	s := connect(t, m)
	putThing(t, s, "1")
	putThing(t, s, "2")
	cancel()
	putThing(t, s, "3")
	if len(got) != 3 {
		t.Errorf("changes: %q", got)
	}
}
