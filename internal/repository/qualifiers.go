package repository

import (
	"fmt"
	"iter"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

// Qualifier returns the declaration of the named qualifier: NotFound if the
// namespace has none.
func (ns *Namespace) Qualifier(name string) (*cim.QualifierDecl, error) {
	if !ns.live.Load() {
		return nil, ns.gone()
	}
	q, err := ns.qualifier(name, ns.r.now)
	return q, ns.readError(err)
}

func (ns *Namespace) qualifier(name string, from getter) (*cim.QualifierDecl, error) {
	value, ok, err := from.Get(qualifierKey(ns.id, name))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, cim.Errorf(wbem.NotFound, "qualifier %s is not declared in %s", name, ns.Path())
	}
	q, err := decodeQualifierDecl(value)
	if err != nil {
		return nil, fmt.Errorf("declaration of qualifier %s in %s: %w", name, ns.Path(), err)
	}
	return q, nil
}

// Qualifiers yields the declarations of qualifiers by name, those of one
// moment.
func (ns *Namespace) Qualifiers() iter.Seq2[*cim.QualifierDecl, error] {
	return func(yield func(*cim.QualifierDecl, error) bool) {
		if !ns.live.Load() {
			yield(nil, ns.gone())
			return
		}
		var all []*cim.QualifierDecl
		err := ns.r.store.View(func(r kv.Reader) error {
			if err := ns.check(r); err != nil {
				return err
			}
			return scan(r, spacePrefix(tableQualifier, ns.id), func(key, value []byte) error {
				q, err := decodeQualifierDecl(value)
				if err != nil {
					return fmt.Errorf("declaration of qualifier %s in %s: %w", key[spaceKeySize:], ns.Path(), err)
				}
				all = append(all, q)
				return nil
			})
		})
		for _, q := range all {
			if !yield(q, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, ns.readError(err))
		}
	}
}

// Qualifier is Namespace.Qualifier in the transaction.
func (tx *Tx) Qualifier(ns *Namespace, name string) (*cim.QualifierDecl, error) {
	if !tx.has(ns) {
		return nil, ns.gone()
	}
	return ns.qualifier(name, tx.kv)
}

// SetQualifier stores the declaration of a qualifier or replaces the one of
// that name. Classes that were put before are not affected. The error is
// InvalidParameter for a name that is not valid, TypeMismatch for a default of
// another type than the declared one, InvalidCIMType or InvalidFlavor.
func (tx *Tx) SetQualifier(ns *Namespace, q *cim.QualifierDecl) error {
	if !tx.has(ns) {
		return ns.gone()
	}
	if err := cim.CheckMemberName("qualifier", q.Name); err != nil {
		return err
	}
	switch {
	case !q.Type.IsValid():
		return cim.Errorf(wbem.InvalidCIMType, "qualifier %s: type %d is not a CIM type", q.Name, uint16(q.Type))
	case q.Flavor&^cim.WritableFlavors != 0:
		return cim.Errorf(wbem.InvalidFlavor, "qualifier %s: flavor 0x%02X is not valid", q.Name, uint8(q.Flavor))
	}
	if err := cim.CheckValue(q.Default, q.Type, ""); err != nil {
		return cim.Errorf(cim.StatusOf(err), "qualifier %s: default: %v", q.Name, err)
	}
	tx.put(qualifierKey(ns.id, q.Name), appendQualifierDecl(nil, q))
	return nil
}

// DeleteQualifier deletes the declaration of the named qualifier: NotFound.
func (tx *Tx) DeleteQualifier(ns *Namespace, name string) error {
	if _, err := tx.Qualifier(ns, name); err != nil {
		return err
	}
	tx.delete(qualifierKey(ns.id, name))
	return nil
}
