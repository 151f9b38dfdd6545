package scripting_test

import (
	"testing"

	"openwmi/scripting"
)

// FuzzDisplayName checks that what is read as a moniker is written as one that
// means the same.
func FuzzDisplayName(f *testing.F) {
	for _, seed := range []string{
		`winmgmts:`, `winmgmts:root`, `winmgmts:{impersonate,(Debug,!Shutdown)}[locale=ms_409]!//s/root/x:C.K="v\"",L=1`,
		`WinMgmts:{authenticationLevel=pkt,authority=kerberos:p}!C=@`, `winmgmts:{(}`, `winmgmts:{,}`, `winmgmts:{ }!a%20b`, `winmgmts:C="%41"`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := scripting.NewObjectPath()
		if p.SetDisplayName(text) != nil {
			return
		}
		q := scripting.NewObjectPath()
		name := p.DisplayName()
		if err := q.SetDisplayName(name); err != nil {
			t.Fatalf("%q became %q: %v", text, name, err)
		}
		if q.DisplayName() != name || q.Path() != p.Path() || q.Locale() != p.Locale() || q.Authority() != p.Authority() {
			t.Errorf("%q became %q, and that %q", text, name, q.DisplayName())
		}
	})
}

// FuzzObjectPath checks that a path is written as one that means the same, and
// that its keys survive being assigned.
func FuzzObjectPath(f *testing.F) {
	for _, seed := range []string{`C`, `C=@`, `//s/root:C.A=1,B="x",D=TRUE`, `root\x`, `C="x\\"`, `C.A=0x10`, `C.A=99999999999`, `\\s`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := scripting.NewObjectPath()
		if p.SetPath(text) != nil {
			return
		}
		q := scripting.NewObjectPath()
		if err := q.SetPath(p.Path()); err != nil && p.Path() != "" {
			t.Fatalf("%q became %q: %v", text, p.Path(), err)
		}
		if q.Path() != p.Path() || q.IsClass() != p.IsClass() || q.IsSingleton() != p.IsSingleton() {
			t.Fatalf("%q became %q, and that %q", text, p.Path(), q.Path())
		}
		for k := range p.Keys().All() {
			v, err := k.Value()
			if err != nil || k.Name() == "" {
				continue
			}
			if err := k.SetValue(v); err != nil {
				t.Errorf("%q: key %s: %v", text, k.Name(), err)
			}
		}
		if p.Keys().Count() != q.Keys().Count() {
			t.Errorf("%q became %q", text, p.Path())
		}
	})
}
