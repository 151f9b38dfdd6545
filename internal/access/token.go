package access

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os/user"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// A Token is who a caller is, as descriptors see it. It never changes, and is
// made once for a connection: making one may read the accounts of the system.
type Token struct {
	User   SID
	Groups []SID

	version int64 // of an account of the store
}

// Has reports whether the token stands for the principal s.
func (t *Token) Has(s SID) bool { return !s.IsZero() && (t.User == s || slices.Contains(t.Groups, s)) }

// IsAdministrator reports whether the caller administers this computer.
func (t *Token) IsAdministrator() bool { return t.Has(Administrators) }

// Creator returns what CreatorSID of an object is that the caller puts: the
// group of the administrators for all of these, so that what one of them made
// works together with what another did, else the caller (events.md 8.3).
func (t *Token) Creator() SID {
	if t.IsAdministrator() {
		return Administrators
	}
	return t.User
}

// Accounts maps identities to tokens.
//
// The superuser and the account that runs the service are S-1-5-18, and
// administrators; so are the members of the groups that are named as such.
// Users of the store have the SIDs of their own and of their groups that it has
// for them, whatever the operating system knows under their names.
// Other accounts of a Unix system are S-1-22-1-uid and S-1-22-2-gid, and those
// of Windows are what it says (events.md 8.3, Decision). A name that the
// operating system does not know is S-1-22-3 for users and S-1-22-4 for groups
// with 128 bits of the SHA-256 of the name, without regard to its case, which is
// the same everywhere.
//
// The zero value is good. Accounts may be used by several goroutines.
type Accounts struct {
	// Administrators are the names of groups whose members are
	// administrators.
	Administrators []string

	// Service is the name of the account that runs the service. "" is none
	// besides the superuser.
	Service string

	// Computer is the domain of names of this computer's own accounts, such
	// as PC in PC\user. Names without a domain are its own as well. No other
	// name is looked up, so that nobody becomes a local account by having its
	// name elsewhere.
	Computer string

	// LookupUser and LookupGroup return the number of an account on Unix, or
	// its SID as text; nil asks the operating system. The error for a name
	// that there is not is a user.UnknownUserError or UnknownGroupError.
	LookupUser, LookupGroup func(name string) (id string, err error)

	// Store has the users and groups of the store; nil is none.
	Store Directory
}

// A Directory has users and groups of its own, whose names are in the domain
// wbem.StoreDomain and whose SIDs are S-1-5-21-... Names are taken with and without
// the domain. An unknown name is NotFound.
type Directory interface {
	// Account returns the SID of a user, who is named by name or SID, those of
	// its groups, and its Version. A user who is disabled is AccessDenied.
	Account(user string) (sid string, groups []string, version int64, err error)

	// Version returns a number that changes when anything about a user does,
	// 0 for those of whom Account has an error. It is asked for in every
	// operation.
	Version(user string) int64

	Resolve(name string) (sid string, err error) // of a user or group
	NameOf(sid string) string                    // with the domain; "" for others
	Owns(sid string) bool                        // also for those that are gone
}

// authority22 has the accounts of Unix.
const authority22 = 22

const (
	unixUsers = 1 + iota
	unixGroups
	namedUsers
	namedGroups
)

