package repository

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

// TestVerifyFinds damages a store in many ways, each of which must be found;
// and reads everything there is, which may fail but not otherwise.
func TestVerifyFinds(t *testing.T) {
	type ids struct{ ns, b, d uint32 }
	instance := func(i ids, class uint32, key string) []byte {
		return appendKeyText(classPrefix(tableInstance, i.ns, class), key)
	}
	identity := func(i ids, key string) []byte { return appendKeyText(classPrefix(tableIdentity, i.ns, i.b), key) }
	tests := []struct {
		name   string
		damage func(tx kv.Tx, i ids) error
		want   string
	}{
		{"record without class", func(tx kv.Tx, i ids) error { return tx.Delete(classPrefix(tableClass, i.ns, i.d)) }, "belongs to no class"},
		{"class without definition", func(tx kv.Tx, i ids) error { return tx.Delete(classPrefix(tableDefinition, i.ns, i.d)) }, "no definition"},
		{"class without superclass", func(tx kv.Tx, i ids) error { return tx.Delete(classPrefix(tableClass, i.ns, i.b)) }, "has no superclass"},
		{"definition of another class", func(tx kv.Tx, i ids) error {
			return tx.Put(classPrefix(tableDefinition, i.ns, i.d), appendDefinition(nil, classE()))
		}, "definition is that of E"},
		{"damaged definition", func(tx kv.Tx, i ids) error {
			return tx.Put(classPrefix(tableDefinition, i.ns, i.d), []byte{200})
		}, "byte"},
		{"definition that cannot be derived", func(tx kv.Tx, i ids) error {
			return tx.Put(classPrefix(tableDefinition, i.ns, i.d), appendDefinition(nil, class("D : B", prop("string N"))))
		}, "string"},
		{"definition of nothing", func(tx kv.Tx, i ids) error {
			return tx.Put(classPrefix(tableDefinition, i.ns, 999), appendDefinition(nil, classB()))
		}, "belongs to no class"},
		{"wrong flags of a class", func(tx kv.Tx, i ids) error {
			return tx.Put(classPrefix(tableClass, i.ns, i.b), appendText(appendText([]byte{declaresRefs}, "B"), ""))
		}, "references"},
		{"damaged entry of a class", func(tx kv.Tx, i ids) error { return tx.Put(classPrefix(tableClass, i.ns, i.b), []byte{0, 9}) }, "table of classes"},
		{"id that was not given out", func(tx kv.Tx, i ids) error {
			return tx.Put(metaIDs, binary.BigEndian.AppendUint32(nil, i.d))
		}, "was never given out"},
		{"damaged record", func(tx kv.Tx, i ids) error { return tx.Put(instance(i, i.b, "b"), []byte{1, 2, 3}) }, "too short"},
		{"record of another version", func(tx kv.Tx, i ids) error {
			v, _, err := tx.Get(instance(i, i.b, "b"))
			if err != nil {
				return err
			}
			v = append([]byte{9}, v[1:]...)
			return tx.Put(instance(i, i.b, "b"), v)
		}, "version 9"},
		{"record under other keys", func(tx kv.Tx, i ids) error {
			v, _, err := tx.Get(instance(i, i.b, "b"))
			if err != nil {
				return err
			}
			return tx.Put(instance(i, i.b, "x"), v)
		}, "under other keys"},
		{"record without identity", func(tx kv.Tx, i ids) error { return tx.Delete(identity(i, "d")) }, "registered for class 0"},
		{"identity of another class", func(tx kv.Tx, i ids) error { return tx.Put(identity(i, "d"), id32(nil, 999)) }, "of no class derived"},
		{"damaged identity", func(tx kv.Tx, i ids) error { return tx.Put(identity(i, "d"), []byte{1}) }, "1 bytes"},
		{"identity without record", func(tx kv.Tx, i ids) error { return tx.Put(identity(i, "x"), id32(nil, i.d)) }, "no instance of D"},
		{"identity twice", func(tx kv.Tx, i ids) error { return tx.Put(identity(i, "b"), id32(nil, i.d)) }, "with the same keys"},
		{"namespace without parent", func(tx kv.Tx, i ids) error {
			return tx.Put(namespaceKey(5000), appendText(append(id32(nil, 4999), 0), "x"))
		}, "no parent"},
		{"namespace twice", func(tx kv.Tx, i ids) error {
			return tx.Put(namespaceKey(i.ns+1), appendText(append(id32(nil, rootID), 0), "T"))
		}, "there twice"},
		{"namespace without instance", func(tx kv.Tx, i ids) error {
			return tx.Delete(appendKeyText(classPrefix(tableInstance, rootID, 6), "t"))
		}, "has no instance of it"},
		{"instance without namespace", func(tx kv.Tx, i ids) error { return tx.Delete(namespaceKey(i.ns)) }, "there is no such namespace"},
		{"namespace with a damaged descriptor", func(tx kv.Tx, i ids) error {
			return tx.Put(namespaceKey(i.ns), appendText(appendText(append(id32(nil, rootID), flagSecured), "t"), "no descriptor"))
		}, "security descriptor"},
		{"namespace with a descriptor that it cannot have", func(tx kv.Tx, i ids) error {
			b, err := (&access.Descriptor{Owner: access.Administrators, DACL: access.ACL{}}).Bytes()
			if err != nil {
				return err
			}
			return tx.Put(namespaceKey(i.ns), appendText(appendText(append(id32(nil, rootID), flagSecured), "t"), string(b)))
		}, "owner or group is missing"},
		{"namespace with unknown flags", func(tx kv.Tx, i ids) error {
			return tx.Put(namespaceKey(i.ns), appendText(append(id32(nil, rootID), 8), "t"))
		}, "flags 0x8"},
		{"namespace without security", func(tx kv.Tx, i ids) error { return tx.Delete(classPrefix(tableInstance, i.ns, 8)) }, "missing"},
		{"damaged qualifier", func(tx kv.Tx, i ids) error { return tx.Put(qualifierKey(i.ns, "Q"), []byte{7}) }, "byte"},
		{"qualifier of another name", func(tx kv.Tx, i ids) error {
			return tx.Put(qualifierKey(i.ns, "Q"), appendQualifierDecl(nil, &cim.QualifierDecl{Name: "R", Type: cim.TypeString}))
		}, "declaration of qualifier R"},
		{"qualifier of nothing", func(tx kv.Tx, i ids) error { return tx.Put(qualifierKey(999, "Q"), nil) }, "no namespace"},
		{"unknown meta", func(tx kv.Tx, i ids) error { return tx.Put(metaKey("x"), nil) }, "unknown"},
		{"index without an entry", func(tx kv.Tx, i ids) error { return tx.Delete(firstKey(tx, tableIndex)) }, "has no entry of it"},
		{"link without an entry", func(tx kv.Tx, i ids) error { return tx.Delete(firstKey(tx, tableLink)) }, "has no entry of it"},
		{"entry of another value", func(tx kv.Tx, i ids) error {
			key := firstKey(tx, tableIndex)
			key[indexHeader]++
			return tx.Put(key, nil)
		}, "entry of it that it does not have"},
		{"link to another object", func(tx kv.Tx, i ids) error {
			key := firstKey(tx, tableLink)
			key[spaceKeySize]++
			return tx.Put(key, nil)
		}, "entry of it that it does not have"},
		{"entry of no instance", func(tx kv.Tx, i ids) error {
			key := firstKey(tx, tableLink)
			key[linkHeader+4]++
			return tx.Put(key, nil)
		}, "but it is not there"},
		{"entry of no class", func(tx kv.Tx, i ids) error {
			key := firstKey(tx, tableLink)
			key[linkHeader]++
			return tx.Put(key, nil)
		}, "an entry of class"},
		{"entry of no namespace", func(tx kv.Tx, i ids) error {
			key := firstKey(tx, tableIndex)
			key[1]++
			return tx.Put(key, nil)
		}, "belongs to no namespace"},
		{"damaged entry", func(tx kv.Tx, i ids) error { return tx.Put([]byte{tableLink, 1}, nil) }, "no entry of an index"},
		{"entry with a value", func(tx kv.Tx, i ids) error { return tx.Put(firstKey(tx, tableLink), []byte{1}) }, "no entry of an index"},
		{"damaged numbers", func(tx kv.Tx, i ids) error { return tx.Put(metaNumbers, []byte{1}) }, "1 bytes"},
		{"item without queue", func(tx kv.Tx, i ids) error { return tx.Delete(queueKey([]byte("q"))) }, "not in the table of queues"},
		{"queue without items", func(tx kv.Tx, i ids) error { return tx.Put(queueKey([]byte("r")), QueueSize{1, 0}.append(nil)) }, "0 items"},
		{"wrong size of a queue", func(tx kv.Tx, i ids) error { return tx.Put(queueKey([]byte("q")), QueueSize{1, 5}.append(nil)) }, "4 bytes, not 1 and 5"},
		{"damaged size of a queue", func(tx kv.Tx, i ids) error { return tx.Put(queueKey([]byte("q")), []byte{1}) }, "cannot be read"},
		{"item of no queue", func(tx kv.Tx, i ids) error { return tx.Put([]byte{tableItem, 'x'}, nil) }, "no queue"},
		{"number that was not given out", func(tx kv.Tx, i ids) error { return tx.Put(itemKey([]byte("q"), 1<<40), nil) }, "was never given out"},
		{"state without value", func(tx kv.Tx, i ids) error { return tx.Put(stateKey([]byte("s")), nil) }, "cannot be"},
		{"unknown table", func(tx kv.Tx, i ids) error { return tx.Put([]byte{0x77}, nil) }, "unknown"},
		{"another version", func(tx kv.Tx, i ids) error { return tx.Put(metaFormat, id32(nil, 9)) }, "version 9"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store, err := kv.OpenMemory(kv.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			r, err := Open(store, Options{CacheBytes: -1})
			if err != nil {
				t.Fatal(err)
			}
			f := &fixture{TB: t, Repository: r}
			f.ns = f.space("t")
			f.putClass(classB(), 0, wbem.OK)
			f.putClass(classD(), 0, wbem.OK)
			f.put(f.inst("B", "Id", "b"), 0, wbem.OK)
			f.put(f.inst("D", "Id", "d"), 0, wbem.OK)
			f.append("q", "item")
			for _, d := range indexedClasses() {
				f.putClass(d, 0, wbem.OK)
			}
			fillIndexed(f, 2)
			s, err := f.ns.schema()
			if err != nil {
				t.Fatal(err)
			}
			f.verify()
			i := ids{f.ns.id, s.find("B").id, s.find("D").id}
			if err := store.Update(kv.Buffered, func(tx kv.Tx) error { return tt.damage(tx, i) }); err != nil {
				t.Fatal(err)
			}
			problems, err := r.Verify(context.Background(), func(done, total int) {
				if done > total || done < 1 {
					t.Errorf("%d of %d classes", done, total)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			all := ""
			for _, p := range problems {
				all += p.String() + "\n"
			}
			if !strings.Contains(all, tt.want) {
				t.Errorf("found is %q, want %q", all, tt.want)
			}
			readAll(t, store)
			salvaged(t, store)
		})
	}
}

// firstKey returns the first key of a table.
func firstKey(tx kv.Tx, table byte) (key []byte) {
	_ = scan(tx, []byte{table}, func(k, _ []byte) error {
		key = bytes.Clone(k)
		return errEnough
	})
	return key
}

// readAll opens a damaged store anew and reads what it can.
func readAll(t *testing.T, store kv.Store) {
	r := &Repository{store: store, now: current{store}, server: "S"}
	if err := r.open(); err != nil {
		if s := cim.StatusOf(err); !errors.Is(err, kv.ErrCorrupt) && s != wbem.DatabaseVerMismatch {
			t.Errorf("open: %v", err)
		}
		return
	}
	check := func(err error) {
		if err != nil && !errors.Is(err, kv.ErrCorrupt) {
			switch cim.StatusOf(err) {
			case wbem.NotFound, wbem.InvalidClass, wbem.InvalidNamespace:
			default:
				t.Errorf("read: %v", err)
			}
		}
	}
	ns, err := r.Namespace(`root\t`)
	check(err)
	if err != nil {
		return
	}
	for _, class := range []string{"B", "D"} {
		_, err := ns.Class(class)
		check(err)
		for _, key := range []string{"b", "d", "x"} {
			_, err := ns.Instance(cim.Path{Class: class, Keys: []cim.Key{{Text: key, Quoted: true}}}, false)
			check(err)
		}
		for _, err := range ns.Instances(context.Background(), class, true) {
			check(err)
		}
	}
	if v, err := ns.View(); err != nil {
		check(err)
	} else {
		for _, err := range v.Links(context.Background(), cim.MustParsePath(`X="0"`)) {
			check(err)
		}
		if c, err := v.Class("X"); err == nil {
			for _, err := range v.Seek(context.Background(), Lookup{Class: "X", Deep: true, Property: c.PropertyIndex("N"), Range: &Range{}}) {
				check(err)
			}
		}
		v.Close()
	}
	for _, err := range ns.Subclasses("", true) {
		check(err)
	}
	for _, err := range ns.Qualifiers() {
		check(err)
	}
	err = r.Update(context.Background(), kv.Buffered, func(tx *Tx) error {
		check(tx.DeleteInstance(ns, cim.MustParsePath(`B="d"`)))
		_, err := tx.PutClass(ns, with(classB(), prop("string P")), wbem.UpdateForceMode)
		if cim.StatusOf(err) != wbem.ClassHasInstances {
			check(err)
		}
		check(tx.DeleteClass(ns, "X"))
		check(tx.DeleteClass(ns, "B"))
		return nil
	})
	check(err)
}

func TestOpenErrors(t *testing.T) {
	for _, tt := range []struct {
		name string
		keys map[string][]byte
		want error
	}{
		{"newer", map[string][]byte{string(metaFormat): id32(nil, formatVersion+1)}, wbem.DatabaseVerMismatch},
		{"foreign", map[string][]byte{"x": nil}, kv.ErrCorrupt},
		{"damaged", map[string][]byte{string(metaFormat): {1}}, kv.ErrCorrupt},
		{"without root", map[string][]byte{string(metaFormat): id32(nil, formatVersion)}, kv.ErrCorrupt},
	} {
		store, err := kv.OpenMemory(kv.Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = store.Update(kv.Buffered, func(tx kv.Tx) error {
			for k, v := range tt.keys {
				if err := tx.Put([]byte(k), v); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(store, Options{}); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if err := store.Close(); !errors.Is(err, kv.ErrClosed) {
			t.Errorf("%s: the store was left open: %v", tt.name, err)
		}
	}
}
