package sandbox_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"openwmi/script/sandbox"
	"openwmi/script/vbscript"
)

func number(err error) int32 {
	if e, ok := errors.AsType[*vbscript.Error](err); ok {
		return e.Number
	}
	return 0
}

func newSandbox(t *testing.T, o sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	s, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPaths(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("paths are what they are on Windows")
	}
	s := newSandbox(t, sandbox.Options{
		Drives: map[string]string{"c": "/", "D": "/data", "E": "/data/e/"}, Dir: "/data/in", Temp: "/tmp",
	})
	for _, test := range []struct{ path, abs, native string }{
		{"x", `D:\in\x`, "/data/in/x"},
		{`.\x\`, `D:\in\x`, "/data/in/x"},
		{`..\x`, `D:\x`, "/data/x"},
		{`\x`, `D:\x`, "/data/x"},
		{"/x/y", `D:\x\y`, "/data/x/y"},
		{`C:\x`, `C:\x`, "/x"},
		{`c:x`, `c:\x`, "/x"},
		{`d:x`, `D:\in\x`, "/data/in/x"},
		{`C:\..\..`, `C:\`, "/"},
		{`\\?\C:\x`, `C:\x`, "/x"},
		{`e:\x`, `e:\x`, "/data/e/x"},
		{`Q:\x`, `Q:\x`, ""},
		{`\\server\share\x`, `\\server\share\x`, ""},
		{"//server/share", `\\server\share`, ""},
		{"", `D:\in`, "/data/in"},
	} {
		abs, err := s.Abs(test.path)
		if err != nil || abs != test.abs {
			t.Errorf("Abs(%q) = %q, %v, want %q", test.path, abs, err, test.abs)
		}
		native, err := s.Native(test.path)
		if native != test.native || (err != nil) != (test.native == "") || err != nil && number(err) != 76 {
			t.Errorf("Native(%q) = %q, %v, want %q", test.path, native, err, test.native)
		}
	}
	for _, name := range []string{"a\x00b", strings.Repeat(`a\`, 1<<14)} {
		if _, err := s.Abs(name); number(err) != 52 {
			t.Errorf("%.20q: %v", name, err)
		}
	}
	for native, want := range map[string]string{
		"/x/y": `C:\x\y`, "/data": `D:\`, "/data/e/x": `E:\x`, "/data/.x": `D:\.x`, "/database": `C:\database`, "/": `C:\`,
	} {
		if got := s.Path(native); got != want {
			t.Errorf("Path(%q) = %q, want %q", native, got, want)
		}
	}
	if got := s.Temp() + s.Dir() + s.System() + strings.Join(s.Letters(), ""); got != `C:\tmpD:\inC:\WindowsCDE` {
		t.Error(got)
	}
	if err := s.SetDir(`C:\x`); err != nil || s.Dir() != `C:\x` {
		t.Error(s.Dir(), err)
	}
	if err := s.SetDir(`Q:\x`); number(err) != 76 || s.Dir() != `C:\x` {
		t.Error(s.Dir(), err)
	}
}

func TestOptions(t *testing.T) {
	for _, drives := range []map[string]string{{"CC": "/"}, {"": "/"}, {"1": "/"}, {"C": "relative"}} {
		if _, err := sandbox.New(sandbox.Options{Drives: drives}); err == nil {
			t.Errorf("drives %v", drives)
		}
	}
	// It would be the current directory.
	if _, err := sandbox.New(sandbox.Options{Policy: sandbox.Policy{Read: []string{""}}}); err == nil {
		t.Error("an empty path is allowed")
	}
}

func TestCheck(t *testing.T) {
	s := newSandbox(t, sandbox.Options{})
	for err, want := range map[error]string{
		s.CheckRun("WScript.Shell", "ls"):   `Permission denied: WScript.Shell may not run "ls" without --allow-run`,
		s.CheckEnv("WScript.Shell", "HOME"): `Permission denied: WScript.Shell may not read the environment variable "HOME" without --allow-env`,
	} {
		if e, ok := errors.AsType[*vbscript.Error](err); !ok || e.Number != 70 || e.Description != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	s = newSandbox(t, sandbox.Options{Policy: sandbox.Policy{Run: true, Env: true}})
	if err := errors.Join(s.CheckRun("x", "ls"), s.CheckEnv("x", "HOME")); err != nil {
		t.Error(err)
	}
}

func TestCase(t *testing.T) {
	dir, s := folder(t, "in")
	for path, want := range map[string]bool{`IN\SUB\F`: true, `in\Sub\f`: true, `in\sub\g`: false} {
		p, err := s.Readable("test", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Info(); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
		p.Close()
	}
	// The name as written comes first.
	if err := os.WriteFile(filepath.Join(dir, "in", "F"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "in")); err != nil || len(entries) != 3 {
		t.Skip("the file system itself has no case:", err)
	}
	p, err := s.Readable("test", `in\f`)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if filepath.Base(p.Native()) != "f" {
		t.Error(p.Native())
	}
	// In a large folder names are what they are.
	for i := range 1001 {
		if err := os.WriteFile(filepath.Join(dir, "in", "sub", fmt.Sprint("n", i)), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		p, err := s.Readable("test", `in\sub\N1`)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Info(); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
		p.Close()
	}
}

// A folder of the policy is the one that is named so, even if one with another case is
// there and it is not.
func TestPolicyCase(t *testing.T) {
	dir, _ := folder(t, "in")
	s := newSandbox(t, sandbox.Options{Policy: sandbox.Policy{Read: []string{filepath.Join(dir, "OUT")}}, Dir: dir})
	if _, err := os.Stat(filepath.Join(dir, "OUT")); err == nil {
		t.Skip("the file system itself has no case")
	}
	for _, path := range []string{"out/f", "OUT/f"} {
		if _, err := s.Readable("test", path); number(err) != 70 {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// folder makes a folder with what it may use and a secret beside it, and the sandbox.
func folder(t *testing.T, allowed string) (string, *sandbox.Sandbox) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need a privilege on Windows")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err == nil {
		err = errors.Join(os.MkdirAll(filepath.Join(dir, "in", "sub"), 0o777), os.Mkdir(filepath.Join(dir, "out"), 0o777))
	}
	for _, name := range []string{"in/f", "in/sub/f", "out/f", "f"} {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(name), 0o666)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	list := []string{filepath.Join(dir, allowed)}
	return dir, newSandbox(t, sandbox.Options{
		Policy: sandbox.Policy{Read: list, Write: list}, Drives: map[string]string{"C": dir}, Dir: dir,
	})
}

// What changes between the judgement and the use leads nowhere.
func TestSwap(t *testing.T) {
	dir, s := folder(t, "in")
	in := func(name string) string { return filepath.Join(dir, "in", name) }
	swap := func(name, target string) {
		t.Helper()
		if err := errors.Join(os.RemoveAll(in(name)), os.Symlink(target, in(name))); err != nil {
			t.Fatal(err)
		}
	}
	get := func(path string) *sandbox.Place {
		t.Helper()
		p, err := s.Writable("test", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
		return p
	}
	file, below, made := get(`in\f`), get(`in\sub\f`), get(`in\sub\new`)
	moved, err := s.Movable("test", `in\sub\f`)
	if err != nil {
		t.Fatal(err)
	}
	defer moved.Close()
	swap("f", "../out/f")
	swap("sub", "../out")
	for name, err := range map[string]error{
		"open":       second(file.Open(os.O_RDONLY, 0)),
		"truncate":   second(file.Open(os.O_WRONLY|os.O_TRUNC, 0)),
		"open below": second(below.Open(os.O_RDONLY, 0)),
		"create":     second(made.Open(os.O_WRONLY|os.O_CREATE, 0o666)),
		"mkdir":      made.Mkdir(0o777),
		"remove":     below.Remove(),
		"remove all": below.RemoveAll(),
		"chmod":      below.Chmod(0),
		"info":       second(below.Info()),
		"rename":     moved.Rename(made),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "out", "f")); err != nil || string(b) != "out/f" {
		t.Errorf("it was changed: %q, %v", b, err)
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "out")); err != nil || len(entries) != 1 {
		t.Errorf("it has %v, %v", entries, err)
	}
}

func second[T any](_ T, err error) error { return err }

// A file that is allowed alone does not become its neighbour.
func TestSwapSingle(t *testing.T) {
	dir, s := folder(t, "f")
	p, err := s.Writable("test", "f")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	name := filepath.Join(dir, "f")
	if err := errors.Join(os.Remove(name), os.WriteFile(filepath.Join(dir, "g"), []byte("g"), 0o666), os.Symlink("g", name)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Open(os.O_WRONLY|os.O_TRUNC, 0); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "g")); string(b) != "g" {
		t.Errorf("the neighbour has %q", b)
	}
	if _, err := s.Readable("test", "f"); number(err) != 70 {
		t.Error(err)
	}
}

// The allowed folder itself is not replaced by a link.
func TestSwapRoot(t *testing.T) {
	dir, s := folder(t, "in")
	in := filepath.Join(dir, "in")
	if err := errors.Join(os.Rename(in, in+"2"), os.Symlink("out", in)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Readable("test", `in\f`); number(err) != 70 {
		t.Error(err)
	}
}

// While a link changes as fast as it can, nothing but what is allowed is read.
func TestRace(t *testing.T) {
	dir, s := folder(t, "in")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		link, next := filepath.Join(dir, "in", "link"), filepath.Join(dir, "in", "next")
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			_ = os.Symlink([]string{"sub", "../out"}[i%2], next)
			_ = os.Rename(next, link)
		}
	})
	seen := 0
	for n := 0; n < 3000 || seen == 0; n++ {
		p, err := s.Readable("test", `in\link\f`)
		if err != nil {
			continue
		}
		if f, err := p.Open(os.O_RDONLY, 0); err == nil {
			b, _ := io.ReadAll(f)
			_ = f.Close()
			if seen++; string(b) != "in/sub/f" {
				t.Errorf("read %q", b)
			}
		}
		p.Close()
	}
	close(stop)
	wg.Wait()
}

func TestPlace(t *testing.T) {
	_, s := folder(t, "in")
	p, err := s.Writable("test", "in")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, err := range []error{p.Remove(), p.RemoveAll(), p.Rename(p)} {
		if !errors.Is(err, fs.ErrPermission) {
			t.Error("the folder itself:", err)
		}
	}
	if entries, err := p.Entries(); err != nil || len(entries) != 2 || entries[0].Name() != "f" {
		t.Error(entries, err)
	}
	if _, err := p.Open(os.O_RDONLY, 0); !errors.Is(err, syscall.EISDIR) {
		t.Error(err)
	}
	f, err := s.Readable("test", `IN\F`)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Entries(); !errors.Is(err, syscall.ENOTDIR) {
		t.Error(err)
	}
	if !f.Within(p) || p.Within(f) || !f.InFolder() {
		t.Error("where is it?")
	}
	times, err := f.Times()
	if err != nil || times.Created.IsZero() || times.Accessed.IsZero() || times.Modified.IsZero() {
		t.Error(times, err)
	}
	x, err := s.Writable("test", `in\sub\x\y`)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if _, err := x.Info(); x.InFolder() || !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func FuzzPaths(f *testing.F) {
	for _, p := range []string{`in\f`, `in\..\out\f`, `C:/in//./f`, `\\?\C:\in\..\..\f`, `c:in\..`, "//in/f", `in\link\..\..\out\f`} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, path string) {
		dir, s := folder(t, "in")
		if err := os.Symlink("../out", filepath.Join(dir, "in", "link")); err != nil {
			t.Fatal(err)
		}
		p, err := s.Readable("test", path)
		if err != nil {
			if number(err) == 0 && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) && !errors.Is(err, syscall.ENAMETOOLONG) {
				t.Errorf("%q: %v", path, err)
			}
			return
		}
		defer p.Close()
		if rel, err := filepath.Rel(filepath.Join(dir, "in"), p.Native()); err != nil || !filepath.IsLocal(rel) {
			t.Errorf("%q leads to %q", path, p.Native())
		}
		// The judged path means itself.
		if abs, err := s.Abs(path); err != nil {
			t.Error(err)
		} else if again, err := s.Abs(abs); err != nil || again != abs {
			t.Errorf("%q becomes %q, and then %q, %v", path, abs, again, err)
		}
	})
}
