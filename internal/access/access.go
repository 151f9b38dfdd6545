// Package access decides who may do what in which namespace, and with which
// event.
//
// A Descriptor says who may, in terms of SIDs; a Token says who a caller is, in
// the same terms, and Accounts makes one of an identity. Descriptors have a
// binary form and a text (SDDL), both of which come from anywhere: reading them
// is bounded by their length. [MS-DTYP] 2.4, 2.5
//
// Every namespace has a Guard, made of what is stored about it and of the Guard
// of the namespace above. The rights are those of WMI, and every operation asks
// for exactly the right that it needs.
//
// Descriptors, SIDs, tokens and guards are values that nobody changes once they
// are in use; they may be used by several goroutines.
package access

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

// rightNames are in the order of the bits.
var rightNames = []word[Rights]{
	{"Enable", Enable}, {"MethodExecute", MethodExecute}, {"FullWrite", FullWrite}, {"PartialWrite", PartialWrite},
	{"WriteProvider", WriteProvider}, {"RemoteEnable", RemoteEnable}, {"Subscribe", Subscribe}, {"Publish", Publish},
	{"ReadControl", ReadControl}, {"WriteDAC", WriteDAC},
}

// Names returns the names of the rights, in the order of the bits, with generic
// rights as those of a namespace that they stand for. Other bits have none.
func (r Rights) Names() []string {
	r = r.Specific()
	var names []string
	for _, n := range rightNames {
		if r&n.bits != 0 {
			names = append(names, n.name)
		}
	}
	return names
}
