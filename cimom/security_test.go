package cimom_test

import (
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/internal/access"
	"openwmi/wbem"
)

// anybody lets everyone do everything, everywhere.
const anybody = "O:BAG:BAD:(A;CI;0x6003f;;;WD)"

// nobody lets only administrators in, and only where it is.
const nobody = "O:BAG:BAD:(A;;0x6003f;;;BA)"

// usual is the descriptor of async-and-security.md 8.1.
const usual = "O:BAG:BAD:(A;CI;0x6003f;;;BA)(A;CI;0x13;;;AU)(A;CI;0x13;;;LS)(A;CI;0x13;;;NS)"

// Users of no computer. Eve calls from another computer.
var (
	amy = &wbem.Identity{Name: "nobody-amy", Level: 6}
	eve = &wbem.Identity{Name: "nobody-eve", Level: 6, Remote: true}
)

// trySecure gives a namespace a descriptor.
func trySecure(t *testing.T, m *cimom.Manager, namespace, sddl string) error {
	t.Helper()
	return connectAs(t, m, nil, namespace).(wbem.SecurityManager).SetSecurity(t.Context(), sddl)
}

func secure(t *testing.T, m *cimom.Manager, namespace, sddl string) {
	t.Helper()
	if err := trySecure(t, m, namespace, sddl); err != nil {
		t.Fatal(err)
	}
}

func connectAs(t *testing.T, m *cimom.Manager, who *wbem.Identity, namespace string) wbem.Services {
	t.Helper()
	s, err := m.Connect(t.Context(), namespace, wbem.ConnectOptions{Identity: who})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// as returns the lab as somebody sees it who has just these rights in
// root\cimv2, and is on this computer.
func (l *lab) as(rights access.Rights) *lab {
	l.Helper()
	d := &access.Descriptor{Owner: access.Administrators, Group: access.Administrators,
		DACL: access.ACL{{Mask: rights | access.Enable, SID: access.AuthenticatedUsers}}}
	secure(l.T, l.m, "root", nobody)
	secure(l.T, l.m, `root\cimv2`, d.String())
	other := *l
	other.Services = connectAs(l.T, l.m, amy, `root\cimv2`)
	return &other
}

// tryPut puts an instance and returns the status.
func (l *lab) tryPut(class string, pairs ...any) string {
	l.Helper()
	_, err := l.PutInstance(l.Context(), l.spawn(class, pairs...), wbem.Options{})
	return cim.StatusOf(err).Name()
}

func (l *lab) tryPutClass(name string, qs ...cim.Qualifier) string {
	l.Helper()
	decl := &cim.ClassDecl{Name: name, Qualifiers: qs, Properties: []cim.PropertyDecl{
		{Name: "Id", Type: cim.TypeString, Qualifiers: cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}},
	}}
	return cim.StatusOf(l.PutClass(l.Context(), decl, wbem.Options{})).Name()
}

