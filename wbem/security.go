package wbem

import "context"

// A SecurityManager is a Services that says who may use its namespace, and lets
// that be changed: what the methods of __SystemSecurity do, in the form of
// texts.
type SecurityManager interface {
	// Security returns who may use the namespace. It needs the right
	// ReadControl.
	Security(ctx context.Context) (*NamespaceSecurity, error)

	// SetSecurity gives the namespace a descriptor, in SDDL. Entries that are
	// marked as inherited are left out: the namespace inherits what the one
	// above passes on. It needs the right WriteDAC. The error is
	// InvalidParameter for a text that is no descriptor or none that
	// namespaces can have (async-and-security.md 8.6).
	SetSecurity(ctx context.Context, sddl string) error

	// CallerRights returns the rights that the caller has in the namespace, as
	// GetCallerAccessRights does.
	CallerRights(ctx context.Context) (uint32, error)

	// ExplainAccess returns which rights somebody has in the namespace, and
	// why. It needs the right ReadControl.
	ExplainAccess(ctx context.Context, who *Identity) (*AccessExplanation, error)
}

// NamespaceSecurity is who may use a namespace.
type NamespaceSecurity struct {
	SDDL string // of the descriptor that is in effect

	// Encrypted says that callers from other computers need a connection with
	// the highest level of protection.
	Encrypted bool

	Owner, Group string          // names, or SIDs as text
	Entries      []SecurityEntry // in the order in which they count
}

// A SecurityEntry is an entry of a descriptor.
type SecurityEntry struct {
	Deny      bool
	Who       string // a name, or the same as SID
	SID       string
	Rights    []string // names, such as FullWrite
	Inherited bool     // it comes from the namespace above

	// Here says that it counts in the namespace itself, Below that it does in
	// those below: all of them, or with ChildrenOnly those immediately below.
	Here, Below, ChildrenOnly bool
}

// An AccessExplanation is what somebody may do in a namespace.
type AccessExplanation struct {
	SIDs   []string // of the user, and then of what it belongs to
	Rights []RightExplanation

	// Refused says why none of the rights is of use, "" if it is: somebody
	// calls from another computer, without RemoteEnable or on a connection
	// that does not keep secrets.
	Refused string
}

// A RightExplanation is whether somebody has a right, and because of what.
type RightExplanation struct {
	Right   string
	Granted bool
	Why     string
}
