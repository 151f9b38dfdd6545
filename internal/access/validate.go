package access

import (
	"openwmi/cim"
	"openwmi/wbem"
)

// ValidateNamespace reports what forbids d to be the descriptor of a namespace:
// InvalidParameter for one without a DACL, without owner and group, and for an
// entry with a right, a flag or a type that namespaces do not have, with
// FullWrite but not PartialWrite and WriteProvider, or with InheritOnly but not
// ContainerInherit; in the SACL for one that is no plain audit. Generic rights count as what they stand for.
// async-and-security.md 8.6
func (d *Descriptor) ValidateNamespace() error {
	if err := d.ValidateEvent(); err != nil {
		return err
	}
	if d.DACL == nil {
		return invalid("there is no DACL")
	}
	const flags = ObjectInherit | ContainerInherit | NoPropagateInherit | InheritOnly | Inherited
	for i := range d.SACL {
		ace := &d.SACL[i]
		bad := func(format string, args ...any) error {
			return invalid("entry %d of the SACL "+format, append([]any{i + 1}, args...)...)
		}
		switch {
		case ace.Type != Audit:
			return bad("has the type %d, which is not audit", ace.Type)
		case ace.Flags&^(flags|SuccessfulAccess|FailedAccess) != 0:
			return bad("has the flags 0x%X, which are not known", uint8(ace.Flags))
		case ace.Mask.Specific()&^NamespaceRights != 0:
			return bad("has the rights 0x%X, which are not known", uint32(ace.Mask.Specific()&^NamespaceRights))
		case ace.Flags&(InheritOnly|ContainerInherit) == InheritOnly:
			return bad("is passed on only, and to nobody")
		}
	}
	for i := range d.DACL {
		ace := &d.DACL[i]
		mask := ace.Mask.Specific()
		switch {
		case ace.Flags&^flags != 0:
			return invalid("entry %d has the flags 0x%X, which are not known", i+1, uint8(ace.Flags&^flags))
		case mask&FullWrite != 0 && mask&(PartialWrite|WriteProvider) != PartialWrite|WriteProvider:
			return invalid("entry %d has 0x%X (full write) without 0x%X and 0x%X", i+1, FullWrite, PartialWrite, WriteProvider)
		case ace.Flags&(InheritOnly|ContainerInherit) == InheritOnly:
			return invalid("entry %d is passed on only, and to nobody", i+1)
		}
	}
	return nil
}

// ValidateEvent reports what forbids d to be the descriptor of events or of
// those who publish them: InvalidParameter without owner and group, and for an
// entry with a right that namespaces and events do not have, or one that is no
// plain allow or deny. events.md 12
func (d *Descriptor) ValidateEvent() error {
	if d.Owner.IsZero() || d.Group.IsZero() {
		return invalid("owner or group is missing")
	}
	for i := range d.DACL {
		ace := &d.DACL[i]
		switch mask := ace.Mask.Specific(); {
		case !ace.isPlain():
			return invalid("entry %d has the type %d, which is neither allow nor deny", i+1, ace.Type)
		case mask&^NamespaceRights != 0:
			return invalid("entry %d has the rights 0x%X, which are not known", i+1, uint32(mask&^NamespaceRights))
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return cim.Errorf(wbem.InvalidParameter, "security descriptor: "+format, args...)
}
