// Package wbemtest has the conformance tests of the contract in package wbem.
// Every binding passes them: the embedded object manager first, each protocol
// as it is added. A test is named for the numbered cases of the specification
// that it proves.
package wbemtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

// Run runs all conformance tests. open returns a locator over an empty store of
// its own, which it closes when the test ends.
func Run(t *testing.T, open func(t *testing.T) wbem.Locator) {
	groups := []struct {
		name  string
		cases []testCase
	}{
		{"put", putCases},
		{"keys", keyCases},
		{"kinds", kindCases},
		{"update", updateCases},
		{"elsewhere", elsewhereCases},
		{"partial", partialCases},
		{"amended", amendedCases},
		{"async", asyncCases},
		{"query", queryCases},
		{"subscribe", subscribeCases},
		{"method", methodCases},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, c := range g.cases {
				t.Run(c.name, func(t *testing.T) {
					c.run(newFixture(t, open(t)))
				})
			}
		})
	}
}

// A testCase proves the cases that its name lists.
type testCase struct {
	name string
	run  func(f *fixture)
}

// A fixture is a store with the namespace root\t and the classes of put.md 15,
// and whoever asks.
type fixture struct {
	*testing.T
	ctx     context.Context
	locator wbem.Locator
	wbem.Services
}

// classes are those of put.md 15 that need no provider.
const classes = `
	class B      { [key] string Id; sint32 N = 7; string S; };
	class D : B  { uint8 U; };
	class E : B  { string X; };
	class K2     { [key] string A; [key] sint32 C; string V; };
	class KI     { [key] uint32 Num; string V; };
	class NN     { [key] string Id; [not_null] string Must; [indexed] sint32 Ix; };
	[abstract] class AB { [key] string Id; };
	[singleton] class SG { string V; };
	class NoKey  { string V; };
`

