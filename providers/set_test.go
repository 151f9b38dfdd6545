package providers_test

import (
	"os"
	"slices"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/providers"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/wbem"
)

func open(t testing.TB, o providers.Options) wbem.Services {
	t.Helper()
	return providertest.Open(t, providers.New(o).Providers(), providers.MOF)
}

// answered returns the properties that a provider answers, by class; none if it
// raises events only.
func answered(p any) map[string][]string {
	if p, ok := p.(interface{ Answered() map[string][]string }); ok {
		return p.Answered()
	}
	return nil
}

// Every class of a provider has the properties that the provider answers, with
// their types, and is registered for it.
func TestClasses(t *testing.T) {
	svc := open(t, providers.Options{})
	for name, p := range providers.New(providers.Options{}).Providers() {
		for class, answered := range answered(p) {
			c, err := svc.GetClass(t.Context(), class, wbem.Options{})
			if err != nil {
				t.Errorf("%s: %v", class, err)
				continue
			}
			if c.Provider() != name {
				t.Errorf("%s is registered for %q, want %q", class, c.Provider(), name)
			}
			for _, f := range answered {
				if c.Property(f) == nil {
					t.Errorf("%s has no property %s", class, f)
				}
			}
			for _, k := range c.Keys() {
				if k := c.Properties()[k].Name(); !slices.Contains(answered, k) {
					t.Errorf("%s does not answer its key %s", class, k)
				}
			}
			for _, p := range c.Properties() {
				if q, ok := p.Qualifiers().Get("Description"); !ok || q.Value.Text() == "" {
					t.Errorf("%s.%s has no description", class, p.Name())
				}
			}
			t.Logf("%-36s %3d properties, %2d answered", class, len(c.Properties()), len(answered))
		}
	}
}

// The instances of every class are what the class says, and a get by the path
// of each of some finds it.
func TestInstances(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("this system has no /proc")
	}
	svc := open(t, providers.Options{})
	for _, p := range providers.New(providers.Options{}).Providers() {
		for class := range answered(p) {
			n, missed := 0, 0
			for inst, err := range svc.Instances(t.Context(), class, wbem.Options{}) {
				if err != nil {
					if cim.StatusOf(err) != wbem.NotAvailable {
						t.Errorf("%s: %v", class, err)
					}
					break
				}
				if err := inst.Check(); err != nil {
					t.Errorf("%s: %v", class, err)
				}
				if n++; n > 1000 {
					break // some have as many as there are files
				}
				if n > 20 {
					continue
				}
				path, ok := cim.RelPath(inst)
				if !ok {
					t.Fatalf("%s: an instance has no path", class)
				}
				if got, err := svc.GetInstance(t.Context(), path, wbem.Options{}); cim.StatusOf(err) == wbem.NotFound {
					missed++ // it may have ended
				} else if err != nil {
					t.Errorf("%s: %v", path, err)
				} else if p, _ := cim.RelPath(got); p.String() != path.String() {
					t.Errorf("%s returns %s", path, p)
				}
			}
			if missed > 5 {
				t.Errorf("%d of the instances of %s cannot be read by their paths", missed, class)
			}
			t.Logf("%-36s %5d instances", class, n)
		}
	}
}

// A store that has another CIM schema is found out before it is changed.
func TestConflict(t *testing.T) {
	m, err := cimom.OpenMemory(cimom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	store := func(text string) error {
		p, err := compile.ParseText(t.Context(), compile.Options{Namespace: providers.Namespace}, "x.mof", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Store(t.Context(), m)
		return err
	}
	if err := providers.Conflict(t.Context(), m); err != nil {
		t.Errorf("an empty store: %v", err)
	}
	if err := store(string(providers.MOF)); err != nil {
		t.Fatal(err)
	}
	if err := providers.Conflict(t.Context(), m); err != nil {
		t.Errorf("a store that has the classes: %v", err)
	}
	if err := store(`class CIM_Process : CIM_LogicalElement { [key] string Handle; [key] string OSName; };`); err == nil {
		t.Error("CIM_Process got another key")
	}

	other, err := cimom.OpenMemory(cimom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	m = other
	if err := store(`class CIM_ManagedElement { string Caption; }; class CIM_ManagedSystemElement : CIM_ManagedElement { string Name; };`); err != nil {
		t.Fatal(err)
	}
	if err := providers.Conflict(t.Context(), m); cim.StatusOf(err) != wbem.AlreadyExists {
		t.Errorf("a store that has the schema of DMTF: %v", err)
	}
	if err := providers.Install(t.Context(), m); cim.StatusOf(err) != wbem.AlreadyExists {
		t.Errorf("Install there: %v", err)
	}
}

// The classes are compiled once.
func TestInstall(t *testing.T) {
	m, err := cimom.OpenMemory(cimom.Options{Providers: providers.New(providers.Options{}).Providers()})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := providers.Install(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	changes := 0
	defer m.Subscribe(func(cimom.Change) { changes++ })()
	if err := providers.Install(t.Context(), m); err != nil || changes != 0 {
		t.Errorf("again: %v, %d changes", err, changes)
	}
	svc, err := m.Connect(t.Context(), providers.Namespace, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := svc.GetClass(t.Context(), "Win32_Process", wbem.Options{}); err != nil {
		t.Error(err)
	}
	// What says that they are there does not harm the provider that it stands with.
	for _, err := range svc.Instances(t.Context(), "Win32_ComputerSystem", wbem.Options{}) {
		if err != nil && cim.StatusOf(err) != wbem.NotAvailable {
			t.Error(err)
		}
	}
}

// On a system without /proc everything says so.
func TestNoProc(t *testing.T) {
	svc := open(t, providers.Options{System: &live.System{Proc: t.TempDir() + "/none", Sys: t.TempDir() + "/none"}})
	for _, err := range svc.Instances(t.Context(), "Win32_Process", wbem.Options{}) {
		if cim.StatusOf(err) != wbem.NotAvailable {
			t.Errorf("Win32_Process: %v", err)
		}
	}
}
