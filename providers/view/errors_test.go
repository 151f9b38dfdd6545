package view_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/providers/view"
	"openwmi/wbem"
)

// TestDeclarations checks that what is wrong with a view says where.
func TestDeclarations(t *testing.T) {
	const base = `
		#pragma namespace("\\\\.\\root\\a")
		class A { [key] string Id; uint32 N; string Many[]; };
		class B { [key] string Id; [key] string More; uint32 N; };
		instance of A { Id = "a"; N = 70000; };
	`
	st := open(t, view.Options{}, base)
	s := st.connect(t, `root\a`)
	const key = `[key, PropertySources{"Id"}] string Id;`
	const two = `ViewSources{"SELECT * FROM A", "SELECT * FROM B"}`
	for i, test := range []struct {
		class, members string // qualifiers of the class
		status         wbem.Status
		says           string
	}{
		{`ViewSources{"SELECT * FROM A"}`, key, wbem.InvalidClass, "is no view"},
		{`Union, JoinOn("A.Id = B.Id"), ` + two, key, wbem.InvalidClass, "Union and JoinOn exclude each other"},
		{`Union, Association, ` + two, key, wbem.InvalidClass, "Union and Association exclude each other"},
		{`Union`, key, wbem.InvalidClass, "qualifier ViewSources: "},
		{`Union, ViewSources("SELECT * FROM A")`, key, wbem.InvalidClass, "qualifier ViewSources: "},
		{`Union, ViewSources{"SELECT * FROM A", "SELECT FROM"}`, key, wbem.InvalidClass, "qualifier ViewSources, entry 2: "},
		{`Union, ViewSources{"SELECT * FROM meta_class"}`, key, wbem.InvalidClass, "qualifier ViewSources, entry 1: "},
		{`Union, ViewSources{"SELECT * FROM NoSuch"}`, key, wbem.InvalidClass, `qualifier ViewSources, entry 1: class NoSuch does not exist in root\a`},
		{`Union, ViewSources{"SELECT * FROM A WHERE NoSuch = 1"}`, key, wbem.InvalidQuery, "qualifier ViewSources, entry 1: "},
		{`Union, ViewSources{"SELECT * FROM A"}, ViewSpaces{"root\\a", "root\\b"}`, key, wbem.InvalidClass, "qualifier ViewSpaces: "},
		{`Union, ViewSources{"SELECT * FROM A"}, ViewSpaces{"root\\\\a"}`, key, wbem.InvalidClass, "qualifier ViewSpaces, entry 1: "},
		{`Union, ViewSources{"SELECT * FROM A"}, ViewSpaces{"root\\nowhere"}`, key, wbem.InvalidNamespace, "qualifier ViewSpaces, entry 1: "},
		{`Union, ViewSources{"SELECT * FROM A"}, ViewSpaces{"\\\\OTHER\\root\\a"}`, key, wbem.NotSupported, "qualifier ViewSpaces, entry 1: computer OTHER is not this one"},
		{`Union, ViewSources{"SELECT * FROM A"}`, key + `string Free;`, wbem.InvalidClass, "qualifier PropertySources of Free: "},
		{`Union, ViewSources{"SELECT * FROM A"}`, key + `[PropertySources{"N", "N"}] uint32 N;`, wbem.InvalidClass, "qualifier PropertySources of N: it has 2 entries"},
		{`Union, ViewSources{"SELECT * FROM A"}`, key + `[PropertySources{"a b"}] uint32 N;`, wbem.InvalidClass, "qualifier PropertySources of N, entry 1: "},
		{`Union, ViewSources{"SELECT * FROM A"}`, key + `[PropertySources{"__NOSUCH"}] string N;`, wbem.InvalidClass, "qualifier PropertySources of N, entry 1: "},
		{`Union, ViewSources{"SELECT * FROM A"}`, key + `[PropertySources{"Many"}] string N;`, wbem.InvalidClass, "A.Many is a string[], which cannot be shown as a string"},
		{`Union, ViewSources{"SELECT * FROM A"}`, key + `[PropertySources{"Id"}] uint32 N;`, wbem.InvalidClass, "A.Id is a string, which cannot be shown as a uint32"},
		{`Union, ViewSources{"SELECT * FROM A"}`, key + `[PropertySources{"N"}] uint16 N;`, wbem.ValueOutOfRange, "property N from N of A"},
		{`Union, ViewSources{"SELECT * FROM A"}`, `[key, PropertySources{""}] string Id;`, wbem.InvalidClass, "qualifier PropertySources of Id, entry 1: "},
		{`Union, ViewSources{"SELECT * FROM A"}`, `[key, PropertySources{"NoSuch"}] string Id;`, wbem.InvalidClass, "class A has no property NoSuch"},
		{`Union, ViewSources{"SELECT * FROM A"}`, `[key, HiddenDefault] string Id;`, wbem.InvalidClass, "qualifier HiddenDefault of Id: "},
		{`Union, PostJoinFilter("SELECT * FROM A"), ViewSources{"SELECT * FROM A"}`, key, wbem.InvalidClass, "qualifier PostJoinFilter: "},
		{`Union, ` + two, `[key, PropertySources{"Id", "Id"}] string Id;`, wbem.InvalidClass, "entry 2: class B has 2 keys, and the first source 1"},
		{`JoinOn("A.Id = B.Id"), ViewSources{"SELECT * FROM A"}`, key, wbem.InvalidClass, "qualifier ViewSources: a join needs two"},
		{`JoinOn("A.Id = A.Id"), ViewSources{"SELECT * FROM A", "SELECT * FROM A"}`, `[key, PropertySources{"Id", ""}] string Id;`, wbem.InvalidClass, "entry 2: A is asked for twice"},
		{`JoinOn("A.Id = C.Id"), ` + two, `[key, PropertySources{"Id", ""}] string Id;`, wbem.InvalidClass, "no query in ViewSources asks for C"},
		{`JoinOn("A.Id = A.N"), ` + two, `[key, PropertySources{"Id", ""}] string Id;`, wbem.InvalidClass, "a condition compares two sources"},
		{`JoinOn("A.Id = B.N"), ` + two, `[key, PropertySources{"Id", ""}] string Id;`, wbem.InvalidClass, `A.Id in root\a and B.N in root\a are of types that do not compare`},
		{`JoinOn("A.Many = B.Id"), ` + two, `[key, PropertySources{"Id", ""}] string Id;`, wbem.InvalidClass, "A.Many is a string[], which does not compare"},
		{`JoinOn("A.No = B.Id"), ` + two, `[key, PropertySources{"Id", ""}] string Id;`, wbem.InvalidClass, "class A has no property No"},
		{`JoinOn("A.Id = "), ` + two, `[key, PropertySources{"Id", ""}] string Id;`, wbem.InvalidClass, "it ends where the class of a source is expected"},
		{`JoinOn("(A.Id = B.Id"), ` + two, `[key, PropertySources{"Id", ""}] string Id;`, wbem.InvalidClass, "it ends where AND is expected"},
		{`JoinOn("A.Id + B.Id"), ` + two, `[key, PropertySources{"Id", ""}] string Id;`, wbem.InvalidClass, `"+" stands where an operator`},
		{`JoinOn("A.Id = B.Id OR A.N = B.N"), ` + two, `[key, PropertySources{"Id", ""}] string Id;`, wbem.InvalidClass, `"OR" stands where AND`},
		{`JoinOn("A.Id = B.Id"), ` + two, `[key, PropertySources{"", ""}] string Id;`, wbem.InvalidClass, "a key comes from a source"},
		{`JoinOn("A.Id = B.Id"), PostJoinFilter("SELECT"), ` + two, `[key, PropertySources{"Id", ""}] string Id;`, wbem.InvalidClass, "qualifier PostJoinFilter: "},
		{`JoinOn("A.Id = B.Id"), PostJoinFilter("SELECT * FROM A"), ` + two, `[key, PropertySources{"Id", ""}] string Id;`, wbem.InvalidClass, "it has to be a query for"},
		{`Association, ViewSources{"SELECT * FROM A"}`, key + `[PropertySources{"Id"}] A ref R;`, wbem.InvalidClass, "without the qualifier Direct it has to refer to a view"},
	} {
		name := fmt.Sprint("V", i)
		st.compile(t, fmt.Sprintf("#pragma namespace(\"\\\\\\\\.\\\\root\\\\a\")\n[%s, dynamic, provider(\"MS_VIEW_INSTANCE_PROVIDER\")] class %s { %s };", test.class, name, test.members))
		_, err := tryRows(t.Context(), s, "SELECT * FROM "+name)
		wantStatus(t, name+" "+test.class+test.members, err, test.status)
		if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "class "+name) {
			t.Errorf("%s: %v does not name the class and %q", name, err, test.says)
		}
	}
	// A class that is corrected is another one.
	st.compile(t, `#pragma namespace("\\\\.\\root\\a")
		[Union, ViewSources{"SELECT * FROM A"}, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER")] class V0 { [key, PropertySources{"Id"}] string Id; };`)
	wantRows(t, s, "SELECT * FROM V0", "V0 Id=a")
}

