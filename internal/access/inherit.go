package access

// Under returns the descriptor that is in effect in a namespace directly below
// one in which parent is: the entries of d's own, and after them those that the
// parent passes on. What d had inherited before is left out. Neither changes.
// async-and-security.md 8.4, Decision A-13
//
// A parent that is protected passes nothing on; that d is has no effect
// (Decision A-12).
//
// A nil DACL stays one: there is no list to which anything could be added.
func (d *Descriptor) Under(parent *Descriptor) *Descriptor {
	out := *d
	if d.DACL != nil {
		out.DACL = d.DACL.under(parent.DACL, parent.Control&DACLProtected != 0)
	}
	// No SACL is one that records nothing.
	if l := d.SACL.under(parent.SACL, parent.Control&SACLProtected != 0); len(l) > 0 || d.SACL != nil {
		out.SACL = l
	}
	return &out
}

func (l ACL) under(parent ACL, protected bool) ACL {
	out := ACL{}
	for _, ace := range l {
		if ace.Flags&Inherited == 0 {
			out = append(out, ace)
		}
	}
	if protected {
		return out
	}
	for _, ace := range parent {
		if ace.Flags&ContainerInherit == 0 {
			continue
		}
		if ace.Flags&NoPropagateInherit != 0 {
			ace.Flags &^= ContainerInherit | ObjectInherit | NoPropagateInherit
		}
		ace.Flags = ace.Flags&^InheritOnly | Inherited
		out = append(out, ace)
	}
	return out
}

// Own returns d without the entries that it has inherited, which is what is
// stored of it. Neither d nor its lists change.
func (d *Descriptor) Own() *Descriptor { return d.Under(&Descriptor{}) }
