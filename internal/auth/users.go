// Package auth says who somebody is: it makes a wbem.Identity of a name and a
// password, or of the other end of a local socket.
//
// A store has users and groups of its own, in the file users.json of its
// directory; Users reads, changes and checks them. The names are in the domain
// openwmi, so that alice of the store is openwmi\alice and nobody whom the
// operating system knows. Users has what a protocol needs:
//
//	users, err := auth.Open(dir, auth.Options{})
//	id, err := users.Verify(ctx, auth.Logon{Name: name, Password: password, Peer: conn.RemoteAddr().String(), Level: 6})
//	svc, err := manager.Connect(ctx, namespace, wbem.ConnectOptions{Identity: id})
//
// Passwords are kept as argon2id (RFC 9106). Every user has a SID that no other
// one will ever have, so that a descriptor never means somebody who has got the
// name of a user that was deleted.
package auth

import (
	"cmp"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/internal/audit"
	"openwmi/wbem"
)

// A User is a user of a store. NTLM says that there is an NT hash of the
// password as well.
type User struct {
	Name             string
	SID              string
	Groups           []string // by name, sorted
	Disabled, NTLM   bool
	Created, Changed time.Time // Changed is when anything of it last did
}

// Options of Users. The zero value is good.
type Options struct {
	Audit  audit.Sink   // receives logons and changes of accounts; nil is nobody
	Logger *slog.Logger // receives what is wrong with the file later on; nil discards it
}

// Users are the users and groups of one store. What other programs change in the
// file counts a second later. They may be used by several goroutines.
type Users struct {
	dir  string
	opts Options

	mu      sync.Mutex // guards what follows; is held while the file is read
	current *accounts
	failed  error       // why current could not be read again
	info    os.FileInfo // of the file that current is; nil if there was none
	checked time.Time

	guesses
}

// recheck is how long what was read counts without a look at the file.
const recheck = time.Second

// Open returns the users of the store in a directory, none if it has no file of
// them. The error says what is wrong with the file, and where.
func Open(dir string, o Options) (*Users, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	u := &Users{dir: dir, opts: o}
	u.guesses.init()
	_, err := u.load()
	return u, err
}

// load returns the accounts as the file has them. A file that has become bad
// stands for no accounts at all: an error.
func (u *Users) load() (*accounts, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := time.Now()
	if u.current != nil && now.Sub(u.checked) < recheck && !now.Before(u.checked) {
		return u.current, u.failed
	}
	u.checked = now
	info, err := os.Lstat(u.path())
	if os.IsNotExist(err) {
		u.current, u.info, u.failed = noAccounts, nil, nil
		return u.current, nil
	}
	if err == nil && u.info != nil && u.failed == nil && os.SameFile(info, u.info) &&
		info.ModTime().Equal(u.info.ModTime()) && info.Size() == u.info.Size() && info.Mode() == u.info.Mode() {
		return u.current, nil
	}
	var a *accounts
	if err == nil {
		a, info, err = readFile(u.path())
	}
	if err != nil {
		if u.failed == nil || u.failed.Error() != err.Error() {
			u.opts.Logger.Error("users of the store cannot be read", "cause", err)
		}
		u.current, u.info, u.failed = noAccounts, nil, err
		return u.current, err
	}
	u.current, u.info, u.failed = a, info, nil
	return a, nil
}

// Reread looks at the file at once, and says whether it has changed. The error is
// what makes it stand for no accounts.
func (u *Users) Reread() (changed bool, err error) {
	u.mu.Lock()
	before := u.current
	u.checked = time.Time{}
	u.mu.Unlock()
	now, err := u.load()
	if changed = err == nil && now != before; changed {
		u.opts.Logger.Info("users of the store: read again", "users", len(now.users), "groups", len(now.groups))
	}
	return changed, err
}

// List returns the users in the order of their names.
func (u *Users) List() ([]User, error) {
	a, err := u.load()
	if err != nil {
		return nil, err
	}
	list := make([]User, 0, len(a.users))
	for _, r := range a.users {
		list = append(list, a.user(r))
	}
	slices.SortFunc(list, func(x, y User) int { return cim.CompareNames(x.Name, y.Name) })
	return list, nil
}

// user returns what a record says to those outside.
func (a *accounts) user(r *record) User {
	return User{
		Name: r.Name, SID: a.sid(r.RID), Groups: slices.Clone(r.Groups),
		Disabled: r.Disabled, NTLM: r.NT != "", Created: r.Created, Changed: r.Changed,
	}
}

// identity returns who a user is that calls from a peer at a level of protection.
func (a *accounts) identity(r *record, peer string, level int) *wbem.Identity {
	id := &wbem.Identity{
		Name: qualified(r.Name), Remote: peer != "", Level: level, Peer: peer,
		Authority: wbem.StoreAuthority,
	}
	for _, g := range r.Groups {
		id.Groups = append(id.Groups, qualifiedGroup(g))
	}
	return id
}

