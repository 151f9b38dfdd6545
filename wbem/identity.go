package wbem

import "slices"

// An Identity is who calls. It never changes.
type Identity struct {
	Name   string   // DOMAIN\user or user
	Groups []string // that the user belongs to
	Remote bool     // calls from another computer
	// Level is the protection of the connection: 2 to 6 as in
	// WbemAuthenticationLevelEnum. Local connections have 6.
	Level int
}

// In reports whether the identity belongs to the named group.
func (i *Identity) In(group string) bool { return slices.Contains(i.Groups, group) }