func newFixture(t *testing.T, locator wbem.Locator) *fixture {
	f := &fixture{T: t, ctx: t.Context(), locator: locator}
	root := f.connect("root")
	for _, name := range []string{"t", "u"} {
		ns := f.spawn(root, "__Namespace", "Name", name)
		if _, err := root.PutInstance(f.ctx, ns, wbem.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	f.Services = f.connect(`root\t`)
	f.mof(classes)
	return f
}

func (f *fixture) connect(namespace string) wbem.Services {
	f.Helper()
	s, err := f.locator.Connect(f.ctx, namespace, wbem.ConnectOptions{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	return s
}

// mof compiles MOF text into the namespace of the fixture.
func (f *fixture) mof(text string) { f.Helper(); f.mofInto(f.Services, text) }

func (f *fixture) mofInto(s wbem.Services, text string) {
	f.Helper()
	f.compile(f.locator, s.Namespace(), text)
}

func (f *fixture) compile(l wbem.Locator, namespace, text string) {
	f.Helper()
	p, err := compile.ParseText(f.ctx, compile.Options{Namespace: namespace}, "test.mof", []byte(text))
	if err == nil {
		_, err = p.Store(f.ctx, l)
	}
	if err != nil {
		f.Fatal(err)
	}
}

// decl returns the definition of the one class in a MOF text.
func (f *fixture) decl(text string) *cim.ClassDecl {
	f.Helper()
	var c catcher
	f.compile(&c, "root", text)
	if c.decl == nil {
		f.Fatalf("no class in %s", text)
	}
	return c.decl
}

// A catcher is a namespace without classes that keeps the last one put.
type catcher struct {
	wbem.Services
	decl *cim.ClassDecl
}

func (c *catcher) Connect(context.Context, string, wbem.ConnectOptions) (wbem.Services, error) {
	return c, nil
}

func (c *catcher) Server() string    { return "." }
func (c *catcher) Namespace() string { return "root" }
func (c *catcher) Close() error      { return nil }

func (c *catcher) GetClass(context.Context, string, wbem.Options) (*cim.Class, error) {
	return nil, wbem.NewError("GetObject", "", wbem.NotFound)
}

func (c *catcher) PutClass(_ context.Context, d *cim.ClassDecl, _ wbem.Options) error {
	c.decl = d
	return nil
}

// spawn returns an instance with properties given as name, value, name, value.
// A nil value is NULL.
func (f *fixture) spawn(s wbem.Services, class string, nameValues ...any) *cim.Instance {
	f.Helper()
	c, err := s.GetClass(f.ctx, class, wbem.Options{})
	if err != nil {
		f.Fatal(err)
	}
	inst := cim.NewInstance(c)
	for i := 0; i < len(nameValues); i += 2 {
		f.set(inst, nameValues[i].(string), nameValues[i+1])
	}
	return inst
}

func (f *fixture) set(inst *cim.Instance, name string, value any) {
	f.Helper()
	var v cim.Value
	switch x := value.(type) {
	case nil:
	case string:
		v = cim.StringValue(x)
	case int:
		v = cim.Sint64Value(int64(x))
	case bool:
		v = cim.BoolValue(x)
	case cim.Value:
		v = x
	default:
		f.Fatalf("set %s to a %T", name, value)
	}
	if err := inst.Set(name, v); err != nil {
		f.Fatal(err)
	}
}

// put puts an instance with flags and returns its relative path.
func (f *fixture) put(flags wbem.Flags, class string, nameValues ...any) string {
	f.Helper()
	p, err := f.PutInstance(f.ctx, f.spawn(f, class, nameValues...), wbem.Options{Flags: flags})
	if err != nil {
		f.Fatalf("put %s%v: %v", class, nameValues, err)
	}
	return p.RelPath()
}

// refuse puts an instance and demands a status.
func (f *fixture) refuse(want wbem.Status, flags wbem.Flags, class string, nameValues ...any) {
	f.Helper()
	_, err := f.PutInstance(f.ctx, f.spawn(f, class, nameValues...), wbem.Options{Flags: flags})
	f.status(err, want)
}

// putClass puts the class of a MOF text.
func (f *fixture) putClass(flags wbem.Flags, text string) {
	f.Helper()
	if err := f.PutClass(f.ctx, f.decl(text), wbem.Options{Flags: flags}); err != nil {
		f.Fatalf("put %s: %v", text, err)
	}
}

// refuseClass puts the class of a MOF text and demands a status.
func (f *fixture) refuseClass(want wbem.Status, flags wbem.Flags, text string) {
	f.Helper()
	f.status(f.PutClass(f.ctx, f.decl(text), wbem.Options{Flags: flags}), want)
}

// get returns a property of the instance at a path.
func (f *fixture) get(path, property string) cim.Value {
	f.Helper()
	inst, err := f.GetInstance(f.ctx, cim.MustParsePath(path), wbem.Options{})
	if err != nil {
		f.Fatal(err)
	}
	v, ok := inst.Get(property)
	if !ok {
		f.Fatalf("%s has no property %s", path, property)
	}
	return v
}

// want demands the text of a property of the instance at a path; NULL for NULL.
func (f *fixture) want(path, property, text string) {
	f.Helper()
	if v := f.get(path, property); v.String() != text {
		f.Errorf("%s of %s is %q, want %q", property, path, v, text)
	}
}

// absent demands that no instance is at a path.
func (f *fixture) absent(path string) {
	f.Helper()
	_, err := f.GetInstance(f.ctx, cim.MustParsePath(path), wbem.Options{})
	f.status(err, wbem.NotFound)
}

// status demands that err carries a status and crosses the contract as an
// *wbem.Error.
func (f *fixture) status(err error, want wbem.Status) {
	f.Helper()
	if got := wbem.StatusOf(err); got != want {
		f.Fatalf("status %v, want %v: %v", got, want, err)
	}
	var e *wbem.Error
	if err != nil && (!errors.As(err, &e) || e.Op == "") {
		f.Errorf("%#v is no *wbem.Error with an operation", err)
	}
}

// instances returns the relative paths of a class's instances, joined.
func (f *fixture) instances(class string) string {
	f.Helper()
	var paths []string
	for inst, err := range f.Instances(f.ctx, class, wbem.Options{}) {
		if err != nil {
			f.Fatal(err)
		}
		p, _ := cim.RelPath(inst)
		paths = append(paths, p.RelPath())
	}
	return strings.Join(paths, " ")
}

func (f *fixture) class(name string) *cim.Class {
	f.Helper()
	c, err := f.GetClass(f.ctx, name, wbem.Options{})
	if err != nil {
		f.Fatal(err)
	}
	return c
}

// path demands the normal form of a path.
func (f *fixture) path(got cim.Path, format string, args ...any) {
	f.Helper()
	if want := fmt.Sprintf(format, args...); got.String() != want {
		f.Errorf("path %s, want %s", got, want)
	}
}
