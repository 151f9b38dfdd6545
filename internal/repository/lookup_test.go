package repository

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

func TestInstancePaths(t *testing.T) {
	f := newFixture(t, classB(), classD(), class("DD : D"), classE(),
		class("SG", qual("singleton")), class("SGD : SG"),
		class("K", prop("uint64 U", key), prop("sint8 I", key), prop("boolean T", key), prop("char16 C", key), prop("datetime At", key)),
		class("R", prop("ref:B To", key), prop("string V")))
	f.put(f.inst("B", "Id", "1"), 0, wbem.OK)
	f.put(f.inst("DD", "Id", `x"\y`), 0, wbem.OK)
	f.put(f.inst("SGD"), 0, wbem.OK)
	f.put(f.inst("K", "U", cim.Uint64Value(1<<63), "I", -1, "T", true, "C", cim.Char16Value('x'), "At", "20250102030405.000000+000"), 0, wbem.OK)
	f.put(f.inst("R", "To", cim.ReferenceValue(`\\server\root\t:B.Id="1"`), "V", "v"), 0, wbem.OK)
	const b, dd = `B.Id="1" N=7 S=NULL`, `DD.Id="x\"\\y" N=7 S=NULL U=NULL`
	const r = `R.To="\\\\server\\root\\t:B.Id=\"1\"" V=v`
	k := `K.At="20250102030405.000000+000",C="x",I=-1,T=TRUE,U="9223372036854775808"`
	tests := []struct {
		path   string
		direct bool
		want   string
	}{
		{`B.Id="1"`, false, b},
		{`b.ID='1'`, true, b},
		{`B="1"`, false, b},
		{`D="1"`, false, "NotFound"},
		{`B="X\"\\Y"`, false, dd},
		{`D="x\"\\y"`, false, dd},
		{`DD="x\"\\y"`, true, dd},
		{`D="x\"\\y"`, true, "NotFound"},
		{`E="x\"\\y"`, false, "NotFound"},
		{`None="1"`, false, "NotFound"},
		{`B`, false, "InvalidObjectPath"},
		{`B=@`, false, "InvalidObjectPath"},
		{`B=1`, false, "InvalidObjectPath"},
		{`B.Name="1"`, false, "InvalidObjectPath"},
		{`B.Id="1",X=1`, false, "InvalidObjectPath"},
		{`SGD=@`, false, "SGD=@"},
		{`SG=@`, false, "NotFound"},
		{`SGD.x=1`, false, "InvalidObjectPath"},
		{k, false, k},
		{`K.u="9223372036854775808",t=1,i=-1,c=120,at="20250102030405.000000+000"`, false, k},
		{`R="\\\\.\\root\\t:b.id=\"1\""`, false, r},
		{`R="B=\"1\""`, false, r},
		{`R="root/t:B='1'"`, false, r},
		{`R="\\\\other\\root\\t:B=\"1\""`, false, "NotFound"},
		{`R="root/u:B='1'"`, false, "NotFound"},
	}
	for _, tt := range tests {
		inst, err := f.ns.Instance(cim.MustParsePath(tt.path), tt.direct)
		got := cim.StatusOf(err).Name()
		if err == nil {
			got = show(inst)
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.path, got, tt.want)
		}
	}
}

// TestRegistrations uses that each concrete class of registrations has keys of
// its own (system-classes.md 4, Decision keys).
func TestRegistrations(t *testing.T) {
	f := newFixture(t, class("MyRegistration : __MethodProviderRegistration"))
	f.put(f.inst("__Win32Provider", "Name", "P"), 0, wbem.OK)
	to := cim.ReferenceValue(`__Win32Provider.Name="P"`)
	f.put(f.inst("__InstanceProviderRegistration", "provider", to, "SupportsGet", true), 0, wbem.OK)
	f.put(f.inst("__EventProviderRegistration", "provider", to), 0, wbem.OK)
	f.put(f.inst("MyRegistration", "provider", to), 0, wbem.OK)
	f.put(f.inst("__MethodProviderRegistration", "provider", to), 0, wbem.AlreadyExists)
	for _, tt := range []struct{ class, want string }{
		{"__ProviderRegistration", "__EventProviderRegistration"},
		{"__ObjectProviderRegistration", "__InstanceProviderRegistration"},
		{"__InstanceProviderRegistration", "__InstanceProviderRegistration"},
		{"__MethodProviderRegistration", "MyRegistration"},
		{"__ClassProviderRegistration", ""},
	} {
		path := cim.Path{Class: tt.class, Keys: []cim.Key{cim.NewKey("provider", to)}}
		inst, err := f.ns.Instance(path, false)
		if tt.want == "" {
			f.status(tt.class, err, wbem.NotFound)
		} else if err != nil || inst.ClassName() != tt.want {
			t.Errorf("%s: %v", tt.class, err)
		}
	}
	if got := f.all("__ProviderRegistration", true); len(got) != 3 {
		t.Errorf("registrations: %q", got)
	}
}