// TestRecursion checks that views that are made of themselves end.
func TestRecursion(t *testing.T) {
	s := open(t, view.Options{}, `
		#pragma namespace("\\\\.\\root\\a")
		class Base { [key] string Id; };
		[Union, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM Base"}]
		class Self : Base { [PropertySources{"Id"}] string Id; };
		[Union, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM Pong", "SELECT * FROM Pong"}]
		class Ping { [key, PropertySources{"Id", "Id"}] string Id; };
		[JoinOn("Ping.Id = Base.Id"), dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM Ping", "SELECT * FROM Base"}]
		class Pong { [key, PropertySources{"Id", ""}] string Id; };
	`).connect(t, `root\a`)
	for _, class := range []string{"Self", "Ping", "Pong"} {
		_, err := tryRows(t.Context(), s, "SELECT * FROM "+class)
		wantStatus(t, class, err, wbem.CircularReference)
		_, err = s.GetInstance(t.Context(), cim.MustParsePath(class+`.Id="x"`), wbem.Options{})
		wantStatus(t, "get of "+class, err, wbem.CircularReference)
	}
}

// TestRights checks that a view shows its callers nothing that they may not see
// in the namespaces of its sources.
func TestRights(t *testing.T) {
	st := open(t, view.Options{}, media)
	secure(t, st, `root\a`, "(A;;0x13;;;WD)")
	secure(t, st, `root\b`, "(A;;0x3;;;WD)")
	guest := &wbem.Identity{Name: "nobody-guest", Level: 6}
	s, err := st.Connect(t.Context(), `root\a`, wbem.ConnectOptions{Identity: guest})
	if err != nil {
		t.Fatal(err)
	}
	if got := rows(t, s, "SELECT * FROM Medium"); len(got) != 4 {
		t.Errorf("with rights: %v", got)
	}
	tape := get(t, s, `Medium.Name="T1"`)
	_ = tape.Set("Size", cim.Uint64Value(1))
	_, err = s.PutInstance(t.Context(), tape, wbem.Options{})
	wantStatus(t, "put without the right in the namespace of the source", err, wbem.AccessDenied)

	secure(t, st, `root\b`, "(A;;0x3;;;BA)")
	got, err := tryRows(t.Context(), s, "SELECT * FROM Medium")
	wantStatus(t, "query", err, wbem.AccessDenied)
	if len(got) > 0 {
		t.Errorf("somebody without rights sees %v", got)
	}
	_, err = s.GetInstance(t.Context(), cim.MustParsePath(`Medium.Name="D1"`), wbem.Options{})
	wantStatus(t, "get", err, wbem.AccessDenied)
	for inst, err := range s.Instances(t.Context(), "Medium", wbem.Options{}) {
		wantStatus(t, "enumeration", err, wbem.AccessDenied)
		if inst != nil {
			t.Errorf("somebody without rights sees %v", inst)
		}
	}
}

