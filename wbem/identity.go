package wbem

import "slices"

// An Identity is who calls. It never changes.
type Identity struct {
	Name   string   // DOMAIN\user or user
	Groups []string // that the user belongs to, by such names
	Remote bool     // calls from another computer
	// Level is the protection of the connection: 2 to 6 as in
	// WbemAuthenticationLevelEnum. Local connections have 6.
	Level int

	// Authority says who vouches for the name. It alone makes an account of
	// the store of one: whoever is called openwmi\alice somewhere else is
	// another one.
	Authority Authority

	// Peer is the address from which it calls, "" if that is not known or has
	// no meaning. It is for logs.
	Peer string
}

// An Authority is who vouches for a name.
type Authority uint8

const (
	// SystemAuthority is the operating system, or what it trusts.
	SystemAuthority Authority = iota

	// StoreAuthority is the store, which has users and groups of its own.
	// Their names are in the domain StoreDomain.
	StoreAuthority
)

// StoreDomain is the domain of names of users and groups of a store, as in
// openwmi\alice.
const StoreDomain = "openwmi"

// In reports whether the identity belongs to the named group.
func (i *Identity) In(group string) bool { return slices.Contains(i.Groups, group) }
