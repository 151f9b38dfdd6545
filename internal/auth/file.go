package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"

	"openwmi/cim"
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
		return nil, nil, fmt.Errorf("%s:%w", name, err)
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

// A parser reads the file. Positions are those of what is wrong, or of the user
// or group in which it is.
type parser struct {
	text []byte
	d    *json.Decoder
	a    *accounts
}

// parse returns the accounts that a text is. The error begins with line and
// column.
func parse(text []byte) (*accounts, error) {
	var syntax *json.SyntaxError
	if err := json.Unmarshal(text, new(json.RawMessage)); errors.As(err, &syntax) {
		return nil, position(text, max(syntax.Offset-1, 0), err)
	}
	p := &parser{text: text, d: json.NewDecoder(bytes.NewReader(text)), a: &accounts{names: map[string]any{}}}
	p.d.DisallowUnknownFields()
	if err := p.file(); err != nil {
		return nil, err
	}
	return p.a, nil
}

// position returns an error with line and column, both counted from 1 in bytes.
func position(text []byte, offset int64, err error) error {
	before := text[:min(offset, int64(len(text)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("%d:%d: %w", line, column, err)
}

// next is where the next token begins.
func (p *parser) next() int64 {
	at := p.d.InputOffset()
	for at < int64(len(p.text)) && bytes.IndexByte([]byte(" \t\r\n,:"), p.text[at]) >= 0 {
		at++
	}
	return at
}

// read reads the next value into v.
func (p *parser) read(v any) error {
	at := p.next()
	err := p.d.Decode(v)
	var typ *json.UnmarshalTypeError
	if errors.As(err, &typ) {
		err = fmt.Errorf("%s: a %s is not what goes there", typ.Field, typ.Value)
	}
	if err != nil {
		return position(p.text, at, err)
	}
	return nil
}

// enter reads the delimiter that an object or an array begins with.
func (p *parser) enter(want json.Delim) error {
	at := p.next()
	if t, err := p.d.Token(); err != nil || t != want {
		return position(p.text, at, fmt.Errorf("%v is expected", want))
	}
	return nil
}

func (p *parser) file() error {
	if err := p.enter('{'); err != nil {
		return err
	}
	version := 0
	seen := map[string]bool{}
	var users []int64 // where they are
	for p.d.More() {
		at := p.next()
		t, err := p.d.Token()
		if err != nil {
			return position(p.text, at, err)
		}
		name, _ := t.(string)
		if seen[name] {
			return position(p.text, at, fmt.Errorf("there is a second %q", name))
		}
		seen[name] = true
		switch name {
		case "version":
			err = p.read(&version)
		case "domain":
			err = p.read(&p.a.domain)
		case "next":
			err = p.read(&p.a.next)
		case "groups":
			err = list(p, func(g *group, at int64) error {
				p.a.groups = append(p.a.groups, g)
				return p.define("group", g.Name, g, at)
			})
		case "users":
			err = list(p, func(r *record, at int64) error {
				p.a.users, users = append(p.a.users, r), append(users, at)
				return p.define("user", r.Name, r, at)
			})
		default:
			err = position(p.text, at, fmt.Errorf("%.40q is not known", name))
		}
		if err != nil {
			return err
		}
	}
	end := p.next()
	switch {
	case version != fileVersion:
		return position(p.text, 0, fmt.Errorf("version %d is not known to this program, which has %d", version, fileVersion))
	case !domainSID.MatchString(p.a.domain):
		return position(p.text, end, fmt.Errorf("domain %.60q does not have the form S-1-5-21-A-B-C", p.a.domain))
	case p.a.next < firstRID || p.a.next > maxRID:
		return position(p.text, end, fmt.Errorf("next is %d, not from %d to %d", p.a.next, firstRID, maxRID))
	}
	rids := map[uint32]bool{}
	taken := func(rid uint32) error {
		if rid < firstRID || rid >= p.a.next || rids[rid] {
			return fmt.Errorf("rid %d is not from %d to %d, or there twice", rid, firstRID, p.a.next-1)
		}
		rids[rid] = true
		return nil
	}
	for _, g := range p.a.groups {
		if err := taken(g.RID); err != nil {
			return position(p.text, end, fmt.Errorf("group %s: %w", g.Name, err))
		}
	}
	for i, r := range p.a.users {
		err := taken(r.RID)
		if err == nil {
			err = p.a.check(r)
		}
		if err != nil {
			return position(p.text, users[i], fmt.Errorf("user %s: %w", r.Name, err))
		}
	}
	return nil
}

// list reads an array.
func list[T any](p *parser, add func(v *T, at int64) error) error {
	if err := p.enter('['); err != nil {
		return err
	}
	for p.d.More() {
		at := p.next()
		v := new(T)
		if err := p.read(v); err != nil {
			return err
		}
		if err := add(v, at); err != nil {
			return err
		}
	}
	_, err := p.d.Token()
	return err
}

// define enters a name, which no other user or group may have.
func (p *parser) define(what, name string, v any, at int64) error {
	err := checkName(what, name)
	if _, twice := p.a.names[cim.Fold(name)]; err == nil && twice {
		err = fmt.Errorf("there is a second user or group %s", name)
	}
	if err != nil {
		return position(p.text, at, err)
	}
	p.a.names[cim.Fold(name)] = v
	return nil
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

// writeFile replaces a file durably: it has the old content or the new one.
func writeFile(name string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.tmp") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

// syncDir makes the names in a directory durable, where the system can.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
