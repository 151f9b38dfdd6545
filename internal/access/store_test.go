package access_test

import (
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/wbem"
)

// A directory has users and groups, by name.
type directory struct{ users, groups map[string]string }

func (d directory) account(name string) string {
	return strings.TrimPrefix(strings.ToLower(name), wbem.StoreDomain+`\`)
}

func (d directory) Account(user string) (string, []string, int64, error) {
	sid := d.users[d.account(user)]
	if sid == "" {
		return "", nil, 0, cim.Errorf(wbem.NotFound, "no user %s", user)
	}
	return sid, []string{"S-1-5-21-1-2-3-1100"}, d.Version(user), nil
}

func (d directory) Version(user string) int64 { return int64(len(d.users[d.account(user)])) }

func (d directory) Resolve(name string) (string, error) {
	for _, m := range []map[string]string{d.users, d.groups} {
		if sid := m[d.account(name)]; sid != "" {
			return sid, nil
		}
	}
	return "", wbem.NotFound
}

func (d directory) NameOf(sid string) string {
	for _, m := range []map[string]string{d.users, d.groups} {
		for name, s := range m {
			if s == sid {
				return `openwmi\` + name
			}
		}
	}
	return ""
}

func (d directory) Owns(sid string) bool { return strings.HasPrefix(sid, "S-1-5-21-1-2-3-") }

func withStore() (*access.Accounts, directory) {
	d := directory{
		users:  map[string]string{"kim": "S-1-5-21-1-2-3-1000", "alice": "S-1-5-21-1-2-3-1001"},
		groups: map[string]string{"operators": "S-1-5-21-1-2-3-1100", "wheel": "S-1-5-21-1-2-3-1101"},
	}
	a := accounts()
	a.Store = d
	return a, d
}

// Who a name means when the store and the computer have users.
func TestNamesOfStore(t *testing.T) {
	a, _ := withStore()
	const ambiguous = "InvalidParameter: is somebody of the store and of this computer"
	for _, tc := range []struct{ name, find, sid string }{
		{"kim", "S-1-5-21-1-2-3-1000", ""},
		{`OpenWMI\KIM`, "S-1-5-21-1-2-3-1000", ""},
		{"operators", "S-1-5-21-1-2-3-1100", ""},
		{"alice", ambiguous, ambiguous},
		{"wheel", ambiguous, ambiguous},
		{`openwmi\alice`, "S-1-5-21-1-2-3-1001", ""},
		{`PC\alice`, "S-1-22-1-1000", ""},
		{`openwmi\nobody`, "NotFound: ", "NotFound: "},
		{"staff", "S-1-22-2-50", "S-1-22-3-"},
		{`PC\staff`, "S-1-22-2-50", "S-1-22-3-"},
		{"root", "S-1-22-1-0", ""},
		{"nobody", "NotFound: nobody is called", "S-1-22-3-"},
		{`LAB\alice`, "S-1-22-3-", ""},
		{"Authenticated Users", "S-1-5-11", ""},
		{"S-1-5-18", "S-1-5-18", ""},
		{"broken", "Failed: ", "Failed: "},
	} {
		check := func(what, want string, s access.SID, err error) {
			t.Helper()
			got := s.String()
			if err != nil {
				got = cim.StatusOf(err).Name() + ": " + err.Error()
			}
			status, detail, _ := strings.Cut(want, ": ")
			if !strings.HasPrefix(got, status) || !strings.Contains(got, detail) {
				t.Errorf("%s %s: %s, want %s", what, tc.name, got, want)
			}
		}
		s, err := a.Find(tc.name)
		check("Find", tc.find, s, err)
		if tc.sid == "" {
			tc.sid = tc.find
		}
		s, err = a.SID(tc.name)
		check("SID", tc.sid, s, err)
	}
	if _, err := accounts().Find(`openwmi\kim`); cim.StatusOf(err) != wbem.NotFound {
		t.Errorf("without users of the store: %v", err)
	}
	for name, want := range map[string]wbem.Authority{"kim": wbem.StoreAuthority, `PC\alice`: wbem.SystemAuthority, "root": wbem.SystemAuthority} {
		if id, err := a.Named(name); err != nil || id.Authority != want {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
	}
}

// Only what the store vouches for is of the store, and only while nothing changes.
func TestTokenOfStore(t *testing.T) {
	a, d := withStore()
	id := &wbem.Identity{Name: `openwmi\alice`, Groups: []string{"wheel"}, Remote: true, Authority: wbem.StoreAuthority}
	token, err := a.Token(id)
	if err != nil {
		t.Fatal(err)
	}
	if token.User.String() != "S-1-5-21-1-2-3-1001" || token.IsAdministrator() || !token.Has(access.Network) || !token.Has(access.AuthenticatedUsers) {
		t.Errorf("%v", token)
	}
	if s, _ := access.ParseSID("S-1-5-21-1-2-3-1100"); !token.Has(s) {
		t.Errorf("without its group: %v", token)
	}
	other, err := a.Token(&wbem.Identity{Name: `openwmi\alice`})
	if err != nil || !strings.HasPrefix(other.User.String(), "S-1-22-3-") {
		t.Errorf("whoever calls itself so: %v, %v", other, err)
	}
	if err := a.Current(token, id); err != nil {
		t.Error(err)
	}
	d.users["alice"] += "0"
	if err := a.Current(token, id); cim.StatusOf(err) != wbem.AccessDenied {
		t.Errorf("after a change: %v", err)
	}
	delete(d.users, "alice")
	if err := a.Current(token, id); cim.StatusOf(err) != wbem.AccessDenied {
		t.Errorf("when it is gone: %v", err)
	}
	if _, err := a.Token(id); cim.StatusOf(err) != wbem.NotFound {
		t.Errorf("a token of nobody: %v", err)
	}
	if _, err := accounts().Token(id); cim.StatusOf(err) != wbem.AccessDenied {
		t.Errorf("in a store without users: %v", err)
	}
}

// Entries may name people; letters that mean somebody already do not.
func TestNamesInSDDL(t *testing.T) {
	a, _ := withStore()
	for _, tc := range []struct{ text, want string }{
		{`D:(A;;CC;;;kim)(D;;CC;;;openwmi\operators)(A;;CC;;;BA)`, "D:(A;;CC;;;S-1-5-21-1-2-3-1000)(D;;CC;;;S-1-5-21-1-2-3-1100)(A;;CC;;;BA)"},
		{`D:(A;;CC;;;Authenticated Users)S:(AU;SA;CC;;;kim)`, "D:(A;;CC;;;AU)S:(AU;SA;CC;;;S-1-5-21-1-2-3-1000)"},
		{`D:(A;;CC;;;nobody)`, `character 12: nobody is called "nobody"`},
		{`D:(A;;CC;;;DA)`, "depends on a domain"},
		{`D:(A;;CC;;;)`, "a SID is expected"},
		{`D:(A;;CC;;;kim`, "a SID is expected"},
		{`O:kim`, "a SID is expected"},
	} {
		d, err := access.ParseSDDLNames(tc.text, a.Find)
		got := ""
		if err == nil {
			got = d.String()
		} else {
			got = err.Error()
		}
		if !strings.Contains(got, tc.want) {
			t.Errorf("%s: %s, want %s", tc.text, got, tc.want)
		}
	}
	if _, err := access.ParseSDDL(`D:(A;;CC;;;kim)`); err == nil {
		t.Error("names count where nobody knows them")
	}
}
