package wbemtest

import (
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// putCases are those of put.md 15, "Create, update, flags".
var putCases = []testCase{
	{"put.md#1 create", func(f *fixture) {
		p, err := f.PutInstance(f.ctx, f.spawn(f, "B", "Id", "1"), wbem.Options{})
		f.status(err, wbem.OK)
		f.path(p, `\\%s\root\t:B.Id="1"`, f.Server())
		f.want(`B.Id="1"`, "__PATH", p.String())
	}},
	{"put.md#2 overwrite", func(f *fixture) {
		f.put(0, "B", "Id", "1", "S", "x")
		f.put(0, "B", "Id", "1", "S", "y")
		f.want(`B.Id="1"`, "S", "y")
	}},
	{"put.md#3 overwrite everything", func(f *fixture) {
		f.put(0, "B", "Id", "1", "S", "x")
		f.put(0, "B", "Id", "1")
		f.want(`B.Id="1"`, "S", "NULL")
	}},
	{"put.md#4 create-only, exists", func(f *fixture) {
		f.put(0, "B", "Id", "1", "S", "x")
		f.refuse(wbem.AlreadyExists, wbem.CreateOnly, "B", "Id", "1", "S", "y")
		f.want(`B.Id="1"`, "S", "x")
	}},
	{"put.md#5 create-only, missing", func(f *fixture) {
		f.put(wbem.CreateOnly, "B", "Id", "1")
		f.want(`B.Id="1"`, "Id", "1")
	}},
	{"put.md#6 update-only, missing", func(f *fixture) {
		f.refuse(wbem.NotFound, wbem.UpdateOnly, "B", "Id", "1")
		f.absent(`B.Id="1"`)
	}},
	{"put.md#7 update-only, exists", func(f *fixture) {
		f.put(0, "B", "Id", "1")
		f.put(wbem.UpdateOnly, "B", "Id", "1", "S", "y")
		f.want(`B.Id="1"`, "S", "y")
	}},
	{"put.md#8 create-only and update-only", func(f *fixture) {
		f.refuse(wbem.InvalidParameter, 3, "B", "Id", "1")
		f.refuseClass(wbem.InvalidParameter, 3, "class X {};")
	}},
	{"put.md#9 update modes for an instance", func(f *fixture) {
		f.refuse(wbem.InvalidParameter, wbem.UpdateSafeMode, "B", "Id", "1")
		f.refuse(wbem.InvalidParameter, wbem.UpdateForceMode, "B", "Id", "1")
	}},
	{"put.md#10 safe and force", func(f *fixture) {
		f.refuseClass(wbem.InvalidParameter, 0x60, "class X {};")
	}},
	{"put.md#11 undefined flag", func(f *fixture) {
		f.refuse(wbem.InvalidParameter, 0x400, "B", "Id", "1")
		f.refuseClass(wbem.InvalidParameter, 0x400, "class X {};")
	}},
	{"put.md#13 create-only and force", func(f *fixture) {
		f.putClass(wbem.CreateOnly|wbem.UpdateForceMode, "class B2 { [key] string Id; };")
		f.class("B2")
	}},
	{"put.md#14 no object", func(f *fixture) {
		_, err := f.PutInstance(f.ctx, nil, wbem.Options{})
		f.status(err, wbem.InvalidParameter)
		f.status(f.PutClass(f.ctx, nil, wbem.Options{}), wbem.InvalidParameter)
	}},
	{"put.md#15 genus", func(f *fixture) {
		_, err := wbem.InstanceOf(f.class("B"))
		f.status(err, wbem.InvalidObject)
		_, err = wbem.ClassOf(f.spawn(f, "B"))
		f.status(err, wbem.InvalidClass)
		d, err := wbem.ClassOf(f.class("B"))
		f.status(err, wbem.OK)
		f.status(f.PutClass(f.ctx, d, wbem.Options{}), wbem.OK)
		inst, err := wbem.InstanceOf(f.spawn(f, "B", "Id", "1"))
		f.status(err, wbem.OK)
		_, err = f.PutInstance(f.ctx, inst, wbem.Options{})
		f.status(err, wbem.OK)
	}},
	{"put.md#60 existence of a class", func(f *fixture) {
		f.refuseClass(wbem.NotFound, wbem.UpdateOnly, "class X { [key] string K; };")
		f.refuseClass(wbem.AlreadyExists, wbem.CreateOnly, "class B { [key] string Id; };")
	}},
}

// keyCases are those of "Keys, nulls, defaults".
var keyCases = []testCase{
	{"put.md#16 generated key", func(f *fixture) {
		p, err := f.PutInstance(f.ctx, f.spawn(f, "B"), wbem.Options{})
		f.status(err, wbem.OK)
		id := p.Keys[0].Text
		if len(id) != 38 || id[0] != '{' || id[37] != '}' || strings.ToUpper(id) != id || strings.Count(id, "-") != 4 {
			f.Errorf("generated key %q", id)
		}
		f.want(p.RelPath(), "Id", id)
	}},
	{"put.md#17 generated key is not in the local object", func(f *fixture) {
		inst := f.spawn(f, "B")
		p, err := f.PutInstance(f.ctx, inst, wbem.Options{})
		f.status(err, wbem.OK)
		if v, _ := inst.Get("Id"); !v.IsNull() {
			f.Errorf("Id of the local object is %v", v)
		}
		f.status(f.DeleteInstance(f.ctx, p, wbem.Options{}), wbem.OK)
	}},
	{"put.md#18 two generated keys", func(f *fixture) {
		if a, b := f.put(0, "B"), f.put(wbem.CreateOnly, "B"); a == b {
			f.Errorf("both are %s", a)
		}
		if n := len(strings.Fields(f.instances("B"))); n != 2 {
			f.Errorf("%d instances", n)
		}
	}},
	{"put.md#19 update-only without key", func(f *fixture) {
		f.refuse(wbem.NotFound, wbem.UpdateOnly, "B")
	}},
	{"put.md#20 key of another type missing", func(f *fixture) {
		f.refuse(wbem.IllegalNull, 0, "KI", "V", "x")
	}},
	{"put.md#21 part of a key missing", func(f *fixture) {
		f.refuse(wbem.IllegalNull, 0, "K2", "C", 1)
		f.refuse(wbem.IllegalNull, 0, "K2", "A", "x")
	}},
	{"put.md#22 model.md#29 no key", func(f *fixture) {
		f.refuse(wbem.NoKey, 0, "NoKey", "V", "x")
	}},
	{"put.md#23 model.md#28 not null", func(f *fixture) {
		f.refuse(wbem.IllegalNull, 0, "NN", "Id", "1", "Ix", 1)
		f.refuse(wbem.IllegalNull, 0, "NN", "Id", "1", "Must", "x")
		f.put(0, "NN", "Id", "1", "Must", "x", "Ix", 1)
	}},
	{"put.md#24 default", func(f *fixture) {
		f.want(f.put(0, "B", "Id", "1"), "N", "7")
	}},
	{"put.md#25 NULL hides the default", func(f *fixture) {
		f.want(f.put(0, "B", "Id", "1", "N", nil), "N", "NULL")
	}},
	{"put.md#26 changed key", func(f *fixture) {
		inst := f.spawn(f, "B", "Id", "1")
		_, err := f.PutInstance(f.ctx, inst, wbem.Options{})
		f.status(err, wbem.OK)
		f.set(inst, "Id", "2")
		_, err = f.PutInstance(f.ctx, inst, wbem.Options{})
		f.status(err, wbem.OK)
		if got := f.instances("B"); got != `B.Id="1" B.Id="2"` {
			f.Error(got)
		}
	}},
	{"put.md#27 model.md#30 key of a sibling", func(f *fixture) {
		f.put(0, "D", "Id", "1", "U", 5)
		f.refuse(wbem.AlreadyExists, 0, "E", "Id", "1")
		f.refuse(wbem.NotFound, wbem.UpdateOnly, "E", "Id", "1")
		f.refuse(wbem.AlreadyExists, 0, "B", "Id", "1")
		f.want(`D.Id="1"`, "U", "5")
		f.want(`B.Id="1"`, "__CLASS", "D")
	}},
	{"put.md#28 case of keys", func(f *fixture) {
		f.put(0, "B", "Id", "a", "S", "x")
		f.put(0, "B", "Id", "A", "S", "y")
		if got := f.instances("B"); strings.Count(got, "B.") != 1 {
			f.Error(got)
		}
		f.want(`b.iD="a"`, "S", "y")
	}},
	{"put.md#29 empty key", func(f *fixture) {
		if p := f.put(0, "B", "Id", ""); p != `B.Id=""` {
			f.Error(p)
		}
	}},
	{"put.md#30 long key", func(f *fixture) {
		f.refuse(wbem.QuotaViolation, 0, "B", "Id", strings.Repeat("x", 9000))
	}},
	{"put.md#31 model.md#7 model.md#8 order of keys", func(f *fixture) {
		if p := f.put(0, "K2", "C", 1, "A", "x", "V", "v"); p != `K2.A="x",C=1` {
			f.Error(p)
		}
		f.want(`K2.C=1,A="x"`, "V", "v")
		f.want(`K2.A="x",C=1`, "V", "v")
		_, err := f.GetInstance(f.ctx, cim.MustParsePath(`K2.A="x"`), wbem.Options{})
		f.status(err, wbem.InvalidObjectPath)
	}},
	{"model.md#4 model.md#5 model.md#6 64-bit key", func(f *fixture) {
		f.mof("class MyBig { [key] sint64 k; };")
		if p := f.put(0, "MyBig", "k", 2); p != `MyBig.k="2"` {
			f.Error(p)
		}
		f.want("MyBig.k=2", "k", "2")
		f.put(0, "MyBig", "k", cim.Sint64Value(4294967296))
		f.want(`MyBig.k="4294967296"`, "k", "4294967296")
		_, err := f.GetInstance(f.ctx, cim.MustParsePath("MyBig.k=4294967296"), wbem.Options{})
		f.status(err, wbem.InvalidObjectPath)
	}},
	{"model.md#9 backslash in a key", func(f *fixture) {
		if p := f.put(0, "B", "Id", `C:\`); p != `B.Id="C:\\"` {
			f.Error(p)
		}
		f.want(`B.Id="C:\\"`, "Id", `C:\`)
	}},
	{"model.md#39 control character in a key", func(f *fixture) {
		f.refuse(wbem.InvalidObject, 0, "B", "Id", "a\tb")
	}},
}

// kindCases are those of "Abstract, singleton, system, namespace".
var kindCases = []testCase{
	{"put.md#32 abstract", func(f *fixture) {
		f.refuse(wbem.InvalidOperation, 0, "AB", "Id", "1")
	}},
	{"put.md#33 model.md#10 singleton", func(f *fixture) {
		if p := f.put(0, "SG", "V", "a"); p != "SG=@" {
			f.Error(p)
		}
		f.put(0, "SG", "V", "b")
		if got := f.instances("SG"); got != "SG=@" {
			f.Error(got)
		}
		f.want("SG=@", "V", "b")
		_, err := f.GetInstance(f.ctx, cim.MustParsePath("SG.x=1"), wbem.Options{})
		f.status(err, wbem.InvalidObjectPath)
	}},
	{"put.md#34 existence of a singleton", func(f *fixture) {
		f.refuse(wbem.NotFound, wbem.UpdateOnly, "SG", "V", "a")
		f.put(wbem.CreateOnly, "SG", "V", "a")
		f.refuse(wbem.AlreadyExists, wbem.CreateOnly, "SG", "V", "b")
	}},
	{"put.md#35 namespace", func(f *fixture) {
		f.put(0, "__Namespace", "Name", "sub")
		sub, err := f.OpenNamespace(f.ctx, "sub", wbem.Options{})
		f.status(err, wbem.OK)
		if sub.Namespace() != `root\t\sub` {
			f.Error(sub.Namespace())
		}
		f.refuse(wbem.AlreadyExists, wbem.CreateOnly, "__Namespace", "Name", "SUB")
	}},
	{"put.md#36 model.md#18 names of classes", func(f *fixture) {
		for name, want := range map[string]wbem.Status{
			"_X": wbem.InvalidOperation, "__X": wbem.InvalidOperation, "X_": wbem.InvalidObject,
			"1X": wbem.InvalidParameter, "X-Y": wbem.InvalidParameter, "": wbem.IncompleteClass,
		} {
			f.status(f.PutClass(f.ctx, &cim.ClassDecl{Name: name}, wbem.Options{}), want)
		}
	}},
	{"put.md#37 long name", func(f *fixture) {
		f.status(f.PutClass(f.ctx, &cim.ClassDecl{Name: strings.Repeat("x", 4097)}, wbem.Options{}), wbem.QuotaViolation)
	}},
	{"put.md#38 model.md#17 singleton with key", func(f *fixture) {
		f.refuseClass(wbem.CannotBeSingleton, 0, "[singleton] class X { [key] string K; };")
		f.refuseClass(wbem.CannotBeSingleton, 0, "[singleton] class X : B {};")
	}},
	{"put.md#39 model.md#16 abstract below concrete", func(f *fixture) {
		f.refuseClass(wbem.CannotBeAbstract, 0, "[abstract] class X : B {};")
	}},
	{"put.md#40 model.md#14 model.md#15 keys", func(f *fixture) {
		f.refuseClass(wbem.CannotChangeKeyInheritance, 0, "class D2 : B { [key] string K; };")
		f.refuseClass(wbem.CannotBeKey, 0, "class X { [key] real32 K; };")
		f.refuseClass(wbem.CannotBeKey, 0, "class X { [key] string K[]; };")
		f.putClass(0, "[abstract] class Keyless {};")
		f.putClass(0, "class Keyed : Keyless { [key] string K; };")
	}},
	{"put.md#41 type of an inherited property", func(f *fixture) {
		f.refuseClass(wbem.UpdateTypeMismatch, 0, "class D2 : B { string N; };")
	}},
	{"put.md#42 static below dynamic", func(f *fixture) {
		f.putClass(0, `[dynamic, provider("P1")] class Dyn { [key] string Id; string V; };`)
		f.refuseClass(wbem.InvalidOperation, 0, "class Below : Dyn {};")
	}},
	{"put.md#43 superclass deleted", func(f *fixture) {
		d := f.decl("class X : B {};")
		f.status(f.DeleteClass(f.ctx, "B", wbem.Options{}), wbem.OK)
		f.status(f.PutClass(f.ctx, d, wbem.Options{}), wbem.InvalidSuperclass)
	}},
	{"put.md#44 too many properties", func(f *fixture) {
		d := &cim.ClassDecl{Name: "Wide"}
		for i := range cim.MaxProperties + 1 {
			d.Properties = append(d.Properties, cim.PropertyDecl{Name: "P" + string(cim.Sint32Value(int32(i)).AppendNumber(nil)), Type: cim.TypeString})
		}
		f.status(f.PutClass(f.ctx, d, wbem.Options{}), wbem.TooManyProperties)
	}},
	{"model.md#33 class of an embedded object", func(f *fixture) {
		f.mof("class Holder { [key] string K; B Held; };")
		f.put(0, "Holder", "K", "1", "Held", cim.ObjectValue(f.spawn(f, "D", "Id", "x")))
		if v := f.get(`Holder.K="1"`, "Held"); v.Object().ClassName() != "D" {
			f.Error(v)
		}
		inst := f.spawn(f, "Holder", "K", "2")
		f.status(wbem.NewError("Set", "", inst.Set("Held", cim.ObjectValue(f.spawn(f, "K2")))), wbem.TypeMismatch)
	}},
	{"model.md#40 depth of embedded objects", func(f *fixture) {
		f.mof("class Nest { [key] string K; object O; };")
		inner := f.spawn(f, "Nest", "K", "0")
		for range cim.MaxNesting {
			outer := f.spawn(f, "Nest", "K", "0")
			f.set(outer, "O", cim.ObjectValue(inner))
			inner = outer
		}
		_, err := f.PutInstance(f.ctx, inner, wbem.Options{})
		f.status(err, wbem.OK)
		outer := f.spawn(f, "Nest", "K", "0")
		if err := outer.Set("O", cim.ObjectValue(inner)); wbem.StatusOf(err) != wbem.InvalidObject {
			f.Error(err)
		}
	}},
	{"model.md#13 empty path", func(f *fixture) {
		o, err := wbem.Get(f.ctx, f, "", wbem.Options{})
		f.status(err, wbem.OK)
		if g, _ := cim.System(o, "__GENUS"); g.Int() != 1 || o.ClassName() != "" {
			f.Errorf("genus %v, class %q", g, o.ClassName())
		}
	}},
}
