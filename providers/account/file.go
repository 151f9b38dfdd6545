package account

import (
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/providers/live"
)

// maxAccounts bounds what is read of a file of accounts, in bytes.
const maxAccounts = 64 << 20

// A user is a line of /etc/passwd.
type user struct {
	accounts       *accounts
	name, fullName string
	id, group      string // decimal
}

// A group is a line of /etc/group.
type group struct {
	name, id string
	members  []string // those that have it besides the group of their own
}

// A secret is a line of /etc/shadow, without the password.
type secret struct {
	isLocked, isEmpty, expires bool
	until                      time.Time // zero for ever
}

// lines returns the fields of each line with at least n of them, where the first
// is not empty.
func lines(file string, n int) ([][]string, error) {
	b, err := live.ReadFile(file, maxAccounts)
	if err != nil {
		return nil, live.Unavailable(err)
	}
	var all [][]string
	for line := range strings.Lines(strings.ToValidUTF8(string(b), "\uFFFD")) {
		f := strings.Split(strings.TrimRight(line, "\r\n"), ":")
		// + and - begin lines of NIS.
		if len(f) >= n && f[0] != "" && !strings.ContainsAny(f[0][:1], "+-#") {
			all = append(all, f)
		}
	}
	return all, nil
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// An accounts is what a request has read.
type accounts struct {
	sys     *live.System
	secrets map[string]secret // by name; nil until read
}

// users returns all users, each name once: the first counts.
func (a *accounts) users() ([]*user, error) {
	all, err := lines(a.sys.EtcFile("passwd"), 7)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var users []*user
	for _, f := range all {
		if !isNumber(f[2]) || !isNumber(f[3]) || seen[cim.Fold(f[0])] {
			continue
		}
		seen[cim.Fold(f[0])] = true
		fullName, _, _ := strings.Cut(f[4], ",")
		users = append(users, &user{a, f[0], fullName, f[2], f[3]})
	}
	return users, nil
}

// groups returns all groups, each name once: the first counts.
func (a *accounts) groups() ([]*group, error) {
	all, err := lines(a.sys.EtcFile("group"), 4)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var groups []*group
	for _, f := range all {
		if !isNumber(f[2]) || seen[cim.Fold(f[0])] {
			continue
		}
		seen[cim.Fold(f[0])] = true
		g := &group{name: f[0], id: f[2]}
		for m := range strings.SplitSeq(f[3], ",") {
			if m = strings.TrimSpace(m); m != "" {
				g.members = append(g.members, m)
			}
		}
		groups = append(groups, g)
	}
	return groups, nil
}

// secret returns what is known of the password of a user.
func (a *accounts) secret(name string) (secret, bool) {
	if a.secrets == nil {
		a.secrets = map[string]secret{}
		all, _ := lines(a.sys.EtcFile("shadow"), 8)
		for _, f := range all {
			s := secret{isEmpty: f[1] == "", isLocked: strings.HasPrefix(f[1], "!") || strings.HasPrefix(f[1], "*")}
			s.expires = isNumber(f[4]) && live.Uint(f[4]) < 99999
			if days := live.Uint(f[7]); isNumber(f[7]) && days > 0 && days < 1<<20 {
				s.until = time.Unix(int64(days)*24*60*60, 0)
			}
			a.secrets[f[0]] = s
		}
	}
	s, ok := a.secrets[name]
	return s, ok
}