// put.md#85 put.md#86 and async-and-security.md 8.2: which operation needs which
// right.
func TestRights(t *testing.T) {
	classes := dynClasses + `class B { [key] string Id; }; instance of B { Id = "old"; };`
	l := newLab(t, map[string]any{"P1": &shelf{}}, register("P1")+classes)
	filter := []any{"Name", "f", "QueryLanguage", "WQL", "Query", "SELECT * FROM __InstanceCreationEvent WITHIN 5"}
	dynamic := cim.Qualifier{Name: "dynamic", Value: cim.BoolValue(true)}
	for _, tc := range []struct {
		rights                            access.Rights
		instance, class, filter, dyn      string
		dynClass, method, sdRead, publish string
	}{
		{access.Enable, no, no, no, no, no, no, no, no},
		{access.PartialWrite, ok, no, no, no, no, no, no, no},
		{access.FullWrite | access.PartialWrite | access.WriteProvider, ok, ok, ok, ok, ok, no, no, "InvalidClass"},
		{access.WriteProvider, no, no, no, ok, ok, no, no, no},
		{access.MethodExecute, no, no, no, no, no, ok, no, no},
		{access.ReadControl | access.MethodExecute, no, no, no, no, no, ok, ok, no},
	} {
		u := l.as(tc.rights)
		what := strings.Join(tc.rights.Names(), "|")
		equal(t, what+": instance", u.tryPut("B", "Id", "1"), tc.instance)
		equal(t, what+": class", u.tryPutClass("New"), tc.class)
		equal(t, what+": filter", u.tryPut("__EventFilter", filter...), tc.filter)
		equal(t, what+": dynamic instance", u.tryPut("Dyn", "Id", "1"), tc.dyn)
		equal(t, what+": dynamic class", u.tryPutClass("NewDyn", dynamic), tc.dynClass)
		equal(t, what+": read", u.get(`B.Id="old"`), "B Id=old")
		del := cim.StatusOf(u.DeleteInstance(t.Context(), cim.MustParsePath(`B.Id="none"`), wbem.Options{})).Name()
		if want := map[string]string{ok: "NotFound", no: no}[tc.instance]; del != want {
			t.Errorf("%s: delete: %s, want %s", what, del, want)
		}
		if tc.class == no {
			wantStatus(t, what+": delete of a class", u.DeleteClass(t.Context(), "B", wbem.Options{}), wbem.AccessDenied)
			store := u.Services.(wbem.QualifierStore)
			wantStatus(t, what+": qualifier", store.SetQualifier(t.Context(), &cim.QualifierDecl{Name: "q", Type: cim.TypeBoolean}, wbem.Options{}), wbem.AccessDenied)
		}
		_, err := u.ExecMethod(t.Context(), cim.MustParsePath("__SystemSecurity"), "Get9XUserList", nil, wbem.Options{})
		if want := map[string]wbem.Status{ok: wbem.MethodDisabled, no: wbem.AccessDenied}[tc.method]; cim.StatusOf(err) != want {
			t.Errorf("%s: method: %v, want %s", what, err, want.Name())
		}
		_, err = u.Services.(wbem.SecurityManager).Security(t.Context())
		equal(t, what+": read descriptor", cim.StatusOf(err).Name(), tc.sdRead)
		other := cim.NewInstance(u.spawn("B").Class())
		if err := u.Services.(wbem.Publisher).Publish(t.Context(), other, wbem.Options{}); (tc.publish == no) != errors.Is(err, wbem.AccessDenied) {
			t.Errorf("%s: publish: %v", what, err)
		}
		if err := l.DeleteClass(t.Context(), "New", wbem.Options{}); err != nil && !errors.Is(err, wbem.NotFound) {
			t.Error(err)
		}
	}
}

const ok, no = "NoErr", "AccessDenied"

// put.md#84 async-and-security.md#2 async-and-security.md#3: what is checked
// before the start and what after it.
func TestRightsOfAsyncCalls(t *testing.T) {
	l := newLab(t, nil, `class B { [key] string Id; };`)
	u := l.as(access.Enable)
	inst := u.spawn("B", "Id", "1")
	sink, done, objects := sinkOf()
	if err := wbem.PutInstanceAsync(t.Context(), u, sink, inst, wbem.Options{}, nil); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, "after the start", <-done, wbem.AccessDenied)
	path := cim.MustParsePath("__SystemSecurity").String()
	wantStatus(t, "method", wbem.ExecMethodAsync(t.Context(), u, sink, path, "GetSD", nil, wbem.Options{}, nil), wbem.AccessDenied)

	// Whoever is connected loses the right that an administrator takes away.
	secure(t, l.m, `root\cimv2`, "O:BAG:BAD:(A;;0x6003f;;;BA)")
	wantStatus(t, "put", wbem.PutInstanceAsync(t.Context(), u, sink, inst, wbem.Options{}, nil), wbem.AccessDenied)
	wantStatus(t, "enumeration", wbem.InstancesAsync(t.Context(), u, sink, "B", wbem.Options{}, nil), wbem.AccessDenied)
	wantStatus(t, "query", wbem.QueryAsync(t.Context(), u, sink, "WQL", "SELECT * FROM B", wbem.Options{}, nil), wbem.AccessDenied)
	wantStatus(t, "subscription", wbem.SubscribeAsync(t.Context(), u, sink, "WQL", "SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'B'", wbem.Options{}, nil), wbem.AccessDenied)
	if len(done) > 0 || objects() != 0 {
		t.Error("a call that was refused used its sink")
	}
}

