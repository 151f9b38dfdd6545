package cimom_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/provider"
	"openwmi/wbem"
)

// A shelf is a provider that keeps the instances of its classes in memory.
// Before it does anything it calls asked, if that is there.
type shelf struct {
	asked func(ctx context.Context, op string, r *provider.Request) error

	mu   sync.Mutex // guards what follows
	rows []*cim.Instance
	log  []string
}

func (p *shelf) ask(ctx context.Context, op string, r *provider.Request) error {
	p.mu.Lock()
	p.log = append(p.log, op+" "+r.Class.Name())
	p.mu.Unlock()
	if p.asked == nil {
		return nil
	}
	return p.asked(ctx, op, r)
}

// calls returns what the provider was asked since it was asked last.
func (p *shelf) calls() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.log = nil }()
	return strings.Join(p.log, ", ")
}

func (p *shelf) index(key *cim.Instance) int {
	want, _ := key.Get("Id")
	return slices.IndexFunc(p.rows, func(row *cim.Instance) bool {
		id, _ := row.Get("Id")
		return strings.EqualFold(id.Text(), want.Text()) && row.Class().Name() == key.Class().Name()
	})
}

func (p *shelf) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		if err := p.ask(ctx, "enumerate", r); err != nil {
			yield(nil, err)
			return
		}
		p.mu.Lock()
		rows := slices.Clone(p.rows)
		p.mu.Unlock()
		for _, row := range rows {
			if row.Class().Name() == r.Class.Name() && !yield(row.Clone(), nil) {
				return
			}
		}
	}
}

func (p *shelf) GetInstance(ctx context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	if err := p.ask(ctx, "get", r); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := p.index(key); i >= 0 {
		return p.rows[i].Clone(), nil
	}
	return nil, wbem.NotFound
}

func (p *shelf) PutInstance(ctx context.Context, r *provider.Request, inst *cim.Instance) (cim.Path, error) {
	if err := p.ask(ctx, "put", r); err != nil {
		return cim.Path{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := p.index(inst); i >= 0 {
		p.rows[i] = inst
	} else {
		p.rows = append(p.rows, inst)
	}
	return cim.Path{}, nil
}

func (p *shelf) DeleteInstance(ctx context.Context, r *provider.Request, key *cim.Instance) error {
	if err := p.ask(ctx, "delete", r); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	i := p.index(key)
	if i < 0 {
		return wbem.NotFound
	}
	p.rows = slices.Delete(p.rows, i, i+1)
	return nil
}

// register returns the MOF that registers providers which can do everything.
func register(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, `
			instance of __Win32Provider as $%[1]s { Name = "%[1]s"; };
			instance of __InstanceProviderRegistration {
				provider = $%[1]s; SupportsGet = TRUE; SupportsPut = TRUE; SupportsDelete = TRUE;
				SupportsEnumeration = TRUE; QuerySupportLevels = {"WQL:UnarySelect"};
			};`, name)
	}
	return b.String()
}

const dynClasses = `
	[dynamic, provider("P1")] class Dyn { [key] string Id; string V; };
	[dynamic, provider("P2")] class Dyn2 : Dyn { sint32 N; };
	[dynamic, provider("P0")] class DynRO { [key] string Id; };
`

// A lab is a store in memory with providers.
type lab struct {
	*testing.T
	m *cimom.Manager
	wbem.Services
	closed bool
}

// close verifies and closes the store, once.
func (l *lab) close() error {
	if l.closed {
		return nil
	}
	l.closed = true
	verify(l.T, l.m)
	return l.m.Close()
}

func newLab(t *testing.T, providers map[string]any, mof string) *lab {
	t.Helper()
	m, err := cimom.OpenMemory(cimom.Options{Server: "HERE", Locale: "en-US", Providers: providers})
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{T: t, m: m}
	t.Cleanup(func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	})
	secure(t, m, "root", anybody)
	l.compile(mof)
	l.Services = connect(t, m)
	return l
}

func (l *lab) compile(mof string) {
	l.Helper()
	p, err := compile.ParseText(l.Context(), compile.Options{}, "lab.mof", []byte("#pragma namespace(\"root\\\\cimv2\")\n"+mof))
	if err == nil {
		_, err = p.Store(l.Context(), l.m)
	}
	if err != nil {
		l.Fatal(err)
	}
}

