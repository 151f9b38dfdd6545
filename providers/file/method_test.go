//go:build linux

package file_test

import (
	"errors"
	"os"
	"testing"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/file"
	"openwmi/wbem"
)

func exec(t *testing.T, svc wbem.Services, path, method string, params map[string]cim.Value) cim.Value {
	t.Helper()
	p := cim.MustParsePath(path)
	class, err := svc.GetClass(t.Context(), p.Class, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var in *cim.Instance
	if sig := class.Method(method).Signature(false); sig != nil {
		in = cim.NewInstance(sig)
		for name, v := range params {
			if err := in.Set(name, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	out, err := svc.ExecMethod(t.Context(), p, method, in, wbem.Options{})
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	v, _ := out.Get("ReturnValue")
	return v
}

func dataFile(name string) string  { return `CIM_DataFile.Name="` + name + `"` }
func directory(name string) string { return `Win32_Directory.Name="` + name + `"` }

func to(name string) map[string]cim.Value {
	return map[string]cim.Value{"FileName": cim.StringValue(name)}
}

func TestMethods(t *testing.T) {
	f := newFixture(t, map[string]string{
		"a/f": "content", "a/g": "other", "a/link": "->f", "d/x": "", "empty/x": "", "aside": "->a", "proc/x": "",
	})
	if err := os.Remove(f.path(t, "empty/x")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(f.path(t, "a/f"), os.ModeSetuid|0o640); err != nil {
		t.Fatal(err)
	}
	o := f.Options
	o.Control = func(r *provider.Request, method string) error {
		if method == "Copy" || method == "Rename" || method == "Delete" {
			return nil
		}
		return errors.New("what is that")
	}
	svc := open(t, o)
	for _, c := range []struct {
		path, method string
		params       map[string]cim.Value
		want         uint64
	}{
		{dataFile("/a/f"), "Copy", to("/a/copy"), 0},
		{dataFile("/a/f"), "Copy", to("/a/g"), 10},
		{dataFile("/a/f"), "Copy", to("/a/link"), 10},
		{dataFile("/a/f"), "Copy", to("/a"), 10},
		{dataFile("/a/f"), "Copy", to("/none/x"), 21},
		{dataFile("/a/f"), "Copy", to("/aside/x"), 21},
		{dataFile("/a/f"), "Copy", to("/proc/y"), 21},
		{dataFile("/a/f"), "Copy", to("copy"), 21},
		{dataFile("/a/f"), "Copy", to(`C:\copy`), 21},
		{dataFile("/a/f"), "Copy", to("/a/../x"), 21},
		{dataFile("/a/f"), "Copy", to("/"), 21},
		{dataFile("/a/f"), "Copy", nil, 21},
		{dataFile("/a/link"), "Copy", to("/a/y"), 9},
		{dataFile("/a/copy"), "Rename", to("/d/moved"), 0},
		{dataFile("/d/moved"), "Rename", to("/a/g"), 10},
		{dataFile("/d/moved"), "Rename", to("/d"), 10},
		{directory("/d"), "Rename", to("/d/x/y"), 21},
		{directory("/d"), "Rename", to("/a/d"), 0},
		{directory("/a/d"), "Rename", to("/a/d/d"), 21},
		{directory("/a/d"), "Delete", nil, 14},
		{directory("/empty"), "Delete", nil, 0},
		{directory("/"), "Delete", nil, 15},
		{directory("/"), "Rename", to("/x"), 15},
		{dataFile("/a/link"), "Delete", nil, 0},
		{dataFile("/a/g"), "Delete", nil, 0},
		{dataFile("/a/f"), "Compress", nil, 11},
		{dataFile("/a/f"), "Uncompress", nil, 11},
	} {
		if got := exec(t, svc, c.path, c.method, c.params); got.Uint() != c.want {
			t.Errorf("%s %s %v: %v, want %d", c.method, c.path, c.params["FileName"], got, c.want)
		}
	}
	for name, want := range map[string]string{"a/f": "content", "a/d/moved": "content"} {
		if b, err := os.ReadFile(f.path(t, name)); err != nil || string(b) != want {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	if info, err := os.Stat(f.path(t, "a/d/moved")); err != nil || info.Mode() != 0o640 {
		t.Errorf("the copy has mode %v, %v", info.Mode(), err)
	}
	for _, name := range []string{"a/g", "a/link", "empty", "d"} {
		if _, err := os.Lstat(f.path(t, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	for rights, want := range map[uint32]bool{0: true, 1: true, 0x120089: true, 0x120089 | 0x40000: false} {
		got := exec(t, svc, dataFile("/a/f"), "GetEffectivePermission", map[string]cim.Value{"Permissions": cim.Uint32Value(rights)})
		if got.Bool() != want {
			t.Errorf("GetEffectivePermission(%#x) = %v", rights, got)
		}
	}
}

func TestMethodsDenied(t *testing.T) {
	f := newFixture(t, map[string]string{"a/f": "content", "a/d/x": ""})
	svc := open(t, f.Options)
	for _, method := range []string{"Delete", "Rename", "Copy"} {
		if got := exec(t, svc, dataFile("/a/f"), method, nil); got.Uint() != 2 {
			t.Errorf("%s: %v", method, got)
		}
	}
	if got := exec(t, svc, directory("/a/d"), "Delete", nil); got.Uint() != 2 {
		t.Errorf("Delete: %v", got)
	}
	_, err := svc.ExecMethod(t.Context(), cim.MustParsePath(directory("/a/d")), "Copy", nil, wbem.Options{})
	if s := cim.StatusOf(err); s != wbem.MethodNotImplemented {
		t.Errorf("Copy of a directory: %v", err)
	}
}

// A file does not move to another file system.
func TestOtherDrive(t *testing.T) {
	dir, err := os.MkdirTemp("/dev/shm", "openwmi")
	if err != nil {
		t.Skipf("this system has no second file system: %v", err)
	}
	defer os.RemoveAll(dir)
	from := t.TempDir()
	if err := os.WriteFile(from+"/f", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Rename(from+"/f", dir+"/same") == nil {
		t.Skip("the files of tests are on the second file system as well")
	}
	svc := open(t, file.Options{Control: func(*provider.Request, string) error { return nil }})
	if got := exec(t, svc, dataFile(from+"/f"), "Rename", to(dir+"/f")); got.Uint() != 13 {
		t.Errorf("Rename: %v", got)
	}
	if got := exec(t, svc, dataFile(from+"/f"), "Copy", to(dir+"/f")); got.Uint() != 0 {
		t.Errorf("Copy: %v", got)
	}
}
