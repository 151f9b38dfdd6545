package cimxml_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
)

const animals = `
Qualifier Key : boolean = false, Scope(property, reference), Flavor(DisableOverride, ToSubclass);
class Animal { [key] string Name; uint64 Weight = 3; string Tags[]; boolean Tame; };
class Dog : Animal { datetime Born; };
[Association] class Hunts { [key] Animal ref Hunter; [key] Animal ref Prey; };
instance of Animal { Name = "mouse"; Weight = 1; };
instance of Animal { Name = "a\"b,\\c"; Tags = {"x", "<&>"}; };
instance of Dog { Name = "rex"; Born = "20200102030405.000000+000"; Weight = 18446744073709551615; };
instance of Hunts { Hunter = "Dog.Name=\"rex\""; Prey = "Animal.Name=\"mouse\""; };
`

// A foreign server knows no native operation, and of the others those that it
// does not lack.
type foreign struct {
	next  http.Handler
	lacks string // a part of the names of operations
	code  string // of the ERROR with which it says so; "" for an HTTP status
	asked []string
}

func (f *foreign) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := r.Header.Get("CIMMethod")
	f.asked = append(f.asked, method)
	unknown := strings.HasPrefix(method, "__") || strings.HasPrefix(method, "%5F") || f.lacks != "" && strings.Contains(method, f.lacks)
	switch {
	case !unknown:
		f.next.ServeHTTP(w, r)
	case f.code == "":
		w.Header().Set("CIMError", "unsupported-operation")
		w.WriteHeader(http.StatusNotImplemented)
	default:
		asked(r).answer(w, `<ERROR CODE="`+f.code+`" DESCRIPTION="no"/>`)
	}
}