// Token returns the token of an identity; of none and of one without a name it
// is that of an anonymous caller. The error is that of a lookup which failed:
// without an answer nobody can say whom a descriptor means.
func (a *Accounts) Token(id *wbem.Identity) (*Token, error) {
	t := &Token{User: Anonymous, Groups: []SID{Everyone}}
	if id == nil {
		return t, nil
	}
	if id.Remote {
		t.Groups = append(t.Groups, Network)
	}
	if id.Name == "" {
		return t, nil
	}
	t.Groups = append(t.Groups, AuthenticatedUsers, Users)
	if id.Authority == wbem.StoreAuthority {
		if err := a.storeToken(t, id); err != nil {
			return nil, err
		}
		return t, nil
	}
	var err error
	if t.User, err = a.sid(id.Name, a.lookupUser, unixUsers, namedUsers); err != nil {
		return nil, err
	}
	if t.User == NewSID(authority22, unixUsers, 0) || a.Service != "" && sameAccount(id.Name, a.Service) {
		t.User = LocalSystem
	}
	admin := t.User == LocalSystem
	for _, name := range id.Groups {
		g, err := a.sid(name, a.lookupGroup, unixGroups, namedGroups)
		if err != nil {
			return nil, err
		}
		t.Groups = append(t.Groups, g)
		admin = admin || slices.ContainsFunc(a.Administrators, func(n string) bool { return sameAccount(n, name) })
	}
	if admin && !t.IsAdministrator() {
		t.Groups = append(t.Groups, Administrators)
	}
	return t, nil
}

// storeToken makes t the token of a user of the store.
func (a *Accounts) storeToken(t *Token, id *wbem.Identity) error {
	if a.Store == nil {
		return cim.Errorf(wbem.AccessDenied, "the store has no users, and so not %.100q", id.Name)
	}
	user, groups, version, err := a.Store.Account(id.Name)
	if err != nil {
		return err
	}
	t.version = version
	if t.User, err = ParseSID(user); err != nil {
		return err
	}
	for _, g := range groups {
		s, err := ParseSID(g)
		if err != nil {
			return err
		}
		t.Groups = append(t.Groups, s)
	}
	return nil
}

// Current returns nil if t still says who a caller is, and AccessDenied for a user
// of the store about whom anything has changed since.
func (a *Accounts) Current(t *Token, id *wbem.Identity) error {
	if id == nil || id.Authority != wbem.StoreAuthority {
		return nil
	}
	if a.Store.Version(id.Name) != t.version {
		return cim.Errorf(wbem.AccessDenied, "the account %s has changed since the session began", id.Name)
	}
	return nil
}

// SID returns the SID that a name of a user has, a well-known name such as
// Everyone, or a SID as text. A name without a domain is one of the store or of
// this computer; one of both is InvalidParameter. Any other error is that of a
// lookup which failed.
func (a *Accounts) SID(name string) (SID, error) {
	if s, ok := NamedSID(name); ok {
		return s, nil
	}
	if strings.HasPrefix(name, "S-1-") {
		return ParseSID(name)
	}
	text, err := a.inStore(name)
	switch {
	case err != nil:
		return SID{}, err
	case text != "":
		return ParseSID(text)
	}
	return a.sid(name, a.lookupUser, unixUsers, namedUsers)
}

