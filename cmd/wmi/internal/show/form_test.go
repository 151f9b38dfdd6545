package show_test

import (
	"iter"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/wbem"
)

// What was found before an error is printed, in every form.
func TestAllFails(t *testing.T) {
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
	for _, f := range show.Forms() {
		var out strings.Builder
		p, err := show.New(show.Screen{W: &out}, show.Form(f), func() (show.Layout, error) { return show.Instances([]*cim.Class{class}), nil })
		if err != nil {
			t.Fatal(err)
		}
		if err := show.All(p, objects); err != wbem.CallCancelled {
			t.Errorf("%s: error %v", f, err)
		}
		if text := out.String(); !strings.Contains(text, "first") || !strings.Contains(text, "second") {
			t.Errorf("%s: %q", f, text)
		}
	}
}