func secure(t *testing.T, st *store, namespace, entries string) {
	t.Helper()
	if err := st.connect(t, namespace).(wbem.SecurityManager).SetSecurity(t.Context(), "O:BAG:BAD:P"+entries); err != nil {
		t.Fatal(err)
	}
}

// TestRemote checks who gets to sources on other computers, and as whom.
func TestRemote(t *testing.T) {
	other := open(t, view.Options{}, media)
	st := open(t, view.Options{Locator: elsewhere{t, other}}, `
		#pragma namespace("\\\\.\\root\\a")
		[Union, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM Tape"}, ViewSpaces{"\\\\OTHER\\root\\b"}]
		class Far { [key, PropertySources{"Slot"}] string Slot; };
	`)
	s := st.connect(t, `root\a`)
	var got int
	for _, err := range s.Instances(t.Context(), "Far", wbem.Options{Impersonation: 4}) {
		if err != nil {
			t.Fatal(err)
		}
		got++
	}
	if got != 3 {
		t.Errorf("%d instances from another computer, want 3", got)
	}
	_, err := tryRows(t.Context(), s, "SELECT * FROM Far")
	wantStatus(t, "without delegation", err, wbem.AccessDenied)
}

// An elsewhere is a locator of the namespaces of a computer OTHER.
type elsewhere struct {
	t     *testing.T
	other *store
}

func (e elsewhere) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	if namespace != `\\OTHER\root\b` || o.Identity == nil {
		e.t.Errorf("%s was asked for by %v", namespace, o.Identity)
	}
	return e.other.Connect(ctx, `root\b`, wbem.ConnectOptions{})
}
