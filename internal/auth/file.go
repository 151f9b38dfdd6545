package auth

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"

	"openwmi/cim"
	"openwmi/internal/config"
)

// The file is a JSON object, which only its owner can read:
//
//	{
//	  "version": 1,
//	  "domain": "S-1-5-21-2718281828-1414213562-3141592653",
//	  "next": 1002,
//	  "groups": [{"name": "operators", "rid": 1001}],
//	  "users": [
//	    {
//	      "name": "alice", "rid": 1000, "groups": ["operators"],
//	      "created": "2026-11-22T19:04:20Z", "changed": "2026-11-22T19:04:20Z",
//	      "password": "$argon2id$v=19$m=65536,t=3,p=4$SALT$HASH",
//	      "ntHash": "..."
//	    }
//	  ]
//	}
//
// A SID is the domain and the rid behind it. No rid is given twice: next is
// greater than all of them, those of deleted users among them.
const (
	fileName    = "users.json"
	lockName    = "users.lock"
	fileVersion = 1
	firstRID    = 1000 // as on Windows; what is below is for accounts that come with it
	maxRID      = 1<<31 - 1
)

// Files are the files of a directory that Users keeps, those which a backup needs:
// the users, and the key of the server.
var Files = [...]string{fileName, keyName}

// MaxFile is the size in bytes of the largest file of users.
const MaxFile = 16 << 20

var domainSID = regexp.MustCompile(`^S-1-5-21(-(0|[1-9][0-9]{0,9})){3}$`)

func (u *Users) path() string { return filepath.Join(u.dir, fileName) }

// readFile reads the accounts of a file which nobody else can have written.
func readFile(name string) (*accounts, os.FileInfo, error) {
	f, err := openOwn(name, 0o022, "write")
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, nil, err
	}
	if len(text) > MaxFile {
		return nil, nil, fmt.Errorf("%s: it has more than %d bytes", name, MaxFile)
	}
	a, err := parse(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return a, info, nil
}

// openOwn opens a file that nobody else owns and that gives none of
// those permissions to others, which allow them to do something.
func openOwn(name string, permissions os.FileMode, something string) (*os.File, error) {
	before, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", name)
	}
	dir, err := os.Stat(filepath.Dir(name))
	if err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !os.SameFile(before, info):
		err = fmt.Errorf("%s changes while it is opened", name)
	case !isOwn(info, dir):
		err = fmt.Errorf("%s belongs to somebody else", name)
	case runtime.GOOS != "windows" && info.Mode().Perm()&permissions != 0:
		err = fmt.Errorf("%s has the mode %04o, so that others can %s it; chmod 600 ends that", name, info.Mode().Perm(), something)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// parse returns the accounts that a text is. The error says where it is wrong, or
// names the user or group.
func parse(text []byte) (*accounts, error) {
	var c content
	if err := config.Decode(text, &c); err != nil {
		return nil, err
	}
	switch {
	case c.Version != fileVersion:
		return nil, fmt.Errorf("version %d is not known to this program, which has %d", c.Version, fileVersion)
	case !domainSID.MatchString(c.Domain):
		return nil, fmt.Errorf("domain %.60q does not have the form S-1-5-21-A-B-C", c.Domain)
	case c.Next < firstRID || c.Next > maxRID:
		return nil, fmt.Errorf("next is %d, not from %d to %d", c.Next, firstRID, maxRID)
	case slices.Contains(c.Groups, nil) || slices.Contains(c.Users, nil):
		return nil, errors.New("a user or group is null")
	}
	a := &accounts{domain: c.Domain, next: c.Next, groups: c.Groups, users: c.Users, names: map[string]any{}}
	rids := map[uint32]bool{}
	define := func(what, name string, rid uint32, v any) error {
		if err := checkName(what, name); err != nil {
			return err
		}
		if a.names[cim.Fold(name)] != nil {
			return fmt.Errorf("there is a second user or group %s", name)
		}
		if rid < firstRID || rid >= c.Next || rids[rid] {
			return fmt.Errorf("%s %s: rid %d is not from %d to %d, or there twice", what, name, rid, firstRID, c.Next-1)
		}
		a.names[cim.Fold(name)], rids[rid] = v, true
		return nil
	}
	for _, g := range c.Groups {
		if err := define("group", g.Name, g.RID, g); err != nil {
			return nil, err
		}
	}
	for _, r := range c.Users {
		if err := define("user", r.Name, r.RID, r); err != nil {
			return nil, err
		}
		if err := a.check(r); err != nil {
			return nil, fmt.Errorf("user %s: %w", r.Name, err)
		}
	}
	return a, nil
}

// check returns what is wrong with a user apart from its name and rid.
func (a *accounts) check(r *record) error {
	for i, name := range r.Groups {
		if _, ok := builtinGroup(name); !ok && a.group(name) == nil {
			return fmt.Errorf("there is no group %.100q", name)
		}
		for _, other := range r.Groups[:i] {
			if cim.EqualNames(name, other) {
				return fmt.Errorf("group %s is named twice", name)
			}
		}
	}
	if _, err := parsePHC(r.Password); err != nil {
		return err
	}
	return nil
}

// content is the file as it is written.
type content struct {
	Version int       `json:"version"`
	Domain  string    `json:"domain"`
	Next    uint32    `json:"next"`
	Groups  []*group  `json:"groups"`
	Users   []*record `json:"users"`
}
