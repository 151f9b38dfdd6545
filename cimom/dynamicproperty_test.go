package cimom_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// A board is a property provider that keeps values by PropertyContext.
type board struct {
	asked func(ctx context.Context, op string, p provider.PropertyRequest) error

	mu     sync.Mutex // guards what follows
	values map[string]cim.Value
	log    []string
}

func (b *board) ask(ctx context.Context, op string, p provider.PropertyRequest) error {
	b.mu.Lock()
	b.log = append(b.log, op+" "+p.PropertyContext)
	b.mu.Unlock()
	if b.asked == nil {
		return nil
	}
	return b.asked(ctx, op, p)
}

// calls returns what the provider was asked since it was asked last.
func (b *board) calls() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer func() { b.log = nil }()
	slices.Sort(b.log)
	return strings.Join(b.log, ", ")
}

func (b *board) GetProperty(ctx context.Context, r *provider.Request, p provider.PropertyRequest) (cim.Value, error) {
	if err := b.ask(ctx, "get", p); err != nil {
		return cim.Value{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.values[p.PropertyContext], nil
}

func (b *board) PutProperty(ctx context.Context, r *provider.Request, p provider.PropertyRequest, v cim.Value) error {
	if err := b.ask(ctx, "put", p); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.values[p.PropertyContext] = v
	return nil
}

const boardMOF = `
	instance of __Win32Provider as $P { Name = "B"; };
	instance of __PropertyProviderRegistration { provider = $P; SupportsGet = TRUE; SupportsPut = TRUE; };
	instance of __Win32Provider as $R { Name = "R"; CLSID = "B"; };
	instance of __PropertyProviderRegistration { provider = $R; SupportsGet = TRUE; };
	[DynProps, ClassContext("cc")] class Switch {
		[key] string Id; string Note;
		[dynamic, provider("B"), PropertyContext("default")] string V;
		sint32 N;
	};
	class Plain { [key] string Id; string V; };
	class Indexed { [key] string Id; [indexed] string X; };
	[DynProps, InstanceContext("ic")] instance of Switch { Id = "a"; Note = "kept"; [dynamic, provider("B"), PropertyContext("n")] N; };
	instance of Switch { Id = "b"; N = 7; };
	[DynProps] instance of Plain { Id = "p"; [Dynamic, Provider("R"), PropertyContext("only")] V; };
	instance of Plain { Id = "q"; V = "stored"; };`

func newBoard(t *testing.T) (*board, *lab) {
	b := &board{values: map[string]cim.Value{
		"default": cim.StringValue("on"), "n": cim.Sint32Value(3), "only": cim.StringValue("read"),
	}}
	return b, newLab(t, map[string]any{"B": b}, boardMOF)
}

func TestDynamicProperties(t *testing.T) {
	b, l := newBoard(t)
	equal(t, "asked while compiling", b.calls(), "")
	equal(t, "get", l.get(`Switch.Id="a"`), "Switch Id=a N=3 Note=kept V=on")
	equal(t, "asked", b.calls(), "get default, get n")
	equal(t, "get", l.get(`Switch.Id="b"`), "Switch Id=b N=7 V=on")
	equal(t, "asked", b.calls(), "get default")
	equal(t, "get of a plain class", l.get(`Plain.Id="p"`), "Plain Id=p V=read")
	equal(t, "asked", b.calls(), "get only")
	equal(t, "nothing dynamic", l.get(`Plain.Id="q"`), "Plain Id=q V=stored")
	equal(t, "asked", b.calls(), "")
	equal(t, "list", l.list("Switch", 0), []string{"Switch Id=a N=3 Note=kept V=on", "Switch Id=b N=7 V=on"})
	equal(t, "asked", b.calls(), "get default, get default, get n")

	for _, test := range []struct {
		query, asked string
		want         []string
	}{
		{"SELECT * FROM Switch WHERE N = 3", "get default, get default, get n", []string{"Switch Id=a N=3 Note=kept V=on"}},
		{"SELECT Id FROM Switch WHERE N = 3", "get n", []string{"Switch Id=a"}},
		{"SELECT Id, Note FROM Switch", "", []string{"Switch Id=a Note=kept", "Switch Id=b"}},
		{"SELECT V FROM Switch WHERE Id = 'b'", "get default", []string{"Switch V=on"}},
		{"SELECT Id FROM Switch WHERE V = 'off'", "get default, get default", nil},
		{"SELECT Id FROM Plain WHERE V = 'read'", "get only", []string{"Plain Id=p"}},
		{"SELECT Id FROM Plain WHERE V = 'stored'", "get only", []string{"Plain Id=q"}},
	} {
		equal(t, test.query, l.query(test.query), test.want)
		equal(t, test.query+" asked", b.calls(), test.asked)
	}
}

func TestDynamicPropertyRequest(t *testing.T) {
	b, l := newBoard(t)
	got := ""
	b.asked = func(_ context.Context, op string, p provider.PropertyRequest) error {
		if p.PropertyContext == "n" {
			got = fmt.Sprint(op, " ", p.Property.Name(), " ", p.Path, " ", p.ClassContext, " ", p.InstanceContext)
		}
		return nil
	}
	l.get(`Switch.Id="a"`)
	equal(t, "request", got, `get N \\HERE\root\cimv2:Switch.Id="a" cc ic`)
}

// The other end of a link, and a link, have what providers know of them.
func TestDynamicPropertiesOfLinks(t *testing.T) {
	_, l := newBoard(t)
	l.compile(`
		[association, DynProps] class Wire { [key] Switch ref A; [key] Plain ref B; [dynamic, provider("B"), PropertyContext("n")] sint32 Volts; };
		instance of Wire { A = "Switch.Id=\"a\""; B = "Plain.Id=\"p\""; };`)
	equal(t, "associators", l.query(`ASSOCIATORS OF {Switch.Id="a"}`), []string{"Plain Id=p V=read"})
	equal(t, "back", l.query(`ASSOCIATORS OF {Plain.Id="p"}`), []string{"Switch Id=a N=3 Note=kept V=on"})
	links := l.query(`REFERENCES OF {Plain.Id="p"}`)
	if len(links) != 1 || !strings.HasSuffix(links[0], " Volts=3") {
		t.Error(links)
	}
}

// What is read of an instance and put again changes nothing, and what is set
// reaches its provider: once, after the rest is stored.
func TestPutDynamicProperties(t *testing.T) {
	b, l := newBoard(t)
	read := func(path string) *cim.Instance {
		t.Helper()
		inst, err := l.GetInstance(t.Context(), cim.MustParsePath(path), wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		b.calls()
		return inst
	}
	put := func(inst *cim.Instance, o wbem.Options) error {
		_, err := l.PutInstance(t.Context(), inst, o)
		return err
	}
	inst := read(`Switch.Id="a"`)
	fillIn(t, inst, "N", 12, "Note", "new")
	if err := put(inst, wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	equal(t, "asked", b.calls(), "put default, put n")
	equal(t, "put", l.get(`Switch.Id="a"`), "Switch Id=a N=12 Note=new V=on")

	// The value is not stored.
	b.values["n"] = cim.Value{}
	equal(t, "NULL", l.get(`Switch.Id="a"`), "Switch Id=a Note=new V=on")

	// NULL leaves a property alone.
	inst = read(`Switch.Id="b"`)
	fillIn(t, inst, "V", nil, "N", 8)
	if err := put(inst, wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	equal(t, "asked", b.calls(), "")
	equal(t, "NULL left alone", l.get(`Switch.Id="b"`), "Switch Id=b N=8 V=on")
	b.calls()

	// A partial put writes what it names, and NULL if that is meant.
	partly := func(strict bool, names ...string) wbem.Options {
		c := &wbem.Context{}
		c.Set("__PUT_EXTENSIONS", cim.BoolValue(true))
		c.Set("__PUT_EXT_PROPERTIES", cim.StringsValue(names))
		if strict {
			c.Set("__PUT_EXT_STRICT_NULLS", cim.BoolValue(true))
		}
		return wbem.Options{Flags: wbem.UpdateOnly, Context: c}
	}
	if err := put(l.spawn("Switch", "Id", "a", "N", 5, "Note", "x", "V", "off"), partly(false, "N", "Note")); err != nil {
		t.Fatal(err)
	}
	equal(t, "asked", b.calls(), "put n")
	equal(t, "partial put", l.get(`Switch.Id="a"`), "Switch Id=a N=5 Note=x V=on")
	b.calls()
	if err := put(l.spawn("Switch", "Id", "a", "N", nil, "Note", nil), partly(true, "N")); err != nil {
		t.Fatal(err)
	}
	equal(t, "strict NULL", l.get(`Switch.Id="a"`), "Switch Id=a Note=x V=on")
	wantStatus(t, "partial put of what is not there", put(l.spawn("Switch", "Id", "none", "V", "x"), partly(false, "V")), wbem.NotFound)
	b.calls()

	// What cannot be written may be put back as it is.
	inst = read(`Plain.Id="p"`)
	if err := put(inst, wbem.Options{}); err != nil {
		t.Error(err)
	}
	equal(t, "asked", b.calls(), "get only")
	wantStatus(t, "put of another value", put(fillIn(t, inst, "V", "x"), wbem.Options{}), wbem.ProviderNotCapable)
	equal(t, "plain", l.get(`Plain.Id="p"`), "Plain Id=p V=read")
	b.calls()

	// A provider that refuses leaves the rest stored.
	b.asked = func(_ context.Context, op string, _ provider.PropertyRequest) error {
		if op == "put" {
			return wbem.ReadOnly
		}
		return nil
	}
	wantStatus(t, "refused", put(fillIn(t, read(`Switch.Id="b"`), "V", "x", "Note", "stored"), wbem.Options{}), wbem.ReadOnly)
	equal(t, "the rest", l.get(`Switch.Id="b"`), "Switch Id=b N=8 Note=stored V=on")
	b.calls()

	// Nobody is asked to write what is not stored.
	wantStatus(t, "put of what exists", put(l.spawn("Switch", "Id", "a", "V", "x"), wbem.Options{Flags: wbem.CreateOnly}), wbem.AlreadyExists)
	equal(t, "asked", b.calls(), "")
}

func TestDynamicPropertyErrors(t *testing.T) {
	b, l := newBoard(t)
	l.compile(`
		instance of __Win32Provider as $W { Name = "W"; CLSID = "B"; };
		instance of __PropertyProviderRegistration { provider = $W; SupportsPut = TRUE; };
		instance of __Win32Provider { Name = "N"; CLSID = "B"; };
		instance of __Win32Provider as $G { Name = "G"; };
		instance of __PropertyProviderRegistration { provider = $G; SupportsGet = TRUE; };
		instance of __Win32Provider as $D { Name = "D"; CLSID = "B"; Enabled = FALSE; };
		instance of __PropertyProviderRegistration { provider = $D; SupportsGet = TRUE; };
		[DynProps] instance of Plain { Id = "unknown"; [dynamic, provider("U")] V; };
		[DynProps] instance of Plain { Id = "writeonly"; [dynamic, provider("W")] V; };
		[DynProps] instance of Plain { Id = "unregistered"; [dynamic, provider("N")] V; };
		[DynProps] instance of Plain { Id = "gone"; [dynamic, provider("G")] V; };
		[DynProps] instance of Plain { Id = "disabled"; [dynamic, provider("D")] V; };
		[DynProps] instance of Plain { Id = "nobody"; [dynamic] V; };
		instance of Plain { Id = "unmarked"; [dynamic, provider("U")] V; };`)
	for id, want := range map[string]wbem.Status{
		"unknown": wbem.ProviderNotFound, "writeonly": wbem.ProviderNotCapable, "unregistered": wbem.InvalidProviderRegistration,
		"gone": wbem.ProviderLoadFailure, "disabled": wbem.ProviderDisabled, "nobody": wbem.ProviderNotFound, "unmarked": wbem.OK,
	} {
		_, err := l.GetInstance(t.Context(), cim.MustParsePath(fmt.Sprintf("Plain.Id=%q", id)), wbem.Options{})
		if cim.StatusOf(err) != want {
			t.Errorf("get %s: %v, want %s", id, err, want.Name())
		}
	}
	// An enumeration and a query leave those out, and end with an error.
	read := func(rows func(yield func(cim.Object, error) bool)) (ids []string, last error) {
		for o, err := range rows {
			if err != nil {
				return ids, err
			}
			id, _ := o.(*cim.Instance).Get("Id")
			ids = append(ids, id.Text())
		}
		return ids, nil
	}
	ids, err := read(func(yield func(cim.Object, error) bool) {
		for inst, err := range l.Instances(t.Context(), "Plain", wbem.Options{}) {
			if !yield(inst, err) {
				return
			}
		}
	})
	equal(t, "enumerated", ids, []string{"p", "q", "unmarked"})
	if err == nil {
		t.Error("no error")
	}
	ids, err = read(l.Query(t.Context(), "WQL", "SELECT * FROM Plain", wbem.Options{}))
	equal(t, "queried", ids, []string{"p", "q", "unmarked"})
	wantStatus(t, "query", err, wbem.SPartialResults)
	ids, err = read(l.Query(t.Context(), "WQL", "SELECT Id FROM Plain", wbem.Options{}))
	equal(t, "queried without V", len(ids), 9)
	if err != nil {
		t.Error(err)
	}

	// Structure is not for providers.
	inst := l.spawn("Indexed", "Id", "i", "X", "x")
	set := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	set(inst.SetLocalQualifiers(cim.Qualifiers{{Name: "DynProps", Value: cim.BoolValue(true)}}))
	set(inst.SetLocalPropertyQualifiers(inst.Class().PropertyIndex("X"), cim.Qualifiers{{Name: "dynamic", Value: cim.BoolValue(true)}}))
	_, err = l.PutInstance(t.Context(), inst, wbem.Options{})
	wantStatus(t, "indexed", err, wbem.InvalidQualifier)

	// Only who may write through providers may write these.
	b.asked = func(context.Context, string, provider.PropertyRequest) error { return errors.New("asked") }
	_, err = l.PutInstance(t.Context(), l.spawn("Switch", "Id", "c", "V", "x"), wbem.Options{})
	wantStatus(t, "put", err, wbem.ProviderFailure)
}

// What property providers do wrong is an error for their caller alone.
func TestBadPropertyProvider(t *testing.T) {
	b, l := newBoard(t)
	get := func(ctx context.Context) error {
		_, err := l.GetInstance(ctx, cim.MustParsePath(`Switch.Id="b"`), wbem.Options{})
		return err
	}
	put := func(ctx context.Context) error {
		_, err := l.PutInstance(ctx, l.spawn("Switch", "Id", "b", "V", "x"), wbem.Options{})
		return err
	}
	for name, test := range map[string]struct {
		asked func(context.Context, string, provider.PropertyRequest) error
		want  wbem.Status
	}{
		"panic":     {func(context.Context, string, provider.PropertyRequest) error { panic("at the disco") }, wbem.ProviderFailure},
		"exit":      {func(context.Context, string, provider.PropertyRequest) error { runtime.Goexit(); return nil }, wbem.ProviderFailure},
		"no status": {func(context.Context, string, provider.PropertyRequest) error { return errors.New("x") }, wbem.ProviderFailure},
		"a status":  {func(context.Context, string, provider.PropertyRequest) error { return wbem.NotAvailable }, wbem.NotAvailable},
		"not found": {func(context.Context, string, provider.PropertyRequest) error { return wbem.NotFound }, wbem.NotFound},
	} {
		b.asked = test.asked
		wantStatus(t, "get: "+name, get(t.Context()), test.want)
		wantStatus(t, "put: "+name, put(t.Context()), test.want)
	}
	b.asked = nil
	for name, v := range map[string]cim.Value{
		"another type": cim.Sint32Value(1), "an array": cim.StringsValue([]string{"a"}),
	} {
		b.values["default"] = v
		wantStatus(t, name, get(t.Context()), wbem.ProviderFailure)
	}

	// One that hangs is left alone by its caller, and answers too late.
	entered, free := make(chan struct{}), make(chan struct{})
	b.values["default"] = cim.StringValue("late")
	b.asked = func(context.Context, string, provider.PropertyRequest) error {
		entered <- struct{}{}
		<-free
		return nil
	}
	for _, op := range []func(context.Context) error{get, put} {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- op(ctx) }()
		<-entered
		cancel()
		wantStatus(t, "hanging", <-done, wbem.CallCancelled)
	}
	close(free)
}
