package compile_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"openwmi/internal/source"
	"openwmi/mof"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

func TestRecovery(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	r := &compile.Recovery{Dir: filepath.Join(dir, "state")}
	write("sub/a.mof", "class A {};")
	b := write("b.mof", "#pragma autorecover\n#include (\"sub/a.mof\") class B : A { string ä; };")
	c := write("c.mof", "class C : B {};")
	bad := write("bad.mof", "#pragma autorecover\nclass D : None {};")

	m := openMemory(t)
	run := func(o compile.Options, names ...string) error {
		o.Recovery = r
		p, err := compile.Parse(ctx, o, names...)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Store(ctx, m)
		return err
	}
	if files, err := r.Files(); err != nil || len(files) != 0 {
		t.Fatalf("%v, %v before anything is there", files, err)
	}
	for range 2 { // the second time changes nothing
		if err := run(compile.Options{}, b, c); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(compile.Options{}, bad); err == nil {
		t.Fatal("no error")
	}
	if err := run(compile.Options{Autorecover: true}, c); err != nil {
		t.Fatal(err)
	}
	files, err := r.Files()
	if err != nil || len(files) != 2 || files[0].Original != b || files[1].Original != c {
		t.Fatalf("%v, %v, want %s and %s", files, err, b, c)
	}

	// The copies alone rebuild an empty store.
	os.RemoveAll(filepath.Join(dir, "sub"))
	m = openMemory(t)
	for _, f := range files {
		p, err := compile.Parse(ctx, compile.Options{}, f.Copy)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Store(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	if getClass(t, m, `root\default`, "C").Property("ä") == nil {
		t.Error("class C has lost what it inherits")
	}

	write("state/autorecover.list", "../../etc/x /etc/x\n")
	if files, err := r.Files(); err == nil {
		t.Errorf("%v from a list that names other places", files)
	}
}

func TestConsole(t *testing.T) {
	for _, tt := range []struct {
		text, want string // a regular expression
		exit       int
	}{
		{"class X {\n  uint32 x\n};\nclass Y { uint33 };", `^x\.mof \(3\): error SYNTAX 0x80044002: expected .+
x\.mof \(4\): error SYNTAX 0x8004400C: expected .+
Compiler returned error 0x80044002
$`, 3},
		{"class X {};\n\nclass Y :\nNone {};", `^An error occurred while processing item 2 defined on lines 3 - 4 in file x\.mof:
  Error number: 0x8004100D, facility: WMI
  Description: .*None.*
Compiler returned error 0x8004100D
$`, 1},
	} {
		_, err := store(openMemory(t), compile.Options{}, tt.text)
		var e *compile.Error
		if !errors.As(err, &e) {
			t.Fatalf("%v is no *compile.Error", err)
		}
		var b strings.Builder
		if err := e.WriteConsole(&b); err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(tt.want).MatchString(b.String()) || compile.ExitStatus(err) != tt.exit {
			t.Errorf("exit status %d, want %d\n%s\nwant\n%s", compile.ExitStatus(err), tt.exit, b.String(), tt.want)
		}
	}
	if compile.ExitStatus(nil) != 0 || compile.ExitStatus(errors.New("other")) != 1 {
		t.Error("exit status")
	}
}

// TestCheck looks for what files show by themselves. mof.md#48: nothing is asked
// and nothing stored.
func TestCheck(t *testing.T) {
	const base = `class A { [key] string k; uint8 n; };`
	for _, tt := range []struct {
		id   string
		text string
		want []wbem.Status
	}{
		{"good", base + `class B : A { string s; }; instance of B { k = "1"; n = 2; };`, nil},
		{"what is not here may be elsewhere", `class D : NotThere { [key] string k; }; instance of Unknown { x = 1; };
			class E : D { [key] uint8 n; };`, nil},
		{"several", base + `instance of A { k = "1"; n = 256; }; class B : A { uint8 k; }; instance of A { z = 1; };`,
			[]wbem.Status{0x80044007, wbem.UpdateTypeMismatch, wbem.InvalidProperty}},
		{"name", `class __X {};`, []wbem.Status{wbem.InvalidOperation}},
		{"terminal", `[Terminal] class T {}; class U : T {};`, []wbem.Status{wbem.InvalidSuperclass}},
		{"datetime", `class A { datetime d = "today"; };`, []wbem.Status{0x80044015}},
		{"alias", base + `instance of A { k = "1"; n = 1; }; class L { A ref a = $none; };`, []wbem.Status{wbem.NotFound}},
		{"no key", `class A { string s; }; instance of A {};`, []wbem.Status{wbem.NoKey}},
		{"abstract", `[Abstract] class A { [key] string s; }; instance of A { s = "1"; };`, []wbem.Status{wbem.InvalidOperation}},
		{"key without a value", base + `class B { [key] uint8 n; }; instance of A {}; instance of B {};`, []wbem.Status{wbem.IllegalNull}},
		{"alias of what is not here", `class L { [key] object ref k; }; instance of L as $l {k=$x;}; instance of L {k=$l;}; instance of Unknown as $x {n=1;};`, nil},
		{"circular aliases", `class L { [key] object ref k; }; instance of L as $a {k=$b;}; instance of L as $b {k=$a;};`,
			[]wbem.Status{wbem.CircularReference, wbem.CircularReference}},
		{"path", `#pragma deleteinstance("A.", fail)`, []wbem.Status{wbem.InvalidObjectPath}},
	} {
		t.Run(tt.id, func(t *testing.T) {
			p, err := compile.ParseText(ctx, compile.Options{}, "x.mof", []byte(tt.text))
			if err == nil {
				err = p.Check()
			}
			var e *compile.Error
			if len(tt.want) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.As(err, &e) || e.Phase != compile.Parsing || compile.ExitStatus(err) != 3 {
				t.Fatalf("%v, want %v", err, tt.want)
			}
			var list *source.List
			if !errors.As(err, &list) || list.Errors() != len(tt.want) {
				t.Fatalf("%v, want %v", err, tt.want)
			}
			for _, s := range tt.want {
				found := false
				for _, d := range list.All() {
					found = found || wbem.Status(d.Code) == s
				}
				if !found {
					t.Errorf("%v, want %v", err, s)
				}
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	p, err := compile.ParseText(ctx, compile.Options{Dialect: mof.WMI}, "x.mof", []byte(`class A {};`))
	if err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := p.Store(cancelled, openMemory(t)); !errors.Is(err, wbem.CallCancelled) {
		t.Errorf("%v, want CallCancelled", err)
	}
	if _, err := compile.Parse(cancelled, compile.Options{ReadFile: files{"x.mof": ""}.read}, "x.mof"); !errors.Is(err, wbem.CallCancelled) {
		t.Errorf("%v, want CallCancelled", err)
	}
}
