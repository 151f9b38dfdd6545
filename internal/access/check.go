package access

import (
	"openwmi/cim"
	"openwmi/wbem"
)

// implicit are the rights that the owner of an object has unless its DACL says
// otherwise.
const implicit = ReadControl | WriteDAC

// Check returns nil if the descriptor gives the caller all the rights of need,
// else an error with the status AccessDenied. Generic rights stand for those of
// namespaces on both sides. [MS-DTYP] 2.5.3.2; async-and-security.md 8.3
//
// The entries of the DACL count in their order: one that denies a right which is
// still needed refuses, one that allows rights ends the need for them. Entries
// that only pass on are left out. The owner may always read the descriptor and
// change its DACL, unless an entry for OwnerRights says what the owner may do.
//
// Decision: an entry that is no plain allow or deny ends the list, whomever it
// names. It cannot be evaluated here, and leaving it out could give more than was
// meant.
func (d *Descriptor) Check(t *Token, need Rights) error {
	need = need.Specific()
	if granted := d.granted(t, need); granted != need {
		return cim.Errorf(wbem.AccessDenied, "the right 0x%X is missing", uint32(need&^granted))
	}
	return nil
}

// Granted returns all the rights of a namespace that the descriptor gives the
// caller. GetCallerAccessRights returns them.
func (d *Descriptor) Granted(t *Token) Rights { return d.granted(t, NamespaceRights) }

// granted returns those rights of need that the caller has. Every right is
// decided by the first entry that mentions it, so that it does not matter
// together with which others it is asked for.
func (d *Descriptor) granted(t *Token, need Rights) Rights {
	if d.DACL == nil {
		return need
	}
	owner := t.Has(d.Owner)
	var granted Rights
	if owner && !d.DACL.names(OwnerRights) {
		granted = need & implicit
	}
	open := need &^ granted
	for i := range d.DACL {
		ace := &d.DACL[i]
		if ace.Flags&InheritOnly != 0 {
			continue
		}
		if !ace.isPlain() {
			break
		}
		if !t.Has(ace.SID) && !(owner && ace.SID == OwnerRights) {
			continue
		}
		decided := ace.Mask.Specific() & open
		if ace.Type == Allow {
			granted |= decided
		}
		open &^= decided
	}
	return granted
}

// audits reports whether an entry of the SACL wants a decision about rights to be
// recorded. [MS-DTYP] 2.4.4.10
func (d *Descriptor) audits(t *Token, need Rights, granted bool) bool {
	when := FailedAccess
	if granted {
		when = SuccessfulAccess
	}
	need = need.Specific()
	for i := range d.SACL {
		ace := &d.SACL[i]
		if ace.Type == Audit && ace.Flags&when != 0 && ace.Flags&InheritOnly == 0 && ace.Mask.Specific()&need != 0 && t.Has(ace.SID) {
			return true
		}
	}
	return false
}

// names reports whether an entry counts that is for s.
func (l ACL) names(s SID) bool {
	for i := range l {
		if l[i].SID == s && l[i].Flags&InheritOnly == 0 {
			return true
		}
	}
	return false
}

// CheckEvent returns nil if the SECURITY_DESCRIPTOR of an event, or of a sink,
// gives the caller the rights of need: Subscribe to receive the event. None, of
// no bytes, gives them to everyone. A caller who may not and bytes that are no
// descriptor are AccessDenied. events.md 12
func CheckEvent(descriptor []byte, t *Token, need Rights) error {
	if len(descriptor) == 0 {
		return nil
	}
	d, err := DecodeDescriptor(descriptor)
	if err != nil {
		return cim.Errorf(wbem.AccessDenied, "%v", err)
	}
	return d.Check(t, need)
}
