package main

import (
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/wbem"
)

// What was found before an error is printed, in every form.
func TestPrintAllFails(t *testing.T) {
	class, err := cim.Derive(nil, &cim.ClassDecl{Name: "Disk", Properties: []cim.PropertyDecl{{Name: "Id", Type: cim.TypeString}}})
	if err != nil {
		t.Fatal(err)
	}
	var objects iter.Seq2[*cim.Instance, error] = func(yield func(*cim.Instance, error) bool) {
		for _, id := range []string{"first", "second"} {
			inst := cim.NewInstance(class)
			if err := inst.Set("Id", cim.StringValue(id)); err != nil {
				t.Error(err)
			}
			if !yield(inst, nil) {
				return
			}
		}
		yield(nil, wbem.CallCancelled)
	}
	for _, f := range formNames() {
		out, err := os.Create(filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		c := newCLI(nil, out, os.Stderr)
		p, err := c.printer(form(f), func() (layout, error) { return instanceLayout([]*cim.Class{class}), nil })
		if err != nil {
			t.Fatal(err)
		}
		if err := printAll(p, objects); err != wbem.CallCancelled {
			t.Errorf("%s: error %v", f, err)
		}
		if err := c.out.Flush(); err != nil {
			t.Error(err)
		}
		text, err := os.ReadFile(out.Name())
		if err != nil || !strings.Contains(string(text), "first") || !strings.Contains(string(text), "second") {
			t.Errorf("%s: %q, %v", f, text, err)
		}
		if err := out.Close(); err != nil {
			t.Error(err)
		}
	}
}
