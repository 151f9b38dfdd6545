package repository

import (
	"fmt"

	"openwmi/internal/access"
	"openwmi/internal/kv"
)

// Who may use a namespace stands in its own record, so that it comes and goes
// with it, and in memory with the handle, so that to ask costs no read.

// A guarded is the guard of a namespace with what it was made of.
type guarded struct {
	own   *access.Security
	above *access.Guard
	guard *access.Guard
}

// unsecured is what is stored about a namespace of which nobody has said
// anything.
var unsecured = &access.Security{}

// Security returns what is stored about who may use the namespace. It must not
// be changed.
func (ns *Namespace) Security() *access.Security { return ns.security.Load() }

// Guard returns who may use the namespace as things are now: what a parent
// passes on counts as soon as it has changed.
//
// Decision A-13 of async-and-security.md lets later changes of the parent reach
// its children when somebody connects; here they reach them at once, also in
// sessions that are open.
func (ns *Namespace) Guard() *access.Guard {
	var above *access.Guard
	if ns.parent != nil {
		above = ns.parent.Guard()
	}
	own := ns.security.Load()
	if g := ns.guard.Load(); g != nil && g.own == own && g.above == above {
		return g.guard
	}
	g := access.NewGuard(ns.Path(), own, above)
	ns.guard.Store(&guarded{own, above, g})
	return g
}

// Security is Namespace.Security in the transaction.
func (tx *Tx) Security(ns *Namespace) *access.Security {
	if s := tx.secured[ns]; s != nil {
		return s
	}
	return ns.security.Load()
}

// Guard is Namespace.Guard in the transaction.
func (tx *Tx) Guard(ns *Namespace) *access.Guard {
	if len(tx.secured) == 0 {
		return ns.Guard()
	}
	var above *access.Guard
	if ns.parent != nil {
		above = tx.Guard(ns.parent)
	}
	return access.NewGuard(ns.Path(), tx.Security(ns), above)
}

// SetSecurity stores who may use a namespace. What the descriptor has inherited
// is not stored: that is found out anew (async-and-security.md 8.4, rule 5).
// The error is InvalidParameter for a descriptor that namespaces cannot have,
// InvalidNamespace if there is no such namespace.
func (tx *Tx) SetSecurity(ns *Namespace, s access.Security) error {
	if !tx.has(ns) {
		return ns.gone()
	}
	if s.Descriptor != nil {
		if err := s.Descriptor.ValidateNamespace(); err != nil {
			return err
		}
		s.Descriptor = s.Descriptor.Own()
	}
	record, err := appendSpace(nil, ns, &s)
	if err != nil {
		return err
	}
	tx.put(namespaceKey(ns.id), record)
	if tx.secured == nil {
		tx.secured = map[*Namespace]*access.Security{}
	}
	tx.secured[ns] = &s
	return nil
}

// decodeSecurity reads what appendSpace has written of it.
func decodeSecurity(flags byte, d *decoder) (*access.Security, error) {
	if unknown := flags &^ (flagShipped | flagEncrypted | flagSecured); unknown != 0 {
		return nil, fmt.Errorf("%w: flags 0x%X of a namespace are not known", kv.ErrCorrupt, unknown)
	}
	if flags&(flagEncrypted|flagSecured) == 0 {
		return unsecured, nil
	}
	s := &access.Security{Encrypted: flags&flagEncrypted != 0}
	if flags&flagSecured == 0 {
		return s, nil
	}
	stored := d.text()
	if d.err != nil {
		return nil, d.err
	}
	var err error
	if s.Descriptor, err = access.DecodeDescriptor([]byte(stored)); err == nil {
		err = s.Descriptor.ValidateNamespace()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %v", kv.ErrCorrupt, err)
	}
	return s, nil
}
