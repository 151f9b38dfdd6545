package cimom_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/internal/access"
	"openwmi/mof/compile"
	"openwmi/providers/view"
	"openwmi/wbem"
)

// Random descriptors on a tree of namespaces, changed while users from here and
// elsewhere do all kinds of things in sessions that are open or new: who may is
// what async-and-security.md 8.2 to 8.4 say, written down naively.
func TestRandomRights(t *testing.T) {
	granted, total := 0, 0
	for seed := range uint64(25) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			k := newKingdom(t, rand.New(rand.NewPCG(seed, 4)))
			for range 120 {
				if k.step() {
					granted++
				}
				total++
			}
		})
	}
	if granted < total/5 || granted > total*4/5 {
		t.Errorf("%d of %d granted tells little", granted, total)
	}
}

// A kingdom is a tree of namespaces, each with classes of its own, and users.
type kingdom struct {
	*testing.T
	r      *rand.Rand
	m      *cimom.Manager
	realms []*realm
	users  []*subject
}

type realm struct {
	path      string
	parent    *realm
	entries   []rule
	protected bool
	encrypted bool
	n         int // of objects that were made, for new names
}

// A rule is an entry of a descriptor.
type rule struct {
	deny  bool
	flags access.ACEFlags
	mask  access.Rights
	sid   access.SID
}

type subject struct {
	id    *wbem.Identity
	sids  []access.SID
	token *access.Token
	admin bool
	open  map[*realm]wbem.Services
	calls map[*realm]wbem.Subscription
}

