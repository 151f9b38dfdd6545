package auth

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/internal/audit"
	"openwmi/internal/owner"
	"openwmi/wbem"
)

// A NewUser describes a user to be added.
type NewUser struct {
	Name, Password string
	Groups         []string // that it belongs to; those that there are not are made
	NTLM           bool     // keep an NT hash of the password

	// Replace takes a user with that name, if there is one: it gets the
	// password and is enabled, and keeps its SID and the groups that it has.
	Replace bool
	// Throwaway is for a store that lives no longer than a test: the hash
	// of the password is made quickly.
	Throwaway bool
}

// Add adds a user: AlreadyExists if there is a group with that name, or a user that
// is not to be replaced, and InvalidParameter for a name or a password that is none.
func (u *Users) Add(n NewUser) (User, error) {
	n.Name = unqualified(n.Name)
	err := checkName("user", n.Name)
	if err == nil {
		err = checkPassword(n.Name, n.Password)
	}
	var out User
	if err == nil {
		cost := strength
		if n.Throwaway {
			cost = throwaway
		}
		hash := newPHC(n.Password, cost)
		err = u.change(func(a *accounts) error {
			r := a.find(n.Name)
			now := time.Now().UTC()
			switch {
			case r != nil && n.Replace:
				r.Disabled = false
			case a.names[cim.Fold(n.Name)] != nil:
				return cim.Errorf(wbem.AlreadyExists, "there is a user or group %s", n.Name)
			default:
				r = &record{Name: n.Name, Created: now}
				var err error
				if r.RID, err = a.newRID(); err != nil {
					return err
				}
				a.users = append(a.users, r)
				a.names[cim.Fold(n.Name)] = r
			}
			r.Changed, r.Password = now, hash
			if err := u.setNT(r, n.Password, n.NTLM); err != nil {
				return err
			}
			if err := a.join(r, n.Groups); err != nil {
				return err
			}
			out = a.user(r)
			return nil
		})
	}
	detail := "groups " + strings.Join(n.Groups, ", ")
	if len(n.Groups) == 0 {
		detail = ""
	}
	if err != nil {
		out = User{}
	}
	return out, u.recordChange("AddUser", n.Name, detail, err)
}

// A Change says what is to become different about a user. The zero value is
// nothing.
type Change struct {
	Enable, Disable bool
	Join, Leave     []string // groups; those to join that there are not are made
}

// Set changes a user: NotFound.
func (u *Users) Set(name string, c Change) error {
	var detail []string
	add := func(format string, args ...any) { detail = append(detail, fmt.Sprintf(format, args...)) }
	err := u.changeUser(name, func(a *accounts, r *record) error {
		detail = nil
		if c.Enable || c.Disable {
			r.Disabled = c.Disable
			add("disabled %v", c.Disable)
		}
		for _, name := range c.Leave {
			i := slices.IndexFunc(r.Groups, func(g string) bool { return cim.EqualNames(g, ofGroup(name)) })
			if i < 0 {
				return cim.Errorf(wbem.NotFound, "user %s is not in group %.100q", r.Name, name)
			}
			add("leaves %s", r.Groups[i])
			r.Groups = slices.Delete(slices.Clone(r.Groups), i, i+1)
		}
		for _, name := range c.Join {
			add("joins %s", name)
		}
		return a.join(r, c.Join)
	})
	return u.recordChange("SetUser", name, strings.Join(detail, ", "), err)
}

// SetPassword gives a user another password: NotFound, or InvalidParameter for a
// password that is none. A user with an NT hash gets one of the new password.
func (u *Users) SetPassword(name, password string) error {
	err := checkPassword(unqualified(name), password)
	if err == nil {
		hash := newPHC(password, strength)
		err = u.changeUser(name, func(a *accounts, r *record) error {
			r.Password = hash
			return u.setNT(r, password, r.NT != "")
		})
	}
	return u.recordChange("SetPassword", name, "", err)
}

// Delete removes a user: NotFound. Descriptors may go on naming its SID, which
// nobody gets again.
func (u *Users) Delete(name string) error {
	err := u.change(func(a *accounts) error {
		r := a.find(unqualified(name))
		if r == nil {
			return unknownUser(name)
		}
		delete(a.names, cim.Fold(r.Name))
		a.users = slices.DeleteFunc(a.users, func(other *record) bool { return other == r })
		return nil
	})
	return u.recordChange("DeleteUser", name, "", err)
}

