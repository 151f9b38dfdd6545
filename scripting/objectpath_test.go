package scripting_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/scripting"
	"openwmi/wbem"
)

// scripting-api.md#57, scripting-api.md#58, scripting-api.md#59: paths that stand
// alone.
func TestObjectPath(t *testing.T) {
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	path := func(text string) *scripting.ObjectPath {
		t.Helper()
		p := scripting.NewObjectPath()
		check(p.SetPath(text))
		return p
	}
	equal := func(got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	equal(path(`A.k1=1,k2="x"`).Path(), path(`A.k2='x',k1=1`).Path())

	p := path(`A.k=1`)
	equal([]any{p.IsClass(), p.IsSingleton()}, []any{false, false})
	check(p.SetAsSingleton())
	equal([]any{p.Path(), p.IsSingleton(), p.IsClass()}, []any{"A=@", true, false})
	check(p.SetAsClass())
	equal([]any{p.Path(), p.IsSingleton(), p.IsClass()}, []any{"A", false, true})

	p = path(`//srv/root/a/b:C.K="v\"\\"`)
	equal([]string{p.Path(), p.RelPath(), p.Server(), p.Namespace(), p.ParentNamespace(), p.Class()},
		[]string{`\\srv\root\a\b:C.K="v\"\\"`, `C.K="v\"\\"`, "srv", `root\a\b`, `root\a`, "C"})
	check(p.SetServer("other"))
	check(p.SetNamespace("root/x"))
	check(p.SetClass("E"))
	equal([]string{p.Path(), p.ParentNamespace()}, []string{`\\other\root\x:E.K="v\"\\"`, "root"})
	check(p.SetRelPath("F.A=1,B=TRUE,L=18446744073709551615,N=-3"))
	var keys []any
	for k := range p.Keys().All() {
		keys = append(keys, k.Name(), value(t, k))
	}
	equal(keys, []any{"A", int32(1), "B", true, "L", "18446744073709551615", "N", int32(-3)})

	// The keys are a view of the path.
	k := p.Keys()
	check(k.Remove("l", 0))
	check(k.Remove("n", 0))
	check(second(k.Add("a", "text", 0)))
	check(second(k.Add("D", int64(1)<<40, 0)))
	equal(p.RelPath(), `F.A="text",B=TRUE,D="1099511627776"`)
	item, err := k.Item("b", 0)
	check(err)
	check(item.SetValue(7))
	equal(p.RelPath(), `F.A="text",B=7,D="1099511627776"`)
	wantStatus(t, k.Remove("nope", 0), wbem.NotFound)
	wantStatus(t, second(k.Add("X", 1.5, 0)), wbem.TypeMismatch)
	wantStatus(t, second(k.Add("X", nil, 0)), wbem.TypeMismatch)
	wantStatus(t, second(k.Add("X-Y", 1, 0)), wbem.InvalidParameter)
	wantStatus(t, p.SetKeys(nil), wbem.NotSupported)
	clone := k.Clone()
	check(k.DeleteAll())
	equal([]any{p.RelPath(), p.IsClass(), clone.Count(), k.Count()}, []any{"F", true, 3, 0})
	check(p.SetAsSingleton())
	check(second(k.Add("K", 1, 0)))
	equal([]any{p.RelPath(), p.IsSingleton()}, []any{"F.K=1", false})

	// Without class and keys it is a namespace.
	check(p.SetRelPath(""))
	equal(p.Path(), `\\other\root\x`)
	check(p.SetPath(`A="short"`))
	equal([]any{p.Keys().Count(), p.Path()}, []any{1, `A="short"`})
	check(p.SetPath(""))
	equal([]string{p.Path(), p.ParentNamespace()}, []string{"", ""})

	for _, err := range []error{
		p.SetPath("A.K="), p.SetPath(`\\`), p.SetRelPath(`root\x:A`), p.SetRelPath("A B"), p.SetNamespace(`root\\x`),
		p.SetNamespace(`\\srv\root`), p.SetServer(`a\b`), p.SetClass("A-B"), p.SetDisplayName("winmgmts:A.K="),
	} {
		wantStatus(t, err, wbem.InvalidObjectPath)
	}
	equal(p.Path(), "")
}

func TestDisplayName(t *testing.T) {
	p := scripting.NewObjectPath()
	const full = `winmgmts:{impersonationLevel=identify,authenticationLevel=pktPrivacy,authority=kerberos:x,(Debug,!Shutdown)}[locale=ms_407]!\\s\root\x:A.K=1`
	if err := p.SetDisplayName(full); err != nil {
		t.Fatal(err)
	}
	got := []string{p.DisplayName(), p.Path(), p.Locale(), p.Authority()}
	if diff := cmp.Diff([]string{full, `\\s\root\x:A.K=1`, "ms_407", "kerberos:x"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := p.Security().Privileges().Count(); n != 2 {
		t.Errorf("%d privileges", n)
	}
	for _, err := range []error{p.SetLocale("ms_409"), p.SetAuthority(""), p.SetPath("A")} {
		if err != nil {
			t.Error(err)
		}
	}
	if want := `winmgmts:{impersonationLevel=identify,authenticationLevel=pktPrivacy,(Debug,!Shutdown)}[locale=ms_409]!A`; p.DisplayName() != want {
		t.Errorf("DisplayName = %s", p.DisplayName())
	}
	wantStatus(t, p.SetDisplayName("winmgmts:{wrong}"), wbem.InvalidParameter)
	if err := p.SetDisplayName("winmgmts:root"); err != nil || p.Namespace() != "root" || p.DisplayName() != "winmgmts:root" {
		t.Errorf("%v, %s", err, p.DisplayName())
	}

	f := newFixture(t)
	if got := f.b("1").Path().DisplayName(); got != `winmgmts:{authenticationLevel=pktPrivacy}[locale=ms_409]!\\HOST\root\t:B.Id="1"` {
		t.Errorf("DisplayName = %s", got)
	}
}
