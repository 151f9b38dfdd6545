package account_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/account"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/wbem"
)

func open(t testing.TB, sys *live.System) wbem.Services {
	t.Helper()
	return providertest.Open(t, map[string]any{account.Name: account.New(sys)}, live.MOF, account.MOF)
}

func rows(t *testing.T, svc wbem.Services, query string) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	for _, inst := range providertest.Query(t, svc, query) {
		values := providertest.Values(inst)
		if _, twice := found[values["Name"]]; twice {
			t.Errorf("%s is there twice", values["Name"])
		}
		found[values["Name"]] = values
		path, _ := cim.RelPath(inst)
		if _, err := svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil {
			t.Error(err)
		}
	}
	return found
}

func machine(t *testing.T, shadow string) *live.System {
	files := map[string]string{
		"passwd": "root:x:0:0:root:/root:/bin/sh\nann:x:1000:100:Ann \xff Lee,Room 1,,:/home/ann:/bin/sh\n" +
			"Root:x:5:5:::\n+nis::::::\n:x:1:1:::\nshort:x:1\nbad:x:minus:1:::\nbob:x:1001:1001:::\r\nlast:x:1002:100::/:/bin/sh",
		"group": "root:x:0:\nusers:x:100:bob, ann,,nobody-here\n#off:x:1:\nempty:x:5:\nbad:x::\nshort\n",
	}
	if shadow != "" {
		files["shadow"] = shadow
	}
	return &live.System{Computer: "PC", Etc: providertest.Tree(t, files)}
}

func TestMachine(t *testing.T) {
	svc := open(t, machine(t, "root:*:1:0:99999:7:::\nann:$6$x:1:0:90:7:::\nbob:!$6$x:1:0::::x:\nlast::1:0:99999:7::1:\n"))
	want := map[string]map[string]string{
		"root": {"SID": "S-1-22-1-0", "FullName": "root", "Disabled": "TRUE", "PasswordRequired": "TRUE", "PasswordExpires": "FALSE", "Status": "Degraded"},
		"ann":  {"SID": "S-1-22-1-1000", "FullName": "Ann \uFFFD Lee", "Disabled": "FALSE", "PasswordRequired": "TRUE", "PasswordExpires": "TRUE", "Status": "OK"},
		"bob":  {"SID": "S-1-22-1-1001", "Disabled": "TRUE", "PasswordRequired": "TRUE", "PasswordExpires": "FALSE", "Status": "Degraded"},
		"last": {"SID": "S-1-22-1-1002", "Disabled": "TRUE", "PasswordRequired": "FALSE", "PasswordExpires": "FALSE", "Status": "Degraded"},
	}
	for name, v := range want {
		v["Name"], v["Domain"], v["Caption"], v["LocalAccount"], v["SIDType"], v["AccountType"] = name, "PC", `PC\`+name, "TRUE", "1", "512"
	}
	if diff := cmp.Diff(want, rows(t, svc, "SELECT * FROM Win32_UserAccount")); diff != "" {
		t.Errorf("users differ:\n%s", diff)
	}
	want = map[string]map[string]string{"root": {"SID": "S-1-22-2-0"}, "users": {"SID": "S-1-22-2-100"}, "empty": {"SID": "S-1-22-2-5"}}
	for name, v := range want {
		v["Name"], v["Domain"], v["Caption"], v["LocalAccount"], v["SIDType"], v["Status"] = name, "PC", `PC\`+name, "TRUE", "4", "OK"
	}
	if diff := cmp.Diff(want, rows(t, svc, "SELECT * FROM Win32_Group")); diff != "" {
		t.Errorf("groups differ:\n%s", diff)
	}
	for query, want := range map[string]string{
		`ASSOCIATORS OF {Win32_Group.Domain="PC",Name="users"}`:                                       "ann bob last",
		`ASSOCIATORS OF {Win32_Group.Domain="pc",Name="USERS"} WHERE ResultClass = Win32_UserAccount`: "ann bob last",
		`ASSOCIATORS OF {Win32_UserAccount.Domain="PC",Name="root"}`:                                  "root",
		`ASSOCIATORS OF {Win32_Group.Domain="PC",Name="empty"}`:                                       "",
		`SELECT * FROM Win32_UserAccount WHERE LocalAccount = TRUE AND Disabled = FALSE`:              "ann",
		`SELECT * FROM Win32_Account WHERE SID = 'S-1-22-2-100' OR Name = 'BOB'`:                      "bob users",
		`SELECT * FROM Win32_UserAccount WHERE Domain = 'pc' AND Name = 'ann'`:                        "ann",
	} {
		var names []string
		for _, inst := range providertest.Query(t, svc, query) {
			names = append(names, providertest.Values(inst)["Name"])
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s found %q, want %q", query, got, want)
		}
	}
	n := 0
	for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_GroupUser") {
		n++
		path, _ := cim.RelPath(inst)
		if _, err := svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil {
			t.Error(err)
		}
	}
	if n != 4 {
		t.Errorf("there are %d memberships", n)
	}
	none := cim.MustParsePath(`Win32_GroupUser.GroupComponent="Win32_Group.Domain=\"PC\",Name=\"empty\"",PartComponent="Win32_UserAccount.Domain=\"PC\",Name=\"ann\""`)
	if _, err := svc.GetInstance(t.Context(), none, wbem.Options{}); cim.StatusOf(err) != wbem.NotFound {
		t.Errorf("%s: %v", none, err)
	}
}

// Without /etc/shadow what stands there is NULL; without /etc/passwd there is
// nothing to say.
func TestUnreadable(t *testing.T) {
	for name, v := range rows(t, open(t, machine(t, "")), "SELECT * FROM Win32_UserAccount") {
		for _, p := range []string{"Disabled", "PasswordRequired", "PasswordExpires", "Status"} {
			if value, ok := v[p]; ok {
				t.Errorf("%s of %s is %s", p, name, value)
			}
		}
	}
	svc := open(t, &live.System{Computer: "PC", Etc: t.TempDir()})
	for _, err := range svc.Instances(t.Context(), "Win32_UserAccount", wbem.Options{}) {
		if cim.StatusOf(err) != wbem.NotAvailable {
			t.Errorf("without a file: %v", err)
		}
	}
}

// Accounts are those that getent prints of the files.
func TestAgainstGetent(t *testing.T) {
	if _, err := os.Stat("/etc/passwd"); err != nil {
		t.Skip("this system has no /etc/passwd")
	}
	svc := open(t, nil)
	for database, class := range map[string]string{"passwd": "Win32_UserAccount", "group": "Win32_Group"} {
		sids := map[string]string{}
		for line := range strings.Lines(providertest.Run(t, "getent", "-s", "files", database)) {
			f := strings.Split(line, ":")
			if _, twice := sids[cim.Fold(f[0])]; !twice {
				sids[cim.Fold(f[0])] = f[2]
			}
		}
		got := map[string]string{}
		for name, v := range rows(t, svc, "SELECT * FROM "+class) {
			got[cim.Fold(name)] = v["SID"][len("S-1-22-1-"):]
		}
		if diff := cmp.Diff(sids, got); diff != "" {
			t.Errorf("%s differs from getent:\n%s", class, diff)
		}
	}
}
