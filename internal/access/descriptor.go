package access

import (
	"encoding/binary"
	"errors"
	"fmt"

	"openwmi/cim"
	"openwmi/wbem"
)

// A Descriptor says who may do what with an object: a security descriptor.
// [MS-DTYP] 2.4.6
type Descriptor struct {
	// Control are the flags besides those that say what is present.
	Control Control

	Owner, Group SID // the zero SID if there is none

	// DACL is who may do what. Nil is no list, which lets everyone do
	// everything; an empty one lets nobody do anything. SACL is what is
	// recorded; nil is nothing.
	DACL, SACL ACL
}

// Control are flags of a descriptor. [MS-DTYP] 2.4.6
type Control uint16

const (
	OwnerDefaulted     Control = 0x1
	GroupDefaulted     Control = 0x2
	DACLPresent        Control = 0x4
	DACLDefaulted      Control = 0x8
	SACLPresent        Control = 0x10
	SACLDefaulted      Control = 0x20
	DACLTrusted        Control = 0x40
	ServerSecurity     Control = 0x80
	DACLAutoInheritReq Control = 0x100
	SACLAutoInheritReq Control = 0x200
	DACLAutoInherited  Control = 0x400
	SACLAutoInherited  Control = 0x800
	DACLProtected      Control = 0x1000 // what is below inherits nothing (async-and-security.md 8.4)
	SACLProtected      Control = 0x2000
	rmControlValid     Control = 0x4000
	selfRelative       Control = 0x8000

	controlFlags = ^(DACLPresent | SACLPresent | rmControlValid | selfRelative)
)

// Of the binary form.
const (
	descriptorHeader   = 20
	descriptorRevision = 1
	aclHeader          = 8
	aclRevision        = 2
	aclRevisionDS      = 4 // with entries of object types
	aceHeader          = 4
)

// The self-relative form, [MS-DTYP] 2.4.6, numbers with the least significant
// byte first:
//
//	0  revision, 1
//	1  for the resource manager, unused
//	2  control, 2 bytes
//	4  offsets of owner, group, SACL and DACL, 4 bytes each; 0 is none
//	20 these, in any order
//
// An ACL, [MS-DTYP] 2.4.5:
//
//	0  revision, 2 or 4
//	2  size with this header, 2 bytes
//	4  number of entries, 2 bytes
//	8  the entries
//
// An entry, [MS-DTYP] 2.4.4: type, flags, and 2 bytes of size, a multiple of 4;
// mask, 4 bytes; in those of object types 4 bytes with bit 0 if the first GUID
// follows and bit 1 if the second one does, and these; SID; data.

// DecodeDescriptor returns the descriptor with the self-relative form b. What it
// costs is bounded by the length of b. The error is InvalidObject.
func DecodeDescriptor(b []byte) (*Descriptor, error) {
	d, err := decodeDescriptor(b)
	if err != nil {
		return nil, cim.Errorf(wbem.InvalidObject, "security descriptor: %v", err)
	}
	return d, nil
}

func decodeDescriptor(b []byte) (*Descriptor, error) {
	if len(b) < descriptorHeader {
		return nil, fmt.Errorf("%d bytes are less than its header", len(b))
	}
	control := Control(binary.LittleEndian.Uint16(b[2:]))
	switch {
	case b[0] != descriptorRevision:
		return nil, fmt.Errorf("revision %d is not known", b[0])
	case control&selfRelative == 0:
		return nil, errors.New("it is not self-relative")
	}
	d := &Descriptor{Control: control & controlFlags}
	part := func(at int, what string) ([]byte, error) {
		offset := binary.LittleEndian.Uint32(b[at:])
		if offset == 0 {
			return nil, nil
		}
		if offset < descriptorHeader || uint64(offset) >= uint64(len(b)) {
			return nil, fmt.Errorf("%s is at %d, and there are %d bytes", what, offset, len(b))
		}
		return b[offset:], nil
	}
	sid := func(at int, what string, s *SID) error {
		p, err := part(at, what)
		if p == nil {
			return err
		}
		*s, _, err = DecodeSID(p)
		return err
	}
	acl := func(at int, what string, present Control, l *ACL) error {
		if control&present == 0 {
			return nil
		}
		p, err := part(at, what)
		if p == nil {
			return err
		}
		*l, err = decodeACL(p, what)
		return err
	}
	if err := sid(4, "the owner", &d.Owner); err != nil {
		return nil, err
	}
	if err := sid(8, "the group", &d.Group); err != nil {
		return nil, err
	}
	if err := acl(12, "the SACL", SACLPresent, &d.SACL); err != nil {
		return nil, err
	}
	if err := acl(16, "the DACL", DACLPresent, &d.DACL); err != nil {
		return nil, err
	}
	return d, nil
}

