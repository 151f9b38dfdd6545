package repository

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// A Problem is a broken invariant of the store.
type Problem struct {
	Object string // what it is about: a path, or a key
	What   string
}

func (p Problem) String() string { return p.Object + ": " + p.What }

// maxProblems is how many problems are collected; a damaged store may have one
// at every key.
const maxProblems = 1000

// Verify reads the whole store, as it is at one moment, and returns what is
// wrong with it: that namespaces form a tree and each has its instance in the
// parent; that each class has a definition and a superclass that it can be
// derived from; that each record can be decoded, has a class and stands under
// its own keys; that identities and records agree both ways; that no id is
// used twice or was never given out; and that nothing else is there.
//
// progress, if not nil, is called with the number of classes whose instances
// have been read, and that of all. The error is that of ctx or of the store.
func (r *Repository) Verify(ctx context.Context, progress func(done, total int)) ([]Problem, error) {
	snap, err := r.store.Snapshot()
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	v := &verifier{ctx: ctx, r: r, from: snap, spaces: map[uint32]*verifiedSpace{}, found: map[byte]int{}}
	if progress != nil {
		v.progress = progress
	}
	for _, step := range []func() error{v.meta, v.namespaces, v.classes, v.definitions, v.instances, v.identities, v.indexes, v.qualifiers, v.queues, v.rest} {
		if err := step(); err != nil {
			return v.problems, err
		}
	}
	return v.problems, nil
}

// A verifier is one run of Verify.
type verifier struct {
	ctx         context.Context
	r           *Repository
	from        kv.Reader
	progress    func(done, total int)
	problems    []Problem
	limit       uint32       // of ids
	numbers     uint64       // the first that is not set aside
	found       map[byte]int // by table of indexes: entries that belong to a record
	names       names        // those that are stored, and no others
	spaces      map[uint32]*verifiedSpace
	order       []*verifiedSpace
	done, total int
	count       int
}

type verifiedSpace struct {
	*Namespace
	schema *schema // nil if it cannot be read
	names  map[string]bool
}

func (v *verifier) report(object, format string, args ...any) {
	if len(v.problems) < maxProblems {
		v.problems = append(v.problems, Problem{object, fmt.Sprintf(format, args...)})
	}
}

func (v *verifier) reportKey(key []byte, format string, args ...any) {
	v.report(fmt.Sprintf("key %x", key), format, args...)
}

// each calls fn with all pairs of a table.
func (v *verifier) each(table byte, fn func(key, value []byte) error) error {
	return scan(v.from, []byte{table}, func(key, value []byte) error {
		if v.count++; v.count%checkEvery == 0 {
			if err := v.ctx.Err(); err != nil {
				return err
			}
		}
		return fn(key, value)
	})
}

func (v *verifier) meta() error {
	version, _, err := readUint32(v.from, metaFormat)
	if err != nil {
		return err
	}
	if version != formatVersion && !(v.r.unindexed && version == unindexedVersion) {
		v.report("format", "version %d", version)
	}
	if v.limit, _, err = readUint32(v.from, metaIDs); err != nil {
		return err
	}
	v.numbers, err = readNumbers(v.from)
	if errors.Is(err, kv.ErrCorrupt) {
		v.report("numbers", "%v", err)
	} else if err != nil {
		return err
	}
	v.names, err = readNames(v.from)
	if errors.Is(err, kv.ErrCorrupt) {
		v.report("names", "%v", err)
	} else if err != nil {
		return err
	}
	return v.each(tableMeta, func(key, _ []byte) error {
		if !slices.ContainsFunc([][]byte{metaFormat, metaIDs, metaNames, metaNumbers}, func(known []byte) bool { return bytes.Equal(key, known) }) {
			v.reportKey(key, "unknown")
		}
		return nil
	})
}

func (v *verifier) checkID(object string, id uint32) {
	if id < firstID || id >= v.limit {
		v.report(object, "id %d was never given out", id)
	}
}

