package cimom

import (
	"slices"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// Qualifiers of instances that say who may use a namespace: of __Namespace the
// one that it stands for, of __SystemSecurity that which it is in
// (system-classes.md 8.1, 8.4). They are not stored but carried out, and those
// that one reads are made of what is in effect.
const (
	namespaceSDDL      = "NamespaceSecuritySDDL"
	requiresEncryption = "RequiresEncryption"
)

// securedBy returns which of the system classes that have to do with security a
// class is or is derived from, "" for none.
func securedBy(c *cim.Class) string {
	for ; c != nil; c = c.Super() {
		switch name := c.Name(); name {
		case "__Namespace", systemSecurity, "__thisNAMESPACE":
			return name
		}
	}
	return ""
}

// A securing is what an instance that is put says about who may use a namespace.
type securing struct {
	class      string // securedBy its class
	descriptor *access.Descriptor
	encrypted  *bool
}

// readSecuring returns what the qualifiers of an instance of class c say, and the
// instance without them.
func readSecuring(c *cim.Class, inst *cim.Instance) (*cim.Instance, securing, error) {
	q := securing{class: securedBy(c)}
	own := inst.LocalQualifiers()
	if q.class == "" || len(own) == 0 {
		return inst, q, nil
	}
	if sddl, ok := own.Get(namespaceSDDL); ok && q.class == "__Namespace" {
		if sddl.Value.Type() != cim.TypeString {
			return nil, q, cim.Errorf(wbem.InvalidParameter, "%s is no text", namespaceSDDL)
		}
		d, err := access.ParseSDDL(sddl.Value.Text())
		if err != nil {
			return nil, q, err
		}
		q.descriptor = d
	}
	if needed, ok := own.Get(requiresEncryption); ok {
		if needed.Value.Type() != cim.TypeBoolean {
			return nil, q, cim.Errorf(wbem.InvalidParameter, "%s is neither TRUE nor FALSE", requiresEncryption)
		}
		b := needed.Value.Bool()
		q.encrypted = &b
	}
	if q.descriptor == nil && q.encrypted == nil {
		return inst, q, nil
	}
	inst = inst.Clone()
	rest := inst.LocalQualifiers()
	rest.Delete(namespaceSDDL)
	rest.Delete(requiresEncryption)
	return inst, q, inst.SetLocalQualifiers(rest)
}

// target returns the namespace that an instance says something about, nil for
// one that does not exist yet.
func (q *securing) target(tx *repository.Tx, ns *repository.Namespace, inst *cim.Instance) (*repository.Namespace, error) {
	if q.class != "__Namespace" {
		return ns, nil
	}
	child, err := tx.Namespace(childPath(ns, inst))
	if cim.StatusOf(err) == wbem.InvalidNamespace {
		return nil, nil
	}
	return child, err
}

// childPath returns the path of the namespace that an instance of __Namespace in
// ns stands for.
func childPath(ns *repository.Namespace, inst *cim.Instance) string {
	return ns.Path() + `\` + text(inst, "Name")
}

// secure puts an instance with put and carries out what it says about who may
// use a namespace. Whoever creates a namespace says who may use it; to change
// that later takes WriteDAC in it.
func (s *session) secure(tx *repository.Tx, q securing, inst *cim.Instance, put func() error) error {
	if q.descriptor == nil && q.encrypted == nil {
		return put()
	}
	before, err := q.target(tx, s.ns, inst)
	if err != nil {
		return err
	}
	if err := put(); err != nil {
		return err
	}
	ns, err := q.target(tx, s.ns, inst)
	if err != nil {
		return err
	}
	security := *tx.Security(ns)
	if q.descriptor != nil {
		if err := q.descriptor.ValidateNamespace(); err != nil {
			return err
		}
		security.Descriptor = q.descriptor
	}
	if q.encrypted != nil {
		security.Encrypted = *q.encrypted
	}
	if before != nil {
		now := tx.Guard(ns)
		var above *access.Guard
		if parent := ns.Parent(); parent != nil {
			above = tx.Guard(parent)
		}
		then := access.NewGuard(ns.Path(), &security, above)
		if then.Encrypted == now.Encrypted && then.Descriptor.String() == now.Descriptor.String() {
			return nil // it was read and put back
		}
		if err := s.allowBy(now, access.WriteDAC); err != nil {
			return err
		}
	}
	return tx.SetSecurity(ns, security)
}

// showSecurity gives an instance that somebody reads what it says about who may
// use a namespace, as far as the reader may know.
func (s *session) showSecurity(inst *cim.Instance) error {
	class := securedBy(inst.Class())
	if class == "" {
		return nil
	}
	ns := s.ns
	if class == "__Namespace" {
		var err error
		if ns, err = s.m.repo.Namespace(childPath(s.ns, inst)); err != nil {
			return nil // the name was not asked for, or it is gone since
		}
	}
	guard := ns.Guard()
	readable := guard.Check(s.who, access.ReadControl) == nil
	if class == "__thisNAMESPACE" {
		k := inst.Class().PropertyIndex("SECURITY_DESCRIPTOR")
		if !readable || k < 0 {
			return nil
		}
		b, err := guard.Descriptor.Bytes()
		if err != nil {
			return err
		}
		inst.Put(k, cim.BytesValue(b))
		return nil
	}
	qs := slices.Clone(inst.LocalQualifiers())
	if readable && class == "__Namespace" {
		qs.Set(cim.Qualifier{Name: namespaceSDDL, Value: cim.StringValue(guard.Descriptor.String())})
	}
	if guard.Encrypted {
		qs.Set(cim.Qualifier{Name: requiresEncryption, Value: cim.BoolValue(true)})
	}
	if len(qs) == 0 {
		return nil
	}
	return inst.SetLocalQualifiers(qs)
}
