package view_test

import (
	"context"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/view"
	"openwmi/wbem"
)

// ExecMethod implements provider.MethodExecutor: it adds a number to the Id, or to
// nothing.
func (c *counter) ExecMethod(_ context.Context, r *provider.Request, key *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error) {
	c.note("%s %s of %v", r.Namespace, m.Name(), key)
	var id cim.Value
	if key != nil {
		id, _ = key.Get("Id")
	}
	by, _ := in.Get("By")
	out := cim.NewInstance(m.Signature(true))
	return out, out.Set("ReturnValue", cim.Uint32Value(uint32(id.Uint()+by.Uint())))
}

const machines = `
	#pragma namespace("\\\\.\\root\\b")
	instance of __MethodProviderRegistration { provider = "__Win32Provider.Name=\"Counter\""; };
	[dynamic, provider("Counter")] class Motor {
		[key] uint32 Id;
		[implemented] uint32 Turn([in] uint32 By);
		[implemented, static] uint32 Count([in] uint32 By);
		[implemented] uint32 Other([in] string By);
	};
	#pragma namespace("\\\\.\\root\\a")
	class Lamp { [key] uint32 No; };
	instance of Lamp { No = 500; };
	[Union, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"),
	 ViewSources{"SELECT * FROM Motor WHERE Id < 10", "SELECT * FROM Lamp"}, ViewSpaces{"root\\b", "root\\a"}]
	class Machine {
		[key, PropertySources{"Id", "No"}] uint32 Number;
		[implemented, MethodSource{"Turn", ""}] uint32 Move([in] uint32 By);
		[implemented, static, MethodSource{"Count", ""}] uint32 Count([in] uint32 By);
		[implemented, MethodSource{"Other", ""}] uint32 Wrong([in] uint32 By);
		[implemented, MethodSource{"NoSuch", ""}] uint32 Missing([in] uint32 By);
		[implemented] uint32 Undeclared([in] uint32 By);
	};
`

func TestMethod(t *testing.T) {
	s := open(t, view.Options{}, machines).connect(t, `root\a`)
	class, err := s.GetClass(t.Context(), "Machine", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path, method string
		want         uint64
		status       wbem.Status
		says         string
	}{
		{path: "Machine.Number=7", method: "Move", want: 12},
		{path: "Machine", method: "Count", want: 5},
		{path: "Machine.Number=500", method: "Move", status: wbem.MethodNotImplemented},
		{path: "Machine.Number=11", method: "Move", status: wbem.NotFound},
		{path: "Machine.Number=7", method: "Wrong", status: wbem.InvalidClass, says: "class Machine, qualifier MethodSource of Wrong, entry 1"},
		{path: "Machine.Number=7", method: "Missing", status: wbem.InvalidClass, says: "entry 1: class Motor has no method NoSuch"},
		{path: "Machine.Number=7", method: "Undeclared", status: wbem.InvalidClass, says: "qualifier MethodSource of Undeclared: "},
	} {
		in := cim.NewInstance(class.Method(test.method).Signature(false))
		_ = in.Set("By", cim.Uint32Value(5))
		out, err := s.ExecMethod(t.Context(), cim.MustParsePath(test.path), test.method, in, wbem.Options{})
		wantStatus(t, test.path+" "+test.method, err, test.status)
		if err != nil {
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v does not say %q", test.method, err, test.says)
			}
			continue
		}
		if v, _ := out.Get("ReturnValue"); v.Uint() != test.want {
			t.Errorf("%s.%s returned %v, want %d", test.path, test.method, v, test.want)
		}
	}
}
