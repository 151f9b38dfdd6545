package access

import (
	"fmt"
	"strings"
	"sync/atomic"

	"openwmi/wbem"
)

// Security is what is stored about who may use a namespace. The zero value is
// that of a namespace of which nobody has said anything.
type Security struct {
	// Descriptor has the entries of the namespace's own; those that it
	// inherits are not stored. Nil is none: root then has Default, and another
	// namespace what it inherits.
	Descriptor *Descriptor

	// Encrypted refuses callers from other computers whose connection does
	// not keep secrets ("Requiring an Encrypted Connection to a Namespace").
	Encrypted bool
}

// Default is the descriptor of root as long as nobody has set another one: the
// administrators may do everything, there and below, and nobody else anything.
//
// Decision: async-and-security.md 8.1 has a default in which every user may read
// and execute methods. A computer that was never administered that way does not
// expect it, so that is for the administrator to set.
var Default = &Descriptor{
	Owner: Administrators, Group: Administrators,
	DACL: ACL{{Flags: ContainerInherit, Mask: NamespaceRights &^ (Subscribe | Publish), SID: Administrators}},
}

// inheriting is the descriptor of a namespace that has no entries of its own.
var inheriting = &Descriptor{Owner: Administrators, Group: Administrators, DACL: ACL{}}

// A Guard decides who may do what in one namespace, at one time.
type Guard struct {
	Namespace  string
	Descriptor *Descriptor // in effect: own entries and inherited ones
	Encrypted  bool
}

// NewGuard returns the guard of a namespace with what is stored about it, below
// one with the guard parent, nil for root.
func NewGuard(namespace string, s *Security, parent *Guard) *Guard {
	g := &Guard{Namespace: namespace, Descriptor: s.Descriptor, Encrypted: s.Encrypted}
	switch {
	case parent == nil && g.Descriptor == nil:
		g.Descriptor = Default
	case parent != nil && g.Descriptor == nil:
		g.Descriptor = inheriting.Under(parent.Descriptor)
	case parent != nil:
		g.Descriptor = g.Descriptor.Under(parent.Descriptor)
	}
	return g
}

// privacy is the level of protection at which a connection is encrypted.
const privacy = 6

// A Caller is who calls.
type Caller struct {
	Identity *wbem.Identity

	// Token is who that is for descriptors. Nil is the owner of the store, who
	// has all of it in files and is asked for no right.
	Token *Token

	sid atomic.Pointer[string] // what SID has found
}

// SID returns the SID of the caller as text.
func (c *Caller) SID() string {
	if c.Token == nil {
		return "S-1-5-18"
	}
	if text := c.sid.Load(); text != nil {
		return *text
	}
	text := c.Token.User.String()
	c.sid.Store(&text)
	return text
}

// Check returns nil if the caller has all the rights of need, and RemoteEnable
// if it calls from another computer, on a connection that is good enough; else
// a *Denied.
func (g *Guard) Check(c *Caller, need Rights) error {
	if c.Token == nil {
		return nil
	}
	if c.Identity.Remote {
		need |= RemoteEnable
		if g.Encrypted && c.Identity.Level < privacy {
			return g.deny(c, 0)
		}
	}
	if missing := need.Specific() &^ g.Descriptor.granted(c.Token, need.Specific()); missing != 0 {
		return g.deny(c, missing)
	}
	return nil
}

// Audits reports whether a decision about rights is to be recorded, as the SACL
// says: one of its entries is for the caller, for one of the rights, and for
// access that is granted, or refused (system-classes.md 8.5). The owner of the
// store is the system.
func (g *Guard) Audits(c *Caller, need Rights, granted bool) bool {
	t := c.Token
	if t == nil {
		t = ownerToken
	}
	return g.Descriptor.audits(t, need, granted)
}

var ownerToken = &Token{User: LocalSystem, Groups: []SID{Everyone, AuthenticatedUsers, Users, Administrators}}

// Granted returns the rights that the caller has in the namespace, whence ever
// it calls.
func (g *Guard) Granted(c *Caller) Rights {
	if c.Token == nil {
		return NamespaceRights
	}
	return g.Descriptor.Granted(c.Token)
}

func (g *Guard) deny(c *Caller, missing Rights) error {
	return &Denied{Caller: c, Namespace: g.Namespace, Missing: missing}
}

// Denied is why somebody may not do something: AccessDenied. It is for the log
// of this computer, since it says more than the caller is to know.
type Denied struct {
	Caller    *Caller
	Namespace string
	Missing   Rights // none if the connection is not encrypted
	Why       string // what is wrong instead, if anything
}

// Error says who lacks which rights where.
func (d *Denied) Error() string {
	return fmt.Sprintf("%s (%v) %s in namespace %s", d.Who(), d.Caller.Token.User, d.lack(), d.Namespace)
}

// What says which rights are missing where, and not to whom.
func (d *Denied) What() string { return d.lack() + " in namespace " + d.Namespace }

func (d *Denied) lack() string {
	switch {
	case d.Why != "":
		return d.Why
	case d.Missing == 0:
		return "needs an encrypted connection"
	}
	return "lacks " + strings.Join(d.Missing.Names(), ", ")
}

// Who returns the name of the caller, and whether it calls from elsewhere.
func (d *Denied) Who() string {
	who := d.Caller.Identity.Name
	if who == "" {
		who = "anonymous"
	}
	if d.Caller.Identity.Remote {
		who += " from another computer"
	}
	return who
}

// Unwrap returns AccessDenied.
func (d *Denied) Unwrap() error { return wbem.AccessDenied }
