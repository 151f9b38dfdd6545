package wbemtest

import (
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

const (
	baseWithP = "class B { [key] string Id; sint32 N = 7; string S; uint16 P; };"
	kiWithP   = "class KI { [key] uint32 Num; string V; uint16 P; };"
)

// updateCases are those of put.md 15, "Class updates".
var updateCases = []testCase{
	{"put.md#45 a change that does not matter", func(f *fixture) {
		f.put(0, "B", "Id", "1")
		f.put(0, "D", "Id", "2")
		f.putClass(0, `[Description("d")] class B { [key] string Id; sint32 N = 7; string S; };`)
		if got := f.class("B").Qualifiers().Value("Description").Text(); got != "d" {
			f.Error(got)
		}
		if got := f.instances("B"); got != `B.Id="1" D.Id="2"` {
			f.Error(got)
		}
	}},
	{"put.md#46 model.md#36 compatible mode with children", func(f *fixture) {
		f.refuseClass(wbem.ClassHasChildren, 0, baseWithP)
		if f.class("B").Property("P") != nil {
			f.Error("the refused property is there")
		}
	}},
	{"put.md#47 model.md#36 safe mode with children", func(f *fixture) {
		f.putClass(wbem.UpdateSafeMode, baseWithP)
		for _, name := range []string{"D", "E"} {
			if p := f.class(name).Property("P"); p == nil || p.IsLocal() || p.Origin() != "B" {
				f.Errorf("P of %s: %+v", name, p)
			}
		}
	}},
	{"put.md#48 conflict in safe mode", func(f *fixture) {
		f.putClass(0, "class D : B { uint8 U; uint8 P; };")
		f.refuseClass(wbem.UpdateTypeMismatch, wbem.UpdateSafeMode, "class B { [key] string Id; sint32 N = 7; string S; string P; };")
		if f.class("B").Property("P") != nil || f.class("D").Property("P").Type() != cim.TypeUint8 {
			f.Error("something changed")
		}
	}},
	{"put.md#49 conflict in force mode", func(f *fixture) {
		f.putClass(0, "class D : B { uint8 U; uint8 P; };")
		f.putClass(wbem.UpdateForceMode, "class B { [key] string Id; sint32 N = 7; string S; string P; };")
		if p := f.class("D").Property("P"); p.Type() != cim.TypeString || p.IsLocal() {
			f.Errorf("P of D: %v, local %v", p.Type(), p.IsLocal())
		}
	}},
	{"put.md#50 instances", func(f *fixture) {
		f.put(0, "KI", "Num", 1)
		f.refuseClass(wbem.ClassHasInstances, 0, kiWithP)
		f.refuseClass(wbem.ClassHasInstances, wbem.UpdateSafeMode, kiWithP)
	}},
	{"put.md#51 instances in force mode", func(f *fixture) {
		f.put(0, "KI", "Num", 1)
		f.putClass(wbem.UpdateForceMode, kiWithP)
		if got := f.instances("KI"); got != "" {
			f.Error(got)
		}
		f.put(wbem.CreateOnly, "KI", "Num", 1, "P", 2)
	}},
	{"put.md#53 instances of a child in force mode", func(f *fixture) {
		f.put(0, "D", "Id", "1")
		f.refuseClass(wbem.ClassHasInstances, wbem.UpdateForceMode, baseWithP)
		f.want(`D.Id="1"`, "Id", "1")
		if f.class("B").Property("P") != nil {
			f.Error("something changed")
		}
	}},
	{"put.md#54 another key", func(f *fixture) {
		f.putClass(0, "class KI { uint32 Num; [key] string V; };")
		if p := f.put(0, "KI", "V", "x"); p != `KI.V="x"` {
			f.Error(p)
		}
	}},
	{"put.md#55 another key with children", func(f *fixture) {
		for _, mode := range []wbem.Flags{wbem.UpdateSafeMode, wbem.UpdateForceMode} {
			f.refuseClass(wbem.CannotChangeKeyInheritance, mode, "class B { string Id; sint32 N = 7; [key] string S; };")
		}
	}},
	{"put.md#56 dynamic with instances", func(f *fixture) {
		f.put(0, "KI", "Num", 1)
		f.refuseClass(wbem.ClassHasInstances, 0, `[dynamic, provider("P1")] class KI { [key] uint32 Num; string V; };`)
	}},
	{"put.md#57 model.md#22 qualifier that must not be overridden", func(f *fixture) {
		const parent = `[Q("b") : DisableOverride ToSubclass] class B { [key] string Id; sint32 N = 7; string S; };`
		f.putClass(0, `[Q("a")] class D : B { uint8 U; };`)
		f.refuseClass(wbem.UpdateOverrideNotAllowed, wbem.UpdateSafeMode, parent)
		if f.class("D").Qualifiers().Value("Q").Text() != "a" {
			f.Error("something changed")
		}
		f.putClass(wbem.UpdateForceMode, parent)
		q, _ := f.class("D").Qualifiers().Get("Q")
		if q.Value.Text() != "b" || q.IsLocal() {
			f.Errorf("Q of D: %+v", q)
		}
		f.refuseClass(wbem.UpdateOverrideNotAllowed, 0, `[Q("c")] class D : B { uint8 U; };`)
	}},
	{"put.md#58 model.md#35 no change", func(f *fixture) {
		f.put(0, "B", "Id", "1")
		f.put(0, "D", "Id", "2")
		before := f.class("B")
		f.putClass(0, "class B { [key] string Id; sint32 N = 7; string S; };")
		if !cim.CompareObjects(before, f.class("B"), 0) {
			f.Error("the class changed")
		}
		if got := f.instances("B"); got != `B.Id="1" D.Id="2"` {
			f.Error(got)
		}
	}},
	{"put.md#59 another superclass", func(f *fixture) {
		f.mof("class C3 : B {}; class C4 : B {};")
		f.putClass(0, "class C3 : AB {};")
		if got := f.class("C3").SuperName(); got != "AB" {
			f.Error(got)
		}
		f.put(0, "C4", "Id", "1")
		f.refuseClass(wbem.ClassHasInstances, 0, "class C4 : AB {};")
	}},
	{"put.md#36 circular derivation", func(f *fixture) {
		f.refuseClass(wbem.CircularReference, 0, "class B : D { [key] string Id; };")
		f.refuseClass(wbem.CircularReference, 0, "class X : X {};")
	}},
	{"model.md#19 model.md#20 model.md#21 model.md#23 propagation", func(f *fixture) {
		f.mof(`
			[p: ToSubclass, q, r: ToInstance] class Base { [key] string K; };
			class Derived : Base {};
		`)
		derived := f.class("Derived")
		if q, _ := derived.Qualifiers().Get("p"); q.Flavor != cim.ToSubclass|cim.Propagated {
			f.Errorf("flavor of p is 0x%02X", uint8(q.Flavor))
		}
		if derived.Qualifiers().Index("q") >= 0 {
			f.Error("q is inherited")
		}
		if f.spawn(f, "Derived").Qualifiers().Index("r") >= 0 {
			f.Error("r reaches an instance of a subclass")
		}
		if q, _ := f.spawn(f, "Base").Qualifiers().Get("r"); q.Flavor != cim.ToInstance|cim.Propagated {
			f.Errorf("flavor of r is 0x%02X", uint8(q.Flavor))
		}
		if q, _ := f.class("Base").Property("K").Qualifiers().Get("key"); q.Flavor != 0x13 {
			f.Errorf("flavor of key is 0x%02X", uint8(q.Flavor))
		}
	}},
	{"model.md#24 method", func(f *fixture) {
		f.mof("class M { [key] string K; uint32 Do([in, out] string p, [in] sint32 i); };")
		m := f.class("M").Method("Do")
		for _, out := range []bool{false, true} {
			p := m.Signature(out).Property("p")
			if p == nil || p.Qualifiers().Value("ID").Int() != 0 || p.Qualifiers().Index("ID") < 0 {
				f.Errorf("p with out=%v: %+v", out, p)
			}
		}
		if r := m.Signature(true).Property("ReturnValue"); r == nil || r.Qualifiers().Index("ID") >= 0 {
			f.Errorf("ReturnValue: %+v", r)
		}
	}},
	{"model.md#27 interval without SubType", func(f *fixture) {
		f.putClass(0, "class X { [key] string K; datetime T; };")
		f.put(0, "X", "K", "1", "T", "00000001120032.000000:000")
		f.want(`X.K="1"`, "T", "00000001120032.000000:000")
	}},
	{"model.md#32 order of properties", func(f *fixture) {
		var names []string
		for _, p := range f.spawn(f, "D").Class().Properties() {
			names = append(names, p.Name())
		}
		if got := strings.Join(names, " "); got != "Id N S U" {
			f.Error(got)
		}
	}},
	{"model.md#38 scripting-api.md#36 delete a class", func(f *fixture) {
		f.put(0, "B", "Id", "1")
		f.put(0, "D", "Id", "2")
		f.status(f.DeleteClass(f.ctx, "B", wbem.Options{}), wbem.OK)
		for _, name := range []string{"B", "D", "E"} {
			_, err := f.GetClass(f.ctx, name, wbem.Options{})
			f.status(err, wbem.NotFound)
		}
		f.mof("class B { [key] string Id; sint32 N = 7; string S; };")
		if got := f.instances("B"); got != "" {
			f.Error(got)
		}
	}},
	{"system-classes.md#3 system class", func(f *fixture) {
		f.status(f.DeleteClass(f.ctx, "__Event", wbem.Options{}), wbem.InvalidOperation)
	}},
	{"system-classes.md#4 event class", func(f *fixture) {
		f.putClass(0, "class MyEvent : __ExtrinsicEvent { string What; };")
		f.refuse(wbem.InvalidOperation, 0, "MyEvent", "What", "x")
	}},
	{"system-classes.md#11 dynamic class", func(f *fixture) {
		f.putClass(0, `[dynamic, provider("Nobody")] class Dyn { [key] string Id; };`)
		_, err := f.GetInstance(f.ctx, cim.MustParsePath(`Dyn.Id="1"`), wbem.Options{})
		f.status(err, wbem.ProviderNotFound)
		f.refuse(wbem.ProviderNotFound, 0, "Dyn", "Id", "1")
	}},
	{"system-classes.md#24 system-classes.md#25 classes of root only", func(f *fixture) {
		for _, ns := range []string{"root", `root\default`} {
			_, err := f.connect(ns).GetInstance(f.ctx, cim.MustParsePath("__CIMOMIdentification=@"), wbem.Options{})
			f.status(err, wbem.OK)
		}
		_, err := f.connect(`root\cimv2`).GetInstance(f.ctx, cim.MustParsePath("__ArbitratorConfiguration=@"), wbem.Options{})
		f.status(err, wbem.NotFound)
	}},
	{"system-classes.md#16 delete a namespace", func(f *fixture) {
		f.put(0, "__Namespace", "Name", "gone")
		s := f.connect(`root\t\gone`)
		f.status(f.DeleteInstance(f.ctx, cim.MustParsePath(`__Namespace.Name="gone"`), wbem.Options{}), wbem.OK)
		_, err := s.GetClass(f.ctx, "__Event", wbem.Options{})
		f.status(err, wbem.InvalidNamespace)
	}},
}
