package repository

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

// salvaged salvages a store and returns a fixture on what came of it, which has
// been verified, with what was left out; nil if a newer version has written it.
func salvaged(t *testing.T, store kv.Store) (*fixture, []Problem) {
	t.Helper()
	to, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { to.Close() })
	var left []Problem
	err = store.View(func(from kv.Reader) (err error) {
		left, err = Salvage(context.Background(), from, to, Options{Server: "S"}, nil)
		return err
	})
	if cim.StatusOf(err) == wbem.DatabaseVerMismatch {
		return nil, nil
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(unclosed{to}, Options{Server: "S"})
	if err != nil {
		t.Fatalf("what is salvaged cannot be opened: %v", err)
	}
	f := &fixture{TB: t, Repository: r}
	f.verify()
	if f.ns, err = r.Namespace(`root\t`); err != nil && cim.StatusOf(err) != wbem.InvalidNamespace {
		t.Fatal(err)
	}
	return f, left
}

// pairs returns all pairs of a store.
func pairs(t *testing.T, store kv.Store) (all []pair) {
	t.Helper()
	err := store.View(func(r kv.Reader) error {
		return scanRange(r, []byte{0}, nil, func(key, value []byte) error {
			all = append(all, pair{bytes.Clone(key), bytes.Clone(value)})
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// richStore has something in every table.
func richStore(t *testing.T) (kv.Store, *fixture) {
	store, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	r, err := Open(unclosed{store}, Options{Server: "S", CacheBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{TB: t, Repository: r}
	f.ns = f.space("t")
	for _, d := range append([]*cim.ClassDecl{classB(), classD(), class("DD : D"), classE(), class("A")}, indexedClasses()...) {
		f.putClass(d, 0, wbem.OK)
	}
	for n := range 20 {
		for _, class := range []string{"B", "D", "DD"} {
			f.put(f.inst(class, "Id", fmt.Sprint(class, n)), 0, wbem.OK)
		}
		f.append("q", fmt.Sprint("item ", n))
	}
	fillIndexed(f, 5)
	f.update(wbem.OK, func(tx *Tx) error {
		if err := tx.SetState([]byte("s"), []byte("v")); err != nil {
			return err
		}
		return tx.SetQualifier(f.ns, &cim.QualifierDecl{Name: "Q", Type: cim.TypeString})
	})
	f.verify()
	return store, f
}

// A store without damage stays as it is, to the last byte.
func TestSalvageSound(t *testing.T) {
	store, _ := richStore(t)
	f, left := salvaged(t, store)
	if len(left) > 0 {
		t.Errorf("left out: %v", left)
	}
	if diff := cmp.Diff(pairs(t, store), pairs(t, f.store), cmp.AllowUnexported(pair{})); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
}

// What is derived is made anew; a record that is lost takes nothing with it.
func TestSalvageKeepsTheRest(t *testing.T) {
	store, f := richStore(t)
	others := slices.DeleteFunc(f.all("DD", false), func(text string) bool { return strings.HasPrefix(text, `DD.Id="DD7"`) })
	s, err := f.ns.schema()
	if err != nil {
		t.Fatal(err)
	}
	damagedRecord := appendKeyText(classPrefix(tableInstance, f.ns.id, s.find("DD").id), "DD7")
	err = store.Update(kv.Buffered, func(tx kv.Tx) error {
		for _, table := range []byte{tableIdentity, tableIndex, tableLink, tableQueue, tableClass} {
			if err := tx.DeleteRange([]byte{table}, []byte{table + 1}); err != nil {
				return err
			}
		}
		return errors.Join(tx.Delete(metaFormat), tx.Delete(metaIDs), tx.Delete(metaNumbers), tx.Put(damagedRecord, []byte("no record")))
	})
	if err != nil {
		t.Fatal(err)
	}
	after, left := salvaged(t, store)
	if len(left) != 1 || left[0].Object != fmt.Sprintf(`root\t:DD %x`, appendKeyText(nil, "DD7")) {
		t.Errorf("left out: %v", left)
	}
	if diff := cmp.Diff(others, after.all("DD", false)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(f.all("A", true), after.all("A", true)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	number := uint64(0)
	after.update(wbem.OK, func(tx *Tx) (err error) {
		number, err = tx.Append([]byte("q"), []byte("more"))
		return err
	})
	if number <= 20 {
		t.Errorf("the number %d is given out twice", number)
	}
	after.verify()
}

// Whatever is deleted, changed, cut or added, the rest holds together.
func TestSalvageAnything(t *testing.T) {
	source, _ := richStore(t)
	all := pairs(t, source)
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			store, err := kv.OpenMemory(kv.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			lossy := rnd.IntN(40) + 2 // every so manieth pair is damaged
			err = store.Update(kv.Buffered, func(tx kv.Tx) error {
				for _, p := range all {
					key, value := bytes.Clone(p.key), bytes.Clone(p.value)
					if rnd.IntN(lossy) == 0 {
						switch rnd.IntN(6) {
						case 0:
							continue
						case 1:
							if len(value) > 0 {
								value[rnd.IntN(len(value))] ^= byte(1 << rnd.IntN(8))
							}
						case 2:
							value = value[:rnd.IntN(len(value)+1)]
						case 3:
							key[rnd.IntN(len(key))] ^= byte(1 << rnd.IntN(8))
						case 4:
							value = all[rnd.IntN(len(all))].value
						case 5:
							if err := tx.Put(append(key, byte(rnd.Uint32())), value); err != nil {
								return err
							}
						}
					}
					if err := tx.Put(key, value); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			salvaged(t, store)
		})
	}
}