// spawn returns an instance with properties from pairs of a name and a text or
// number.
func (l *lab) spawn(class string, pairs ...any) *cim.Instance {
	l.Helper()
	c, err := l.GetClass(l.Context(), class, wbem.Options{})
	if err != nil {
		l.Fatal(err)
	}
	return fillIn(l.T, cim.NewInstance(c), pairs...)
}

func fillIn(t *testing.T, inst *cim.Instance, pairs ...any) *cim.Instance {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		v := cim.Value{}
		switch x := pairs[i+1].(type) {
		case string:
			v = cim.StringValue(x)
		case int:
			v = cim.Sint64Value(int64(x))
		}
		if err := inst.Set(pairs[i].(string), v); err != nil {
			t.Fatal(err)
		}
	}
	return inst
}

func (l *lab) put(class string, pairs ...any) string {
	l.Helper()
	path, err := l.PutInstance(l.Context(), l.spawn(class, pairs...), wbem.Options{})
	if err != nil {
		l.Fatal(err)
	}
	return path.String()
}

func (l *lab) get(path string) string {
	l.Helper()
	inst, err := l.GetInstance(l.Context(), cim.MustParsePath(path), wbem.Options{})
	if err != nil {
		return cim.StatusOf(err).Name()
	}
	return show(inst)
}

// list returns the instances of a class and, if the sequence fails, the status.
func (l *lab) list(class string, flags wbem.Flags) []string {
	l.Helper()
	var out []string
	for inst, err := range l.Instances(l.Context(), class, wbem.Options{Flags: flags}) {
		if err != nil {
			out = append(out, cim.StatusOf(err).Name())
			break
		}
		out = append(out, show(inst))
	}
	return out
}

// show returns the class of an instance and its properties that are not NULL.
func show(inst *cim.Instance) string {
	b := []byte(inst.ClassName())
	for k, p := range inst.Class().Properties() {
		if v := inst.At(k); !v.IsNull() {
			b = fmt.Appendf(b, " %s=%v", p.Name(), v.String())
		}
	}
	return string(b)
}

func wantStatus(t *testing.T, what string, err error, want wbem.Status) {
	t.Helper()
	if !errors.Is(err, want) || cim.StatusOf(err) != want {
		t.Errorf("%s: %v, want %s", what, err, want.Name())
	}
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// One class has one provider, which is asked for everything.
func TestProvider(t *testing.T) {
	p := &shelf{}
	l := newLab(t, map[string]any{"p1": p}, register("P1")+`[dynamic, provider("P1")] class Dyn { [key] string Id; string V = "new"; };`)
	equal(t, "path", l.put("Dyn", "Id", "a", "V", "x"), `\\HERE\root\cimv2:Dyn.Id="a"`)
	l.put("Dyn", "Id", "b")
	equal(t, "list", l.list("Dyn", 0), []string{"Dyn Id=a V=x", "Dyn Id=b V=new"})
	equal(t, "get", l.get(`Dyn.Id="B"`), "Dyn Id=b V=new")
	equal(t, "get", l.get(`Dyn.Id="c"`), "NotFound")
	equal(t, "get", l.get(`Dyn.Nope="c"`), "InvalidObjectPath")
	inst, err := l.GetInstance(t.Context(), cim.MustParsePath(`Dyn.Id="a"`), wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "origin", *inst.Origin(), cim.Origin{Server: "HERE", Namespace: `root\cimv2`})
	if err := l.DeleteInstance(t.Context(), cim.MustParsePath(`Dyn.Id="a"`), wbem.Options{}); err != nil {
		t.Error(err)
	}
	wantStatus(t, "delete", l.DeleteInstance(t.Context(), cim.MustParsePath(`Dyn.Id="a"`), wbem.Options{}), wbem.NotFound)
	equal(t, "list", l.list("Dyn", wbem.Shallow), []string{"Dyn Id=b V=new"})
	equal(t, "calls", p.calls(), "put Dyn, put Dyn, enumerate Dyn, get Dyn, get Dyn, get Dyn, delete Dyn, delete Dyn, enumerate Dyn")
}

// The provider sees who asks for what: put.md#65, put.md#75.
func TestProviderRequest(t *testing.T) {
	var seen *provider.Request
	var given string
	p := &shelf{asked: func(_ context.Context, _ string, r *provider.Request) error { seen = r; return nil }}
	chooses := &chooser{p, &given}
	l := newLab(t, map[string]any{"P1": chooses}, register("P1")+`[dynamic, provider("P1")] class Dyn { [key] string Id; string V; };`)
	var named wbem.Context
	named.Set("Mine", cim.StringValue("m"))
	named.Set("__PUT_EXT_CLIENT_REQUEST", cim.BoolValue(true))
	who := &wbem.Identity{Name: `LAB\kim`, Level: 6}
	s, err := l.m.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{Identity: who, Locale: "MS_407"})
	if err != nil {
		t.Fatal(err)
	}
	path, err := s.PutInstance(t.Context(), l.spawn("Dyn", "V", "x"), wbem.Options{Flags: wbem.CreateOnly, Context: &named})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "path", path.String(), `\\HERE\root\cimv2:Dyn.Id="chosen"`)
	equal(t, "object", given, "Dyn V=x")
	var names []string
	for v := range seen.Context.All() {
		names = append(names, v.Name)
	}
	equal(t, "context", names, []string{"Mine"})
	equal(t, "flags", seen.Flags, wbem.CreateOnly)
	equal(t, "caller", seen.Caller, who)
	equal(t, "locale", seen.Locale, "ms_407")
	equal(t, "namespace", seen.Namespace, `root\cimv2`)
	if _, ok := named.Get("__PUT_EXT_CLIENT_REQUEST"); !ok {
		t.Error("the caller's context was changed")
	}
}