// sinkOf returns a sink with what its calls end with and how many objects it got.
func sinkOf() (*wbem.Sink, chan error, func() int) {
	done, objects := make(chan error, 10), make(chan cim.Object, 10)
	sink := &wbem.Sink{
		OnObject:    func(o cim.Object, _ any) error { objects <- o; return nil },
		OnCompleted: func(err error, _ any) { done <- err },
	}
	return sink, done, func() int { return len(objects) }
}

// async-and-security.md#35 async-and-security.md#36 async-and-security.md#46
// system-classes.md#10 system-classes.md#23: an ordinary user under the usual
// descriptor.
func TestOrdinaryUser(t *testing.T) {
	l := newLab(t, map[string]any{"P1": &shelf{}}, register("P1")+dynClasses)
	if _, err := l.m.Connect(t.Context(), "", wbem.ConnectOptions{Identity: &wbem.Identity{Name: "nobody-zoe"}}); err != nil {
		t.Fatal(err) // the laboratory lets everybody in
	}
	secure(t, l.m, "root", usual)
	secure(t, l.m, `root\cimv2`, "O:BAG:BAD:")
	u := *l
	u.Services = connectAs(t, l.m, amy, `root\cimv2`)
	equal(t, "class", u.tryPutClass("New"), no)
	equal(t, "dynamic instance", u.tryPut("Dyn", "Id", "1"), ok)
	equal(t, "provider", u.tryPut("__Win32Provider", "Name", "Mine"), no)
	equal(t, "rights", mask(t, u), 0x13)
	equal(t, "rights of the owner", mask(t, l), access.NamespaceRights)
	rights, err := u.Services.(wbem.SecurityManager).CallerRights(t.Context())
	if err != nil || rights != 0x13 {
		t.Errorf("CallerRights = 0x%X, %v", rights, err)
	}
	for method, parameter := range map[string]string{"Get9XUserList": "", "Set9XUserList": "ul"} {
		var args *cim.Instance
		if parameter != "" {
			args = argument(t, l, method, parameter, cim.ObjectsValue(nil))
		}
		_, err := u.ExecMethod(t.Context(), cim.MustParsePath("__SystemSecurity=@"), method, args, wbem.Options{})
		wantStatus(t, method, err, wbem.MethodDisabled)
	}
	equal(t, "without MethodExecute", mask(t, l.as(access.Enable)), 0x1)
}

