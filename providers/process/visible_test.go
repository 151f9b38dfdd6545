package process_test

import (
	"os"
	"os/user"
	"strconv"
	"testing"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/providers/process"
	"openwmi/wbem"
)

// What the kernel tells of a process to its user alone is for nobody else, though
// this process may read it.
func TestVisible(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Skipf("this user has no name: %v", err)
	}
	p := process.New(process.Options{})
	svc := providertest.Open(t, map[string]any{process.Name: p}, live.MOF, process.MOF)
	class, err := svc.GetClass(t.Context(), process.ClassProcess, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	key := cim.NewInstance(class)
	if err := key.Set("Handle", cim.StringValue(strconv.Itoa(os.Getpid()))); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		who  *wbem.Identity
		may  bool
	}{
		{"self", &wbem.Identity{Name: me.Username}, true},
		{"self elsewhere", &wbem.Identity{Name: me.Username, Remote: true}, false},
		{"of the store", &wbem.Identity{Name: me.Username, Authority: wbem.StoreAuthority}, false},
		{"somebody", &wbem.Identity{Name: "somebody"}, false},
		{"nobody", nil, false},
	} {
		inst, err := p.GetInstance(t.Context(), &provider.Request{Class: class, Caller: test.who, Services: svc}, key)
		if cim.StatusOf(err) == wbem.NotAvailable {
			t.Skipf("this system has no /proc: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"ExecutablePath", "HandleCount", "ReadOperationCount", "ReadTransferCount", "WriteOperationCount", "WriteTransferCount"} {
			if v, _ := inst.Get(name); v.IsNull() == test.may {
				t.Errorf("%s: %s is %v", test.name, name, v)
			}
		}
		for _, name := range []string{"Name", "CommandLine", "WorkingSetSize"} {
			if v, _ := inst.Get(name); v.IsNull() {
				t.Errorf("%s: %s is NULL", test.name, name)
			}
		}
	}
}