func (v *verifier) namespaces() error {
	tree := newSpaces()
	err := v.each(tableNamespace, func(key, value []byte) error {
		if len(key) != spaceKeySize || len(value) < 5 {
			v.reportKey(key, "no namespace")
			return nil
		}
		id, parentID := binary.BigEndian.Uint32(key[1:]), binary.BigEndian.Uint32(value)
		d := decode(value[4:])
		flags, name := d.byte(), d.text()
		parent := v.spaces[parentID]
		_, err := decodeSecurity(flags, d)
		switch {
		case err != nil:
			v.reportKey(key, "%v", err)
			return nil
		case d.end() != nil:
			v.reportKey(key, "%v", d.err)
			return nil
		case id == rootID && parentID == 0:
			parent = &verifiedSpace{}
		case parent == nil:
			v.reportKey(key, "namespace %s has no parent", name)
			return nil
		case tree.child(parent.Namespace, name) != nil:
			v.reportKey(key, "namespace %s is there twice", name)
		}
		ns := &verifiedSpace{Namespace: v.r.newNamespace(id, parent.Namespace, name, flags&flagShipped != 0), names: map[string]bool{}}
		ns.named = v.names
		ns.live.Store(true)
		if id != rootID {
			v.checkID(ns.Path(), id)
		}
		tree.put(ns.Namespace)
		v.spaces[id] = ns
		v.order = append(v.order, ns)
		return nil
	})
	if err == nil && v.spaces[rootID] == nil {
		v.report("root", "there is no such namespace")
	}
	return err
}

func (v *verifier) classes() error {
	seen := map[uint32]string{} // classes by id, over all namespaces
	for _, ns := range v.order {
		s, err := readSchema(v.from, ns.Namespace)
		if err != nil {
			v.report(ns.Path(), "%v", err)
			continue
		}
		ns.schema = s
		for e := range s.descendants(nil) {
			v.total++
			where := ns.Path() + ":" + e.name
			if !e.system {
				v.checkID(where, e.id)
				if other, ok := seen[e.id]; ok {
					v.report(where, "it has the id of %s", other)
				}
				seen[e.id] = where
			}
			d, err := s.derive(e, v.from)
			if err != nil {
				v.report(where, "%v", err)
				continue
			}
			decl := d.class.Decl()
			if decl.Name != e.name || e.super != nil && !cim.EqualNames(decl.Super, e.super.name) || e.super == nil && decl.Super != "" {
				v.report(where, "its definition is that of %s : %s", decl.Name, decl.Super)
			}
			if inherited := e.super != nil && e.super.refs; e.refs != (inherited || declaresReference(decl)) {
				v.report(where, "the table of classes is wrong about its references")
			}
		}
	}
	return v.each(tableClass, func(key, _ []byte) error {
		v.known(key)
		return nil
	})
}

// known reports a key of a namespace or class that does not exist, and returns
// both.
func (v *verifier) known(key []byte) (*verifiedSpace, *entry, []byte) {
	nsID, id, rest, ok := splitClassKey(key)
	ns := v.spaces[nsID]
	switch {
	case !ok || ns == nil:
		v.reportKey(key, "it belongs to no namespace")
	case ns.schema == nil: // reported already
	default:
		if e, ok := ns.schema.byID.Get(id); ok && e.made.Load() != nil {
			return ns, e, rest
		}
		v.reportKey(key, "it belongs to no class in %s", ns.Path())
	}
	return nil, nil, nil
}

func (v *verifier) definitions() error {
	return v.each(tableDefinition, func(key, _ []byte) error {
		if ns, e, rest := v.known(key); e != nil && (e.system || len(rest) > 0) {
			v.reportKey(key, "a definition that %s:%s does not use", ns.Path(), e.name)
		}
		return nil
	})
}

