package repository

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

// damagedFixture has the classes B, D : B and DD : D with an instance each, E : B,
// and A and Z; the definition of one is damaged. It is to be verified when that
// is mended.
func damagedFixture(t *testing.T, damaged string) *fixture {
	t.Helper()
	store, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	f := &fixture{TB: t}
	reopen := func() {
		if f.Repository, err = Open(unclosed{store}, Options{Server: "S"}); err != nil {
			t.Fatal(err)
		}
	}
	reopen()
	f.ns = f.space("t")
	for _, d := range []*cim.ClassDecl{class("A"), classB(), classD(), class("DD : D"), classE(), class("Z")} {
		f.putClass(d, 0, wbem.OK)
	}
	for _, name := range []string{"B", "D", "DD"} {
		f.put(f.inst(name, "Id", name), 0, wbem.OK)
	}
	s, err := f.ns.schema()
	if err != nil {
		t.Fatal(err)
	}
	key := classPrefix(tableDefinition, f.ns.id, s.find(damaged).id)
	if err := store.Update(kv.Buffered, func(tx kv.Tx) error { return tx.Put(key, []byte{1, 'X', 9}) }); err != nil {
		t.Fatal(err)
	}
	reopen()
	if f.ns, err = f.Namespace(`root\t`); err != nil {
		t.Fatal(err)
	}
	return f
}

// classes returns the names of the classes that are yielded, and the error.
func (f *fixture) classes() (found []string, err error) {
	for c, err := range f.ns.Subclasses("", true) {
		if err != nil {
			return found, err
		}
		if !cim.IsSystemName(c.Name()) {
			found = append(found, c.Name())
		}
	}
	return found, nil
}

func TestDamagedClass(t *testing.T) {
	for _, tc := range []struct {
		damaged string
		others  string
	}{{"B", "A Z"}, {"D", "A B E Z"}, {"DD", "A B D E Z"}, {"Z", "A B D DD E"}} {
		t.Run(tc.damaged, func(t *testing.T) {
			f := damagedFixture(t, tc.damaged)
			got, err := f.classes()
			if diff := cmp.Diff(strings.Fields(tc.others), got); diff != "" {
				t.Errorf("the other classes (-want +got):\n%s", diff)
			}
			if !errors.Is(err, kv.ErrCorrupt) || !strings.Contains(err.Error(), "class "+tc.damaged+":") {
				t.Errorf("error %v", err)
			}
			f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteClass(f.ns, tc.damaged) })
			if got, err := f.classes(); err != nil || len(got) == 6 {
				t.Errorf("afterwards there are %v, %v", got, err)
			}
			f.verify()
		})
	}
}

func TestReplaceDamagedClass(t *testing.T) {
	// The class and its subclasses have instances.
	f := damagedFixture(t, "D")
	f.putClass(classD(), 0, wbem.ClassHasInstances)
	f.putClass(classD(), wbem.UpdateForceMode, wbem.ClassHasInstances)
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteClass(f.ns, "DD") })
	f.putClass(classD(), 0, wbem.ClassHasInstances)
	take := f.watch()
	plan := f.putClass(classD(), wbem.UpdateForceMode, wbem.OK)
	if diff := cmp.Diff(&wbem.ClassPlan{Class: "D", Exists: true, Changed: true, Structural: true, Instances: 1}, plan); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"class modified: nothing -> D NULL"}, take()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{`B.Id="B" N=7 S=NULL`}, f.all("B", true)); diff != "" {
		t.Error(diff)
	}
	f.put(f.inst("D", "Id", "D"), wbem.CreateOnly, wbem.OK)
	f.verify()

	// The subclasses are found again.
	f = damagedFixture(t, "B")
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteClass(f.ns, "D") })
	f.putClass(with(classB(), prop("string More")), wbem.UpdateForceMode, wbem.OK)
	if c := mustClass(t, f.ns, "E"); c.Property("More") == nil || c.Super().Name() != "B" {
		t.Errorf("E is %v", c.Decl())
	}
	f.put(f.inst("E", "Id", "e", "More", "m"), 0, wbem.OK)
	f.verify()
}