// A chooser chooses the key of what it is to put.
type chooser struct {
	*shelf
	given *string
}

func (p *chooser) PutInstance(ctx context.Context, r *provider.Request, inst *cim.Instance) (cim.Path, error) {
	*p.given = show(inst)
	if err := inst.Set("Id", cim.StringValue("chosen")); err != nil {
		return cim.Path{}, err
	}
	if _, err := p.shelf.PutInstance(ctx, r, inst); err != nil {
		return cim.Path{}, err
	}
	path, _ := cim.RelPath(inst)
	return path, nil
}

// What the registration does not allow is refused without a call: put.md#66,
// system-classes.md#11, system-classes.md#12.
func TestProviderAbilities(t *testing.T) {
	p0, p1 := &shelf{}, &shelf{}
	reg := `
		instance of __Win32Provider as $P0 { Name = "P0"; };
		instance of __InstanceProviderRegistration { provider = $P0; SupportsEnumeration = FALSE; };
		[dynamic, provider("Nobody")] class Orphan { [key] string Id; };`
	l := newLab(t, map[string]any{"P0": p0, "P1": p1}, reg+register("P1")+dynClasses)
	path := cim.MustParsePath(`DynRO.Id="1"`)
	_, err := l.PutInstance(t.Context(), l.spawn("DynRO", "Id", "1"), wbem.Options{})
	wantStatus(t, "put", err, wbem.ProviderNotCapable)
	_, err = l.GetInstance(t.Context(), path, wbem.Options{})
	wantStatus(t, "get", err, wbem.ProviderNotCapable)
	wantStatus(t, "delete", l.DeleteInstance(t.Context(), path, wbem.Options{}), wbem.ProviderNotCapable)
	equal(t, "list", l.list("DynRO", 0), []string{"ProviderNotCapable"})
	equal(t, "calls", p0.calls(), "")

	equal(t, "list", l.list("Orphan", 0), []string{"ProviderNotFound"})
	equal(t, "get", l.get(`Orphan.Id="1"`), "ProviderNotFound")
	_, err = l.PutInstance(t.Context(), l.spawn("Orphan", "Id", "1"), wbem.Options{})
	wantStatus(t, "put", err, wbem.ProviderNotFound)

	// One that is registered for more than it has methods for.
	l2 := newLab(t, map[string]any{"P1": readOnly{p1}}, register("P1")+`[dynamic, provider("P1")] class Dyn { [key] string Id; };`)
	_, err = l2.PutInstance(t.Context(), l2.spawn("Dyn", "Id", "1"), wbem.Options{})
	wantStatus(t, "put", err, wbem.ProviderNotCapable)
	equal(t, "list", l2.list("Dyn", 0), nil)
}

type readOnly struct{ provider.InstanceEnumerator }