// Resolve returns the SID of a user or group, whose name may have the domain of
// the store: NotFound if there is none.
func (u *Users) Resolve(name string) (sid string, err error) {
	a, err := u.load()
	if err != nil {
		return "", err
	}
	name = unqualified(name)
	if r := a.find(name); r != nil {
		return a.sid(r.RID), nil
	}
	if g := a.group(name); g != nil {
		return a.sid(g.RID), nil
	}
	if sid, ok := builtinGroup(name); ok {
		return sid, nil
	}
	return "", cim.Errorf(wbem.NotFound, "the store has no user or group %.100q", name)
}

// NameOf returns the name, with its domain, that a SID of the store has, "" for
// others.
func (u *Users) NameOf(sid string) string {
	a, err := u.load()
	if err != nil {
		return ""
	}
	rid, ok := a.rid(sid)
	if r := a.numbered(rid); ok && r != nil {
		return qualified(r.Name)
	}
	for _, g := range a.groups {
		if ok && g.RID == rid {
			return qualified(g.Name)
		}
	}
	return ""
}

// Version returns the version that Account does, 0 for a user whom that refuses.
func (u *Users) Version(name string) int64 {
	a, err := u.load()
	if err != nil {
		return 0
	}
	if r := a.lookup(name); r != nil && !r.Disabled {
		return r.Changed.UnixNano()
	}
	return 0
}

// Account returns the SIDs of a user and of its groups, and a version that
// another one replaces when anything about the user changes: NotFound for an
// unknown user, AccessDenied for one that is disabled. The user is named by name
// or SID.
func (u *Users) Account(name string) (sid string, groups []string, version int64, err error) {
	a, err := u.load()
	if err != nil {
		return "", nil, 0, err
	}
	r := a.lookup(name)
	switch {
	case r == nil:
		return "", nil, 0, cim.Errorf(wbem.NotFound, "the store has no user %.100q", name)
	case r.Disabled:
		return a.sid(r.RID), nil, 0, cim.Errorf(wbem.AccessDenied, "user %s is disabled", r.Name)
	}
	for _, name := range r.Groups {
		if sid, ok := builtinGroup(name); ok {
			groups = append(groups, sid)
		} else if g := a.group(name); g != nil {
			groups = append(groups, a.sid(g.RID))
		}
	}
	return a.sid(r.RID), groups, r.Changed.UnixNano(), nil
}

// Owns reports whether a SID is one of the users and groups of this store, those
// among them that were deleted.
func (u *Users) Owns(sid string) bool {
	a, err := u.load()
	if err != nil {
		return false
	}
	_, ok := a.rid(sid)
	return ok
}

// accounts are what the file says. They never change.
type accounts struct {
	domain string // "" before there is a file
	next   uint32
	groups []*group
	users  []*record
	names  map[string]any // *record or *group by folded name
}

var noAccounts = &accounts{}

type group struct {
	Name string `json:"name"`
	RID  uint32 `json:"rid"`
}

// A record is a user in the file.
type record struct {
	Name     string    `json:"name"`
	RID      uint32    `json:"rid"`
	Groups   []string  `json:"groups,omitempty"`
	Disabled bool      `json:"disabled,omitempty"`
	Created  time.Time `json:"created"`
	Changed  time.Time `json:"changed"`
	Password string    `json:"password"`         // as phc has it
	NT       string    `json:"ntHash,omitempty"` // as seal has it
}

func (a *accounts) find(name string) *record {
	r, _ := a.names[cim.Fold(name)].(*record)
	return r
}

// lookup returns the user with a name or SID, nil if there is none.
func (a *accounts) lookup(name string) *record {
	if rid, ok := a.rid(name); ok {
		return a.numbered(rid)
	}
	return a.find(unqualified(name))
}

func (a *accounts) group(name string) *group {
	g, _ := a.names[cim.Fold(name)].(*group)
	return g
}

func (a *accounts) sid(rid uint32) string { return fmt.Sprintf("%s-%d", a.domain, rid) }

// rid returns the rid of a SID of the domain.
func (a *accounts) rid(sid string) (uint32, bool) {
	rest, ok := strings.CutPrefix(sid, a.domain)
	if !ok || a.domain == "" || !strings.HasPrefix(rest, "-") {
		return 0, false
	}
	rid, err := strconv.ParseUint(rest[1:], 10, 32)
	return uint32(rid), err == nil
}

// numbered returns the user with a rid, nil if there is none.
func (a *accounts) numbered(rid uint32) *record {
	for _, r := range a.users {
		if r.RID == rid {
			return r
		}
	}
	return nil
}

// qualified returns a name with its domain.
func qualified(name string) string { return wbem.StoreDomain + `\` + name }

func qualifiedGroup(name string) string {
	if _, ok := builtinGroup(name); ok {
		return `BUILTIN\` + name
	}
	return qualified(name)
}

// unqualified returns a name without the domain of the store.
func unqualified(name string) string {
	domain, rest, found := strings.Cut(name, `\`)
	if found && cim.EqualNames(domain, wbem.StoreDomain) {
		return rest
	}
	return name
}

// byName compares names for sorting.
func byName(a, b string) int { return cmp.Or(cim.CompareNames(a, b), cmp.Compare(a, b)) }
