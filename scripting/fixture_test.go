package scripting_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/scripting"
	"openwmi/wbem"
)

// classes are those of put.md 15 that need no provider, and a class with
// methods.
const classes = `
	[Description("base"): ToSubclass, Q("b"): ToSubclass ToInstance]
	class B      { [key] string Id; [Units("apples"): ToSubclass ToInstance] sint32 N = 7; string S; };
	class D : B  { uint8 U; };
	class E : B  { string X; };
	class DN : B { sint32 N = 8; };
	class K2     { [key] string A; [key] sint32 C; string V; };
	class KI     { [key] uint32 Num; string V; };
	[abstract] class AB { [key] string Id; };
	[singleton] class SG { string V; };
	class T      { [key] string Id; uint8 U8; sint8 S8; uint16 U16; sint16 S16; uint32 U32; sint32 S32; uint64 U64; sint64 S64;
		real32 R32; real64 R64; boolean Bool; datetime When; char16 Char; B Embedded; B ref Ref; uint8 Bytes[]; string Texts[]; };
	class M      { [key] string Id;
		[Implemented] uint32 Add([in] sint32 a, [in, out] sint32 b, [out] string text);
		void Nothing(); };
	class M2 : M { };
`

// A fixture is an object manager in memory with the namespaces root\t, which has
// the classes, and root\u, which is empty.
type fixture struct {
	*testing.T
	manager *cimom.Manager
	locator *scripting.Locator
	*scripting.Services
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	m, err := cimom.OpenMemory(cimom.Options{
		Server: "HOST", Locale: "en-US", Providers: map[string]any{"Calculator": calculator{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	f := &fixture{T: t, manager: m, locator: scripting.NewLocator(m)}
	root := f.connect("root")
	for _, name := range []string{"t", "u"} {
		ns := f.spawn(root, "__Namespace", "Name", name)
		if _, err := root.Put(ns, 0, nil); err != nil {
			t.Fatal(err)
		}
	}
	f.Services = f.connect(`root\t`)
	f.mof(`root\t`, classes)
	return f
}

func (f *fixture) connect(namespace string) *scripting.Services {
	f.Helper()
	s, err := f.locator.ConnectServer("", namespace, "", "", "", "", 0, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	return s
}

func (f *fixture) mof(namespace, text string) {
	f.Helper()
	if err := compileText(f.manager, namespace, text); err != nil {
		f.Fatal(err)
	}
}

func compileText(m *cimom.Manager, namespace, text string) error {
	p, err := compile.ParseText(context.Background(), compile.Options{Namespace: namespace}, "test.mof", []byte(text))
	if err == nil {
		_, err = p.Store(context.Background(), m)
	}
	return err
}

func (f *fixture) get(path string) *scripting.Object {
	f.Helper()
	o, err := f.Get(path, 0, nil)
	if err != nil {
		f.Fatal(err)
	}
	return o
}

// spawn returns an instance with properties given as name, value, name, value.
func (f *fixture) spawn(s *scripting.Services, class string, nameValues ...any) *scripting.Object {
	f.Helper()
	c, err := s.Get(class, 0, nil)
	if err != nil {
		f.Fatal(err)
	}
	o, err := c.SpawnInstance(0)
	if err != nil {
		f.Fatal(err)
	}
	for i := 0; i < len(nameValues); i += 2 {
		if err := o.Set(nameValues[i].(string), nameValues[i+1]); err != nil {
			f.Fatal(err)
		}
	}
	return o
}

// b returns B with that Id, not stored.
func (f *fixture) b(id string) *scripting.Object {
	f.Helper()
	return f.spawn(f.Services, "B", "Id", id)
}

// store puts an instance and returns its relative path.
func (f *fixture) store(class string, nameValues ...any) string {
	f.Helper()
	p, err := f.Put(f.spawn(f.Services, class, nameValues...), 0, nil)
	if err != nil {
		f.Fatal(err)
	}
	return p.RelPath()
}

// newClass returns a local class of that name below another or "".
func (f *fixture) newClass(name, super string) *scripting.Object {
	f.Helper()
	c := f.get(super)
	if super != "" {
		var err error
		if c, err = c.SpawnDerivedClass(0); err != nil {
			f.Fatal(err)
		}
	}
	if err := c.Path().SetClass(name); err != nil {
		f.Fatal(err)
	}
	return c
}

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Error(err)
	}
}

func (f *fixture) status(err error, want wbem.Status) {
	f.Helper()
	wantStatus(f.T, err, want)
}

// wantStatus also checks that every error of the package is an *Error.
func wantStatus(t *testing.T, err error, want wbem.Status) {
	t.Helper()
	if got := wbem.StatusOf(err); got != want {
		t.Errorf("status %s, want %s: %v", got.Name(), want.Name(), err)
	}
	if err == nil {
		return
	}
	e, ok := err.(*scripting.Error)
	if !ok {
		t.Errorf("%T is not an *Error: %v", err, err)
		return
	}
	if e.Number != want || e.Source == "" || !strings.HasPrefix(e.Error(), e.Source+": ") {
		t.Errorf("error %+v", e)
	}
}

func (f *fixture) value(o *scripting.Object, name string, want any) {
	f.Helper()
	got, err := o.Get(name)
	if err != nil {
		f.Error(err)
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func (f *fixture) equal(got, want any) {
	f.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("(-want +got):\n%s", diff)
	}
}

func second[T any](_ T, err error) error { return err }

// paths returns the relative paths of a set, or its error.
func paths(set *scripting.ObjectSet) string {
	var out []string
	for o, err := range set.All() {
		if err != nil {
			return strings.Join(append(out, wbem.StatusOf(err).Name()), " ")
		}
		out = append(out, o.Path().RelPath())
	}
	return strings.Join(out, " ")
}

// A recorder is a sink that writes down its events, a line each.
type recorder struct {
	scripting.Sink
	mu    sync.Mutex
	lines []string
	done  chan struct{} // receives at each completion
	// errors are the error objects of the calls, in order.
	errors []*scripting.LastError
}

func newRecorder() *recorder {
	r := &recorder{done: make(chan struct{}, 100)}
	r.OnObjectReady = func(o *scripting.Object, c *scripting.NamedValueSet) { r.add(c, "ready "+o.Path().RelPath()) }
	r.OnObjectPut = func(p *scripting.ObjectPath, c *scripting.NamedValueSet) { r.add(c, "put "+p.Path()) }
	r.OnProgress = func(upper, current int32, text string, c *scripting.NamedValueSet) {
		r.add(c, fmt.Sprintf("progress %d %d %s", upper, current, text))
	}
	r.OnCompleted = func(s wbem.Status, e *scripting.LastError, c *scripting.NamedValueSet) {
		r.add(c, "completed "+s.Name())
		r.mu.Lock()
		r.errors = append(r.errors, e)
		r.mu.Unlock()
		r.done <- struct{}{}
	}
	return r
}

func (r *recorder) add(c *scripting.NamedValueSet, line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c != nil {
		if v, err := c.Item("name", 0); err == nil {
			name, _ := v.Value()
			line += fmt.Sprintf(" [%v]", name)
		}
	}
	r.lines = append(r.lines, line)
}

// want waits for the completion of one call and compares the events since.
func (r *recorder) want(t *testing.T, lines ...string) {
	t.Helper()
	<-r.done
	r.nothing(t, lines...)
}

// nothing compares the events since without waiting.
func (r *recorder) nothing(t *testing.T, lines ...string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if diff := cmp.Diff(strings.Join(lines, "\n"), strings.Join(r.lines, "\n")); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	r.lines = nil
}

// named returns an asynchronous context that a recorder shows.
func named(name string) *scripting.NamedValueSet {
	s := scripting.NewNamedValueSet()
	if _, err := s.Add("name", name, 0); err != nil {
		panic(err)
	}
	return s
}