// Registrations that cannot be used, and how that is reported.
func TestRegistrations(t *testing.T) {
	const abilities = `instance of __InstanceProviderRegistration { provider = "__Win32Provider.Name=\"P\""; SupportsGet = TRUE; SupportsPut = TRUE; };`
	for _, test := range []struct {
		name, mof string
		want      wbem.Status
	}{
		{"good", `instance of __Win32Provider { Name = "P"; };` + abilities, wbem.OK},
		{"by CLSID", `instance of __Win32Provider { Name = "P"; CLSID = "{D3B7A5D2-1C2E-4B6B-9E1B-6C1F6D1A2B3C}"; };` + abilities, wbem.OK},
		{"built in", `instance of __Win32Provider { Name = "P"; CLSID = "builtin:P"; };` + abilities, wbem.OK},
		{"path in full", `instance of __Win32Provider { Name = "P"; };
			instance of __InstanceProviderRegistration { provider = "\\\\.\\root\\cimv2:__Win32Provider.Name='p'"; };`, wbem.OK},
		{"elsewhere", `instance of __Win32Provider { Name = "P"; };
			instance of __InstanceProviderRegistration { provider = "root\\default:__Win32Provider.Name='P'"; };`, wbem.InvalidProviderRegistration},
		{"no provider", ``, wbem.ProviderNotFound},
		{"no instance provider", `instance of __Win32Provider { Name = "P"; };`, wbem.InvalidProviderRegistration},
		{"disabled", `instance of __Win32Provider { Name = "P"; Enabled = FALSE; };` + abilities, wbem.ProviderDisabled},
		{"another computer", `instance of __Win32Provider { Name = "P"; DefaultMachineName = "far"; };` + abilities, wbem.NotSupported},
		{"hosting model", `instance of __Win32Provider { Name = "P"; HostingModel = "Somewhere"; };` + abilities, wbem.InvalidProviderRegistration},
		{"hosting group", `instance of __Win32Provider { Name = "P"; HostingModel = "LocalServiceHost:mine"; };` + abilities, wbem.OK},
		{"push-verify", `instance of __Win32Provider { Name = "P"; };
			instance of __InstanceProviderRegistration { provider = "__Win32Provider.Name=\"P\""; InteractionType = 2; };`, wbem.InvalidProviderRegistration},
		{"system-classes.md#14 not there", `instance of __Win32Provider { Name = "P"; HostingModel = "Decoupled:Com"; CLSID = "{00000000-0000-0000-0000-000000000001}"; };` + abilities, wbem.ProviderLoadFailure},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := &shelf{}
			values := map[string]any{"P": p, "{d3b7a5d2-1c2e-4b6b-9e1b-6c1f6d1a2b3c}": p}
			if strings.HasSuffix(test.name, "not there") {
				delete(values, "P")
			}
			l := newLab(t, values, `[dynamic, provider("P")] class Dyn { [key] string Id; };`+test.mof)
			var last error
			for _, last = range l.Instances(t.Context(), "Dyn", wbem.Options{}) {
			}
			if cim.StatusOf(last) != test.want {
				t.Errorf("%v, want %s", last, test.want.Name())
			}
		})
	}
	if _, err := cimom.OpenMemory(cimom.Options{Providers: map[string]any{"P": 1}}); cim.StatusOf(err) != wbem.InvalidParameter {
		t.Errorf("a number as a provider: %v", err)
	}
}

