package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

// Files that rebuild a store change nothing that is there.
func TestMissingOnly(t *testing.T) {
	ctx := context.Background()
	m, err := cimom.OpenMemory(cimom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	compiled := func(store wbem.Locator, text string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "a.mof")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		program, err := compile.Parse(ctx, compile.Options{Dialect: mof.Auto}, file)
		if err == nil {
			_, err = program.Store(ctx, store)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	compiled(m, `
		Qualifier Note : string = "mine", Scope(class);
		class A { [key] uint32 Id; string Text; string More; };
		instance of A { Id = 1; Text = "mine"; };`)
	compiled(missingOnly{m}, `
		#pragma deleteclass("A", nofail)
		#pragma deleteinstance("A.Id=1", nofail)
		Qualifier Note : string = "theirs", Scope(class);
		Qualifier Other : string = "theirs", Scope(class);
		class A { [key] uint32 Id; string Text; };
		class B : A { };
		instance of A { Id = 1; Text = "theirs"; };
		instance of A { Id = 2; Text = "theirs"; };
		instance of B { Id = 3; };`)
	svc, err := m.Connect(ctx, `root\default`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"A.Id=1": "mine", "A.Id=2": "theirs", "B.Id=3": ""} {
		inst, err := svc.GetInstance(ctx, cim.MustParsePath(path), wbem.Options{})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if v, _ := inst.Get("Text"); v.Text() != want {
			t.Errorf("%s has the text %q, want %q", path, v.Text(), want)
		}
		if _, ok := inst.Get("More"); !ok {
			t.Errorf("the class of %s was replaced", path)
		}
	}
	for name, want := range map[string]string{"Note": "mine", "Other": "theirs"} {
		q, err := svc.(wbem.QualifierStore).GetQualifier(ctx, name)
		if err != nil || q.Default.Text() != want {
			t.Errorf("qualifier %s: %v, %v", name, q, err)
		}
	}
}
