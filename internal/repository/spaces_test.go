package repository

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

func (f *fixture) namespace(path string) *Namespace {
	f.Helper()
	ns, err := f.Namespace(path)
	if err != nil {
		f.Fatal(err)
	}
	return ns
}

func childNames(t testing.TB, ns *Namespace) []string {
	t.Helper()
	children, err := ns.Children()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range children {
		out = append(out, c.Path())
	}
	return out
}

func TestShippedNamespaces(t *testing.T) {
	f := newFixture(t)
	root := f.namespace("Root")
	want := []string{`root\cimv2`, `root\default`, `root\interop`, `root\security`, `root\subscription`, `root\t`, `root\wmi`}
	if diff := cmp.Diff(want, childNames(t, root)); diff != "" {
		t.Error(diff)
	}
	f.ns = root
	names := f.all("__Namespace", true)
	if len(names) != len(want) || names[0] != `__Namespace.Name="cimv2"` {
		t.Errorf("instances %v", names)
	}
	for _, path := range []string{"", `\root`, `root\`, `root\\cimv2`, "cimv2", `root\none`} {
		_, err := f.Namespace(path)
		f.status(path, err, wbem.InvalidNamespace)
	}
	if ns := f.namespace("ROOT/CimV2"); ns.Path() != `root\cimv2` || ns.Parent() != root || !ns.Shipped() || f.ns.Shipped() != true {
		t.Errorf("found %v", ns.Path())
	}
	f.update(wbem.AccessDenied, func(tx *Tx) error {
		return tx.DeleteInstance(root, cim.MustParsePath(`__Namespace="CIMV2"`))
	})
}

// system-classes.md#1 system-classes.md#24 system-classes.md#25
func TestFreshNamespace(t *testing.T) {
	f := newFixture(t)
	const list = `__AbsoluteTimerInstruction __ACE __AggregateEvent
		__ClassCreationEvent __ClassDeletionEvent __ClassModificationEvent __ClassOperationEvent __ClassProviderRegistration
		__ConsumerFailureEvent __Event __EventConsumer __EventConsumerProviderRegistration __EventDroppedEvent __EventFilter
		__EventGenerator __EventProviderRegistration __EventQueueOverflowEvent __ExtendedStatus __ExtrinsicEvent
		__FilterToConsumerBinding __IndicationRelated __InstanceCreationEvent __InstanceDeletionEvent __InstanceModificationEvent
		__InstanceOperationEvent __InstanceProviderRegistration __IntervalTimerInstruction __MethodInvocationEvent
		__MethodProviderRegistration __Namespace __NamespaceCreationEvent __NamespaceDeletionEvent __NamespaceModificationEvent
		__NamespaceOperationEvent __NotifyStatus __NTLMUser9X __ObjectProviderRegistration __PARAMETERS
		__PropertyProviderRegistration __Provider __ProviderRegistration __SecurityDescriptor __SecurityRelatedClass __SystemClass
		__SystemEvent __SystemSecurity __thisNAMESPACE __TimerEvent __TimerInstruction __TimerNextFiring __Trustee __Win32Provider`
	want := strings.Fields(list)
	var got, instances []string
	for c, err := range f.ns.Subclasses("", true) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, c.Name())
		if c.Origin().Namespace != `root\t` {
			t.Errorf("%s comes from %v", c.Name(), c.Origin())
		}
		for inst, err := range f.ns.Instances(context.Background(), c.Name(), false) {
			if err != nil {
				t.Fatal(err)
			}
			instances = append(instances, show(inst))
		}
	}
	slices.SortFunc(got, cim.CompareNames)
	slices.SortFunc(want, cim.CompareNames)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"__thisNAMESPACE=@ SECURITY_DESCRIPTOR=NULL", "__SystemSecurity=@"}, instances); diff != "" {
		t.Error(diff)
	}
	if got := f.get("__ArbitratorConfiguration=@"); got != "NotFound" {
		t.Error(got)
	}
	for _, path := range []string{"root", `root\default`} {
		f.ns = f.namespace(path)
		if got := f.get("__CIMOMIdentification=@"); !strings.Contains(got, "VersionUsedToCreateDB="+version) {
			t.Errorf("%s: %s", path, got)
		}
	}
	f.ns = f.namespace("root")
	if got := f.get("__ArbitratorConfiguration=@"); !strings.Contains(got, " PollingMemoryPerUser=5000000 ") {
		t.Error(got)
	}
	if got := f.get("__EventSinkCacheControl=@"); got != "__EventSinkCacheControl=@ ClearAfter=00000000000015.000000:000" {
		t.Error(got)
	}
}

// system-classes.md#3 system-classes.md#4
func TestSystemClasses(t *testing.T) {
	f := newFixture(t)
	for _, name := range []string{"__Event", "__SystemClass", "__win32provider"} {
		f.update(wbem.InvalidOperation, func(tx *Tx) error { return tx.DeleteClass(f.ns, name) })
	}
	f.putClass(class("__EventFilter", prop("string Name", key)), wbem.UpdateForceMode, wbem.InvalidOperation)
	f.putClass(class("Signal : __ExtrinsicEvent", prop("string Text")), 0, wbem.OK)
	c, err := f.ns.Class("signal")
	if err != nil {
		t.Fatal(err)
	}
	if !c.IsA("__Event") || c.Property("TIME_CREATED") == nil {
		t.Error("an event without what events have")
	}
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteClass(f.ns, "Signal") })
	f.update(wbem.NotFound, func(tx *Tx) error { return tx.DeleteClass(f.ns, "Signal") })
	f.update(wbem.InvalidOperation, func(tx *Tx) error {
		return tx.DeleteInstance(f.ns, cim.MustParsePath("__SystemSecurity=@"))
	})
	f.put(f.inst("__SystemSecurity"), 0, wbem.OK)
}

// put.md#35 system-classes.md#16
func TestNamespaceInstances(t *testing.T) {
	f := newFixture(t)
	path := f.put(f.inst("__Namespace", "Name", "Sub"), 0, wbem.OK)
	if got := path.String(); got != `\\SERVER\root\t:__Namespace.Name="Sub"` {
		t.Error(got)
	}
	sub := f.namespace(`root\t\sub`)
	if sub.Path() != `root\t\Sub` {
		t.Error(sub.Path())
	}
	f.put(f.inst("__Namespace", "Name", "SUB"), wbem.CreateOnly, wbem.AlreadyExists)
	f.put(f.inst("__Namespace", "Name", "sub"), 0, wbem.OK)
	if f.namespace(`root\t\sub`) != sub {
		t.Error("an update has made another namespace")
	}
	f.put(f.inst("__Namespace", "Name", "other"), wbem.UpdateOnly, wbem.NotFound)
	f.put(f.inst("__Namespace"), 0, wbem.IllegalNull)
	for _, name := range []string{"", "_x", "1x", "a-b", `a\b`, "a b", "ä\u0001"} {
		want := wbem.InvalidParameter
		if strings.Contains(name, "\u0001") {
			want = wbem.InvalidObject
		}
		f.put(f.inst("__Namespace", "Name", name), 0, want)
	}
	f.put(f.inst("__Namespace", "Name", strings.Repeat("x", 8172)), 0, wbem.QuotaViolation)

	// Below the namespace is more that goes with it.
	f.ns = sub
	f.putClass(classB(), 0, wbem.OK)
	f.putClass(classD(), 0, wbem.OK)
	f.put(f.inst("D", "Id", "1"), 0, wbem.OK)
	deeper := f.space(`t\sub\deeper`)
	f.ns = f.namespace(`root\t`)
	f.update(wbem.OK, func(tx *Tx) error {
		if err := tx.DeleteInstance(f.ns, cim.MustParsePath(`__Namespace="sub"`)); err != nil {
			return err
		}
		_, err := tx.Class(sub, "B")
		f.status("class in the transaction", err, wbem.InvalidNamespace)
		_, err = tx.PutInstance(deeper, cim.NewInstance(mustClass(t, f.ns, "__Namespace")), 0, nil)
		f.status("put in the transaction", err, wbem.InvalidNamespace)
		return nil
	})
	for _, ns := range []*Namespace{sub, deeper} {
		_, err := ns.Class("B")
		f.status("class", err, wbem.InvalidNamespace)
		_, err = ns.Instance(cim.MustParsePath(`B="1"`), false)
		f.status("instance", err, wbem.InvalidNamespace)
		for _, err := range ns.Instances(context.Background(), "B", true) {
			f.status("instances", err, wbem.InvalidNamespace)
		}
		for _, err := range ns.Subclasses("", true) {
			f.status("subclasses", err, wbem.InvalidNamespace)
		}
		for _, err := range ns.Qualifiers() {
			f.status("qualifiers", err, wbem.InvalidNamespace)
		}
		_, err = ns.Children()
		f.status("children", err, wbem.InvalidNamespace)
		_, err = ns.Generation()
		f.status("generation", err, wbem.InvalidNamespace)
		_, err = f.Namespace(ns.Path())
		f.status("namespace", err, wbem.InvalidNamespace)
	}
	again := f.space(`t\sub`)
	if again == sub {
		t.Error("the old handle has come to life")
	}
	_, err := again.Class("B")
	f.status("class of the new namespace", err, wbem.NotFound)
}

func mustClass(t testing.TB, ns *Namespace, name string) *cim.Class {
	t.Helper()
	c, err := ns.Class(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestDerivedNamespaceClass uses a class derived from __Namespace with more
// properties (system-classes.md 8.1).
func TestDerivedNamespaceClass(t *testing.T) {
	f := newFixture(t, class("MySpace : __Namespace", prop("string Owner")))
	f.put(f.inst("MySpace", "Name", "a", "Owner", "me"), 0, wbem.OK)
	f.put(f.inst("__Namespace", "Name", "a"), 0, wbem.AlreadyExists)
	f.put(f.inst("__Namespace", "Name", "b"), 0, wbem.OK)
	if diff := cmp.Diff([]string{`__Namespace.Name="b"`, `MySpace.Name="a" Owner=me`}, f.all("__Namespace", true)); diff != "" {
		t.Error(diff)
	}
	if got := f.get(`__Namespace="a"`); got != `MySpace.Name="a" Owner=me` {
		t.Error(got)
	}
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteClass(f.ns, "MySpace") })
	if diff := cmp.Diff([]string{`root\t\b`}, childNames(t, f.ns)); diff != "" {
		t.Error(diff)
	}
}

// TestOneTransaction creates a namespace with classes and instances in one
// transaction, and another that fails in the end.
func TestOneTransaction(t *testing.T) {
	f := newFixture(t)
	var handle *Namespace
	work := func(name string, end error) error {
		return f.Update(context.Background(), kv.Buffered, func(tx *Tx) error {
			ns, err := tx.CreateNamespace(`root/t/` + name)
			if err != nil {
				return err
			}
			handle = ns
			for _, d := range []*cim.ClassDecl{classB(), classD()} {
				if _, err := tx.PutClass(ns, d, wbem.CreateOnly); err != nil {
					return err
				}
			}
			c, err := tx.Class(ns, "D")
			if err != nil {
				return err
			}
			inst := cim.NewInstance(c)
			if err := inst.Set("Id", cim.StringValue("1")); err != nil {
				return err
			}
			if _, err := tx.PutInstance(ns, inst, 0, nil); err != nil {
				return err
			}
			got, err := tx.Instance(ns, cim.MustParsePath(`B="1"`), false)
			if err != nil || show(got) != `D.Id="1" N=7 S=NULL U=NULL` {
				t.Errorf("in the transaction: %v", err)
			}
			n := 0
			for _, err := range tx.Instances(ns, "B", true) {
				if err != nil {
					return err
				}
				n++
			}
			if n != 1 {
				t.Errorf("%d instances in the transaction", n)
			}
			found, err := tx.Namespace(`root\t\` + name)
			if err != nil || found != ns {
				t.Errorf("in the transaction: %v", err)
			}
			if _, err := f.Namespace(`root\t\` + name); err == nil {
				t.Error("others see it before the end")
			}
			return end
		})
	}
	f.status("kept", work("kept", nil), wbem.OK)
	f.status("lost", work("lost", wbem.Timeout), wbem.Timeout)
	_, err := handle.Class("__Namespace")
	f.status("class of what was never created", err, wbem.InvalidNamespace)
	_, err = handle.Children()
	f.status("children of what was never created", err, wbem.InvalidNamespace)
	if diff := cmp.Diff([]string{`root\t\kept`}, childNames(t, f.ns)); diff != "" {
		t.Error(diff)
	}
	f.ns = f.namespace(`root\t\kept`)
	if got := f.get(`B="1"`); got != `D.Id="1" N=7 S=NULL U=NULL` {
		t.Error(got)
	}
}