// A registration counts as soon as it is written, and no longer than it stays.
func TestRegistrationChanges(t *testing.T) {
	l := newLab(t, map[string]any{"P": &shelf{}}, `[dynamic, provider("P")] class Dyn { [key] string Id; };`)
	equal(t, "before", l.list("Dyn", 0), []string{"ProviderNotFound"})
	l.compile(register("P"))
	equal(t, "registered", l.list("Dyn", 0), nil)
	l.compile(`instance of __Win32Provider { Name = "P"; Enabled = FALSE; };`)
	equal(t, "disabled", l.list("Dyn", 0), []string{"ProviderDisabled"})
	if err := l.DeleteInstance(t.Context(), cim.MustParsePath(`__Win32Provider.Name="P"`), wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	equal(t, "deleted", l.list("Dyn", 0), []string{"ProviderNotFound"})
}

// The instances of a push provider are in the repository.
func TestPushProvider(t *testing.T) {
	p := &shelf{}
	l := newLab(t, map[string]any{"P": p}, `
		instance of __Win32Provider as $P { Name = "P"; };
		instance of __InstanceProviderRegistration { provider = $P; InteractionType = 1; };
		[dynamic, provider("P")] class Dyn { [key] string Id; };`)
	l.put("Dyn", "Id", "1")
	equal(t, "list", l.list("Dyn", 0), []string{"Dyn Id=1"})
	equal(t, "get", l.get(`Dyn.Id="1"`), "Dyn Id=1")
	if err := l.DeleteInstance(t.Context(), cim.MustParsePath(`Dyn.Id="1"`), wbem.Options{}); err != nil {
		t.Error(err)
	}
	equal(t, "calls", p.calls(), "")
}

// Providers of a hierarchy are asked from the topmost down, and all must
// succeed: put.md#67, put.md#68.
func TestPutHierarchy(t *testing.T) {
	var order []string
	var fail error
	note := func(name string) *shelf {
		return &shelf{asked: func(_ context.Context, op string, r *provider.Request) error {
			order = append(order, name+" "+op+" "+r.Class.Name())
			if name == "P1" {
				return fail
			}
			return nil
		}}
	}
	l := newLab(t, map[string]any{"P1": note("P1"), "P2": note("P2")}, register("P1", "P2")+dynClasses+`
		[dynamic, provider("P2")] class Dyn3 : Dyn2 { };`)
	put := func(class string) error {
		order = nil
		_, err := l.PutInstance(t.Context(), l.spawn(class, "Id", "1"), wbem.Options{})
		return err
	}
	if err := put("Dyn2"); err != nil {
		t.Error(err)
	}
	equal(t, "order", order, []string{"P1 put Dyn", "P2 put Dyn2"})
	if err := put("Dyn3"); err != nil {
		t.Error(err)
	}
	equal(t, "one provider, two classes", order, []string{"P1 put Dyn", "P2 put Dyn3"})
	fail = wbem.VetoPut
	wantStatus(t, "veto", put("Dyn2"), wbem.VetoPut)
	equal(t, "order", order, []string{"P1 put Dyn"})
}

// The key that one provider chooses is that for the providers after it.
func TestPutChosenKey(t *testing.T) {
	var given string
	p2 := &shelf{}
	l := newLab(t, map[string]any{"P1": &chooser{&shelf{}, &given}, "P2": p2}, register("P1", "P2")+dynClasses)
	equal(t, "path", l.put("Dyn2", "N", 1), `\\HERE\root\cimv2:Dyn2.Id="chosen"`)
	equal(t, "P1", given, "Dyn2 N=1")
	equal(t, "P2", show(p2.rows[0]), "Dyn2 Id=chosen N=1")

	// A provider has to say which one it has chosen.
	l = newLab(t, map[string]any{"P1": &shelf{}}, register("P1")+oneDyn)
	_, err := l.PutInstance(t.Context(), l.spawn("Dyn", "V", "x"), wbem.Options{})
	wantStatus(t, "no key", err, wbem.ProviderFailure)
}

// A path may name a superclass; what several providers know of one object is
// put together.
func TestReadHierarchy(t *testing.T) {
	p1, p2 := &shelf{}, &shelf{}
	l := newLab(t, map[string]any{"P1": p1, "P2": p2}, register("P1", "P2")+`
		class Any { [key] string Id; };
		[dynamic, provider("P1")] class Dyn : Any { string V; };
		[dynamic, provider("P2")] class Dyn2 : Dyn { sint32 N; };`)
	dyn, dyn2 := l.spawn("Dyn"), l.spawn("Dyn2")
	p1.rows = []*cim.Instance{
		fillIn(t, dyn.Clone(), "Id", "a", "V", "base a"), fillIn(t, dyn.Clone(), "Id", "B", "V", "base b"), fillIn(t, dyn.Clone(), "Id", "c"),
	}
	p2.rows = []*cim.Instance{
		fillIn(t, dyn2.Clone(), "Id", "b", "N", 2), fillIn(t, dyn2.Clone(), "Id", "c", "V", "own", "N", 3), fillIn(t, dyn2.Clone(), "Id", "d"),
	}
	l.put("Any", "Id", "stored")
	l.put("Any", "Id", "D") // which is of Dyn2 as well
	all := []string{"Dyn2 Id=b N=2 V=base b", "Dyn2 Id=c N=3 V=own", "Dyn2 Id=d", "Dyn Id=a V=base a"}
	equal(t, "Dyn", l.list("Dyn", 0), all)
	equal(t, "Any", l.list("Any", 0), append(all, "Any Id=stored"))
	equal(t, "Dyn alone", l.list("Dyn", wbem.Shallow), []string{"Dyn Id=a V=base a", "Dyn Id=B V=base b", "Dyn Id=c"})
	equal(t, "Any alone", l.list("Any", wbem.Shallow), []string{"Any Id=D", "Any Id=stored"})
	p1.calls()
	for path, want := range map[string]string{
		`Any.Id="a"`: "Dyn Id=a V=base a", `Any.Id="b"`: "Dyn2 Id=b N=2 V=base b", `Dyn.Id="C"`: "Dyn2 Id=c N=3 V=own",
		`Any.Id="stored"`: "Any Id=stored", `Any.Id="d"`: "Dyn2 Id=d", `Dyn2.Id="a"`: "NotFound", `Any.Id="x"`: "NotFound",
	} {
		equal(t, path, l.get(path), want)
	}
	inst, err := l.GetInstance(t.Context(), cim.MustParsePath(`Any.Id="d"`), wbem.Options{Flags: wbem.DirectRead})
	if err != nil || show(inst) != "Any Id=D" {
		t.Errorf("direct: %v, %v", inst, err)
	}

	// A delete begins with the provider of the instance's own class.
	p1.calls()
	p2.calls()
	if err := l.DeleteInstance(t.Context(), cim.MustParsePath(`Any.Id="b"`), wbem.Options{}); err != nil {
		t.Error(err)
	}
	equal(t, "P2", p2.calls(), "get Dyn2, delete Dyn2")
	equal(t, "P1", p1.calls(), "get Dyn, delete Dyn")
	equal(t, "gone", l.get(`Any.Id="b"`), "NotFound")
	if err := l.DeleteInstance(t.Context(), cim.MustParsePath(`Any.Id="stored"`), wbem.Options{}); err != nil {
		t.Error(err)
	}
	equal(t, "gone", l.get(`Any.Id="stored"`), "NotFound")

	// One provider that fails hides nothing of the others.
	p2.asked = func(context.Context, string, *provider.Request) error { return wbem.AccessDenied }
	equal(t, "Any", l.list("Any", 0), []string{"Dyn Id=a V=base a", "Dyn Id=c", "Any Id=D", "AccessDenied"})
	equal(t, "get", l.get(`Any.Id="a"`), "Dyn Id=a V=base a")
	equal(t, "get", l.get(`Any.Id="x"`), "AccessDenied")
}

// Whatever a provider does is an error for whoever called it, and no more.
func TestBadProvider(t *testing.T) {
	p := &shelf{}
	l := newLab(t, map[string]any{"P1": p}, register("P1")+`
		[dynamic, provider("P1")] class Dyn { [key] string Id; string V; };
		class Other { [key] string Id; };`)
	var yields []*cim.Instance
	bad := &yielder{shelf: p, rows: &yields}
	l2 := newLab(t, map[string]any{"P1": bad}, register("P1")+`
		[dynamic, provider("P1")] class Dyn { [key] string Id; string V; };
		class Other { [key] string Id; };`)
	extended := l.spawn("__ExtendedStatus", "Description", "the disk is gone")

	for name, test := range map[string]struct {
		do   func(context.Context) error
		want wbem.Status
	}{
		"panic":              {func(context.Context) error { panic("boom") }, wbem.ProviderFailure},
		"nil dereference":    {func(context.Context) error { var r *provider.Request; return errors.New(r.Namespace) }, wbem.ProviderFailure},
		"Goexit":             {func(context.Context) error { runtime.Goexit(); return nil }, wbem.ProviderFailure},
		"error":              {func(context.Context) error { return errors.New("secret") }, wbem.ProviderFailure},
		"status":             {func(context.Context) error { return wbem.OutOfMemory }, wbem.OutOfMemory},
		"status with words":  {func(context.Context) error { return cim.Errorf(wbem.ReadOnly, "V") }, wbem.ReadOnly},
		"success as failure": {func(context.Context) error { return wbem.STimedout }, wbem.ProviderFailure},
		"object": {func(context.Context) error {
			return &wbem.Error{Status: wbem.InvalidOperation, Object: extended}
		}, wbem.InvalidOperation},
	} {
		t.Run(name, func(t *testing.T) {
			p.asked = func(ctx context.Context, _ string, _ *provider.Request) error { return test.do(ctx) }
			_, err := l.GetInstance(t.Context(), cim.MustParsePath(`Dyn.Id="1"`), wbem.Options{})
			wantStatus(t, "get", err, test.want)
			var e *wbem.Error
			if !errors.As(err, &e) || e.Op != "GetObject" || e.Provider != "P1" || strings.Contains(err.Error(), "secret") {
				t.Errorf("get: %#v", err)
			}
			if got := e.Object; test.want == wbem.InvalidOperation && got == nil {
				t.Error("the object of the provider is lost")
			}
			_, err = l.PutInstance(t.Context(), l.spawn("Dyn", "Id", "1"), wbem.Options{})
			wantStatus(t, "put", err, test.want)
			equal(t, "list", l.list("Dyn", 0), []string{test.want.Name()})
		})
	}
	good := l2.spawn("Dyn", "Id", "1")
	wrong := l2.spawn("Dyn", "Id", "1")
	wrong.Put(wrong.Class().PropertyIndex("V"), cim.Sint32Value(1))
	for name, test := range map[string]struct {
		inst *cim.Instance
		want []string
	}{
		"nothing":       {nil, []string{"ProviderFailure"}},
		"zero":          {&cim.Instance{}, []string{"ProviderFailure"}},
		"no key":        {l2.spawn("Dyn", "V", "x"), []string{"ProviderFailure"}},
		"wrong type":    {wrong, []string{"ProviderFailure"}},
		"another class": {l2.spawn("Other", "Id", "1"), []string{"Dyn Id=1"}},
	} {
		t.Run(name, func(t *testing.T) {
			yields = []*cim.Instance{test.inst, good}
			equal(t, "list", l2.list("Dyn", 0), test.want)
			equal(t, "get", l2.get(`Dyn.Id="1"`), "ProviderFailure")
		})
	}
	yields = []*cim.Instance{l2.spawn("Dyn", "Id", "2")}
	equal(t, "another object", l2.get(`Dyn.Id="1"`), "ProviderFailure")
}

// A yielder delivers whatever it is told to.
type yielder struct {
	*shelf
	rows *[]*cim.Instance
}

func (p *yielder) Instances(context.Context, *provider.Request) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		for _, row := range *p.rows {
			if row != nil && row.Class() != nil {
				row = row.Clone()
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (p *yielder) GetInstance(context.Context, *provider.Request, *cim.Instance) (*cim.Instance, error) {
	return (*p.rows)[0], nil
}

// A registration that cannot be used is stored, unless the put asks for strong
// validation: system-classes.md#13, put.md P-3.
func TestStrongValidation(t *testing.T) {
	l := newLab(t, nil, ``)
	const provider = `__Win32Provider.Name="P"`
	queries := cim.StringsValue([]string{"SELECT * FROM meta_class WHERE __CLASS = \"X\""})
	for _, test := range []struct {
		inst *cim.Instance
		want wbem.Status
	}{
		{l.spawn("__ClassProviderRegistration", "provider", provider), wbem.InvalidProviderRegistration},
		{l.spawn("__InstanceProviderRegistration", "provider", provider, "InteractionType", 2), wbem.InvalidProviderRegistration},
		{l.spawn("__MethodProviderRegistration", "provider", "?"), wbem.InvalidProviderRegistration},
		{l.spawn("__Win32Provider", "Name", "P", "HostingModel", "Nowhere"), wbem.InvalidProviderRegistration},
		{l.spawn("__Win32Provider", "Name", "P", "DefaultMachineName", "far"), wbem.OK},
		{l.spawn("__InstanceProviderRegistration", "provider", provider), wbem.OK},
	} {
		_, err := l.PutInstance(t.Context(), test.inst, wbem.Options{Flags: wbem.StrongValidation})
		if cim.StatusOf(err) != test.want {
			t.Errorf("%s: %v", show(test.inst), err)
		}
		if _, err := l.PutInstance(t.Context(), test.inst, wbem.Options{}); err != nil && cim.StatusOf(err) != wbem.InvalidObjectPath {
			t.Errorf("%s without the flag: %v", show(test.inst), err)
		}
	}
	class := l.spawn("__ClassProviderRegistration", "provider", provider)
	for _, set := range []struct {
		name string
		v    cim.Value
	}{{"SupportsEnumeration", cim.BoolValue(true)}, {"ResultSetQueries", queries}} {
		_, err := l.PutInstance(t.Context(), class, wbem.Options{Flags: wbem.StrongValidation})
		wantStatus(t, "before "+set.name, err, wbem.InvalidProviderRegistration)
		if err := class.Set(set.name, set.v); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.PutInstance(t.Context(), class, wbem.Options{Flags: wbem.StrongValidation}); err != nil {
		t.Error(err)
	}
}
