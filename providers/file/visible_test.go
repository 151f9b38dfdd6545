//go:build linux

package file_test

import (
	"encoding/binary"
	"errors"
	"os"
	"os/user"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/file"
	"openwmi/wbem"
)

func self(t testing.TB) *wbem.Identity {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return &wbem.Identity{Name: u.Username, Level: 6}
}

// A reader asks a provider as somebody.
type reader struct {
	t       *testing.T
	p       *file.Provider
	classes map[string]*cim.Class
	who     *wbem.Identity
}

func newReader(t *testing.T, o file.Options, who *wbem.Identity) *reader {
	t.Helper()
	svc := open(t, o)
	r := &reader{t, file.New(o), map[string]*cim.Class{}, who}
	for _, name := range []string{"CIM_DataFile", "Win32_Directory", "CIM_DirectoryContainsFile"} {
		c, err := svc.GetClass(t.Context(), name, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r.classes[name] = c
	}
	return r
}

func (r *reader) get(class, name string) (*cim.Instance, error) {
	key := cim.NewInstance(r.classes[class])
	_ = key.Set("Name", cim.StringValue(name))
	return r.p.GetInstance(r.t.Context(), &provider.Request{Class: key.Class(), Caller: r.who}, key)
}

func (r *reader) list(class string, conditions ...provider.Condition) []string {
	r.t.Helper()
	var found []*cim.Instance
	q := &provider.Query{Conditions: conditions}
	for inst, err := range r.p.QueryInstances(r.t.Context(), &provider.Request{Class: r.classes[class], Caller: r.who}, q) {
		if err != nil {
			r.t.Fatal(err)
		}
		found = append(found, inst)
	}
	return names(found)
}

// Callers who are not whom this process runs as see what everyone sees.
func TestEveryone(t *testing.T) {
	f := newFixture(t, map[string]string{
		"open/f": "", "open/closed": "", "private/f": "", "drop/f": "", "drop/in/f": "", "nogroup/f": "", "guarded/f": "",
	})
	for name, mode := range map[string]os.FileMode{
		"open": 0o755, "open/f": 0o644, "open/closed": 0o600, "private": 0o700, "drop": 0o711, "drop/in": 0o755, "nogroup": 0o705, "guarded": 0o755,
	} {
		if err := os.Chmod(f.path(t, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	guarded := exclude(f.path(t, "guarded"), 12345) == nil
	all := []string{"/drop/f", "/drop/in/f", "/guarded/f", "/nogroup/f", "/open/closed", "/open/f", "/private/f"}
	everyone := []string{"/open/closed", "/open/f"}
	if !guarded {
		t.Log("this file system has no access control lists")
		everyone = append([]string{"/guarded/f"}, everyone...)
	}
	remote := self(t)
	remote.Remote = true
	stored := self(t)
	stored.Authority = wbem.StoreAuthority
	for _, c := range []struct {
		who *wbem.Identity
		own bool
	}{{self(t), true}, {remote, false}, {stored, false}, {&wbem.Identity{Name: "somebody", Level: 6}, false}, {&wbem.Identity{}, false}, {nil, false}} {
		r := newReader(t, f.Options, c.who)
		want := everyone
		if c.own {
			want = all
		}
		if got := r.list("CIM_DataFile"); !slices.Equal(got, want) {
			t.Errorf("%+v sees %q", c.who, got)
		}
		for _, name := range all {
			_, err := r.get("CIM_DataFile", name)
			switch named := strings.HasPrefix(name, "/drop/"); {
			case c.own || named || slices.Contains(everyone, name):
				if err != nil {
					t.Errorf("%+v: %s: %v", c.who, name, err)
				}
			case cim.StatusOf(err) != wbem.AccessDenied:
				t.Errorf("%+v: %s: %v", c.who, name, err)
			}
		}
		// Whether there is a file is not told either.
		if _, err := r.get("CIM_DataFile", "/private/none"); !c.own && cim.StatusOf(err) != wbem.AccessDenied {
			t.Errorf("%+v: no file: %v", c.who, err)
		}
		in := provider.Condition{Property: "Path", In: []cim.Value{cim.StringValue("/private/"), cim.StringValue("/drop/")}}
		if got := r.list("CIM_DataFile", in); len(got) != 0 != c.own {
			t.Errorf("%+v lists %q", c.who, got)
		}
		for name, want := range map[string]uint32{"/open/f": 0x120089, "/open/closed": 0} {
			inst, err := r.get("CIM_DataFile", name)
			if err != nil {
				t.Fatal(err)
			}
			if mask, _ := inst.Get("AccessMask"); !c.own && uint32(mask.Uint()) != want {
				t.Errorf("%+v: AccessMask of %s = %#x", c.who, name, mask.Uint())
			}
		}
	}
}

// exclude denies a directory to a user: an access control list as
// linux/posix_acl_xattr.h has it.
func exclude(name string, uid uint32) error {
	acl := binary.LittleEndian.AppendUint32(nil, 2) // version
	for _, e := range []struct {
		tag, perm uint16
		id        uint32
	}{{0x01, 7, 1<<32 - 1}, {0x02, 0, uid}, {0x04, 5, 1<<32 - 1}, {0x10, 5, 1<<32 - 1}, {0x20, 5, 1<<32 - 1}} {
		acl = binary.LittleEndian.AppendUint16(acl, e.tag)
		acl = binary.LittleEndian.AppendUint16(acl, e.perm)
		acl = binary.LittleEndian.AppendUint32(acl, e.id)
	}
	return unix.Setxattr(name, "system.posix_acl_access", acl, 0)
}

// Options.Visible is asked instead.
func TestVisible(t *testing.T) {
	f := newFixture(t, map[string]string{"a/f": "", "a/g": "", "b/f": ""})
	o := f.Options
	o.Visible = func(r *provider.Request, name string) error {
		if r.Caller.Name != "friend" || strings.HasPrefix(name, "/b") || name == "/a/g" {
			return errors.New("not for you")
		}
		return nil
	}
	r := newReader(t, o, &wbem.Identity{Name: "friend"})
	if got := r.list("CIM_DataFile"); !slices.Equal(got, []string{"/a/f"}) {
		t.Errorf("%q", got)
	}
	if _, err := r.get("CIM_DataFile", "/b/f"); cim.StatusOf(err) != wbem.AccessDenied || !strings.Contains(err.Error(), "not for you") {
		t.Errorf("/b/f: %v", err)
	}
	if got := newReader(t, o, self(t)).list("CIM_DataFile"); len(got) != 0 {
		t.Errorf("others see %q", got)
	}
}

// A directory that becomes a link to another one while it is looked through leads
// nowhere.
func TestSwappedLinks(t *testing.T) {
	f := newFixture(t, map[string]string{"pub/d/f": "", "secret/f": "secret", "pub/link": "->../secret"})
	if err := os.Chmod(f.path(t, "secret"), 0o700); err != nil {
		t.Fatal(err)
	}
	d, link := f.path(t, "pub/d"), f.path(t, "pub/link")
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				_ = unix.Renameat2(unix.AT_FDCWD, d, unix.AT_FDCWD, link, unix.RENAME_EXCHANGE)
			}
		}
	}()
	defer func() { close(stop); <-done }()
	r := newReader(t, f.Options, &wbem.Identity{Name: "somebody"})
	found := 0
	for range 2000 {
		inst, err := r.get("CIM_DataFile", "/pub/d/f")
		if err != nil {
			continue
		}
		found++
		if size, _ := inst.Get("FileSize"); size.Uint() != 0 {
			t.Fatal("a caller sees what is behind a link")
		}
	}
	t.Logf("found %d times", found)
}

// Which program a process runs is for its user, which nobody but the user of this
// process is sure to be.
func TestExecutableVisible(t *testing.T) {
	svc := open(t, file.Options{})
	class, err := svc.GetClass(t.Context(), "CIM_ProcessExecutable", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		o   file.Options
		who *wbem.Identity
		may bool
	}{
		{file.Options{}, self(t), true},
		{file.Options{}, &wbem.Identity{Name: "somebody"}, false},
		{file.Options{}, &wbem.Identity{Name: self(t).Name, Remote: true}, false},
		{file.Options{}, nil, false},
		{file.Options{Visible: func(*provider.Request, string) error { return nil }}, &wbem.Identity{Name: "somebody"}, true},
	} {
		found := 0
		for _, err := range file.New(test.o).Instances(t.Context(), &provider.Request{Class: class, Caller: test.who}) {
			if err != nil {
				t.Fatal(err)
			}
			found++
		}
		if found > 0 != test.may {
			t.Errorf("%v finds %d", test.who, found)
		}
	}
}
