package cimom_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/provider"
	"openwmi/providers/view"
	"openwmi/wbem"
)

// What TestRandomRights has in every realm besides objects: a class with methods,
// whose provider looks into the capital, which is the topmost realm; a view of
// objects here and there; and events for everybody.
const crafts = view.Registration + `
	instance of __Win32Provider { Name = "Envoy"; };
	instance of __InstanceProviderRegistration { provider = "__Win32Provider.Name=\"Envoy\""; SupportsGet = TRUE; };
	instance of __MethodProviderRegistration { provider = "__Win32Provider.Name=\"Envoy\""; };
	[dynamic, provider("Envoy")] class Embassy {
		[key] string Id;
		[implemented] uint32 Ask();
		[implemented, static] uint32 Wave();
	};
	[Union, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM B", "SELECT * FROM B"}, ViewSpaces{"%s", "root\\a"}]
	class Map {
		[key, PropertySources{"__NAMESPACE", "__NAMESPACE"}] string Realm;
		[key, PropertySources{"Id", "Id"}] string Id;
		[PropertySources{"Text", "Text"}] string Text;
	};
	[association] class Road { [key] B ref Start; [key] B ref Goal; };
	instance of Road { Start = "B.Id=\"b\""; Goal = "\\\\.\\root\\a:B.Id=\"b\""; };
	class Call : __ExtrinsicEvent { string Who; };
	class Crier : __EventConsumer { [key] string Name; };
	instance of __Win32Provider { Name = "Square"; };
	instance of __EventConsumerProviderRegistration { provider = "__Win32Provider.Name=\"Square\""; ConsumerClassNames = {"Crier"}; };
`

// An envoy asks for an object of the capital, as whoever calls.
type envoy struct{}

func (envoy) GetInstance(_ context.Context, _ *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	return key, nil
}

func (envoy) ExecMethod(ctx context.Context, r *provider.Request, key *cim.Instance, m *cim.Method, _ *cim.Instance) (*cim.Instance, error) {
	out := cim.NewInstance(m.Signature(true))
	if key == nil {
		return out, out.Set("ReturnValue", cim.Uint32Value(0))
	}
	s, err := r.Connect(ctx, `root\a`)
	if err == nil {
		_, err = s.GetInstance(ctx, cim.MustParsePath(`B.Id="b"`), wbem.Options{})
	}
	return out, errors.Join(err, out.Set("ReturnValue", cim.Uint32Value(0)))
}

// A deed is something that somebody tries in a realm.
type deed struct {
	name    string
	need    access.Rights // besides Enable
	capital access.Rights // in the topmost realm; zero if that does not matter
	below   *realm        // that has to be enabled as well, nil for none
	admin   bool          // only for administrators
	do      func() error

	// made and gone are the path of what is there afterwards, or is not there any
	// more, if the deed was allowed; "" for none.
	made, gone string
}

// allowed says who may do it.
func (k *kingdom) allowed(u *subject, rm *realm, d deed) bool {
	return k.may(u, rm, access.Enable|d.need) && (u.admin || !d.admin) &&
		(d.capital == 0 || k.may(u, k.realms[0], access.Enable|d.capital)) &&
		(d.below == nil || k.may(u, d.below, access.Enable))
}

// witness checks as the owner whether a deed had the effect that it should have.
func (k *kingdom) witness(owner wbem.Services, d deed, allowed bool) {
	k.Helper()
	for _, c := range []struct {
		path string
		want bool
	}{{d.made, allowed}, {d.gone, !allowed}} {
		if c.path == "" {
			continue
		}
		_, err := wbem.Get(k.Context(), owner, c.path, wbem.Options{})
		if (err == nil) != c.want {
			k.Fatalf("%s, allowed %v: %s is there afterwards: %v", d.name, allowed, c.path, err)
		}
	}
}

