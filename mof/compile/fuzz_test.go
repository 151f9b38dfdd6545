package compile_test

import (
	"errors"
	"testing"

	"openwmi/mof"
	"openwmi/mof/compile"
)

// FuzzCompile compiles any text, as far as that goes without a namespace.
func FuzzCompile(f *testing.F) {
	for _, text := range []string{
		master,
		dmtfDeclarations + `[Description("d"), Bits] class X { [Key, MaxLen(3)] string k[4]; uint8 M([In(false), Out] X ref a); };`,
		`class A { [key] A ref k; object o; }; instance of A as $a { k = $b; }; instance of A as $b { k = $a; o = instance of A { k = "x"; }; };`,
		`class A { [key] uint64 k = "0x10"; real32 r = 3.5; char16 c = 'x'; datetime d = "20240101010203.000000+060"; };`,
		nestedAliases(3) + `class L { [key] object ref k; };`,
		"#pragma namespace(\"\\\\\\\\.\\\\root\\\\x\")\n#pragma deleteclass(\"C\", nofail)\n#pragma classflags(\"createonly\")\n#pragma autorecover",
		`[a, b("x"): ToInstance ToSubclass, c{1, 3000000000}, d(1.5), e(NULL), ValueMap{1}] class X : Y { [key(FALSE)] X p = class Z { uint8 n; }; };`,
	} {
		f.Add([]byte(text), uint8(0))
		f.Add([]byte(text), uint8(1))
	}
	f.Fuzz(func(t *testing.T, text []byte, dialect uint8) {
		p, err := compile.ParseText(ctx, compile.Options{Dialect: mof.Dialect(dialect % 3), Server: "HOST"}, "x.mof", text)
		if err == nil {
			if _, _, err := p.Split("MS_409"); err != nil {
				wantError(t, err)
			}
			err = p.Check()
		}
		if err != nil {
			wantError(t, err)
		}
	})
}

func wantError(t *testing.T, err error) {
	var e *compile.Error
	if !errors.As(err, &e) || !e.Status().Failed() {
		t.Fatalf("%v (%T) is no *compile.Error with a status", err, err)
	}
}