// Find is SID for somebody who has to exist: names of groups of this computer
// count as well, after those of users, and NotFound is for a name that is known to
// nobody. Of another domain's names nobody here knows better.
func (a *Accounts) Find(name string) (SID, error) {
	s, err := a.SID(name)
	if err != nil || strings.HasPrefix(name, "S-1-") || !strings.HasPrefix(s.String(), "S-1-22-3-") {
		return s, err
	}
	domain, account, found := strings.Cut(name, `\`)
	if found && domain != "." && !cim.EqualNames(domain, a.Computer) {
		return s, nil
	}
	if !found {
		account = name
	}
	if id, err := a.lookupGroup(account); err == nil {
		return systemSID(name, id, unixGroups)
	}
	return SID{}, cim.Errorf(wbem.NotFound, "nobody is called %.100q", name)
}

// Named returns the identity that a name means as SID does: that of a user of the
// store, or else of the operating system, of which the groups are not known.
func (a *Accounts) Named(name string) (*wbem.Identity, error) {
	sid, err := a.inStore(name)
	if err != nil {
		return nil, err
	}
	if sid == "" {
		return &wbem.Identity{Name: name, Level: privacy}, nil
	}
	return &wbem.Identity{Name: a.Store.NameOf(sid), Authority: wbem.StoreAuthority, Level: privacy}, nil
}

// inStore returns the SID of a name that means somebody of the store, "" for one
// that does not.
func (a *Accounts) inStore(name string) (string, error) {
	domain, _, found := strings.Cut(name, `\`)
	if found && !cim.EqualNames(domain, wbem.StoreDomain) {
		return "", nil
	}
	if a.Store == nil {
		if found {
			return "", cim.Errorf(wbem.NotFound, "the store has no users, and so not %.100q", name)
		}
		return "", nil
	}
	sid, err := a.Store.Resolve(name)
	switch {
	case found || err == nil && !a.isOfSystem(name):
		return sid, err
	case err == nil:
		return "", cim.Errorf(wbem.InvalidParameter, `%.100q is somebody of the store and of this computer; say %s\%s or %s\%s`,
			name, wbem.StoreDomain, name, cmp.Or(a.Computer, "HOST"), name)
	case cim.StatusOf(err) == wbem.NotFound:
		return "", nil
	}
	return "", err
}

// isOfSystem reports whether the operating system has a user or group of that
// name.
func (a *Accounts) isOfSystem(name string) bool {
	if _, err := a.lookupUser(name); err == nil {
		return true
	}
	_, err := a.lookupGroup(name)
	return err == nil
}

// Name returns what a SID is called on this computer: a user or group of the
// store or of the operating system, or else what SID.Name says.
func (a *Accounts) Name(s SID) string {
	text := s.String()
	if a.Store != nil {
		if name := a.Store.NameOf(text); name != "" {
			return name
		}
	}
	if id, ok := strings.CutPrefix(text, "S-1-22-1-"); ok {
		if u, err := user.LookupId(id); err == nil {
			return u.Username
		}
	}
	if id, ok := strings.CutPrefix(text, "S-1-22-2-"); ok {
		if g, err := user.LookupGroupId(id); err == nil {
			return g.Name
		}
	}
	return s.Name()
}

// sameAccount reports whether two names mean the same account, which on Unix
// depends on their case.
func sameAccount(a, b string) bool {
	return a == b || runtime.GOOS == "windows" && cim.EqualNames(a, b)
}

// sid returns the SID of a name that lookup knows, or else one made of the name.
func (a *Accounts) sid(name string, lookup func(string) (string, error), known, unknown uint32) (SID, error) {
	domain, account, found := strings.Cut(name, `\`)
	if !found {
		domain, account = "", name
	}
	if domain == "" || a.Computer != "" && cim.EqualNames(domain, a.Computer) {
		id, err := lookup(account)
		var noUser user.UnknownUserError
		var noGroup user.UnknownGroupError
		switch {
		case err == nil:
			return systemSID(name, id, known)
		case !errors.As(err, &noUser) && !errors.As(err, &noGroup):
			return SID{}, fmt.Errorf("account %.100q: %w", name, err)
		}
		name = account
	}
	sum := sha256.Sum256([]byte(cim.Fold(name)))
	subs := []uint32{unknown}
	for i := range 4 {
		subs = append(subs, binary.BigEndian.Uint32(sum[4*i:]))
	}
	return NewSID(authority22, subs...), nil
}

// systemSID returns the SID of an account by what the operating system calls it.
func systemSID(name, id string, known uint32) (SID, error) {
	if strings.HasPrefix(id, "S-") {
		return ParseSID(id)
	}
	n, err := strconv.ParseUint(id, 10, 32)
	if err != nil {
		return SID{}, fmt.Errorf("account %.100q: the system's number %.100q of it is none", name, id)
	}
	return NewSID(authority22, known, uint32(n)), nil
}

func (a *Accounts) lookupUser(name string) (string, error) {
	if a.LookupUser != nil {
		return a.LookupUser(name)
	}
	u, err := user.Lookup(name)
	if err != nil {
		return "", err
	}
	return u.Uid, nil
}

func (a *Accounts) lookupGroup(name string) (string, error) {
	if a.LookupGroup != nil {
		return a.LookupGroup(name)
	}
	g, err := user.LookupGroup(name)
	if err != nil {
		return "", err
	}
	return g.Gid, nil
}