func unknownUser(name string) error {
	return cim.Errorf(wbem.NotFound, "the store has no user %.100q", name)
}

// changeUser is change for one user, which fn may change.
func (u *Users) changeUser(name string, fn func(*accounts, *record) error) error {
	return u.change(func(a *accounts) error {
		old := a.find(unqualified(name))
		if old == nil {
			return unknownUser(name)
		}
		r := *old
		if err := fn(a, &r); err != nil {
			return err
		}
		r.Changed = time.Now().UTC()
		a.names[cim.Fold(r.Name)] = &r
		a.users[slices.Index(a.users, old)] = &r
		return nil
	})
}

// change has fn change what the file says, and writes it. Commands that change it
// at the same time wait for each other.
func (u *Users) change(fn func(*accounts) error) (err error) {
	if err := os.MkdirAll(u.dir, 0o700); err != nil {
		return err
	}
	lock, err := owner.Lock(filepath.Join(u.dir, lockName))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	a, _, err := readFile(u.path())
	if errors.Is(err, os.ErrNotExist) {
		a, err = newAccounts(), nil
	}
	if err != nil {
		return err
	}
	if err := fn(a); err != nil {
		return err
	}
	text, err := json.MarshalIndent(content{fileVersion, a.domain, a.next, append([]*group{}, a.groups...), append([]*record{}, a.users...)}, "", "  ")
	if err != nil {
		return err
	}
	if _, err := parse(text); err != nil {
		return fmt.Errorf("%s would become wrong: %w", u.path(), err)
	}
	if len(text) >= MaxFile {
		return cim.Errorf(wbem.QuotaViolation, "%s would have more than %d bytes", u.path(), MaxFile)
	}
	if err := owner.Replace(u.path(), append(text, '\n')); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.checked = time.Time{} // what was read is old
	return nil
}

// newAccounts returns those of a store without a file: nobody, in a domain of its
// own.
func newAccounts() *accounts {
	var b [12]byte
	rand.Read(b[:])
	n := binary.LittleEndian
	return &accounts{
		domain: fmt.Sprintf("S-1-5-21-%d-%d-%d", n.Uint32(b[0:]), n.Uint32(b[4:]), n.Uint32(b[8:])),
		next:   firstRID, names: map[string]any{},
	}
}

func (a *accounts) newRID() (uint32, error) {
	if a.next >= maxRID {
		return 0, cim.Errorf(wbem.QuotaViolation, "there were %d users and groups", maxRID-firstRID)
	}
	a.next++
	return a.next - 1, nil
}

// ofGroup returns the name of a group without its domain, which for Administrators
// is another one.
func ofGroup(name string) string {
	if domain, rest, found := strings.Cut(name, `\`); found && cim.EqualNames(domain, "BUILTIN") {
		return rest
	}
	return unqualified(name)
}

// join makes a user a member of groups, which are made if there are none with
// these names. A group stays when its last member has left: descriptors may name
// it.
func (a *accounts) join(r *record, groups []string) error {
	for _, name := range groups {
		name = ofGroup(name)
		if _, ok := builtinGroup(name); ok {
			name = administrators
		} else if g := a.group(name); g != nil {
			name = g.Name
		} else {
			if err := checkName("group", name); err != nil {
				return err
			}
			if a.find(name) != nil {
				return cim.Errorf(wbem.InvalidParameter, "%s is a user and no group", name)
			}
			rid, err := a.newRID()
			if err != nil {
				return err
			}
			g := &group{Name: name, RID: rid}
			a.groups = append(a.groups, g)
			a.names[cim.Fold(name)] = g
		}
		if !slices.ContainsFunc(r.Groups, func(g string) bool { return cim.EqualNames(g, name) }) {
			r.Groups = append(slices.Clone(r.Groups), name)
		}
	}
	slices.SortFunc(r.Groups, byName)
	return nil
}

// recordChange puts a change into the audit log, and returns its error.
func (u *Users) recordChange(op, name, detail string, err error) error {
	if u.opts.Audit != nil {
		u.opts.Audit.Record(audit.Record{
			Time: time.Now(), Kind: audit.Security, Who: processUser(), Operation: op, Object: qualified(unqualified(name)),
			Status: audit.Status(err), Detail: detail,
		})
	}
	return err
}