// first runs a sequence up to what comes first.
func first[T any](seq iter.Seq2[T, error]) error {
	for _, err := range seq {
		return err
	}
	return nil
}

// operations are those of the contract which step does not have itself.
func (k *kingdom) operations(u *subject, rm *realm, name string) []deed {
	s, owner, ctx := u.open[rm], connectAs(k.T, k.m, nil, rm.path), k.Context()
	query := func(text string) func() error {
		return func() error { return first(s.Query(ctx, "WQL", text, wbem.Options{})) }
	}
	exec := func(path, method string) func() error {
		return func() error {
			_, err := s.ExecMethod(ctx, cim.MustParsePath(path), method, nil, wbem.Options{})
			return err
		}
	}
	spawn := func(of string, pairs ...any) *cim.Instance {
		return fillIn(k.T, cim.NewInstance(class(k.T, owner, of)), pairs...)
	}
	put := func(inst func() *cim.Instance, o wbem.Options) func() error {
		return func() error { _, err := s.PutInstance(ctx, inst(), o); return err }
	}
	// remove tries to delete what the owner has made before.
	remove := func(inst func() *cim.Instance, path string) func() error {
		return func() error {
			if _, err := owner.PutInstance(ctx, inst(), wbem.Options{}); err != nil {
				k.Fatal(err)
			}
			return s.DeleteInstance(ctx, cim.MustParsePath(path), wbem.Options{})
		}
	}
	removeClass := func(qs ...cim.Qualifier) func() error {
		return func() error {
			if err := owner.PutClass(ctx, &cim.ClassDecl{Name: name, Qualifiers: qs}, wbem.Options{}); err != nil {
				k.Fatal(err)
			}
			return s.DeleteClass(ctx, name, wbem.Options{})
		}
	}
	dynamic := []cim.Qualifier{{Name: "dynamic", Value: cim.BoolValue(true)}, {Name: "provider", Value: cim.StringValue("P1")}}
	var part wbem.Context
	part.Set("__PUT_EXTENSIONS", cim.BoolValue(true))
	part.Set("__PUT_EXT_PROPERTIES", cim.StringsValue([]string{"Text"}))
	text := func(inst *cim.Instance) func() *cim.Instance {
		return func() *cim.Instance { return fillIn(k.T, inst, "Text", name) }
	}
	escapedPath, registered := escaped(rm.path), `__Win32Provider.Name=\"`+name+`\"`

	deeds := []deed{
		{name: "class", do: func() error { _, err := s.GetClass(ctx, "B", wbem.Options{}); return err }},
		{name: "classes", do: func() error { return first(s.Classes(ctx, "", wbem.Options{})) }},
		{name: "dynamic get", do: func() error {
			_, err := s.GetInstance(ctx, cim.MustParsePath(`Embassy.Id="e"`), wbem.Options{})
			return err
		}},
		{name: "schema query", do: query("SELECT * FROM meta_class")},
		{name: "dynamic query", do: query("SELECT * FROM Dyn")},
		{name: "references", do: query(`REFERENCES OF {B.Id="b"}`)},
		// What leads to where one must not go is not seen, without an error.
		{name: "associators", do: func() error {
			found := 0
			for _, err := range s.Query(ctx, "WQL", `ASSOCIATORS OF {B.Id="b"} WHERE Role = Start`, wbem.Options{}) {
				if err != nil {
					return err
				}
				found++
			}
			if seen := k.may(u, k.realms[0], access.Enable); (found == 1) != seen {
				k.Fatalf("associators in %s: %d, in the capital allowed %v", rm.path, found, seen)
			}
			return nil
		}},
		{name: "plan of a query", do: func() error {
			_, err := s.(wbem.QueryPlanner).PlanQuery(ctx, "WQL", "SELECT * FROM B", wbem.Options{}, true)
			return err
		}},
		{name: "view", capital: access.Enable, do: query("SELECT * FROM Map")},
		{name: "view get", capital: access.Enable, do: func() error {
			_, err := s.GetInstance(ctx, cim.MustParsePath(`Map.Realm="`+escapedPath+`",Id="b"`), wbem.Options{})
			return err
		}},
		{name: "view put", need: access.WriteProvider | access.PartialWrite, capital: access.Enable,
			do: put(text(spawn("Map", "Realm", rm.path, "Id", "b")), wbem.Options{})},
		{name: "view put in the capital", need: access.WriteProvider, capital: access.PartialWrite,
			do: put(text(spawn("Map", "Realm", `root\a`, "Id", "b")), wbem.Options{})},

		{name: "partial put", need: access.PartialWrite, do: put(text(spawn("B", "Id", "b")), wbem.Options{Flags: wbem.UpdateOnly, Context: &part})},
		{name: "asynchronous put", need: access.PartialWrite, made: "B.Id=\"" + name + `"`, do: func() error {
			sink, done, _ := sinkOf()
			if err := wbem.PutInstanceAsync(ctx, s, sink, spawn("B", "Id", name), wbem.Options{}, nil); err != nil {
				return err
			}
			return <-done
		}},
		{name: "filter", need: access.FullWrite, made: `__EventFilter.Name="` + name + `"`, do: put(func() *cim.Instance {
			return spawn("__EventFilter", "Name", name, "QueryLanguage", "WQL", "Query", "SELECT * FROM Call WHERE Who = 'x'")
		}, wbem.Options{})},
		{name: "delete", need: access.PartialWrite, gone: `B.Id="` + name + `"`,
			do: remove(func() *cim.Instance { return spawn("B", "Id", name) }, `B.Id="`+name+`"`)},
		{name: "delete dynamic", need: access.WriteProvider, gone: `Dyn.Id="` + name + `"`,
			do: remove(func() *cim.Instance { return spawn("Dyn", "Id", name) }, `Dyn.Id="`+name+`"`)},
		{name: "delete a registration", need: access.FullWrite, admin: true, gone: `__MethodProviderRegistration.Provider="` + registered + `"`, do: remove(func() *cim.Instance {
			return spawn("__MethodProviderRegistration", "provider", `__Win32Provider.Name="`+name+`"`)
		}, `__MethodProviderRegistration.Provider="`+registered+`"`)},
		{name: "delete a system instance", need: access.FullWrite, gone: `__TimerInstruction.TimerId="` + name + `"`, do: remove(func() *cim.Instance {
			return spawn("__IntervalTimerInstruction", "TimerId", name, "IntervalBetweenEvents", 1<<30)
		}, `__TimerInstruction.TimerId="`+name+`"`)},
		{name: "delete a namespace", need: access.FullWrite, gone: `__Namespace.Name="` + name + `"`,
			do: remove(func() *cim.Instance { return spawn("__Namespace", "Name", name) }, `__Namespace.Name="`+name+`"`)},
		{name: "delete a class", need: access.FullWrite, gone: name, do: removeClass()},
		{name: "delete a dynamic class", need: access.WriteProvider, gone: name, do: removeClass(dynamic...)},
		{name: "plan of a class", need: access.FullWrite, do: func() error {
			_, err := s.(wbem.ClassPlanner).PlanClass(ctx, &cim.ClassDecl{Name: name}, wbem.Options{})
			return err
		}},

		{name: "static method", need: access.MethodExecute, do: exec("Embassy", "Wave")},
		{name: "method", need: access.MethodExecute, capital: access.Enable, do: exec(`Embassy.Id="e"`, "Ask")},

		{name: "publish", need: access.FullWrite, do: func() error {
			return s.(wbem.Publisher).Publish(ctx, spawn("Call", "Who", "nobody at all"), wbem.Options{})
		}},
		{name: "qualifiers", do: func() error { return first(s.(wbem.QualifierStore).Qualifiers(ctx)) }},
		{name: "set a qualifier", need: access.FullWrite, do: func() error {
			d := &cim.QualifierDecl{Name: name, Type: cim.TypeString, Scope: cim.ScopeAny}
			return s.(wbem.QualifierStore).SetQualifier(ctx, d, wbem.Options{})
		}},
		{name: "delete a qualifier", need: access.FullWrite, do: func() error {
			d := &cim.QualifierDecl{Name: name, Type: cim.TypeString, Scope: cim.ScopeAny}
			if err := owner.(wbem.QualifierStore).SetQualifier(ctx, d, wbem.Options{}); err != nil {
				k.Fatal(err)
			}
			return s.(wbem.QualifierStore).DeleteQualifier(ctx, name)
		}},
		{name: "subscriptions", do: func() error { return first(s.(wbem.SubscriptionLister).PermanentSubscriptions(ctx)) }},
		{name: "rights of the caller", do: func() error { _, err := s.(wbem.SecurityManager).CallerRights(ctx); return err }},
		{name: "explain", need: access.ReadControl, do: func() error {
			_, err := s.(wbem.SecurityManager).ExplainAccess(ctx, u.id)
			return err
		}},
		{name: "encryption", need: access.FullWrite | access.WriteDAC, do: func() error {
			inst := spawn("__SystemSecurity")
			if err := inst.SetLocalQualifiers(cim.Qualifiers{{Name: "RequiresEncryption", Value: cim.BoolValue(!rm.encrypted)}}); err != nil {
				k.Fatal(err)
			}
			_, err := s.PutInstance(ctx, inst, wbem.Options{})
			if err == nil {
				rm.encrypted = !rm.encrypted
			}
			return err
		}},
		{name: "event", do: func() error { return k.call(u, rm, spawn) }},
		{name: "permanent event", do: func() error {
			k.cry(u, rm, spawn)
			return query("SELECT * FROM B")()
		}},
	}
	for _, child := range k.realms {
		if child.parent == rm {
			deeds = append(deeds, deed{name: "open a namespace", below: child, do: func() error {
				_, err := s.OpenNamespace(ctx, child.path[len(rm.path)+1:], wbem.Options{})
				return err
			}})
		}
	}
	return deeds
}

