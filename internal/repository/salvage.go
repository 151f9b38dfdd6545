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
	"openwmi/internal/access"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

// Salvage fills an empty store with what can still be read of another one, so that
// every invariant holds that Verify proves, and returns what it left out, or had to
// make up. Classes, records and namespaces stay under their ids; what can be
// computed from others is: indexes, links, identities, sizes of queues. The
// namespaces and system instances that every store has are there again.
//
// progress, if not nil, is called with how many pairs have been read. The error is
// that of ctx or of the store to, or one of from that is not damage:
// DatabaseVerMismatch if a newer version has written it.
func Salvage(ctx context.Context, from kv.Reader, to kv.Store, o Options, progress func(done int)) ([]Problem, error) {
	r := &Repository{store: to, now: current{to}, server: o.server(), opts: o, cache: newCache(defaultCacheBytes)}
	s := &salvager{ctx: ctx, from: from, r: r, progress: progress, spaces: map[uint32]*salvagedSpace{}, limit: firstID, next: 1}
	for _, step := range []func() error{s.meta, s.namespaces, s.classes, s.instances, s.qualifiers, s.queues, s.states, s.finish} {
		if err := step(); err != nil {
			return s.problems, err
		}
	}
	return s.problems, nil
}

// A salvager is one run of Salvage.
type salvager struct {
	ctx      context.Context
	from     kv.Reader
	r        *Repository // of the new store
	progress func(done int)
	done     int
	problems []Problem

	limit  uint32 // no id from this one on was seen
	next   uint64 // no item had a number from this one on
	spaces map[uint32]*salvagedSpace
	order  []*salvagedSpace // parents first
}

// A salvagedSpace is a namespace that is kept.
type salvagedSpace struct {
	*Namespace
	schema   *schema
	children map[string]bool // folded names of the namespaces below: whether the instance was found
}

func (s *salvager) report(object, format string, args ...any) {
	if len(s.problems) < maxProblems {
		s.problems = append(s.problems, Problem{object, fmt.Sprintf(format, args...)})
	}
}

func (s *salvager) reportKey(key []byte, format string, args ...any) {
	s.report(fmt.Sprintf("key %x", key), format, args...)
}

// salvageBytes is about how much is read before it is written.
const salvageBytes = 4 << 20

// A pair is a key with its value.
type pair struct{ key, value []byte }

