//go:build interop

package interop

import (
	"context"
	"errors"
	"iter"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/mof/compile"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
)

// zoo has what servers of CIM and WMI write differently: bounds of arrays, objects
// in properties, qualifiers that nobody has declared, and namespaces.
const zoo = `
#pragma namespace ("root")
instance of __Namespace { Name = "openwmi"; };
#pragma namespace ("\\\\.\\root\\openwmi")
class Z_Animal {
	[key] string Name; uint64 Weight = 3; string Tags[]; [MaxLen(4)] string Short; uint8 Four[4]; boolean Tame; datetime Born;
	[ValueMap{"1","2"}, Values{"a","b"}] uint16 Kind;
	uint32 Feed([in] uint32 Grams, [out] uint32 Left);
};
class Z_Place { [key] uint32 Id; real32 Area; sint8 Floor = -1; char16 Letter; };
class Z_Dog : Z_Animal { Z_Place Home; object Any; Z_Place Others[]; };
[Association] class Z_Hunts { [key] Z_Animal ref Hunter; [key] Z_Animal ref Prey; uint32 Count; };
instance of Z_Animal { Name = "mouse"; Weight = 1; };
instance of Z_Animal { Name = "a\"b,\\c'<&>"; Tags = {"x", "<&>"}; Four = {1, 2, 3, 4}; };
instance of Z_Dog { Name = "rex"; Born = "20200102030405.000000+000"; Weight = 18446744073709551615;
	Home = instance of Z_Place { Id = 7; Area = 1.5; Letter = 'x'; }; Others = {instance of Z_Place { Id = 8; }, instance of Z_Place { Id = 9; }}; };
instance of Z_Hunts { Hunter = "Z_Dog.Name=\"rex\""; Prey = "Z_Animal.Name=\"mouse\""; Count = 2; };`