func (v *verifier) instances() error {
	var last *entry
	err := v.each(tableInstance, func(key, value []byte) error {
		ns, e, keys := v.known(key)
		if e == nil {
			return nil
		}
		if e != last {
			last = e
			if v.done++; v.progress != nil {
				v.progress(v.done, v.total)
			}
		}
		return v.instance(ns, e, keys, value)
	})
	if err != nil {
		return err
	}
	if v.progress != nil {
		v.progress(v.total, v.total)
	}
	for _, ns := range v.order {
		if ns.schema != nil {
			if err := v.ownInstances(ns); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *verifier) instance(ns *verifiedSpace, e *entry, keys, value []byte) error {
	made := e.made.Load()
	d := decode(value)
	inst := made.layout.decode(d)
	where := fmt.Sprintf("%s:%s %x", ns.Path(), e.name, keys)
	if d.err != nil {
		v.report(where, "%v", d.err)
		return nil
	}
	p, ok := cim.RelPath(inst)
	if !ok {
		v.report(where, "a key is NULL")
		return nil
	}
	where = ns.Path() + ":" + p.RelPath()
	for _, fault := range made.faults(ns.Namespace, inst, keys) {
		v.report(where, "%s", fault)
	}
	if err := v.entries(ns, made, where, keys, value); err != nil {
		return err
	}
	if made.role == space {
		ns.names[cim.Fold(inst.At(made.class.Keys()[0]).Text())] = true
	}
	if made.domain == e {
		return nil
	}
	id, err := ns.schema.identity(made.domain, keys, v.from)
	switch {
	case errors.Is(err, kv.ErrCorrupt):
		v.report(where, "%v", err)
		return nil
	case err == nil && id != e.id:
		v.report(where, "its keys are registered for class %d", id)
	}
	return err
}

// faults returns what is wrong with an instance by itself that stands under keys, none
// of which is NULL.
func (d *derived) faults(ns *Namespace, inst *cim.Instance, keys []byte) (list []string) {
	if d.class.IsAbstract() {
		list = append(list, "the class is abstract")
	}
	var own []byte
	for _, k := range d.class.Keys() {
		own = appendKeyValue(own, inst.At(k), ns)
	}
	if !bytes.Equal(own, keys) {
		list = append(list, fmt.Sprintf("it stands under other keys: %x", keys))
	}
	for _, err := range []error{checkNulls(inst), inst.Check()} {
		if err != nil {
			list = append(list, err.Error())
		}
	}
	return list
}

// ownInstances checks that a namespace has the instances of system classes that
// go with it, and is one of its parent.
func (v *verifier) ownInstances(ns *verifiedSpace) error {
	for _, name := range []string{"__SystemSecurity", "__thisNAMESPACE"} {
		_, ok, err := v.from.Get(classPrefix(tableInstance, ns.id, ns.schema.find(name).id))
		if err != nil {
			return err
		}
		if !ok {
			v.report(ns.Path()+":"+name+"=@", "it is missing")
		}
	}
	if ns.parent == nil || v.spaces[ns.parent.id].schema == nil {
		return nil
	}
	names := v.spaces[ns.parent.id].names
	if !names[cim.Fold(ns.name)] {
		v.report(ns.Path(), "its parent has no instance of it")
	}
	delete(names, cim.Fold(ns.name))
	return nil
}

// entries checks that the indexes have the entries of a record.
func (v *verifier) entries(ns *verifiedSpace, d *derived, where string, keys, value []byte) error {
	if v.r.unindexed {
		return nil
	}
	list, err := d.entries(nil, ns.Namespace, keys, view(value))
	if err != nil {
		return err // it has been decoded already
	}
	for _, key := range list {
		value, ok, err := v.from.Get(key)
		if err != nil {
			return err
		}
		if ok && len(value) == 0 {
			v.found[key[0]]++
		} else {
			v.report(where, "an index has no entry of it: %x", key)
		}
	}
	return nil
}

// indexes checks that every entry of an index is that of a record. The entries
// of the records have been found, and all are different; so only if there are
// more in the table is it to be asked which.
func (v *verifier) indexes() error {
	for _, table := range indexTables {
		n := 0
		err := v.each(table, func(_, _ []byte) error {
			n++
			return nil
		})
		if err == nil && n != v.found[table] {
			err = v.each(table, v.indexEntry)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) indexEntry(key, value []byte) error {
	x, ok := splitIndexKey(key)
	if !ok || len(value) > 0 || v.r.unindexed {
		v.reportKey(key, "no entry of an index")
		return nil
	}
	ns := v.spaces[binary.BigEndian.Uint32(key[1:])]
	if ns == nil {
		v.reportKey(key, "it belongs to no namespace")
		return nil
	}
	if ns.schema == nil {
		return nil // reported already
	}
	e, ok := ns.schema.byID.Get(x.class)
	if !ok || e.made.Load() == nil {
		v.reportKey(key, "an entry of class %d, which is not in %s", x.class, ns.Path())
		return nil
	}
	where := fmt.Sprintf("%s:%s %x", ns.Path(), e.name, x.keys)
	record, ok, err := v.from.Get(append(classPrefix(tableInstance, ns.id, e.id), x.keys...))
	if err != nil {
		return err
	}
	if !ok {
		v.report(where, "an index has an entry of it, but it is not there: %x", key)
		return nil
	}
	list, err := e.made.Load().entries(nil, ns.Namespace, x.keys, view(record))
	if err != nil {
		return nil // reported already
	}
	if !slices.ContainsFunc(list, func(k []byte) bool { return bytes.Equal(k, key) }) {
		v.report(where, "an index has an entry of it that it does not have: %x", key)
	}
	return nil
}

func (v *verifier) identities() error {
	return v.each(tableIdentity, func(key, value []byte) error {
		ns, domain, keys := v.known(key)
		if domain == nil {
			return nil
		}
		where := fmt.Sprintf("%s:%s %x", ns.Path(), domain.name, keys)
		if len(value) != 4 {
			v.report(where, "the identity has %d bytes", len(value))
			return nil
		}
		e, ok := ns.schema.byID.Get(binary.BigEndian.Uint32(value))
		if !ok || e == domain || !e.isA(domain) || e.made.Load() == nil || e.made.Load().domain != domain {
			v.report(where, "the identity is of no class derived from it")
			return nil
		}
		_, ok, err := v.from.Get(append(classPrefix(tableInstance, ns.id, e.id), keys...))
		if err == nil && !ok {
			v.report(where, "there is an identity but no instance of %s", e.name)
		}
		if err != nil {
			return err
		}
		_, ok, err = v.from.Get(append(classPrefix(tableInstance, ns.id, domain.id), keys...))
		if err == nil && ok {
			v.report(where, "%s and %s have an instance with the same keys", domain.name, e.name)
		}
		return err
	})
}

func (v *verifier) qualifiers() error {
	return v.each(tableQualifier, func(key, value []byte) error {
		if len(key) < spaceKeySize || v.spaces[binary.BigEndian.Uint32(key[1:])] == nil {
			v.reportKey(key, "it belongs to no namespace")
			return nil
		}
		q, err := decodeQualifierDecl(value)
		if err != nil {
			v.reportKey(key, "%v", err)
		} else if cim.Fold(q.Name) != string(key[spaceKeySize:]) {
			v.reportKey(key, "it is the declaration of qualifier %s", q.Name)
		}
		return nil
	})
}

// queues checks that the sizes of the queues are those of their items.
func (v *verifier) queues() error {
	sizes := map[string]QueueSize{}
	err := v.each(tableItem, func(key, value []byte) error {
		queue, number, ok := splitItemKey(key)
		switch {
		case !ok || len(queue) == 0:
			v.reportKey(key, "it belongs to no queue")
			return nil
		case number == 0 || number >= v.numbers:
			v.report(fmt.Sprintf("queue %q", queue), "number %d was never given out", number)
		}
		size := sizes[string(queue)]
		sizes[string(queue)] = QueueSize{size.Items + 1, size.Bytes + int64(len(value))}
		return nil
	})
	if err != nil {
		return err
	}
	err = v.each(tableQueue, func(key, value []byte) error {
		name := string(key[1:])
		noted, ok := decodeQueueSize(value)
		if found := sizes[name]; !ok {
			v.report(fmt.Sprintf("queue %q", name), "its size cannot be read")
		} else if noted != found {
			v.report(fmt.Sprintf("queue %q", name), "it has %d items and %d bytes, not %d and %d", found.Items, found.Bytes, noted.Items, noted.Bytes)
		}
		delete(sizes, name)
		return nil
	})
	for _, name := range slices.Sorted(maps.Keys(sizes)) {
		v.report(fmt.Sprintf("queue %q", name), "it has %d items and is not in the table of queues", sizes[name].Items)
	}
	return err
}

// rest reports what should not be there at all.
func (v *verifier) rest() error {
	for _, ns := range v.order {
		for name := range ns.names {
			v.report(ns.Path()+`:__Namespace.Name="`+name+`"`, "there is no such namespace")
		}
	}
	unknown := func(key, _ []byte) error {
		v.reportKey(key, "unknown")
		return nil
	}
	if err := scanRange(v.from, []byte{0}, []byte{tableMeta}, unknown); err != nil {
		return err
	}
	err := v.each(tableState, func(key, value []byte) error {
		if len(key) == 1 || len(value) == 0 {
			v.reportKey(key, "a state that cannot be")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return scanRange(v.from, []byte{tableLink + 1}, nil, unknown)
}

// Backup writes a consistent copy of the store into dir, which must not exist.
// Reads and writes go on meanwhile.
func (r *Repository) Backup(dir string) error { return r.store.Checkpoint(dir) }