// listen has a user subscribe to calls for him in a realm, for a time and for good,
// while he still may.
func (k *kingdom) listen(u *subject, rm *realm) {
	s, ctx := u.open[rm], k.Context()
	sub, err := s.Subscribe(ctx, "WQL", `SELECT * FROM Call WHERE Who = "`+u.id.Name+`"`, wbem.Options{})
	if err != nil {
		k.Fatal(err)
	}
	u.calls[rm] = sub
	name := "for " + u.id.Name
	query := `SELECT * FROM Call WHERE Who = "` + name + `"`
	for _, inst := range []*cim.Instance{
		fillIn(k.T, cim.NewInstance(class(k.T, s, "__EventFilter")), "Name", name, "QueryLanguage", "WQL", "Query", query),
		fillIn(k.T, cim.NewInstance(class(k.T, s, "Crier")), "Name", name),
		fillIn(k.T, cim.NewInstance(class(k.T, s, "__FilterToConsumerBinding")),
			"Filter", `__EventFilter.Name="`+name+`"`, "Consumer", `Crier.Name="`+name+`"`),
	} {
		if _, err := s.PutInstance(ctx, inst, wbem.Options{}); err != nil {
			k.Fatal(err)
		}
	}
}

// call raises events for a user, of which one is only for whoever its descriptor
// names, and returns the error with which he reads them. What he may not see does
// not come, what comes where he must not enter is denied.
func (k *kingdom) call(u *subject, rm *realm, spawn func(string, ...any) *cim.Instance) error {
	owner, ctx := connectAs(k.T, k.m, nil, rm.path), k.Context()
	sid, secret := k.secret(u)
	for _, sd := range []cim.Value{secret, {}} {
		e := spawn("Call", "Who", u.id.Name)
		if err := e.Set("SECURITY_DESCRIPTOR", sd); err != nil {
			k.Fatal(err)
		}
		if err := owner.(wbem.Publisher).Publish(ctx, e, wbem.Options{}); err != nil {
			k.Fatal(err)
		}
	}
	var denied error
	got, want := 0, 1
	if slices.Contains(u.sids, sid) {
		want = 2
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute) // for an event that is missing
	defer cancel()
	for range want {
		e, err := u.calls[rm].Next(ctx)
		if err != nil {
			denied = err
			continue
		}
		v, _ := e.Get("SECURITY_DESCRIPTOR")
		if isSecret := !v.IsNull(); isSecret != (want == 2 && got == 0) {
			k.Fatalf("%s in %s gets event %d of %d, with a descriptor: %v", u.id.Name, rm.path, got+1, want, isSecret)
		}
		got++
	}
	if denied != nil && got > 0 {
		k.Fatalf("%s gets %d events and then %v", u.id.Name, got, denied)
	}
	return denied
}

