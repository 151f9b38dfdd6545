package scripting_test

import (
	"testing"

	"openwmi/scripting"
	"openwmi/wbem"
)

// put.md#1 to put.md#13 as scripts see them: flags and what a put returns.
func TestPutFlags(t *testing.T) {
	f := newFixture(t)
	p, err := f.b("1").Put(0, nil) // put.md#1
	f.ok(err)
	f.equal([]any{p.Path(), p.IsClass(), p.IsSingleton(), p.Locale()}, []any{`\\HOST\root\t:B.Id="1"`, false, false, f.Session().Locale()})
	f.ok(p.SetServer("x")) // Decision S-21

	o := f.b("1")
	f.ok(o.Set("S", "y"))
	f.ok(second(o.Put(0, nil))) // put.md#2
	f.value(f.get(`B.Id="1"`), "S", "y")
	f.ok(second(f.b("1").Put(0, nil))) // put.md#3
	f.value(f.get(`B.Id="1"`), "S", nil)

	f.status(second(o.Put(scripting.ChangeFlagCreateOnly, nil)), wbem.AlreadyExists) // put.md#4
	f.ok(second(f.b("2").Put(scripting.ChangeFlagCreateOnly, nil)))                  // put.md#5
	f.status(second(f.b("3").Put(scripting.ChangeFlagUpdateOnly, nil)), wbem.NotFound)
	f.status(second(f.Get(`B.Id="3"`, 0, nil)), wbem.NotFound)         // put.md#6
	f.ok(second(o.Put(scripting.ChangeFlagUpdateOnly, nil)))           // put.md#7
	f.status(second(o.Put(3, nil)), wbem.InvalidParameter)             // put.md#8
	f.status(second(o.Put(0x20, nil)), wbem.InvalidParameter)          // put.md#9
	f.status(second(o.Put(0x40, nil)), wbem.InvalidParameter)          // put.md#9
	f.status(second(f.get("B").Put(0x60, nil)), wbem.InvalidParameter) // put.md#10
	f.status(second(o.Put(0x400, nil)), wbem.InvalidParameter)         // put.md#11
	p, err = o.Put(scripting.FlagReturnImmediately, nil)               // put.md#12
	f.ok(err)
	f.equal(p.RelPath(), `B.Id="1"`)
	const createAndForce = scripting.ChangeFlagCreateOnly | scripting.ChangeFlagUpdateForceMode
	f.ok(second(f.newClass("B2", "").Put(createAndForce, nil))) // put.md#13
	f.ok(second(o.Put(scripting.ChangeFlagStrongValidation|scripting.FlagUseAmendedQualifiers, nil)))

	p, err = f.Put(f.spawn(f.Services, "SG"), 0, nil) // put.md#33
	f.ok(err)
	f.equal([]any{p.RelPath(), p.IsSingleton()}, []any{"SG=@", true})
}

// put.md#16, put.md#17: a key that the put makes up stays out of the object.
func TestPutGeneratedKey(t *testing.T) {
	f := newFixture(t)
	o := f.spawn(f.Services, "B")
	p, err := o.Put(0, nil)
	f.ok(err)
	k, err := p.Keys().Item("Id", 0)
	f.ok(err)
	if id, ok := value(t, k).(string); !ok || len(id) != 38 || id[0] != '{' {
		t.Errorf("Id = %v", value(t, k))
	}
	f.value(o, "Id", nil)
	f.status(o.Delete(0, nil), wbem.InvalidOperation)
	f.ok(second(f.Get(p.Path(), 0, nil)))
	f.ok(f.Delete(p.Path(), 0, nil))
	f.status(second(f.Get(p.Path(), 0, nil)), wbem.NotFound)
}

// put.md#61 to put.md#64: another namespace than the one the object comes from.
func TestPutElsewhere(t *testing.T) {
	f := newFixture(t)
	u := f.connect(`root\u`)
	o := f.b("1")
	f.status(second(u.Put(o, 0, nil)), wbem.InvalidClass)               // put.md#62
	f.status(second(u.Put(f.get("D"), 0, nil)), wbem.InvalidSuperclass) // put.md#63
	f.ok(second(u.Put(f.get("B"), 0, nil)))
	f.ok(second(u.Put(f.get("D"), 0, nil)))
	p, err := u.Put(o, 0, nil) // put.md#61
	f.ok(err)
	f.equal(p.Path(), `\\HOST\root\u:B.Id="1"`)
	f.status(second(f.Get(`B.Id="1"`, 0, nil)), wbem.NotFound)
	p, err = o.Put(0, nil) // put.md#64
	f.ok(err)
	f.equal(p.Path(), `\\HOST\root\t:B.Id="1"`)
}

// put.md#69, put.md#70: named values reach the put.
func TestPutPartial(t *testing.T) {
	f := newFixture(t)
	f.store("B", "Id", "1", "S", "x", "N", 1)
	o := f.spawn(f.Services, "B", "Id", "1", "S", "y", "N", 2)
	values := f.values("__PUT_EXTENSIONS", true, "__PUT_EXT_PROPERTIES", []string{"S"})
	f.status(second(o.Put(0, values)), wbem.InvalidContext)
	f.ok(second(o.Put(scripting.ChangeFlagUpdateOnly, values)))
	f.value(f.get(`B.Id="1"`), "S", "y")
	f.value(f.get(`B.Id="1"`), "N", int32(1))
	r := newRecorder()
	f.ok(o.Set("S", "z"))
	f.ok(o.PutAsync(&r.Sink, scripting.ChangeFlagUpdateOnly, values, nil))
	f.ok(values.DeleteAll()) // they were copied
	r.want(t, `put \\HOST\root\t:B.Id="1"`, "completed NoErr")
	f.value(f.get(`B.Id="1"`), "S", "z")
	f.value(f.get(`B.Id="1"`), "N", int32(1))
}
