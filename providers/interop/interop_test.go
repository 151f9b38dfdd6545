package interop_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/providers/interop"
	"openwmi/wbem"
)

// open returns root\interop of a new store.
func open(t *testing.T, mof string) (*cimom.Manager, wbem.Services) {
	t.Helper()
	m, err := cimom.OpenMemory(cimom.Options{Providers: map[string]any{interop.Name: interop.New(interop.Options{Version: "1.2"})}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	if mof != "" {
		compileText(t, m, mof)
	}
	for range 2 { // the second time changes nothing
		if err := interop.Install(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	svc, err := m.Connect(t.Context(), interop.Namespace, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return m, svc
}

func compileText(t *testing.T, l wbem.Locator, mof string) {
	t.Helper()
	p, err := compile.ParseText(t.Context(), compile.Options{Namespace: interop.Namespace}, "test.mof", []byte(mof))
	if err == nil {
		_, err = p.Store(t.Context(), l)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func all(t *testing.T, svc wbem.Services, class, property string) []string {
	t.Helper()
	var got []string
	for inst, err := range svc.Instances(t.Context(), class, wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		path, _ := cim.RelPath(inst)
		if _, err := svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		v, _ := inst.Get(property)
		got = append(got, v.Text())
	}
	slices.Sort(got)
	return got
}

func put(t *testing.T, svc wbem.Services, class string, values map[string]string, flags wbem.Flags) (cim.Path, error) {
	t.Helper()
	c, err := svc.GetClass(t.Context(), class, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inst := cim.NewInstance(c)
	for name, text := range values {
		v, err := cim.ParseText(c.Property(name).Type(), text)
		if err == nil {
			err = inst.Set(name, v)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	path, err := svc.PutInstance(t.Context(), inst, wbem.Options{Flags: flags})
	path.Server, path.Namespace = "", ""
	return path, err
}

func wantStatus(t *testing.T, what string, err error, want wbem.Status) {
	t.Helper()
	if wbem.StatusOf(err) != want {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func TestDiscovery(t *testing.T) {
	_, svc := open(t, "")
	if got := all(t, svc, "CIM_ObjectManager", "Description"); !cmp.Equal(got, []string{"OpenWMI version 1.2"}) {
		t.Errorf("object managers %q", got)
	}
	if got := all(t, svc, "CIM_RegisteredProfile", "RegisteredName"); !cmp.Equal(got, []string{"Indications", "Profile Registration"}) {
		t.Errorf("profiles %q", got)
	}
	all(t, svc, "CIM_ElementConformsToProfile", "ManagedElement")
	all(t, svc, "CIM_ReferencedProfile", "Dependent")
	var found []string
	query := `ASSOCIATORS OF {CIM_RegisteredProfile.InstanceID="OpenWMI:DMTF:Indications:1.2.2"} WHERE AssocClass = CIM_ElementConformsToProfile`
	for o, err := range svc.Query(t.Context(), "WQL", query, wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, o.ClassName())
	}
	if !cmp.Equal(found, []string{"CIM_IndicationService"}) {
		t.Errorf("what conforms to a profile: %q", found)
	}
}

func TestNamespaces(t *testing.T) {
	m, svc := open(t, "")
	before := all(t, svc, "CIM_Namespace", "Name")
	if !slices.Contains(before, "root/cimv2") || !slices.Contains(before, "root/interop") || !slices.Contains(before, "root") {
		t.Errorf("namespaces %q", before)
	}
	path, err := put(t, svc, "CIM_Namespace", map[string]string{"Name": "root/a/b"}, wbem.CreateOnly)
	if err != nil {
		t.Fatal(err)
	}
	if got := all(t, svc, "CIM_Namespace", "Name"); len(got) != len(before)+2 || !slices.Contains(got, "root/a/b") {
		t.Errorf("namespaces %q", got)
	}
	_, err = put(t, svc, "CIM_Namespace", map[string]string{"Name": "root/a/b"}, wbem.CreateOnly)
	wantStatus(t, "created again", err, wbem.AlreadyExists)
	_, err = put(t, svc, "CIM_Namespace", map[string]string{"Name": "elsewhere"}, wbem.CreateOnly)
	wantStatus(t, "outside root", err, wbem.InvalidParameter)
	inside, err := m.Connect(t.Context(), `root\a\b`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := inside.PutClass(t.Context(), &cim.ClassDecl{Name: "C"}, wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, "deleted with a class", svc.DeleteInstance(t.Context(), path, wbem.Options{}), wbem.VetoDelete)
	if err := inside.DeleteClass(t.Context(), "C", wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := svc.DeleteInstance(t.Context(), path, wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	_, err = m.Connect(t.Context(), `root\a\b`, wbem.ConnectOptions{})
	wantStatus(t, "deleted", err, wbem.InvalidNamespace)
	wantStatus(t, "deleted again", svc.DeleteInstance(t.Context(), path, wbem.Options{}), wbem.NotFound)
}

// Who has compiled another schema into the namespace keeps it.
func TestOtherSchema(t *testing.T) {
	_, svc := open(t, `
		[Abstract] class CIM_ManagedElement { string InstanceID; string Caption; string Description; string ElementName; uint64 Generation; };
		class CIM_Namespace : CIM_ManagedElement {
			[Key] string SystemCreationClassName; [Key] string SystemName; [Key] string ObjectManagerCreationClassName;
			[Key] string ObjectManagerName; [Key] string CreationClassName; [Key] string Name;
			uint16 ClassInfo; string Own; };
		class Special : CIM_Namespace { string More; };`)
	c, err := svc.GetClass(t.Context(), "CIM_Namespace", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Property("Own") == nil || c.Property("Generation") == nil {
		t.Error("the class was replaced")
	}
	if got := all(t, svc, "CIM_Namespace", "Name"); !slices.Contains(got, "root/interop") {
		t.Errorf("namespaces %q", got)
	}
}