// async-and-security.md#40 async-and-security.md#41 system-classes.md#7
// system-classes.md#8: what namespaces inherit.
func TestInheritance(t *testing.T) {
	l := newLab(t, nil, "")
	create := func(parent, name string) wbem.Services {
		t.Helper()
		s := connectAs(t, l.m, nil, parent)
		c, err := s.GetClass(t.Context(), "__Namespace", wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.PutInstance(t.Context(), fillIn(t, cim.NewInstance(c), "Name", name), wbem.Options{}); err != nil {
			t.Fatal(err)
		}
		return connectAs(t, l.m, nil, parent+`\`+name)
	}
	secure(t, l.m, `root`, "O:BAG:BAD:(A;CI;CC;;;WD)(A;CINP;DC;;;AU)(A;CIIO;RP;;;AU)(A;;WP;;;AU)")
	child := create("root", "child")
	grandchild := create(`root\child`, "grandchild")
	equal(t, "child", sd(t, child), "O:BAG:BAD:(A;CIID;CC;;;WD)(A;ID;DC;;;AU)(A;CIID;RP;;;AU)")
	equal(t, "grandchild", sd(t, grandchild), "O:BAG:BAD:(A;CIID;CC;;;WD)(A;CIID;RP;;;AU)")
	equal(t, "rights in the child", mask(t, connectAs(t, l.m, amy, `root\child`)), access.Enable|access.MethodExecute|access.WriteProvider)
	equal(t, "rights in the grandchild", mask(t, connectAs(t, l.m, amy, `root\child\grandchild`)), access.Enable|access.WriteProvider)

	// Own entries come first, and inherited ones of the input are not stored.
	if err := setSDDL(t, child, "O:BAG:BAD:(A;ID;DC;;;BU)(D;CI;RP;;;WD)"); err != nil {
		t.Fatal(err)
	}
	equal(t, "own and inherited", sd(t, child), "O:BAG:BAD:(D;CI;RP;;;WD)(A;CIID;CC;;;WD)(A;ID;DC;;;AU)(A;CIID;RP;;;AU)")

	// A change of the parent counts below at once.
	secure(t, l.m, `root`, "O:BAG:BAD:P(A;CI;CC;;;WD)")
	equal(t, "below a protected one", sd(t, child), "O:BAG:BAD:(D;CI;RP;;;WD)")
	equal(t, "grandchild", sd(t, grandchild), "O:BAG:BAD:(D;CIID;RP;;;WD)")
	equal(t, "new child", sd(t, create("root", "other")), "O:BAG:BAD:")
}

// async-and-security.md#42: the order of entries.
func TestOrderOfEntries(t *testing.T) {
	l := newLab(t, nil, "")
	secure(t, l.m, `root\cimv2`, "O:BAG:BAD:(D;;DC;;;AU)(A;;CCDC;;;WD)(D;;CC;;;WD)")
	secure(t, l.m, "root", "O:BAG:BAD:")
	equal(t, "rights", mask(t, connectAs(t, l.m, amy, `root\cimv2`)), access.Enable)
}

// textLogger returns a logger that writes to w.
func textLogger(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// async-and-security.md#45 async-and-security.md#47 system-classes.md#9: callers
// from other computers.
func TestRemoteCallers(t *testing.T) {
	l := newLab(t, nil, `[RequiresEncryption(TRUE)] instance of __SystemSecurity {};`)
	secure(t, l.m, "root", "O:BAG:BAD:(A;CI;0x21;;;WD)")
	secure(t, l.m, `root\default`, "O:BAG:BAD:(D;;WP;;;NU)(A;;CC;;;WD)")
	secure(t, l.m, "root", "O:BAG:BAD:(A;;0x21;;;WD)")
	secure(t, l.m, `root\cimv2`, "O:BAG:BAD:(A;;0x21;;;WD)")
	for _, tc := range []struct {
		level     int
		remote    bool
		namespace string
		want      wbem.Status
	}{
		{4, true, `root\cimv2`, wbem.AccessDenied},
		{0, true, `root\cimv2`, wbem.AccessDenied},
		{5, true, `root\cimv2`, wbem.AccessDenied},
		{6, true, `root\cimv2`, wbem.OK},
		{4, false, `root\cimv2`, wbem.OK},
		{4, true, `root`, wbem.OK},
		{6, true, `root\default`, wbem.AccessDenied},
		{6, false, `root\default`, wbem.OK},
	} {
		who := &wbem.Identity{Name: "nobody-kim", Remote: tc.remote, Level: tc.level}
		_, err := l.m.Connect(t.Context(), tc.namespace, wbem.ConnectOptions{Identity: who})
		if cim.StatusOf(err) != tc.want {
			t.Errorf("%+v: %v", tc, err)
		}
	}
	// Each call is checked.
	s := connectAs(t, l.m, &wbem.Identity{Name: "nobody-kim", Remote: true, Level: 4}, "root")
	l.compile("#pragma namespace(\"root\")\n[RequiresEncryption] instance of __SystemSecurity {};")
	_, err := s.GetClass(t.Context(), "__Event", wbem.Options{})
	wantStatus(t, "next call", err, wbem.AccessDenied)
	l.compile("#pragma namespace(\"root\")\n[RequiresEncryption(FALSE)] instance of __SystemSecurity {};")
	if _, err := s.GetClass(t.Context(), "__Event", wbem.Options{}); err != nil {
		t.Error(err)
	}
}

// system-classes.md#2 and 8.1: the qualifiers of instances of __Namespace.
func TestNamespaceQualifiers(t *testing.T) {
	l := newLab(t, nil, `
		#pragma namespace("root")
		[NamespaceSecuritySDDL("O:BAG:BAD:(A;CI;0x60003;;;WD)"), RequiresEncryption(TRUE)]
		instance of __Namespace { Name = "locked"; };`)
	secure(t, l.m, "root", "O:BAG:BAD:(A;CI;0x1;;;AU)")
	root := connectAs(t, l.m, nil, "root")
	shown := func(s wbem.Services) map[string]string {
		t.Helper()
		all := map[string]string{}
		for inst, err := range s.Instances(t.Context(), "__Namespace", wbem.Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			name, _ := inst.Get("Name")
			sddl, _ := inst.LocalQualifiers().Get("NamespaceSecuritySDDL")
			all[name.Text()] = sddl.Value.Text()
			if inst.LocalQualifiers().True("RequiresEncryption") {
				all[name.Text()] += " encrypted"
			}
		}
		return all
	}
	const locked = "O:BAG:BAD:(A;CI;CCDCRCWD;;;WD)(A;CIID;CC;;;AU)"
	equal(t, "children", shown(root), map[string]string{
		"cimv2": "O:BAG:BAD:(A;CIID;CC;;;AU)", "default": "O:BAG:BAD:(A;CIID;CC;;;AU)", "interop": "O:BAG:BAD:(A;CIID;CC;;;AU)",
		"security": "O:BAG:BAD:(A;CIID;CC;;;AU)", "subscription": "O:BAG:BAD:(A;CIID;CC;;;AU)", "wmi": "O:BAG:BAD:(A;CIID;CC;;;AU)",
		"locked": locked + " encrypted",
	})
	// Of those in which one cannot read the descriptor one sees the names.
	equal(t, "as amy sees them", shown(connectAs(t, l.m, amy, "root")), map[string]string{
		"cimv2": "", "default": "", "interop": "", "security": "", "subscription": "", "wmi": "", "locked": locked + " encrypted",
	})
	var asked []string
	for o, err := range root.Query(t.Context(), "WQL", `SELECT * FROM __Namespace WHERE Name = "locked"`, wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		sddl, _ := o.(*cim.Instance).LocalQualifiers().Get("NamespaceSecuritySDDL")
		asked = append(asked, sddl.Value.Text())
	}
	equal(t, "query", asked, []string{locked})

	// To put back what was read changes nothing; another text does.
	inst, err := root.GetInstance(t.Context(), cim.MustParsePath(`__Namespace.Name="locked"`), wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	put := func(s wbem.Services, sddl cim.Value, flags wbem.Flags) error {
		t.Helper()
		c := inst.Clone()
		qs := slices.Clone(c.LocalQualifiers())
		qs.Set(cim.Qualifier{Name: "NamespaceSecuritySDDL", Value: sddl})
		if err := c.SetLocalQualifiers(qs); err != nil {
			t.Fatal(err)
		}
		_, err := s.PutInstance(t.Context(), c, wbem.Options{Flags: flags})
		return err
	}
	if err := put(root, cim.StringValue(locked), 0); err != nil {
		t.Error(err)
	}
	inside := connectAs(t, l.m, nil, `root\locked`)
	equal(t, "put back", sd(t, inside), locked)
	if err := put(root, cim.StringValue("O:BAG:BAD:(A;;0x1;;;WD)"), 0); err != nil {
		t.Error(err)
	}
	equal(t, "changed", sd(t, inside), "O:BAG:BAD:(A;;CC;;;WD)(A;CIID;CC;;;AU)")
	wantStatus(t, "bad text", put(root, cim.StringValue("o:ba"), 0), wbem.InvalidParameter)
	wantStatus(t, "bad descriptor", put(root, cim.StringValue("O:BAG:BAD:(A;;0x4;;;WD)"), 0), wbem.InvalidParameter)
	wantStatus(t, "no text", put(root, cim.BoolValue(true), 0), wbem.InvalidParameter)

	// Full write above is not enough to change it below.
	secure(t, l.m, "root", "O:BAG:BAD:(A;;0x1d;;;AU)")
	amys := connectAs(t, l.m, amy, "root")
	wantStatus(t, "without WriteDAC", put(amys, cim.StringValue("O:BAG:BAD:(A;;0x60001;;;WD)"), 0), wbem.AccessDenied)

	// A namespace that could not be secured is not created.
	other := inst.Clone()
	if err := other.Set("Name", cim.StringValue("other")); err != nil {
		t.Fatal(err)
	}
	inst = other
	wantStatus(t, "new, bad descriptor", put(amys, cim.StringValue("O:BAG:BAD:(A;;0x4;;;WD)"), wbem.CreateOnly), wbem.InvalidParameter)
	if _, err := l.m.Connect(t.Context(), `root\other`, wbem.ConnectOptions{}); !errors.Is(err, wbem.InvalidNamespace) {
		t.Errorf("root\\other: %v", err)
	}
	if err := put(amys, cim.StringValue("O:BAG:BAD:(A;;0x60003;;;AU)"), wbem.CreateOnly); err != nil {
		t.Error(err)
	}
	equal(t, "as its creator said", mask(t, connectAs(t, l.m, amy, `root\other`)), 0x60003)
}

// What keeps the descriptors of namespaces keeps them over a restart, and the
// store is sound with them.
func TestSecurityIsStored(t *testing.T) {
	dir := t.TempDir() + "/store"
	for round := range 2 {
		m, err := cimom.Open(dir, cimom.Options{Server: "HERE"})
		if err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			secure(t, m, "root", usual)
			secure(t, m, `root\cimv2`, "O:BAG:BAD:(D;;CC;;;"+"AN)")
		}
		equal(t, "root", sd(t, connectAs(t, m, nil, "root")), "O:BAG:BAD:(A;CI;CCDCLCSWRPWPRCWD;;;BA)(A;CI;CCDCRP;;;AU)(A;CI;CCDCRP;;;LS)(A;CI;CCDCRP;;;NS)")
		if got := sd(t, connectAs(t, m, nil, `root\cimv2`)); !strings.HasPrefix(got, "O:BAG:BAD:(D;;CC;;;AN)(A;CIID;") {
			t.Errorf("root\\cimv2: %s", got)
		}
		verify(t, m)
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A query and an association find nothing in namespaces that the caller may not
// enter, and what the caller gets of a refusal is the status.
func TestDenialIsSilent(t *testing.T) {
	var log strings.Builder
	m, err := cimom.OpenMemory(cimom.Options{Server: "HERE", Logger: textLogger(&log)})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	secure(t, m, "root", "O:BAG:BAD:(A;;CC;;;WD)")
	_, err = m.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{Identity: eve})
	equal(t, "error", err.Error(), wbem.NewError("ConnectServer", `root\cimv2`, wbem.AccessDenied).Error())
	for _, part := range []string{"access denied", "nobody-eve from another computer", "lacks Enable, RemoteEnable", `root\\cimv2`} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log says %s, and not %q", log.String(), part)
		}
	}
}

// Events are for those who may enter the namespace when they are delivered, and
// a partial put says nothing about who may.
func TestRightsTakenAway(t *testing.T) {
	l := newLab(t, nil, `class B { [key] string Id; };`)
	sub, err := l.as(access.Enable).Subscribe(t.Context(), "WQL", "SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'B'", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	l.put("B", "Id", "1")
	if _, err := sub.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	secure(t, l.m, `root\cimv2`, nobody)
	l.put("B", "Id", "2")
	_, err = sub.Next(t.Context())
	wantStatus(t, "an event after it", err, wbem.AccessDenied)

	root := connectAs(t, l.m, nil, "root")
	inst, err := root.GetInstance(t.Context(), cim.MustParsePath(`__Namespace.Name="cimv2"`), wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := inst.SetLocalQualifiers(cim.Qualifiers{{Name: "NamespaceSecuritySDDL", Value: cim.StringValue(anybody)}}); err != nil {
		t.Fatal(err)
	}
	var c wbem.Context
	c.Set("__PUT_EXTENSIONS", cim.BoolValue(true))
	c.Set("__PUT_EXT_PROPERTIES", cim.StringsValue([]string{"Name"}))
	if _, err := root.PutInstance(t.Context(), inst, wbem.Options{Flags: wbem.UpdateOnly, Context: &c}); err != nil {
		t.Fatal(err)
	}
	equal(t, "after a partial put", sd(t, l), "O:BAG:BAD:(A;;CCDCLCSWRPWPRCWD;;;BA)")
}

// Of __thisNAMESPACE one reads the descriptor of the namespace that it is in.
func TestThisNamespace(t *testing.T) {
	l := newLab(t, nil, "")
	read := func(s wbem.Services) []byte {
		t.Helper()
		inst, err := s.GetInstance(t.Context(), cim.MustParsePath("__thisNAMESPACE=@"), wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		v, _ := inst.Get("SECURITY_DESCRIPTOR")
		return v.Bytes()
	}
	if b := read(l.as(access.Enable)); b != nil {
		t.Errorf("without ReadControl one reads %v", b)
	}
	d, err := access.DecodeDescriptor(read(l))
	if err != nil || d.String() != sd(t, l) {
		t.Errorf("%v, %v, want %s", d, err, sd(t, l))
	}
}

// What is in other namespaces is out of reach for those who may not enter them:
// the ends of associations and the texts of a language are as good as absent.
func TestOtherNamespaces(t *testing.T) {
	l := newLab(t, nil, `
		#pragma namespace("root\\default")
		class Disk { [key] string Id; };
		instance of Disk { Id = "d"; };
		#pragma namespace("root\\cimv2")
		class Disk { [key] string Id; };
		class Unit { [key] string Id; };
		instance of Unit { Id = "u"; };
		[association] class Mount { [key] Unit ref A; [key, MSFT_TargetNamespace("root\\default")] Disk ref B; };
		instance of Mount { A = "Unit.Id=\"u\""; B = "\\\\.\\root\\default:Disk.Id=\"d\""; };
		instance of __Namespace { Name = "ms_409"; };
		#pragma namespace("root\\cimv2\\ms_409")
		[amendment, locale(1033)] class Unit { [Description("a unit") : amended, key] string Id; };`)
	u := *l
	u.Services = connectAs(t, l.m, amy, `root\cimv2`)
	ends := func() []string {
		t.Helper()
		var out []string
		for o, err := range u.Query(t.Context(), "WQL", `ASSOCIATORS OF {Unit.Id="u"}`, wbem.Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, o.(*cim.Instance).Origin().Namespace+":"+show(o.(*cim.Instance)))
		}
		return out
	}
	described := func() string {
		t.Helper()
		c, err := u.GetClass(t.Context(), "Unit", wbem.Options{Flags: wbem.UseAmendedQualifiers})
		if err != nil {
			t.Fatal(err)
		}
		return c.Property("Id").Qualifiers().Value("Description").Text()
	}
	bind := func(flags wbem.Flags) string {
		t.Helper()
		_, err := u.PutInstance(t.Context(), u.spawn("__FilterToConsumerBinding", "Filter", `\\.\root\default:__EventFilter.Name="f"`,
			"Consumer", `\\.\root\default:LogFileEventConsumer.Name="c"`), wbem.Options{Flags: flags})
		return cim.StatusOf(err).Name()
	}
	equal(t, "ends", ends(), []string{`root\default:Disk Id=d`})
	equal(t, "text", described(), "a unit")
	equal(t, "binding", bind(wbem.StrongValidation), "NotFound")

	secure(t, l.m, "root", nobody)
	secure(t, l.m, `root\cimv2`, "O:BAG:BAD:(A;;0x1d;;;AU)")
	equal(t, "ends that are out of reach", ends(), nil)
	equal(t, "a text that is out of reach", described(), "")
	equal(t, "a binding that is out of reach", bind(wbem.StrongValidation), no)
	_, err := u.OpenNamespace(t.Context(), "ms_409", wbem.Options{})
	wantStatus(t, "OpenNamespace", err, wbem.AccessDenied)
}

// A permanent subscription gets no events of a namespace while its creator may
// not enter that.
func TestCreatorWithoutRights(t *testing.T) {
	inStation(t, func(s *station) {
		s.compile(alice, filterMOF("f", `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "Item"`)+
			postedMOF("p")+bindMOF("f", `Posted.Name="p"`))
		s.put(administrator, "1")
		s.wants(`p root\cimv2 __InstanceCreationEvent TargetInstance={Item Id=1}`)
		secure(s.T, s.m, "root", nobody)
		s.put(administrator, "2")
		s.wants()
		secure(s.T, s.m, `root\cimv2`, "O:BAG:BAD:(A;;CC;;;AU)")
		s.put(administrator, "3")
		s.wants(`p root\cimv2 __InstanceCreationEvent TargetInstance={Item Id=3}`)
	})
}
