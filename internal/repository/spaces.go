package repository

import (
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/tidwall/btree"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

// spaces is the tree of namespaces of one moment. Once published it never
// changes.
type spaces struct {
	root   *Namespace
	byName *btree.Map[string, *Namespace] // by id of the parent, folded name
}

const rootID = 1

func newSpaces() *spaces { return &spaces{byName: btree.NewMap[string, *Namespace](degree)} }

func spaceName(parent uint32, name string) string {
	return string(append(id32(nil, parent), cim.Fold(name)...))
}

func (s *spaces) child(parent *Namespace, name string) *Namespace {
	ns, _ := s.byName.Get(spaceName(parent.id, name))
	return ns
}

// find returns the namespace with that path, which begins with root.
func (s *spaces) find(path string) (*Namespace, error) {
	missing := func() error { return cim.Errorf(cim.InvalidNamespace, "namespace %.200s does not exist", path) }
	name, rest, more := cutElement(path)
	if s.root == nil || !cim.EqualNames(name, s.root.name) {
		return nil, missing()
	}
	ns := s.root
	for more {
		name, rest, more = cutElement(rest)
		if ns = s.child(ns, name); ns == nil {
			return nil, missing()
		}
	}
	return ns, nil
}

func cutElement(path string) (name, rest string, more bool) {
	for i := 0; i < len(path); i++ {
		if path[i] == '\\' || path[i] == '/' {
			return path[:i], path[i+1:], true
		}
	}
	return path, "", false
}

// has reports whether a namespace is in the tree.
func (s *spaces) has(ns *Namespace) bool {
	if ns.parent == nil {
		return ns == s.root
	}
	return s.child(ns.parent, ns.name) == ns
}

func (s *spaces) children(ns *Namespace) iter.Seq[*Namespace] {
	prefix := spaceName(ns.id, "")
	return func(yield func(*Namespace) bool) {
		s.byName.Ascend(prefix, func(key string, c *Namespace) bool { return key[:4] == prefix && yield(c) })
	}
}

// copy returns a tree that can be changed.
func (s *spaces) copy() *spaces { return &spaces{root: s.root, byName: s.byName.Copy()} }

func (s *spaces) put(ns *Namespace) {
	if ns.parent == nil {
		s.root = ns
		return
	}
	s.byName.Set(spaceName(ns.parent.id, ns.name), ns)
}

func (s *spaces) remove(ns *Namespace) { s.byName.Delete(spaceName(ns.parent.id, ns.name)) }

// The value in the namespace table: the id of the parent, 0 for root, four
// bytes big-endian; flags; the name, a text; with flagSecured its security
// descriptor in self-relative form, a text.

// Flags in the value.
const (
	flagShipped   = 1 // it was created with the store
	flagEncrypted = 2 // it needs encrypted connections
	flagSecured   = 4 // it has a descriptor
)

// appendSpace appends the value for a namespace. The error is that of a
// descriptor which has no binary form.
func appendSpace(b []byte, ns *Namespace, s *access.Security) ([]byte, error) {
	parent, flags := uint32(0), byte(0)
	if ns.parent != nil {
		parent = ns.parent.id
	}
	if ns.shipped {
		flags = flagShipped
	}
	if s.Encrypted {
		flags |= flagEncrypted
	}
	if s.Descriptor == nil {
		return appendText(append(id32(b, parent), flags), ns.name), nil
	}
	descriptor, err := s.Descriptor.Bytes()
	if err != nil {
		return nil, err
	}
	b = appendText(append(id32(b, parent), flags|flagSecured), ns.name)
	return appendText(b, string(descriptor)), nil
}

// readSpaces reads the namespace table. A parent has a smaller id than its
// children, because it was there before.
func readSpaces(from kv.Reader, r *Repository) (*spaces, error) {
	s := newSpaces()
	byID := map[uint32]*Namespace{}
	err := scan(from, []byte{tableNamespace}, func(key, value []byte) error {
		damaged := fmt.Errorf("%w: key %x in the table of namespaces", kv.ErrCorrupt, key)
		if len(key) != 5 || len(value) < 5 {
			return damaged
		}
		id, parent := binary.BigEndian.Uint32(key[1:]), binary.BigEndian.Uint32(value)
		d := decode(value[4:])
		flags, name := d.byte(), d.text()
		security, err := decodeSecurity(flags, d)
		if err != nil || d.end() != nil || byID[parent] == nil && (id != rootID || parent != 0) {
			return damaged
		}
		ns := r.newNamespace(id, byID[parent], name, flags&flagShipped != 0)
		ns.security.Store(security)
		ns.live.Store(true)
		byID[id] = ns
		s.put(ns)
		return nil
	})
	if err == nil && s.root == nil {
		err = fmt.Errorf("%w: there is no root namespace", kv.ErrCorrupt)
	}
	return s, err
}

// addSpace creates a namespace, without its instance in the parent.
func (tx *Tx) addSpace(ns *Namespace) {
	tx.changeSpaces().put(ns)
	tx.created = append(tx.created, ns)
	record, _ := appendSpace(nil, ns, unsecured) // there is no descriptor to be wrong
	tx.put(namespaceKey(ns.id), record)
	s := newSchema(ns)
	s.addSystemClasses()
	tx.stages = append(tx.stages, &stage{ns: ns, schema: s, changed: true})
	tx.putSystemInstances(s)
}

// changeSpaces returns the tree of namespaces to be changed.
func (tx *Tx) changeSpaces() *spaces {
	if tx.spaces == tx.r.spaces.Load() {
		tx.spaces = tx.spaces.copy()
	}
	return tx.spaces
}

// checkSpaceName returns an error if a namespace below parent cannot have that
// name: InvalidParameter, or QuotaViolation for a path that is too long to
// connect to (model.md 5).
func checkSpaceName(parent *Namespace, name string) error {
	switch {
	case !cim.IsIdentifier(name) || name[0] == '_':
		return cim.Errorf(cim.InvalidParameter, "namespace name %.60q is not a letter followed by letters, digits and underscores", name)
	case cim.TooLong(parent.Path()+`\`+name, cim.MaxNamespace):
		return cim.Errorf(cim.QuotaViolation, "the path of the namespace %.60s has more than %d characters", name, cim.MaxNamespace)
	}
	return nil
}

// deleteSpace deletes a child namespace with everything below it, but not its
// instance in the parent.
func (tx *Tx) deleteSpace(parent *Namespace, name string) error {
	ns := tx.spaces.child(parent, name)
	if ns == nil {
		return fmt.Errorf("%w: namespace %s of %s has an instance but does not exist", kv.ErrCorrupt, name, parent.Path())
	}
	if err := tx.checkDeletable(ns); err != nil {
		return err
	}
	tx.removeSpace(ns)
	return nil
}

func (tx *Tx) checkDeletable(ns *Namespace) error {
	if ns.shipped && !tx.r.opts.Unprotected {
		return cim.Errorf(cim.AccessDenied, "namespace %s belongs to the system", ns.Path())
	}
	return nil
}

func (tx *Tx) removeSpace(ns *Namespace) {
	var below []*Namespace
	for c := range tx.spaces.children(ns) {
		below = append(below, c)
	}
	for _, c := range below {
		tx.removeSpace(c)
	}
	tx.changeSpaces().remove(ns)
	tx.delete(namespaceKey(ns.id))
	for _, table := range []byte{tableClass, tableDefinition, tableInstance, tableIdentity, tableQualifier, tableIndex, tableLink} {
		tx.deletePrefix(spacePrefix(table, ns.id))
	}
	tx.deleted = append(tx.deleted, ns)
	tx.stages = slices.DeleteFunc(tx.stages, func(st *stage) bool { return st.ns == ns })
}

// CreateNamespace creates the namespace with that path below one that exists,
// as a put of an instance of __Namespace with CreateOnly does.
func (tx *Tx) CreateNamespace(path string) (*Namespace, error) {
	i := strings.LastIndexAny(path, `\/`)
	parent, err := tx.spaces.find(path[:max(i, 0)])
	if err != nil {
		return nil, err
	}
	c, err := tx.Class(parent, "__Namespace")
	if err != nil {
		return nil, err
	}
	inst := cim.NewInstance(c)
	if err := inst.Set("Name", cim.StringValue(path[i+1:])); err != nil {
		return nil, err
	}
	if _, err := tx.PutInstance(parent, inst, wbem.CreateOnly, nil); err != nil {
		return nil, err
	}
	return tx.spaces.child(parent, path[i+1:]), nil
}

// Children returns the namespaces immediately below, by name.
func (ns *Namespace) Children() ([]*Namespace, error) {
	s := ns.r.spaces.Load()
	if !ns.live.Load() {
		return nil, ns.gone()
	}
	var out []*Namespace
	for c := range s.children(ns) {
		out = append(out, c)
	}
	return out, nil
}