// TestStoredIsNotJudgedAgain: a definition that no put would accept any more
// stays readable.
func TestStoredIsNotJudgedAgain(t *testing.T) {
	store, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	r, err := Open(unclosed{store}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{TB: t, Repository: r}
	f.ns = f.space("t")
	f.putClass(with(classB(), qual("Fixed", noOver)), 0, wbem.OK)
	f.putClass(classD(), 0, wbem.OK)
	bad := with(classD(), qual("Fixed", false), cim.PropertyDecl{
		Name: "When", Type: cim.TypeDatetime, HasDefault: true, Default: cim.TextValue(cim.TypeDatetime, "garbage"),
	})
	f.putClass(bad.Clone(), 0, wbem.UpdateOverrideNotAllowed)
	s, err := f.ns.schema()
	if err != nil {
		t.Fatal(err)
	}
	key := classPrefix(tableDefinition, f.ns.id, s.find("D").id)
	if err := store.Update(kv.Buffered, func(tx kv.Tx) error { return tx.Put(key, appendDefinition(nil, bad)) }); err != nil {
		t.Fatal(err)
	}
	if f.Repository, err = Open(unclosed{store}, Options{}); err != nil {
		t.Fatal(err)
	}
	if f.ns, err = f.Namespace(`root\t`); err != nil {
		t.Fatal(err)
	}
	if got := f.put(f.inst("D", "Id", "d"), 0, wbem.OK); f.get(got.RelPath()) != `D.Id="d" N=7 S=NULL U=NULL When=garbage` {
		t.Errorf("the instance is %s", f.get(got.RelPath()))
	}
	f.verify()
}

// TestEmbeddedView stores an object of a localized class by what it is without
// texts.
func TestEmbeddedView(t *testing.T) {
	f := newFixture(t, with(classB(), qual("Description", "base", noOver)), classD(), class("H", prop("string Id", key), prop("object O")))
	a := derive(t, nil, class("D", qual("Amendment"), qual("Description", "text", cim.Amended)))
	view, err := cim.Localize(mustClass(t, f.ns, "D"), mustClass(t, f.ns, "B"), a)
	if err != nil {
		t.Fatal(err)
	}
	d := cim.NewInstance(view)
	for name, v := range map[string]cim.Value{"Id": cim.StringValue("d"), "U": cim.Uint8Value(5)} {
		if err := d.Set(name, v); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range []cim.Object{d, view} {
		f.put(f.inst("H", "Id", "1", "O", cim.ObjectValue(o)), 0, wbem.OK)
		h, err := f.ns.Instance(cim.MustParsePath(`H="1"`), false)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := h.Get("O")
		c := v.Object().Definition()
		if !cim.CompareObjects(c, mustClass(t, f.ns, "D"), 0) {
			t.Errorf("the class of the object is %s", cim.AppendJSON(nil, c))
		}
		if inst, ok := v.Object().(*cim.Instance); ok && show(inst) != `D.Id="d" N=7 S=NULL U=5` {
			t.Errorf("the object is %s", show(inst))
		}
	}
}

// TestIDsRunOut: ids are not used again.
func TestIDsRunOut(t *testing.T) {
	store, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(unclosed{store}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	last := uint32(math.MaxUint32 - idBlock - 2)
	if err := store.Update(kv.Buffered, func(tx kv.Tx) error { return tx.Put(metaIDs, id32(nil, last)) }); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	f := useStore(t, store, Options{}) // takes an id
	for i := range idBlock - 1 {
		f.putClass(class(fmt.Sprint("C", i)), 0, wbem.OK)
	}
	f.putClass(class("One"), 0, wbem.QuotaViolation)
	f.update(wbem.QuotaViolation, func(tx *Tx) error {
		_, _ = tx.CreateNamespace(`root\more`)
		return nil
	})
}

// TestCancel: what takes long ends with the context, and then nothing was done.
func TestCancel(t *testing.T) {
	f := newFixture(t, classB(), classD())
	f.update(wbem.OK, func(tx *Tx) error {
		d := f.inst("D", "Id", "x")
		for i := range 3 * checkEvery {
			d.Put(d.Class().PropertyIndex("Id"), cim.StringValue(fmt.Sprint(i)))
			if _, err := tx.PutInstance(f.ns, d, 0, nil); err != nil {
				return err
			}
		}
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := f.Update(ctx, kv.Durable, func(tx *Tx) error {
		t.Error("it was begun")
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for name, long := range map[string]func(tx *Tx) error{
		"delete": func(tx *Tx) error { return tx.DeleteClass(f.ns, "D") },
		"force": func(tx *Tx) error {
			_, err := tx.PutClass(f.ns, with(classD(), prop("string More")), wbem.UpdateForceMode)
			return err
		},
		"read": func(tx *Tx) error {
			for _, err := range tx.Instances(f.ns, "B", true) {
				if err != nil {
					return err
				}
			}
			return nil
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		err := f.Update(ctx, kv.Durable, func(tx *Tx) error {
			cancel()
			if err := long(tx); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
			return nil // the transaction fails nevertheless if it must
		})
		if name == "delete" && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: the transaction succeeded", name)
		}
		if n := len(f.all("B", true)); n != 3*checkEvery {
			t.Fatalf("%s: there are %d instances", name, n)
		}
	}
}

// failing lets scans of one table fail from a moment on.
type failing struct {
	kv.Store
	table *byte
}

var errDisk = errors.New("the disk does not answer")

func (s failing) Update(d kv.Durability, fn func(kv.Tx) error) error {
	return s.Store.Update(d, func(tx kv.Tx) error { return fn(failingTx{tx, s.table}) })
}

type failingTx struct {
	kv.Tx
	table *byte
}

func (t failingTx) Scan(lo, hi []byte) (kv.Iterator, error) {
	if lo[0] == *t.table {
		return nil, errDisk
	}
	return t.Tx.Scan(lo, hi)
}

// TestHalfAChange: a caller that goes on after an error in the midst of a change
// cannot commit half of it.
func TestHalfAChange(t *testing.T) {
	store, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	table := byte(0)
	f := useStore(t, failing{store, &table}, Options{}, classB(), classD(), class("DD : D"))
	for _, name := range []string{"B", "D", "DD"} {
		f.put(f.inst(name, "Id", name), 0, wbem.OK)
	}
	before := f.all("B", true)
	for name, change := range map[string]func(tx *Tx) error{
		"delete": func(tx *Tx) error { return tx.DeleteClass(f.ns, "D") },
		"force": func(tx *Tx) error {
			_, err := tx.PutClass(f.ns, with(class("DD : D"), prop("string More")), wbem.UpdateForceMode)
			return err
		},
	} {
		err := f.Update(t.Context(), kv.Durable, func(tx *Tx) error {
			table = tableInstance
			if err := change(tx); !errors.Is(err, errDisk) {
				t.Errorf("%s: %v", name, err)
			}
			table = 0
			_, err := tx.PutClass(f.ns, class("Other"+name), 0)
			return err
		})
		if name == "delete" && !errors.Is(err, errDisk) {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(before, f.all("B", true)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
