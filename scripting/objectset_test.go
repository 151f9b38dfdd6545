package scripting_test

import (
	"fmt"
	"testing"

	"openwmi/scripting"
	"openwmi/wbem"
)

func (f *fixture) instances(class string, flags scripting.Flags) *scripting.ObjectSet {
	f.Helper()
	set, err := f.InstancesOf(class, flags, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { set.Close() })
	return set
}

// scripting-api.md#27, scripting-api.md#28: sets that keep their objects.
func TestObjectSet(t *testing.T) {
	f := newFixture(t)
	for i := range 3 {
		f.store("B", "Id", fmt.Sprint("Id", i))
	}
	f.store("SG", "V", "x")
	for _, flags := range []scripting.Flags{0, immediately} {
		set := f.instances("B", flags)
		n, err := set.Count()
		f.equal([]any{n, err}, []any{3, nil})
		f.status(second(set.ItemIndex(-1)), wbem.InvalidParameter)
		f.status(second(set.ItemIndex(n)), wbem.NotFound)
		for i := range n {
			o, err := set.ItemIndex(i)
			f.ok(err)
			f.value(o, "Id", fmt.Sprint("Id", i))
		}
		for _, path := range []string{`B.Id="Id1"`, `b.id='ID1'`, `B="id1"`} {
			o, err := set.Item(path, 0)
			f.ok(err)
			f.value(o, "Id", "Id1")
		}
		f.status(second(set.Item(`B.Id="none"`, 0)), wbem.NotFound)
		f.status(second(set.Item(`D.Id="Id1"`, 0)), wbem.NotFound)
		f.status(second(set.Item(`B.Id=`, 0)), wbem.InvalidParameter)
		f.status(second(set.Item(``, 0)), wbem.InvalidParameter)
		f.status(second(set.Item(`root\t`, 0)), wbem.InvalidParameter)
		f.status(second(set.Item(`B.Id="Id1"`, 1)), wbem.InvalidParameter)
		const all = `B.Id="Id0" B.Id="Id1" B.Id="Id2"`
		for o, err := range set.All() {
			f.ok(err)
			f.ok(o.Set("Id", "changed"))
			f.equal(o.Security().ImpersonationLevel(), set.Security().ImpersonationLevel())
			f.equal(paths(set), all) // inside another enumeration
			break
		}
		f.equal(paths(set), all)

		one, err := f.instances("SG", flags).ItemIndex(0)
		f.ok(err)
		f.equal(one.Path().RelPath(), "SG=@")

		f.ok(set.Close())
		f.ok(set.Close())
		f.equal(paths(set), "InvalidOperation")
		f.status(second(set.Count()), wbem.InvalidOperation)
		f.status(second(set.ItemIndex(0)), wbem.InvalidOperation)
		f.status(second(set.Item("B", 0)), wbem.InvalidOperation)
	}
}

// scripting-api.md#26: sets that are read once.
func TestForwardOnlySet(t *testing.T) {
	f := newFixture(t)
	for i := range 5 {
		f.store("B", "Id", fmt.Sprint(i))
	}
	for _, flags := range []scripting.Flags{scripting.FlagForwardOnly, immediately | scripting.FlagForwardOnly} {
		set := f.instances("B", flags)
		f.status(second(set.Count()), wbem.Failed)
		f.equal(paths(set), `B.Id="0" B.Id="1" B.Id="2" B.Id="3" B.Id="4"`)
		f.equal(paths(set), "Failed")
		f.status(second(set.Item(`B.Id="0"`, 0)), wbem.Failed)

		set = f.instances("B", flags)
		o, err := set.Item(`B.Id="1"`, 0)
		f.ok(err)
		f.value(o, "Id", "1")
		f.status(second(set.ItemIndex(1)), wbem.Failed)
		o, err = set.ItemIndex(3)
		f.ok(err)
		f.value(o, "Id", "3")
		f.status(second(set.ItemIndex(9)), wbem.NotFound)
		f.status(second(set.Item(`B.Id="4"`, 0)), wbem.Failed)
	}
	set := f.instances("NoSuch", immediately|scripting.FlagForwardOnly)
	f.equal(paths(set), "InvalidClass")
	f.status(second(f.instances("NoSuch", immediately|scripting.FlagForwardOnly).ItemIndex(2)), wbem.InvalidClass)
}