// foreignSession returns a session with a namespace of animals.
func foreignSession(t *testing.T, f *foreign) wbem.Services {
	t.Helper()
	m, err := cimom.OpenMemory(cimom.Options{Locale: "en-US"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	p, err := compile.ParseText(t.Context(), compile.Options{Namespace: `root\cimv2`}, "animals.mof", []byte(animals))
	if err == nil {
		_, err = p.Store(t.Context(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := cimxml.NewServer(m, cimxml.Options{Identity: func(*http.Request) (*wbem.Identity, error) { return nil, nil }})
	f.next = s
	h := httptest.NewServer(f)
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
		s.Close()
	})
	c, err := cimxml.NewClient(h.URL, cimxml.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Connect(t.Context(), `root\nowhere`, wbem.ConnectOptions{}); wbem.StatusOf(err) != wbem.InvalidNamespace {
		t.Errorf("a namespace that does not exist: %v", err)
	}
	svc, err := c.Connect(t.Context(), `root/cimv2`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

func names[T cim.Object](t *testing.T, seq func(func(T, error) bool)) []string {
	t.Helper()
	var got []string
	for o, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		p, _ := cim.RelPath(o)
		got = append(got, p.RelPath())
	}
	return got
}

// Servers of others say in several ways what they do not know, and answer with
// and without enumerations that are pulled.
func TestStandardReads(t *testing.T) {
	for name, f := range map[string]*foreign{
		"http":       {},
		"error":      {code: "7"},
		"failed":     {code: "1"},
		"no pulling": {code: "7", lacks: "Open"},
		"no queries": {code: "14", lacks: "ExecQuery"},
	} {
		t.Run(name, func(t *testing.T) {
			svc := foreignSession(t, f)
			dog, err := svc.GetInstance(t.Context(), cim.MustParsePath(`Animal.Name="rex"`), wbem.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := dog.Class().Derivation(); !slices.Equal(got, []string{"Animal"}) {
				t.Errorf("derivation %v", got)
			}
			w, _ := dog.Get("Weight")
			if dog.ClassName() != "Dog" || w.Uint() != 1<<64-1 || w.Type() != cim.TypeUint64 {
				t.Errorf("%s with weight %v", dog.ClassName(), w)
			}
			if c := dog.Class(); !c.Property("Name").IsKey() || c.Property("Name").Origin() != "Animal" || c.Property("Name").IsLocal() {
				t.Error("Name is not inherited from Animal")
			}
			rest := []string{`Animal.Name="a\"b,\\c"`, `Animal.Name="mouse"`}
			if got := names(t, svc.Instances(t.Context(), "Animal", wbem.Options{})); !cmp.Equal(sorted(got), append(rest, `Dog.Name="rex"`)) {
				t.Errorf("instances: %q", got)
			}
			if got := names(t, svc.Instances(t.Context(), "Animal", wbem.Options{Flags: wbem.Shallow})); !cmp.Equal(sorted(got), rest) {
				t.Errorf("shallow instances: %q", got)
			}
			var shown []string
			for o, err := range svc.Query(t.Context(), "WQL", "SELECT Name, __PATH FROM Animal", wbem.Options{}) {
				if err != nil {
					t.Fatal(err)
				}
				if n := len(o.Definition().Properties()); n != 1 {
					t.Errorf("%d properties", n)
				}
				path, _ := cim.RelPath(o)
				shown = append(shown, path.RelPath())
			}
			if len(shown) != 3 {
				t.Errorf("query: %q", shown)
			}
			_, err = svc.GetInstance(t.Context(), cim.MustParsePath(`Animal.Name="cow"`), wbem.Options{})
			if wbem.StatusOf(err) != wbem.NotFound {
				t.Errorf("an instance that does not exist: %v", err)
			}
			for _, err := range svc.Instances(t.Context(), "Nothing", wbem.Options{}) {
				if wbem.StatusOf(err) != wbem.InvalidClass {
					t.Errorf("instances of no class: %v", err)
				}
			}
			if _, err := svc.Subscribe(t.Context(), "WQL", "SELECT * FROM __InstanceCreationEvent", wbem.Options{}); wbem.StatusOf(err) != wbem.NotSupported {
				t.Errorf("subscribe: %v", err)
			}
		})
	}
}

func sorted(s []string) []string { slices.Sort(s); return s }

// A loop that is left ends the enumeration in the server.
func TestStandardBreak(t *testing.T) {
	f := &foreign{}
	svc := foreignSession(t, f)
	for i := range 1500 {
		put(t, svc, "Animal", fmt.Sprint("n", i), 0)
	}
	for _, err := range svc.Instances(t.Context(), "Animal", wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if last := f.asked[len(f.asked)-1]; last != "CloseEnumeration" {
		t.Errorf("the last operation is %s", last)
	}
	n := 0
	for _, err := range svc.Instances(t.Context(), "Animal", wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 1503 {
		t.Errorf("%d instances", n)
	}
}

func put(t *testing.T, svc wbem.Services, class, name string, flags wbem.Flags) cim.Path {
	t.Helper()
	c, err := svc.GetClass(t.Context(), class, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inst := cim.NewInstance(c)
	if err := inst.Set("Name", cim.StringValue(name)); err != nil {
		t.Fatal(err)
	}
	path, err := svc.PutInstance(t.Context(), inst, wbem.Options{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestStandardWrites(t *testing.T) {
	ctx := t.Context()
	svc := foreignSession(t, &foreign{code: "7"})
	path := put(t, svc, "Dog", "fido", wbem.CreateOnly)
	if path.Namespace != `root\cimv2` || path.RelPath() != `Dog.Name="fido"` {
		t.Errorf("created %s", path)
	}
	path.Server = ""
	put(t, svc, "Dog", "fido", 0) // which exists
	inst, err := svc.GetInstance(ctx, path, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, v cim.Value) {
		if err := inst.Set(name, v); err != nil {
			t.Fatal(err)
		}
	}
	set("Weight", cim.Uint64Value(7))
	set("Tame", cim.BoolValue(true))
	if _, err := svc.PutInstance(ctx, inst, wbem.Options{Flags: wbem.CreateOnly}); wbem.StatusOf(err) != wbem.AlreadyExists {
		t.Errorf("created again: %v", err)
	}
	// Of a partial put only what it names is written.
	only := &wbem.Context{}
	only.Set("__PUT_EXTENSIONS", cim.BoolValue(true))
	only.Set("__PUT_EXT_CLIENT_REQUEST", cim.BoolValue(true))
	only.Set("__PUT_EXT_PROPERTIES", cim.StringsValue([]string{"Tame"}))
	if _, err := svc.PutInstance(ctx, inst, wbem.Options{Flags: wbem.UpdateOnly, Context: only}); err != nil {
		t.Fatal(err)
	}
	inst, err = svc.GetInstance(ctx, path, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	weight, _ := inst.Get("Weight")
	tame, _ := inst.Get("Tame")
	if weight.Uint() != 3 || !tame.Bool() {
		t.Errorf("weight %v, tame %v", weight, tame)
	}
	if err := svc.DeleteInstance(ctx, path, wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.PutInstance(ctx, inst, wbem.Options{Flags: wbem.UpdateOnly}); wbem.StatusOf(err) != wbem.NotFound {
		t.Errorf("updated what was deleted: %v", err)
	}
	if _, err := svc.PutInstance(ctx, inst, wbem.Options{}); err != nil {
		t.Errorf("put what was deleted: %v", err)
	}

	decl := &cim.ClassDecl{Name: "Cat", Super: "Animal", Properties: []cim.PropertyDecl{{Name: "Lives", Type: cim.TypeUint8}}}
	if err := svc.PutClass(ctx, decl.Clone(), wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := svc.PutClass(ctx, decl.Clone(), wbem.Options{Flags: wbem.CreateOnly}); wbem.StatusOf(err) != wbem.AlreadyExists {
		t.Errorf("created again: %v", err)
	}
	// The server lists properties by name.
	decl.Properties = append([]cim.PropertyDecl{{Name: "Color", Type: cim.TypeString}}, decl.Properties...)
	if err := svc.PutClass(ctx, decl.Clone(), wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	c, err := svc.GetClass(ctx, "cat", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !cim.EqualDecls(c.Decl(), decl) {
		t.Errorf("the class is %v", c.Decl())
	}
	if err := svc.DeleteClass(ctx, "Animal", wbem.Options{}); wbem.StatusOf(err) != wbem.ClassHasChildren {
		t.Errorf("a class with subclasses: %v", err)
	}
	if err := svc.DeleteClass(ctx, "Cat", wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.GetClass(ctx, "Cat", wbem.Options{}); wbem.StatusOf(err) != wbem.NotFound {
		t.Errorf("a class that was deleted: %v", err)
	}
	if err := svc.PutClass(ctx, decl, wbem.Options{Flags: wbem.UpdateForceMode}); wbem.StatusOf(err) != wbem.NotSupported {
		t.Errorf("force: %v", err)
	}
}

func TestStandardSchema(t *testing.T) {
	ctx := t.Context()
	svc := foreignSession(t, &foreign{code: "7"})
	if got := names(t, svc.Classes(ctx, "", wbem.Options{})); !cmp.Equal(sorted(got), []string{"Animal", "Dog", "Hunts"}) {
		t.Errorf("classes: %q", got)
	}
	if got := names(t, svc.Classes(ctx, "Animal", wbem.Options{Flags: wbem.Shallow})); !cmp.Equal(got, []string{"Dog"}) {
		t.Errorf("subclasses: %q", got)
	}
	if got := names(t, svc.Query(ctx, "WQL", `SELECT * FROM meta_class WHERE __THIS ISA "Animal"`, wbem.Options{})); !cmp.Equal(got, []string{"Animal", "Dog"}) {
		t.Errorf("schema query: %q", got)
	}
	q, err := svc.(wbem.QualifierStore).GetQualifier(ctx, "key")
	if err != nil || q.Type != cim.TypeBoolean {
		t.Errorf("qualifier %v: %v", q, err)
	}
}

func TestStandardAssociations(t *testing.T) {
	ctx := t.Context()
	svc := foreignSession(t, &foreign{code: "7"})
	for query, want := range map[string][]string{
		`ASSOCIATORS OF {Dog.Name="rex"}`: {`Animal.Name="mouse"`},
		`ASSOCIATORS OF {Dog.Name="rex"} WHERE Role = Hunter ResultRole = Prey AssocClass = Hunts`: {`Animal.Name="mouse"`},
		`ASSOCIATORS OF {Dog.Name="rex"} WHERE ResultClass = Dog`:                                  nil,
		`ASSOCIATORS OF {Dog.Name="rex"} WHERE KeysOnly`:                                           {`Animal.Name="mouse"`},
		`ASSOCIATORS OF {Dog.Name="rex"} WHERE ClassDefsOnly`:                                      {`Animal`},
		`ASSOCIATORS OF {Dog} WHERE SchemaOnly ResultRole = Prey`:                                  {`Animal`},
		`REFERENCES OF {Dog.Name="rex"} WHERE Role = Prey`:                                         nil,
		`REFERENCES OF {Animal.Name="mouse"} WHERE ClassDefsOnly`:                                  {`Hunts`},
	} {
		if got := names(t, svc.Query(ctx, "WQL", query, wbem.Options{})); !cmp.Equal(got, want) {
			t.Errorf("%s: %q", query, got)
		}
	}
	if got := names(t, svc.Query(ctx, "WQL", `REFERENCES OF {Dog.Name="rex"}`, wbem.Options{})); len(got) != 1 {
		t.Errorf("references: %q", got)
	}
}

func TestStandardMethod(t *testing.T) {
	ctx := t.Context()
	svc := foreignSession(t, &foreign{code: "7"})
	out, err := svc.ExecMethod(ctx, cim.MustParsePath("__SystemSecurity=@"), "GetCallerAccessRights", nil, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rights, _ := out.Get("rights")
	value, _ := out.Get("ReturnValue")
	if rights.Uint() == 0 || value.IsNull() || value.Uint() != 0 {
		t.Errorf("rights %v, value %v", rights, value)
	}
	if _, err := svc.ExecMethod(ctx, cim.MustParsePath("__SystemSecurity=@"), "Nothing", nil, wbem.Options{}); wbem.StatusOf(err) != wbem.InvalidMethod {
		t.Errorf("no method: %v", err)
	}
}
