package scripting_test

import (
	"context"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/provider"
	"openwmi/scripting"
)

// A doorman is a provider of one instance that notes what callers let it do.
type doorman struct{ levels chan int }

func (d doorman) GetInstance(_ context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	d.levels <- r.Impersonation
	return key, nil
}

func (d doorman) PutInstance(_ context.Context, r *provider.Request, _ *cim.Instance) (cim.Path, error) {
	d.levels <- r.Impersonation
	return cim.Path{}, nil
}

// async-and-security.md#33: the provider sees the impersonation level of the
// object through which it is called, and no less than Identify.
func TestImpersonationLevel(t *testing.T) {
	levels := make(chan int, 10)
	m, err := cimom.OpenMemory(cimom.Options{Providers: map[string]any{"Doorman": doorman{levels}}, MOF: []byte(`
		#pragma namespace("root\\cimv2")
		instance of __Win32Provider as $P { Name = "Doorman"; };
		instance of __InstanceProviderRegistration { provider = $P; SupportsGet = TRUE; SupportsPut = TRUE; };
		[dynamic, provider("Doorman")] class Door { [key] string Id; };
	`)})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s, err := scripting.NewLocator(m).ConnectServer("", `root\cimv2`, "", "", "", "", 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	door, err := s.Get(`Door.Id="1"`, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if seen := <-levels; seen != 3 {
		t.Errorf("level %d of a session that says nothing, want 3", seen)
	}
	for _, test := range []struct {
		set  scripting.ImpersonationLevel
		seen int
	}{
		{scripting.ImpersonationLevelAnonymous, 2},
		{scripting.ImpersonationLevelIdentify, 2},
		{scripting.ImpersonationLevelImpersonate, 3},
		{scripting.ImpersonationLevelDelegate, 4},
	} {
		if err := door.Security().SetImpersonationLevel(test.set); err != nil {
			t.Fatal(err)
		}
		if got := door.Security().ImpersonationLevel(); got != test.set {
			t.Errorf("level %d set, %d read back", test.set, got)
		}
		path, err := door.Put(0, nil)
		if err != nil {
			t.Fatal(err)
		}
		if seen := <-levels; seen != test.seen {
			t.Errorf("put at level %d: the provider sees %d, want %d", test.set, seen, test.seen)
		}
		if got := path.Security().ImpersonationLevel(); got != test.set {
			t.Errorf("put at level %d: its path has %d", test.set, got)
		}
		if err := door.Refresh(0, nil); err != nil {
			t.Fatal(err)
		}
		if seen := <-levels; seen != test.seen {
			t.Errorf("refresh at level %d: the provider sees %d, want %d", test.set, seen, test.seen)
		}
	}
	if err := s.Security().SetImpersonationLevel(scripting.ImpersonationLevelIdentify); err != nil {
		t.Fatal(err)
	}
	if _, err := door.Put(0, nil); err != nil {
		t.Fatal(err)
	}
	if seen := <-levels; seen != 4 {
		t.Errorf("the provider sees %d, that of the session", seen)
	}
}