// TestPegasus lets our client ask OpenPegasus, which OPENWMI_PEGASUS names by the
// folder of its programs; the repository beside it is copied.
func TestPegasus(t *testing.T) {
	bin := os.Getenv("OPENWMI_PEGASUS")
	if bin == "" {
		t.Skip("OPENWMI_PEGASUS does not name the bin folder of an OpenPegasus 2.14, which comes as source only")
	}
	l := startPegasus(t, bin)
	ctx := t.Context()
	program, err := compile.ParseText(ctx, compile.Options{Namespace: "root"}, "zoo.mof", []byte(zoo))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // to create, and to change what is there
		if _, err := program.Store(ctx, l); err != nil {
			t.Fatal(err)
		}
	}
	svc := pegasusAt(t, l, `root\openwmi`)
	t.Run("classes", func(t *testing.T) { pegasusClasses(t, svc) })
	t.Run("instances", func(t *testing.T) { pegasusInstances(t, svc) })
	t.Run("queries", func(t *testing.T) { pegasusQueries(t, svc) })
	t.Run("writes", func(t *testing.T) { pegasusWrites(t, svc) })
	t.Run("many", func(t *testing.T) { pegasusMany(t, svc) })
	t.Run("methods and indications", func(t *testing.T) { pegasusIndications(t, pegasusAt(t, l, `root\PG_InterOp`)) })
	t.Run("namespaces", func(t *testing.T) {
		root := pegasusAt(t, l, "root")
		for _, class := range []string{"Z_Hunts", "Z_Animal", "Z_Dog", "Z_Place"} {
			for inst, err := range svc.Instances(ctx, class, wbem.Options{}) {
				if err != nil {
					t.Fatal(err)
				}
				p, _ := cim.RelPath(inst)
				if err := svc.DeleteInstance(ctx, p, wbem.Options{}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, class := range []string{"Z_Hunts", "Z_Dog", "Z_Animal", "Z_Place"} {
			if err := svc.DeleteClass(ctx, class, wbem.Options{}); err != nil {
				t.Fatal(err)
			}
		}
		keeper := svc.(wbem.QualifierStore)
		var declared []string
		for q, err := range keeper.Qualifiers(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			declared = append(declared, q.Name)
		}
		for _, name := range declared {
			if err := keeper.DeleteQualifier(ctx, name); err != nil {
				t.Fatal(err)
			}
		}
		path := cim.MustParsePath(`__Namespace.Name="openwmi"`)
		if _, err := root.GetInstance(ctx, path, wbem.Options{}); err != nil {
			t.Error(err)
		}
		if err := root.DeleteInstance(ctx, path, wbem.Options{}); err != nil {
			t.Error(err)
		}
		if _, err := root.GetInstance(ctx, path, wbem.Options{}); wbem.StatusOf(err) != wbem.NotFound {
			t.Error(err)
		}
	})
}

// startPegasus starts a server of its own on a copy of the repository.
func startPegasus(t *testing.T, bin string) wbem.Locator {
	t.Helper()
	home := filepath.Dir(bin)
	dir := t.TempDir()
	repository := filepath.Join(dir, "repository")
	if err := os.CopyFS(repository, os.DirFS(filepath.Join(home, "repository"))); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	cmd := exec.Command(filepath.Join(bin, "cimserver"), "listenAddress=127.0.0.1", "httpPort="+port, "repositoryDir="+repository,
		"enableHttpConnection=true", "enableHttpsConnection=false", "enableAuthentication=false", "daemon=false")
	cmd.Env = append(os.Environ(), "PEGASUS_HOME="+home, "LD_LIBRARY_PATH="+filepath.Join(home, "lib"))
	cmd.Dir = dir
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
	})
	for {
		if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			c.Close()
			break
		}
		select {
		case err := <-ended:
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("cimserver: %v\n%s", err, text)
		case <-time.After(50 * time.Millisecond):
		}
	}
	l, err := cimxml.NewClient("http://127.0.0.1:"+port, cimxml.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func pegasusAt(t *testing.T, l wbem.Locator, namespace string) wbem.Services {
	t.Helper()
	svc, err := l.Connect(t.Context(), namespace, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { svc.Close() })
	return svc
}

// relPaths returns the paths of objects, in order.
func relPaths[T cim.Object](t *testing.T, objects iter.Seq2[T, error]) []string {
	t.Helper()
	var got []string
	for o, err := range objects {
		if err != nil {
			t.Fatal(err)
		}
		p, _ := cim.RelPath(o)
		got = append(got, p.RelPath())
	}
	slices.Sort(got)
	return got
}

func pegasusClasses(t *testing.T, svc wbem.Services) {
	ctx := t.Context()
	if got := relPaths(t, svc.Classes(ctx, "", wbem.Options{})); !cmp.Equal(got, []string{"Z_Animal", "Z_Dog", "Z_Hunts", "Z_Place"}) {
		t.Errorf("classes: %q", got)
	}
	dog, err := svc.GetClass(ctx, "Z_Dog", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		t      cim.Type
		class  string
		maxLen int64
	}{
		"Name": {cim.TypeString, "", 0}, "Weight": {cim.TypeUint64, "", 0}, "Short": {cim.TypeString, "", 4}, "Four": {cim.TypeUint8.ArrayOf(), "", 4},
		"Home": {cim.TypeObject, "Z_Place", 0}, "Any": {cim.TypeObject, "", 0}, "Others": {cim.TypeObject.ArrayOf(), "Z_Place", 0},
	} {
		p := dog.Property(name)
		if p == nil || p.Type() != want.t || p.Class() != want.class || p.Qualifiers().Value("MaxLen").Int() != want.maxLen {
			t.Errorf("property %s is %+v", name, p)
		}
	}
	if !dog.Property("Name").IsKey() || dog.Property("Name").Origin() != "Z_Animal" || dog.Property("Weight").Default().Uint() != 3 {
		t.Error("Name or Weight is not that of Z_Animal")
	}
	feed := dog.Method("Feed")
	if feed == nil || len(feed.Parameters()) != 2 || feed.Parameters()[1].Qualifiers().Index("In") >= 0 {
		t.Errorf("Feed is %+v", feed)
	}
}

func pegasusInstances(t *testing.T, svc wbem.Services) {
	ctx := t.Context()
	all := []string{`Z_Animal.Name="a\"b,\\c'<&>"`, `Z_Animal.Name="mouse"`, `Z_Dog.Name="rex"`}
	if got := relPaths(t, svc.Instances(ctx, "Z_Animal", wbem.Options{})); !cmp.Equal(got, all) {
		t.Errorf("instances: %q", got)
	}
	if got := relPaths(t, svc.Instances(ctx, "Z_Animal", wbem.Options{Flags: wbem.Shallow})); !cmp.Equal(got, all[:2]) {
		t.Errorf("shallow: %q", got)
	}
	rex, err := svc.GetInstance(ctx, cim.MustParsePath(`Z_Dog.Name="rex"`), wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	home, _ := rex.Get("Home")
	place, ok := home.Object().(*cim.Instance)
	if !ok {
		t.Fatalf("Home is %v", home)
	}
	area, _ := place.Get("Area")
	letter, _ := place.Get("Letter")
	floor, _ := place.Get("Floor")
	others, _ := rex.Get("Others")
	if area.Float() != 1.5 || letter.Uint() != 'x' || floor.Int() != -1 || len(others.Elems()) != 2 {
		t.Errorf("Home is %v, Others are %v", place, others)
	}
	odd, err := svc.GetInstance(ctx, cim.MustParsePath(all[0]), wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tags, _ := odd.Get("Tags")
	four, _ := odd.Get("Four")
	if !cmp.Equal(tags.Texts(), []string{"x", "<&>"}) || len(four.Elems()) != 4 {
		t.Errorf("Tags %v, Four %v", tags, four)
	}
	for _, path := range []string{`Z_Dog.Name="fido"`, `Z_Cat.Name="tom"`} {
		if _, err := svc.GetInstance(ctx, cim.MustParsePath(path), wbem.Options{}); wbem.StatusOf(err) != wbem.NotFound {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, err := range svc.Instances(ctx, "Z_Cat", wbem.Options{}) {
		if wbem.StatusOf(err) != wbem.InvalidClass {
			t.Errorf("instances of no class: %v", err)
		}
	}
}

func pegasusQueries(t *testing.T, svc wbem.Services) {
	ctx := t.Context()
	for query, want := range map[string][]string{
		`SELECT * FROM Z_Animal WHERE Name = 'rex'`:                                {`Z_Dog.Name="rex"`},
		`SELECT __PATH FROM Z_Animal WHERE Weight = 1 AND NOT Name = "x"`:          {`Z_Animal.Name="mouse"`},
		`SELECT Name FROM Z_Animal WHERE Born IS NULL AND Weight = 1`:              {`Z_Animal.Name="mouse"`},
		`ASSOCIATORS OF {Z_Dog.Name="rex"}`:                                        {`Z_Animal.Name="mouse"`},
		`ASSOCIATORS OF {Z_Dog.Name="rex"} WHERE AssocClass = Z_Hunts Role = Prey`: nil,
		`ASSOCIATORS OF {Z_Dog.Name="rex"} WHERE ResultRole = Prey KeysOnly`:       {`Z_Animal.Name="mouse"`},
		`ASSOCIATORS OF {Z_Dog.Name="rex"} WHERE ClassDefsOnly`:                    {`Z_Animal`},
		`REFERENCES OF {Z_Dog.Name="rex"} WHERE ResultClass = Z_Hunts`:             {`Z_Hunts.Hunter="Z_Dog.Name=\"rex\"",Prey="Z_Animal.Name=\"mouse\""`},
		`REFERENCES OF {Z_Dog} WHERE SchemaOnly`:                                   {`Z_Hunts`},
		`SELECT * FROM meta_class WHERE __THIS ISA "Z_Animal"`:                     {`Z_Animal`, `Z_Dog`},
	} {
		if got := relPaths(t, svc.Query(ctx, "WQL", query, wbem.Options{})); !cmp.Equal(got, want) {
			t.Errorf("%s: %q", query, got)
		}
	}
}

func pegasusWrites(t *testing.T, svc wbem.Services) {
	ctx := t.Context()
	c, err := svc.GetClass(ctx, "Z_Animal", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inst := cim.NewInstance(c)
	set := func(name string, v cim.Value) {
		t.Helper()
		if err := inst.Set(name, v); err != nil {
			t.Fatal(err)
		}
	}
	set("Name", cim.StringValue("tom"))
	set("Weight", cim.Uint64Value(5))
	path, err := svc.PutInstance(ctx, inst.Clone(), wbem.Options{Flags: wbem.CreateOnly})
	if err != nil || path.RelPath() != `Z_Animal.Name="tom"` {
		t.Fatalf("created %s: %v", path, err)
	}
	if _, err := svc.PutInstance(ctx, inst.Clone(), wbem.Options{Flags: wbem.CreateOnly}); wbem.StatusOf(err) != wbem.AlreadyExists {
		t.Errorf("created again: %v", err)
	}
	set("Tame", cim.BoolValue(true))
	set("Weight", cim.Uint64Value(6))
	only := &wbem.Context{}
	only.Set("__PUT_EXTENSIONS", cim.BoolValue(true))
	only.Set("__PUT_EXT_CLIENT_REQUEST", cim.BoolValue(true))
	only.Set("__PUT_EXT_PROPERTIES", cim.StringsValue([]string{"Tame"}))
	if _, err := svc.PutInstance(ctx, inst.Clone(), wbem.Options{Flags: wbem.UpdateOnly, Context: only}); err != nil {
		t.Fatal(err)
	}
	got, err := svc.GetInstance(ctx, cim.MustParsePath(path.RelPath()), wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tame, _ := got.Get("Tame")
	weight, _ := got.Get("Weight")
	if !tame.Bool() || weight.Uint() != 5 {
		t.Errorf("tame %v, weight %v", tame, weight)
	}
	if err := svc.DeleteInstance(ctx, cim.MustParsePath(path.RelPath()), wbem.Options{}); err != nil {
		t.Error(err)
	}
	if _, err := svc.PutInstance(ctx, inst, wbem.Options{Flags: wbem.UpdateOnly}); wbem.StatusOf(err) != wbem.NotFound {
		t.Errorf("updated what is not there: %v", err)
	}
	if err := svc.DeleteClass(ctx, "Z_Animal", wbem.Options{}); !slices.Contains([]wbem.Status{wbem.ClassHasChildren, wbem.ClassHasInstances}, wbem.StatusOf(err)) {
		t.Errorf("a class with subclasses and instances: %v", err)
	}
}

// pegasusMany reads more instances than are pulled at a time.
func pegasusMany(t *testing.T, svc wbem.Services) {
	ctx := t.Context()
	c, err := svc.GetClass(ctx, "Z_Place", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const many = 1001
	for i := range many {
		inst := cim.NewInstance(c)
		inst.Put(c.PropertyIndex("Id"), cim.Uint32Value(uint32(i)))
		if _, err := svc.PutInstance(ctx, inst, wbem.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range svc.Instances(ctx, "Z_Place", wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if got := relPaths(t, svc.Instances(ctx, "Z_Place", wbem.Options{})); len(got) != many {
		t.Errorf("%d instances", len(got))
	}
}

// pegasusIndications subscribes to what happens to modules of providers, and stops
// and starts one.
func pegasusIndications(t *testing.T, svc wbem.Services) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	got := make(chan *cim.Instance, 10)
	h := httptest.NewServer(cimxml.NewListener(cimxml.ListenerOptions{Indication: func(_ context.Context, indication *cim.Instance) error {
		select {
		case got <- indication:
			return nil
		default:
			return errors.New("too many")
		}
	}}))
	defer h.Close()
	put := func(class string, values map[string]cim.Value) cim.Path {
		t.Helper()
		c, err := svc.GetClass(ctx, class, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		inst := cim.NewInstance(c)
		for name, v := range values {
			if err := inst.Set(name, v); err != nil {
				t.Fatal(err)
			}
		}
		path, err := svc.PutInstance(ctx, inst, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	text := cim.StringValue
	filter := put("CIM_IndicationFilter", map[string]cim.Value{
		"SystemCreationClassName": text(""), "SystemName": text(""), "CreationClassName": text("CIM_IndicationFilter"), "Name": text("openwmi"),
		"SourceNamespace": text("root/PG_InterOp"), "Query": text("SELECT * FROM PG_ProviderModulesInstAlert"), "QueryLanguage": text("WQL"),
	})
	handler := put("CIM_ListenerDestinationCIMXML", map[string]cim.Value{
		"SystemCreationClassName": text(""), "SystemName": text(""), "CreationClassName": text("CIM_ListenerDestinationCIMXML"), "Name": text("openwmi"),
		"Destination": text(h.URL),
	})
	subscription := put("CIM_IndicationSubscription", map[string]cim.Value{
		"Filter": cim.ReferenceValue(filter.RelPath()), "Handler": cim.ReferenceValue(handler.RelPath()),
	})
	module := cim.MustParsePath(`PG_ProviderModule.Name="ProcessModule"`)
	for _, method := range []string{"Stop", "Start"} {
		out, err := svc.ExecMethod(ctx, module, method, nil, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if v, _ := out.Get("ReturnValue"); v.IsNull() || v.Int() != 0 {
			t.Errorf("%s returns %v", method, v)
		}
		select {
		case indication := <-got:
			if indication.ClassName() != "PG_ProviderModulesInstAlert" {
				t.Errorf("indication %v", indication)
			}
		case <-ctx.Done():
			t.Fatal("there is no indication")
		}
	}
	for _, path := range []cim.Path{subscription, filter, handler} {
		if err := svc.DeleteInstance(ctx, path, wbem.Options{}); err != nil {
			t.Error(err)
		}
	}
}