// each calls fn with the pairs whose keys begin with prefix, some at a time, in a
// transaction on the new store, which nobody else writes to, so that no transaction
// runs twice.
func (s *salvager) each(prefix []byte, what string, fn func(tx kv.Tx, p pair) error) error {
	var batch []pair
	size := 0
	flush := func() error {
		err := s.r.store.Update(kv.Buffered, func(tx kv.Tx) error {
			for _, p := range batch {
				if err := fn(tx, p); err != nil {
					return err
				}
			}
			return nil
		})
		batch, size = nil, 0
		return err
	}
	gaps, err := kv.Readable(s.from, prefix, after(prefix), func(key, value []byte) error {
		if s.done++; s.done%checkEvery == 0 {
			if err := s.ctx.Err(); err != nil {
				return err
			}
			if s.progress != nil {
				s.progress(s.done)
			}
		}
		batch = append(batch, pair{bytes.Clone(key), bytes.Clone(value)})
		if size += len(key) + len(value); size < salvageBytes {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	if gaps > 0 {
		s.report(what, "damaged in %d places; what stood there is lost", gaps)
	}
	return flush()
}

// readable turns the error about a damaged value into a report.
func (s *salvager) readable(what string, err error) error {
	if errors.Is(err, kv.ErrCorrupt) {
		s.report(what, "%v", err)
		return nil
	}
	return err
}

func (s *salvager) meta() error {
	version, ok, err := readUint32(s.from, metaFormat)
	if err := s.readable("format", err); err != nil {
		return err
	}
	if ok && version != formatVersion && version != unindexedVersion {
		return cim.Errorf(wbem.DatabaseVerMismatch, "the store has format %d and this program knows formats up to %d", version, formatVersion)
	}
	limit, _, err := readUint32(s.from, metaIDs)
	if err := s.readable("ids", err); err != nil {
		return err
	}
	s.limit = max(s.limit, limit)
	next, err := readNumbers(s.from)
	if err := s.readable("numbers", err); err != nil {
		return err
	}
	s.next = max(s.next, next)
	stored, err := readNames(s.from)
	if err := s.readable("names", err); err != nil {
		return err
	}
	s.r.named, s.r.unnamed = stored.with(s.r.server)
	return nil
}

// seen notes that an id is in use. The last of all is none.
func (s *salvager) seen(id uint32) bool {
	if id == lastID {
		return false
	}
	s.limit = max(s.limit, id+1)
	return true
}

// closed is who may use a namespace of which that is lost: administrators.
var closed = &access.Security{Descriptor: &access.Descriptor{
	Control: access.DACLProtected, Owner: access.Administrators, Group: access.Administrators, DACL: access.Default.DACL,
}}

func (s *salvager) namespaces() error {
	tree := newSpaces()
	keep := func(tx kv.Tx, ns *Namespace, security *access.Security) error {
		value, err := appendSpace(nil, ns, security)
		if err != nil {
			return err
		}
		ns.security.Store(security)
		ns.live.Store(true)
		tree.put(ns)
		kept := &salvagedSpace{ns, nil, map[string]bool{}}
		s.spaces[ns.id] = kept
		s.order = append(s.order, kept)
		if ns.parent != nil {
			s.spaces[ns.parent.id].children[cim.Fold(ns.name)] = false
		}
		return tx.Put(namespaceKey(ns.id), value)
	}
	root := s.r.newNamespace(rootID, nil, "root", true)
	err := s.each([]byte{tableNamespace}, "table of namespaces", func(tx kv.Tx, p pair) error {
		if len(p.key) != spaceKeySize || len(p.value) < 5 {
			s.reportKey(p.key, "no namespace")
			return nil
		}
		id := binary.BigEndian.Uint32(p.key[1:])
		parent := s.spaces[binary.BigEndian.Uint32(p.value)]
		d := decode(p.value[4:])
		flags, name := d.byte(), d.text()
		security, err := decodeSecurity(flags&(flagShipped|flagEncrypted|flagSecured), d)
		if err == nil {
			err = d.end()
		}
		if err != nil {
			// It may have been there to keep somebody out: nobody but
			// administrators gets in.
			s.report("namespace "+name, "%v; only administrators may enter until it is given a security descriptor", err)
			security = closed
		}
		switch {
		case id == rootID && len(s.order) == 0:
			return keep(tx, root, security)
		case len(s.order) == 0:
			s.report("root", "there is no such namespace")
			if err := keep(tx, root, closed); err != nil {
				return err
			}
			parent = s.spaces[binary.BigEndian.Uint32(p.value)]
		}
		switch {
		case parent == nil:
			s.report("namespace "+name, "it has no parent")
			return nil
		case checkSpaceName(parent.Namespace, name) != nil:
			s.report("namespace "+name, "it cannot have that name")
			return nil
		case tree.child(parent.Namespace, name) != nil:
			s.report(parent.Path()+`\`+name, "it is there twice")
			return nil
		case id < firstID || !s.seen(id):
			s.report(parent.Path()+`\`+name, "id %d was never given out", id)
			return nil
		}
		return keep(tx, s.r.newNamespace(id, parent.Namespace, name, flags&flagShipped != 0), security)
	})
	if err != nil || len(s.order) > 0 {
		return err
	}
	s.report("root", "there is no such namespace")
	return s.r.store.Update(kv.Buffered, func(tx kv.Tx) error { return keep(tx, root, closed) })
}

// space returns the kept namespace that a key names behind its table.
func (s *salvager) space(key []byte) *salvagedSpace {
	if len(key) < spaceKeySize {
		return nil
	}
	return s.spaces[binary.BigEndian.Uint32(key[1:])]
}

func (s *salvager) qualifiers() error {
	return s.each([]byte{tableQualifier}, "qualifiers", func(tx kv.Tx, p pair) error {
		q, err := decodeQualifierDecl(p.value)
		switch ns := s.space(p.key); {
		case ns == nil:
			s.reportKey(p.key, "a qualifier of no namespace")
		case err != nil:
			s.report(ns.Path()+": qualifier "+string(p.key[spaceKeySize:]), "%v", err)
		case cim.Fold(q.Name) != string(p.key[spaceKeySize:]):
			s.report(ns.Path()+": qualifier "+string(p.key[spaceKeySize:]), "it is the declaration of %s", q.Name)
		default:
			return tx.Put(p.key, p.value)
		}
		return nil
	})
}

// queues keeps the items and counts them.
func (s *salvager) queues() error {
	sizes := map[string]QueueSize{}
	err := s.each([]byte{tableItem}, "queues", func(tx kv.Tx, p pair) error {
		queue, number, ok := splitItemKey(p.key)
		if !ok || len(queue) == 0 || number == 0 || number == 1<<64-1 {
			s.reportKey(p.key, "it belongs to no queue")
			return nil
		}
		s.next = max(s.next, number+1)
		size := sizes[string(queue)]
		sizes[string(queue)] = QueueSize{size.Items + 1, size.Bytes + int64(len(p.value))}
		return tx.Put(p.key, p.value)
	})
	if err != nil {
		return err
	}
	return s.r.store.Update(kv.Buffered, func(tx kv.Tx) error {
		for _, name := range slices.Sorted(maps.Keys(sizes)) {
			if err := tx.Put(queueKey([]byte(name)), sizes[name].append(nil)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *salvager) states() error {
	return s.each([]byte{tableState}, "states", func(tx kv.Tx, p pair) error {
		if len(p.key) == 1 || len(p.value) == 0 {
			s.reportKey(p.key, "a state that cannot be")
			return nil
		}
		return tx.Put(p.key, p.value)
	})
}

// finish makes the new store a repository, with the namespaces that each has.
func (s *salvager) finish() error {
	err := s.r.store.Update(kv.Buffered, func(tx kv.Tx) error {
		return errors.Join(
			tx.Put(metaIDs, id32(nil, s.limit)),
			tx.Put(metaNumbers, binary.BigEndian.AppendUint64(nil, s.next)),
			tx.Put(metaNames, s.r.named.append(nil)),
			tx.Put(metaFormat, id32(nil, formatVersion)))
	})
	if err == nil {
		err = s.r.open()
	}
	if err != nil {
		return err
	}
	return s.r.store.Update(kv.Durable, func(t kv.Tx) error {
		tx := &Tx{ctx: s.ctx, r: s.r, kv: t, spaces: s.r.spaces.Load(), ids: s.r.ids, numbers: s.r.numbers, shipping: true}
		for _, name := range shippedSpaces {
			if tx.spaces.child(tx.spaces.root, name) != nil {
				continue
			}
			if _, err := tx.CreateNamespace(`root\` + name); err != nil {
				return err
			}
		}
		return tx.commit()
	})
}