func TestInstances(t *testing.T) {
	f := newFixture(t, classB(), classD(), classE(), classAB())
	f.update(wbem.OK, func(tx *Tx) error {
		for i := range 200 {
			for _, class := range []string{"B", "D"} {
				if _, err := tx.PutInstance(f.ns, f.inst(class, "Id", fmt.Sprintf("%s%03d", class, i)), 0, nil); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if n := len(f.all("B", false)); n != 200 {
		t.Errorf("%d instances of B alone", n)
	}
	if n := len(f.all("B", true)); n != 400 {
		t.Errorf("%d instances of B and its subclasses", n)
	}
	if diff := cmp.Diff([]string{"InvalidClass"}, f.all("None", true)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"InvalidParameter"}, f.all("", true)); diff != "" {
		t.Error(diff)
	}
	// One moment, whatever happens meanwhile.
	n := 0
	for _, err := range f.ns.Instances(context.Background(), "B", true) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 1 {
			f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteClass(f.ns, "D") })
		}
	}
	if n != 400 {
		t.Errorf("%d instances while some were deleted", n)
	}
	// What the loop holds is released: the store closes although it was left.
	for range f.ns.Instances(context.Background(), "B", true) {
		break
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n = 0
	var err error
	for _, err = range f.ns.Instances(ctx, "B", true) {
		if n++; n == 2 {
			cancel()
		}
	}
	if !errors.Is(err, context.Canceled) || n > 2+checkEvery {
		t.Errorf("%d instances after the context ended, then %v", n, err)
	}
}

// TestReopen closes a store on disk and opens it again.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	start := func() *fixture {
		store, err := kv.Open(dir, kv.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Open(store, Options{Server: "SERVER"})
		if err != nil {
			t.Fatal(err)
		}
		return &fixture{TB: t, Repository: r}
	}
	f := start()
	f.ns = f.space("t")
	for _, d := range []*cim.ClassDecl{classB(), classD(), classE(), class("DD : D")} {
		f.putClass(d, 0, wbem.OK)
	}
	// Gives B an id behind those of its subclasses.
	f.putClass(with(classB(), prop("string More")), wbem.UpdateSafeMode, wbem.OK)
	f.put(f.inst("DD", "Id", "1", "More", "m"), 0, wbem.OK)
	q := &cim.QualifierDecl{Name: "Units", Type: cim.TypeString, Scope: cim.ScopeProperty, Flavor: cim.ToSubclass}
	f.update(wbem.OK, func(tx *Tx) error { return tx.SetQualifier(f.ns, q) })
	ids := f.ids
	f.verify()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}

	f = start()
	f.ns = f.namespace(`root\t`)
	if got := f.get(`B="1"`); got != `DD.Id="1" More=m N=7 S=NULL U=NULL` {
		t.Error(got)
	}
	if diff := cmp.Diff([]string{"B", "D", "DD", "E"}, f.names("", true)); diff != "" {
		t.Error(diff)
	}
	got, err := f.ns.Qualifier("UNITS")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*q, *got, cmp.Comparer(cim.Value.Equal)); diff != "" {
		t.Error(diff)
	}
	f.putClass(class("New"), 0, wbem.OK)
	if f.ids.next <= ids.next {
		t.Errorf("ids go on with %d after %d", f.ids.next, ids.next)
	}
	f.verify()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestBackup copies a store while it is written.
func TestBackup(t *testing.T) {
	f := newFixture(t, classKI())
	dir := t.TempDir() + "/backup"
	const n = 200
	half, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := range n {
			// Two at a time: a backup has both or none.
			err := f.Update(context.Background(), kv.Buffered, func(tx *Tx) error {
				for _, num := range []int{i, i + n} {
					if _, err := tx.PutInstance(f.ns, f.inst("KI", "Num", num), 0, nil); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			if i == n/2 {
				close(half)
			}
		}
	}()
	<-half
	if err := f.Backup(dir); err != nil {
		t.Fatal(err)
	}
	<-done
	if err := f.Backup(dir); err == nil {
		t.Error("a backup has replaced another")
	}
	store, err := kv.Open(dir, kv.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(store, Options{Server: "S"})
	if err != nil {
		t.Fatal(err)
	}
	b := &fixture{TB: t, Repository: r}
	b.ns = b.namespace(`root\t`)
	b.verify()
	if got := len(b.all("KI", true)); got < n || got > 2*n || got%2 != 0 {
		t.Errorf("%d instances in the backup", got)
	}
	err = r.Update(context.Background(), kv.Durable, func(tx *Tx) error {
		_, err := tx.PutInstance(b.ns, b.inst("KI", "Num", 1), 0, nil)
		return err
	})
	if !errors.Is(err, kv.ErrReadOnly) {
		t.Errorf("a write to what can only be read: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestQualifiers(t *testing.T) {
	f := newFixture(t)
	set := func(q cim.QualifierDecl, want cim.Status) {
		t.Helper()
		f.update(want, func(tx *Tx) error { return tx.SetQualifier(f.ns, &q) })
	}
	set(cim.QualifierDecl{Name: "Units", Type: cim.TypeString}, wbem.OK)
	set(cim.QualifierDecl{Name: "Abstract", Type: cim.TypeBoolean, Default: cim.BoolValue(false)}, wbem.OK)
	set(cim.QualifierDecl{Name: "units", Type: cim.TypeString, Default: cim.StringValue("x")}, wbem.OK)
	set(cim.QualifierDecl{Name: "_x", Type: cim.TypeString}, wbem.InvalidParameter)
	set(cim.QualifierDecl{Name: "X", Type: 99}, wbem.InvalidCIMType)
	set(cim.QualifierDecl{Name: "X", Type: cim.TypeString, Flavor: 0x40}, wbem.InvalidFlavor)
	set(cim.QualifierDecl{Name: "X", Type: cim.TypeString, Default: cim.BoolValue(true)}, wbem.TypeMismatch)
	var got []string
	for q, err := range f.ns.Qualifiers() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, q.Name+"="+q.Default.String())
	}
	if diff := cmp.Diff([]string{"Abstract=FALSE", "units=x"}, got); diff != "" {
		t.Error(diff)
	}
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteQualifier(f.ns, "UNITS") })
	f.update(wbem.NotFound, func(tx *Tx) error { return tx.DeleteQualifier(f.ns, "UNITS") })
	_, err := f.ns.Qualifier("units")
	f.status("deleted", err, wbem.NotFound)
}