func decodeACL(b []byte, what string) (ACL, error) {
	if len(b) < aclHeader {
		return nil, fmt.Errorf("%s ends in its header", what)
	}
	size, count := int(binary.LittleEndian.Uint16(b[2:])), int(binary.LittleEndian.Uint16(b[4:]))
	switch {
	case b[0] < aclRevision || b[0] > aclRevisionDS:
		return nil, fmt.Errorf("revision %d of %s is not known", b[0], what)
	case size < aclHeader || size > len(b):
		return nil, fmt.Errorf("%s has %d bytes, and %d are there", what, size, len(b))
	}
	b = b[aclHeader:size]
	l := ACL{}
	for i := range count {
		if len(b) < aceHeader {
			return nil, fmt.Errorf("entry %d of %s is beyond its end", i+1, what)
		}
		size := int(binary.LittleEndian.Uint16(b[2:]))
		if size < aceHeader || size%4 != 0 || size > len(b) {
			return nil, fmt.Errorf("entry %d of %s has %d bytes, and %d are there", i+1, what, size, len(b))
		}
		ace, err := decodeACE(b[:size])
		if err != nil {
			return nil, fmt.Errorf("entry %d of %s: %v", i+1, what, err)
		}
		l = append(l, ace)
		b = b[size:]
	}
	return l, nil
}

// decodeACE returns the entry that b is.
func decodeACE(b []byte) (ACE, error) {
	ace := ACE{Type: ACEType(b[0]), Flags: ACEFlags(b[1])}
	form, ok := aceTypes[ace.Type]
	if !ok {
		return ACE{}, fmt.Errorf("type %d is not known", ace.Type)
	}
	b = b[aceHeader:]
	if len(b) < 4 {
		return ACE{}, errors.New("it has no mask")
	}
	ace.Mask = Rights(binary.LittleEndian.Uint32(b))
	b = b[4:]
	if form.object {
		if len(b) < 4 {
			return ACE{}, errors.New("it has no flags of GUIDs")
		}
		flags := binary.LittleEndian.Uint32(b)
		b = b[4:]
		for bit, g := range []**GUID{&ace.Object, &ace.InheritedObject} {
			if flags>>bit&1 == 0 {
				continue
			}
			if len(b) < len(GUID{}) {
				return ACE{}, errors.New("it ends in a GUID")
			}
			guid := GUID(b)
			*g, b = &guid, b[len(guid):]
		}
	}
	sid, n, err := DecodeSID(b)
	if err != nil {
		return ACE{}, err
	}
	ace.SID = sid
	if form.data {
		ace.Data = string(b[n:])
	}
	return ace, nil
}

// Bytes returns the self-relative form. The error is InvalidParameter for a list
// longer than MaxACL, and for an entry that names nobody or has a type which
// there is not.
func (d *Descriptor) Bytes() ([]byte, error) {
	b := make([]byte, descriptorHeader, 256)
	b[0] = descriptorRevision
	control := d.Control&controlFlags | selfRelative | DACLPresent
	if d.SACL != nil {
		control |= SACLPresent
	}
	binary.LittleEndian.PutUint16(b[2:], uint16(control))
	var err error
	// A nil DACL is written as one that is present and has no place.
	for _, l := range []struct {
		at   int
		list ACL
	}{{12, d.SACL}, {16, d.DACL}} {
		if l.list == nil {
			continue
		}
		binary.LittleEndian.PutUint32(b[l.at:], uint32(len(b)))
		if b, err = l.list.append(b); err != nil {
			return nil, err
		}
	}
	for i, s := range []SID{d.Owner, d.Group} {
		if s.IsZero() {
			continue
		}
		binary.LittleEndian.PutUint32(b[4+4*i:], uint32(len(b)))
		b = append(b, s.packet...)
	}
	return b, nil
}

func (l ACL) append(b []byte) ([]byte, error) {
	start := len(b)
	b = append(b, aclRevision, 0, 0, 0, 0, 0, 0, 0)
	for i := range l {
		ace := &l[i]
		form, ok := aceTypes[ace.Type]
		switch {
		case !ok:
			return nil, cim.Errorf(wbem.InvalidParameter, "entry %d of an access list has the unknown type %d", i+1, ace.Type)
		case ace.SID.IsZero():
			return nil, cim.Errorf(wbem.InvalidParameter, "entry %d of an access list names nobody", i+1)
		}
		if form.object {
			b[start] = aclRevisionDS
		}
		b = ace.append(b, form)
		if len(b)-start > MaxACL {
			return nil, cim.Errorf(wbem.InvalidParameter, "an access list has more than %d bytes", MaxACL)
		}
	}
	binary.LittleEndian.PutUint16(b[start+2:], uint16(len(b)-start))
	binary.LittleEndian.PutUint16(b[start+4:], uint16(len(l)))
	return b, nil
}

func (ace *ACE) append(b []byte, form traits) []byte {
	start := len(b)
	b = append(b, byte(ace.Type), byte(ace.Flags), 0, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(ace.Mask))
	if form.object {
		at := len(b)
		b = append(b, 0, 0, 0, 0)
		for bit, g := range []*GUID{ace.Object, ace.InheritedObject} {
			if g != nil {
				b[at] |= 1 << bit
				b = append(b, g[:]...)
			}
		}
	}
	b = append(b, ace.SID.packet...)
	if form.data {
		b = append(b, ace.Data...)
		for (len(b)-start)%4 != 0 {
			b = append(b, 0)
		}
	}
	// A size beyond 16 bits makes the list too long as well.
	binary.LittleEndian.PutUint16(b[start+2:], uint16(len(b)-start))
	return b
}