// secret returns the descriptor of an event that only those see who have some
// SID, one of a user's or somebody else's.
func (k *kingdom) secret(u *subject) (access.SID, cim.Value) {
	if k.r.IntN(2) == 0 {
		u = k.users[k.r.IntN(len(k.users))]
	}
	sid := u.sids[k.r.IntN(len(u.sids))]
	d := &access.Descriptor{Owner: access.Administrators, Group: access.Administrators,
		DACL: access.ACL{{Type: access.Allow, Mask: access.Subscribe, SID: sid}}}
	b, err := d.Bytes()
	if err != nil {
		k.Fatal(err)
	}
	return sid, cim.BytesValue(b)
}

// cry raises an event for the permanent subscription of a user, and checks that
// it is queued if its creator may enter the realm and see it. Of creators nobody knows the
// groups, nor that they were elsewhere; what administrators create is the service's.
func (k *kingdom) cry(u *subject, rm *realm, spawn func(string, ...any) *cim.Instance) {
	owner, ctx := connectAs(k.T, k.m, nil, rm.path), k.Context()
	name := "for " + u.id.Name
	queued := func() int64 {
		for p, err := range owner.(wbem.SubscriptionLister).PermanentSubscriptions(ctx) {
			if err != nil {
				k.Fatal(err)
			}
			if p.Binding != "" && p.Namespace == rm.path && strings.Contains(p.Filter, `"`+name+`"`) {
				return p.Queued
			}
		}
		k.Fatalf("the subscription of %s in %s is gone", name, rm.path)
		return 0
	}
	before := queued()
	e := spawn("Call", "Who", name)
	sid, descriptor := k.secret(u)
	isSecret := k.r.IntN(2) == 0
	if isSecret {
		if err := e.Set("SECURITY_DESCRIPTOR", descriptor); err != nil {
			k.Fatal(err)
		}
	}
	if err := owner.(wbem.Publisher).Publish(ctx, e, wbem.Options{}); err != nil {
		k.Fatal(err)
	}
	creator := &subject{id: &wbem.Identity{Level: 6}, sids: []access.SID{u.token.User, access.Everyone, access.AuthenticatedUsers, access.Users}}
	if u.admin { // the service itself, which may enter everywhere
		creator.sids = []access.SID{access.LocalSystem, access.Everyone, access.AuthenticatedUsers, access.Administrators}
	}
	want := int64(0)
	if (u.admin || k.may(creator, rm, access.Enable)) && (!isSecret || slices.Contains(creator.sids, sid)) {
		want = 1
	}
	if got := queued() - before; got != want {
		k.Fatalf("an event for the subscription of %s in %s is queued %d times, want %d; entries in effect %+v", fmt.Sprint(*u.id), rm.path, got, want, rm.inEffect())
	}
}
