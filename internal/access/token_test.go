package access_test

import (
	"errors"
	"os/user"
	"slices"
	"strings"
	"testing"

	"openwmi/internal/access"
	"openwmi/wbem"
)

// accounts are those of a computer on which some are known.
func accounts() *access.Accounts {
	return &access.Accounts{
		Administrators: []string{"wheel"},
		Service:        "openwmi",
		Computer:       "PC",
		LookupUser: func(name string) (string, error) {
			id, ok := map[string]string{"root": "0", "alice": "1000", "openwmi": "999", "win": "S-1-5-21-1-2-3-1001"}[name]
			switch {
			case name == "broken":
				return "", errors.New("no answer")
			case name == "odd":
				return "many", nil
			case !ok:
				return "", user.UnknownUserError(name)
			}
			return id, nil
		},
		LookupGroup: func(name string) (string, error) {
			id, ok := map[string]string{"wheel": "10", "staff": "50"}[name]
			if !ok {
				return "", user.UnknownGroupError(name)
			}
			return id, nil
		},
	}
}

func TestToken(t *testing.T) {
	for _, tc := range []struct {
		name   string
		id     *wbem.Identity
		user   string
		groups []string // of those asked for below
		admin  bool
	}{
		{"nobody", nil, "S-1-5-7", []string{"WD"}, false},
		{"anonymous", &wbem.Identity{Remote: true}, "S-1-5-7", []string{"WD", "NU"}, false},
		{"superuser", &wbem.Identity{Name: "root"}, "S-1-5-18", []string{"WD", "AU", "BU", "BA"}, true},
		{"service", &wbem.Identity{Name: "openwmi"}, "S-1-5-18", []string{"WD", "AU", "BU", "BA"}, true},
		{"user", &wbem.Identity{Name: "alice", Groups: []string{"staff"}}, "S-1-22-1-1000", []string{"WD", "AU", "BU", "staff"}, false},
		{"qualified", &wbem.Identity{Name: `pc\alice`}, "S-1-22-1-1000", []string{"WD", "AU", "BU"}, false},
		{"administrator", &wbem.Identity{Name: "alice", Groups: []string{"wheel", "staff"}, Remote: true}, "S-1-22-1-1000",
			[]string{"WD", "NU", "AU", "BU", "staff", "BA"}, true},
		{"windows", &wbem.Identity{Name: "win"}, "S-1-5-21-1-2-3-1001", []string{"WD", "AU", "BU"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			token, err := accounts().Token(tc.id)
			if err != nil {
				t.Fatal(err)
			}
			var groups []string
			for _, g := range []struct {
				name string
				sid  access.SID
			}{
				{"WD", access.Everyone}, {"NU", access.Network}, {"AU", access.AuthenticatedUsers}, {"BU", access.Users},
				{"staff", access.NewSID(22, 2, 50)}, {"BA", access.Administrators},
			} {
				if token.Has(g.sid) {
					groups = append(groups, g.name)
				}
			}
			if token.User.String() != tc.user || !slices.Equal(groups, tc.groups) || token.IsAdministrator() != tc.admin {
				t.Errorf("token = %v, groups %v, administrator %v", token.User, groups, token.IsAdministrator())
			}
			creator := token.User
			if tc.admin {
				creator = access.Administrators
			}
			if token.Creator() != creator {
				t.Errorf("creator = %v", token.Creator())
			}
		})
	}
}

// An account of another domain is never taken for one of this computer.
func TestForeignAccount(t *testing.T) {
	a := accounts()
	foreign, err := a.Token(&wbem.Identity{Name: `EVIL\root`, Groups: []string{`EVIL\wheel`}})
	if err != nil {
		t.Fatal(err)
	}
	if foreign.IsAdministrator() || foreign.Has(access.LocalSystem) || !strings.HasPrefix(foreign.User.String(), "S-1-22-3-") {
		t.Errorf("EVIL\\root is %v", foreign.User)
	}
	again, err := a.Token(&wbem.Identity{Name: `evil\ROOT`})
	if err != nil || again.User != foreign.User {
		t.Errorf("the same account is %v, then %v, %v", foreign.User, again, err)
	}
	unknown, err := a.Token(&wbem.Identity{Name: "nobody knows"})
	if err != nil || unknown.User == foreign.User {
		t.Errorf("an unknown account is %v, %v", unknown, err)
	}
	for _, name := range []string{"broken", "odd"} {
		if token, err := a.Token(&wbem.Identity{Name: name}); err == nil {
			t.Errorf("lookup of %s failed, and the token is %v", name, token)
		}
	}
}

// The system's own accounts are read when nothing else is said.
func TestSystemAccounts(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Skip("the system does not say who runs this test: ", err)
	}
	a := &access.Accounts{Service: me.Username}
	token, err := a.Token(&wbem.Identity{Name: me.Username})
	if err != nil || !token.IsAdministrator() || token.User != access.LocalSystem {
		t.Errorf("token of the service = %v, %v", token, err)
	}
}
