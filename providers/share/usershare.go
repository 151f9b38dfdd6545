package share

import (
	"os"
	"path"
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/providers/live"
)

const (
	// maxUserShare is how long the file of a share may be, in bytes; Samba reads
	// no longer ones.
	maxUserShare = 10 << 10

	// noName are what the name of a share cannot have.
	noName = `%<>*?|/\+=;:",`
)

// A userShare is a file that "net usershare" has written: lines of name=value,
// after one with the version.
type userShare struct {
	name, path, comment string
	acl, guest          string // as they stand there
}

// userShares says where those of a configuration are; "" if there are none.
func (c *config) userShares() string {
	if v, ok := c.global.params["usersharemaxshares"]; ok && live.Uint(v) == 0 {
		return ""
	}
	if dir := c.global.params["usersharepath"]; dir != "" {
		return dir
	}
	return "/var/lib/samba/usershares"
}

// readUserShares returns the shares in a directory by name, none if it is not there:
// AccessDenied where only its group may read it.
func readUserShares(dir string) ([]*userShare, error) {
	if dir == "" {
		return nil, nil
	}
	files, err := live.ReadNames(dir)
	switch {
	case os.IsPermission(err):
		return nil, live.Unavailable(err)
	case err != nil:
		return nil, nil
	}
	slices.Sort(files)
	var all []*userShare
	for _, file := range files[:min(len(files), maxSections)] {
		if u := readUserShare(path.Join(dir, file)); u != nil && cim.EqualNames(u.name, file) {
			all = append(all, u)
		}
	}
	return all, nil
}

// readUserShare returns what is in a file; nil if that is no share.
func readUserShare(file string) *userShare {
	info, err := os.Lstat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxUserShare {
		return nil
	}
	b, err := live.ReadFile(file, maxUserShare)
	if err != nil || !strings.HasPrefix(string(b), "#VERSION ") {
		return nil
	}
	u := &userShare{name: path.Base(file)}
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		switch name {
		case "path":
			u.path = value
		case "comment":
			u.comment = value
		case "usershare_acl":
			u.acl = value
		case "guest_ok":
			u.guest = value
		case "sharename":
			u.name = value
		}
	}
	if !path.IsAbs(u.path) || !validName(u.name) {
		return nil
	}
	return u
}

// validName reports whether a share can have a name.
func validName(name string) bool {
	return name != "" && len(name) <= 80 && name[0] != '-' && name[0] != '.' && !strings.ContainsAny(name, noName) && printable(name)
}

// printable reports whether a text has no control characters.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
