// Package access decides who may do what in which namespace, and with which
// event.
//
// A Descriptor says who may, in terms of SIDs; a Token says who a caller is, in
// the same terms, and Accounts makes one of an identity. Descriptors have a
// binary form and a text (SDDL), both of which come from anywhere: reading them
// is bounded by their length. [MS-DTYP] 2.4, 2.5
//
// Events have descriptors already. For namespaces there is one Policy so far: a
// caller on this computer, who reaches the object manager through the operating
// system's own protection of the process and its files, may do everything, and a
// caller from another computer nothing. The rights are those of WMI, and every
// operation asks for exactly the right that it needs, so that a policy with
// descriptors takes this one's place without a change anywhere else.
//
// Descriptors, SIDs and tokens are values that nobody changes once they are in
// use; they may be used by several goroutines.
package access

import (
	"openwmi/cim"
	"openwmi/wbem"
)

// Rights is a set of rights in a namespace ("Namespace Access Rights
// Constants").
type Rights uint32

const (
	Enable        Rights = 0x1 // connect and read
	MethodExecute Rights = 0x2
	FullWrite     Rights = 0x4 // classes, and instances of system classes
	PartialWrite  Rights = 0x8 // instances of other classes
	WriteProvider Rights = 0x10
	RemoteEnable  Rights = 0x20 // any of the above from another computer
	Subscribe     Rights = 0x40
	Publish       Rights = 0x80
	ReadControl   Rights = 0x20000 // read the security descriptor
	WriteDAC      Rights = 0x40000 // change it
)

// A Policy decides. It may be used by several goroutines.
type Policy interface {
	// Check returns nil if the caller has all the rights that it needs in the
	// namespace, else an error with the status AccessDenied.
	Check(caller *wbem.Identity, namespace string, need Rights) error
}

// Local is the policy described above.
type Local struct{}

// Check implements Policy.
func (Local) Check(caller *wbem.Identity, namespace string, need Rights) error {
	if caller == nil || caller.Remote {
		return cim.Errorf(cim.AccessDenied, "namespace %s takes no calls from other computers", namespace)
	}
	return nil
}