func newKingdom(t *testing.T, r *rand.Rand) *kingdom {
	square := &post{gate: make(chan struct{})} // until the end events only wait
	m, err := cimom.OpenMemory(cimom.Options{Server: "HERE", Administrators: []string{"nobody-chiefs"}, Providers: map[string]any{
		"P1": &shelf{}, "Envoy": envoy{}, "Square": square, view.CLSID: view.New(view.Options{}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		close(square.gate)
		verify(t, m)
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	k := &kingdom{T: t, r: r, m: m}
	secure(t, m, "root", anybody)
	for i, path := range []string{`root\a`, `root\a\b`, `root\a\b\c`} {
		mof := "#pragma namespace(\"\\\\\\\\.\\\\" + escaped(path) + "\")\n" + register("P1") +
			`[dynamic, provider("P1")] class Dyn { [key] string Id; }; class B { [key] string Id; string Text; }; instance of B { Id = "b"; };` +
			fmt.Sprintf(crafts, escaped(path))
		parent := connectAs(t, m, nil, path[:len(path)-2])
		if _, err := parent.PutInstance(t.Context(), fillIn(t, cim.NewInstance(class(t, parent, "__Namespace")), "Name", path[len(path)-1:]), wbem.Options{}); err != nil {
			t.Fatal(err)
		}
		p, err := compile.ParseText(t.Context(), compile.Options{}, "realm.mof", []byte(mof))
		if err == nil {
			_, err = p.Store(t.Context(), m)
		}
		if err != nil {
			t.Fatal(err)
		}
		realm := &realm{path: path}
		if i > 0 {
			realm.parent = k.realms[i-1]
		}
		k.realms = append(k.realms, realm)
	}
	for i := range 5 {
		id := &wbem.Identity{Name: fmt.Sprint("nobody-", i), Groups: []string{fmt.Sprint("nobody-g", i%2)}, Remote: i%2 == 1, Level: 5 + i/2%2}
		if i == 4 {
			id.Groups = append(id.Groups, "nobody-chiefs")
		}
		token, err := (&access.Accounts{}).Token(id)
		if err != nil {
			t.Fatal(err)
		}
		u := &subject{id: id, token: token, admin: i == 4, sids: append(token.Groups, token.User),
			open: map[*realm]wbem.Services{}, calls: map[*realm]wbem.Subscription{}}
		if u.admin {
			u.sids = append(u.sids, access.Administrators)
		}
		for _, realm := range k.realms {
			u.open[realm] = connectAs(t, m, id, realm.path)
			k.listen(u, realm)
		}
		k.users = append(k.users, u)
	}
	secure(t, m, "root", nobody)
	for range 6 {
		k.decree(nil)
	}
	return k
}

func escaped(path string) string {
	var b []byte
	for i := range len(path) {
		if path[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, path[i])
	}
	return string(b)
}

// decree gives a realm another descriptor, as somebody, nil for the owner of the
// store.
func (k *kingdom) decree(by *subject) bool {
	realm := k.realms[k.r.IntN(len(k.realms))]
	d := &access.Descriptor{Owner: access.Administrators, Group: access.Administrators, DACL: access.ACL{}}
	protected := k.r.IntN(6) == 0
	if protected {
		d.Control = access.DACLProtected
	}
	var rules []rule
	for range k.r.IntN(5) {
		who := k.users[k.r.IntN(len(k.users))].sids
		e := rule{deny: k.r.IntN(3) == 0, sid: who[k.r.IntN(len(who))],
			mask: access.Rights(k.r.Uint32()) & (access.NamespaceRights &^ access.FullWrite)}
		if !e.deny {
			e.mask |= access.Enable
		}
		if k.r.IntN(3) == 0 {
			e.mask |= access.FullWrite | access.PartialWrite | access.WriteProvider
		}
		if k.r.IntN(2) == 0 {
			e.flags = access.ContainerInherit | access.ACEFlags(k.r.IntN(4))<<2
		}
		rules = append(rules, e)
		kind := access.Allow
		if e.deny {
			kind = access.Deny
		}
		d.DACL = append(d.DACL, access.ACE{Type: kind, Flags: e.flags, Mask: e.mask, SID: e.sid})
	}
	svc := connectAs(k.T, k.m, nil, realm.path)
	allowed := true
	if by != nil {
		svc = by.open[realm]
		allowed = k.may(by, realm, access.Enable|access.MethodExecute|access.WriteDAC)
	}
	b, err := d.Bytes()
	if err != nil {
		k.Fatal(err)
	}
	args := argument(k.T, connectAs(k.T, k.m, nil, realm.path), "SetSD", "SD", cim.BytesValue(b))
	_, err = svc.ExecMethod(k.Context(), cim.MustParsePath("__SystemSecurity"), "SetSD", args, wbem.Options{})
	k.compare("SetSD", by, realm, err, allowed)
	if allowed {
		realm.entries, realm.protected = rules, protected
	}
	return allowed
}

// inEffect returns the entries of a realm (8.4).
func (rm *realm) inEffect() []rule {
	all := slices.Clone(rm.entries)
	if rm.parent == nil || rm.parent.protected {
		return all
	}
	for _, e := range rm.parent.inEffect() {
		if e.flags&access.ContainerInherit == 0 {
			continue
		}
		if e.flags&access.NoPropagateInherit != 0 {
			e.flags = 0
		}
		e.flags &^= access.InheritOnly
		all = append(all, e)
	}
	return all
}

// may says who may do what (8.3).
func (k *kingdom) may(u *subject, rm *realm, need access.Rights) bool {
	if u.id.Remote {
		if rm.encrypted && u.id.Level < 6 {
			return false
		}
		need |= access.RemoteEnable
	}
	if u.admin {
		need &^= access.ReadControl | access.WriteDAC // the owner of all descriptors
	}
	for _, e := range rm.inEffect() {
		if e.flags&access.InheritOnly != 0 || !slices.Contains(u.sids, e.sid) {
			continue
		}
		if e.deny && e.mask&need != 0 {
			return false
		}
		if !e.deny {
			need &^= e.mask
		}
	}
	return need == 0
}

func (k *kingdom) compare(op string, u *subject, rm *realm, err error, allowed bool) {
	k.Helper()
	if denied := errors.Is(err, wbem.AccessDenied); denied == allowed || err != nil && !denied {
		who := "the owner"
		if u != nil {
			who = fmt.Sprintf("%+v", *u.id)
		}
		k.Fatalf("%s in %s by %s: %v, want allowed %v; entries in effect %+v", op, rm.path, who, err, allowed, rm.inEffect())
	}
}

// step has somebody do something, or changes what they may do, and reports
// whether it was allowed.
func (k *kingdom) step() bool {
	u, rm := k.users[k.r.IntN(len(k.users))], k.realms[k.r.IntN(len(k.realms))]
	s, owner, ctx := u.open[rm], connectAs(k.T, k.m, nil, rm.path), k.Context()
	rm.n++
	name := fmt.Sprint("N", rm.n)
	spawn := func(of string, pairs ...any) *cim.Instance {
		return fillIn(k.T, cim.NewInstance(class(k.T, owner, of)), pairs...)
	}
	put := func(inst *cim.Instance) error {
		_, err := s.PutInstance(ctx, inst, wbem.Options{})
		return err
	}
	exec := func(method string) error {
		_, err := s.ExecMethod(ctx, cim.MustParsePath("__SystemSecurity=@"), method, nil, wbem.Options{})
		return err
	}
	decl := func(qs ...cim.Qualifier) *cim.ClassDecl {
		return &cim.ClassDecl{Name: name, Qualifiers: qs}
	}
	ops := append(k.operations(u, rm, name), []deed{
		{name: "connect", do: func() error {
			_, err := k.m.Connect(ctx, rm.path, wbem.ConnectOptions{Identity: u.id})
			return err
		}},
		{name: "get", do: func() error {
			_, err := s.GetInstance(ctx, cim.MustParsePath(`B.Id="b"`), wbem.Options{})
			return err
		}},
		{name: "enumerate", do: func() error {
			for _, err := range s.Instances(ctx, "Dyn", wbem.Options{}) {
				return err
			}
			return nil
		}},
		{name: "query", do: func() error {
			for _, err := range s.Query(ctx, "WQL", "SELECT * FROM B", wbem.Options{}) {
				return err
			}
			return nil
		}},
		{name: "subscribe", do: func() error {
			sub, err := s.Subscribe(ctx, "WQL", "SELECT * FROM __ClassCreationEvent", wbem.Options{})
			if err == nil {
				err = sub.Close()
			}
			return err
		}},
		{name: "instance", need: access.PartialWrite, do: func() error { return put(spawn("B", "Id", name)) }},
		{name: "dynamic instance", need: access.WriteProvider, do: func() error { return put(spawn("Dyn", "Id", name)) }},
		{name: "provider", need: access.FullWrite, admin: true, do: func() error { return put(spawn("__Win32Provider", "Name", name)) }},
		{name: "system instance", need: access.FullWrite, do: func() error {
			return put(spawn("__IntervalTimerInstruction", "TimerId", name, "IntervalBetweenEvents", 1<<30))
		}},
		{name: "namespace", need: access.FullWrite, do: func() error { return put(spawn("__Namespace", "Name", name)) }},
		{name: "class", need: access.FullWrite, do: func() error { return s.PutClass(ctx, decl(), wbem.Options{}) }},
		{name: "dynamic class", need: access.WriteProvider, do: func() error {
			return s.PutClass(ctx, decl(cim.Qualifier{Name: "dynamic", Value: cim.BoolValue(true)},
				cim.Qualifier{Name: "provider", Value: cim.StringValue("P1")}), wbem.Options{})
		}},
		{name: "rights", do: func() error { return exec("GetCallerAccessRights") }},
		{name: "descriptor", need: access.MethodExecute | access.ReadControl, do: func() error { return exec("GetSD") }},
		{name: "readable descriptor", need: access.ReadControl, do: func() error {
			_, err := s.(wbem.SecurityManager).Security(ctx)
			return err
		}},
	}...)
	switch i := k.r.IntN(len(ops) + 4); {
	case i < len(ops):
		allowed := k.allowed(u, rm, ops[i])
		k.compare(ops[i].name, u, rm, ops[i].do(), allowed)
		k.witness(owner, ops[i], allowed)
		return allowed
	case i == len(ops):
		rm.encrypted = !rm.encrypted
		inst := spawn("__SystemSecurity")
		if err := inst.SetLocalQualifiers(cim.Qualifiers{{Name: "RequiresEncryption", Value: cim.BoolValue(rm.encrypted)}}); err != nil {
			k.Fatal(err)
		}
		if _, err := owner.PutInstance(ctx, inst, wbem.Options{}); err != nil {
			k.Fatal(err)
		}
		return true
	case i == len(ops)+1:
		return k.decree(u)
	}
	return k.decree(nil)
}
