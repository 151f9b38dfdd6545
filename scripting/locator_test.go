package scripting_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"openwmi/scripting"
	"openwmi/wbem"
)

// scripting-api.md#1, scripting-api.md#2, scripting-api.md#3: what monikers
// name.
func TestGetObject(t *testing.T) {
	f := newFixture(t)
	f.mof(`root\cimv2`, `class X { [key] string Id; }; instance of X { Id = "C:"; }; [singleton] class Y {}; instance of Y {};`)
	for _, test := range []struct {
		moniker, want string // the namespace, or the path of the object, or a status
	}{
		{`winmgmts:`, `root\cimv2`},
		{`WinMgmts:{impersonationLevel=impersonate}`, `root\cimv2`},
		{`winmgmts:{impersonationLevel=impersonate}!`, `root\cimv2`},
		{`WinMgmts://HOST`, `root\cimv2`},
		{`WinMgmts://./root`, `root`},
		{`winmgmts:root`, `root`},
		{`winmgmts:{impersonate}!root`, `root`},
		{`winmgmts:{(Security)}\\.\root`, `root`},
		{`winmgmts:{impersonate}//./root`, `root`},
		{`winmgmts:\\.`, `root\cimv2`},
		{`winmgmts: \\.\root`, `root`},
		{`winmgmts:!\\.\root`, `root`},
		{`winmgmts:{impersonate}!//HOST`, `root\cimv2`},
		{`WINMGMTS:\\.\Root\CIMV2`, `root\CIMV2`},
		{`WinMgmts://host/root/cimv2`, `root\cimv2`},
		{`winmgmts:root\cimv2:X`, `\\HOST\root\cimv2:X`},
		{`winmgmts:X`, `\\HOST\root\cimv2:X`},
		{`winmgmts::X='C:'`, `\\HOST\root\cimv2:X.Id="C:"`},
		{`winmgmts:X.Id="C:"`, `\\HOST\root\cimv2:X.Id="C:"`},
		{`winmgmts:\\.\root\cimv2:X.Id='C:'`, `\\HOST\root\cimv2:X.Id="C:"`},
		{`winmgmts:Y=@`, `\\HOST\root\cimv2:Y=@`},
		{`WinMgmts:[locale=ms_409]!root/cimv2:X`, `\\HOST\root\cimv2:X`},
		{`WinMgmts:{impersonate}[locale=ms_409]!X`, `\\HOST\root\cimv2:X`},
		{`winmgmts:root%5Ccimv2:X`, `\\HOST\root\cimv2:X`},
		{`winmgmts:X.Id="%43:"`, "NotFound"},
		{`winmgmts:Nope`, "NotFound"},
		{`winmgmts:root\nope`, "InvalidNamespace"},
		{`winmgmts://elsewhere/root`, wbem.ServerUnavailable.Name()},
		{`winmgmts:{impersonationLevel=wrong}`, "InvalidParameter"},
		{`winmgmts:{authenticationLevel=wrong}`, "InvalidParameter"},
		{`winmgmts:{authority=wrong:x}`, "InvalidParameter"},
		{`winmgmts:{(Debug,Wrong)}`, "InvalidParameter"},
		{`winmgmts:{(Debug}`, "InvalidParameter"},
		{`winmgmts:{impersonate,}`, "InvalidParameter"},
		{`winmgmts:{impersonate}root`, "InvalidParameter"},
		{`winmgmts:{impersonate`, "InvalidParameter"},
		{`winmgmts:[locale=409]`, "InvalidParameter"},
		{`winmgmts:[locale=ms_409`, "InvalidParameter"},
		{`winmgmts:!root`, "InvalidParameter"},
		{`winmgmts:X.Id=`, "InvalidParameter"},
		{`winmgmts:\\host:X`, "InvalidParameter"},
		{`winmgmt:`, "InvalidParameter"},
		{``, "InvalidParameter"},
		{`winmgmts:{authority=ntlmdomain:D}`, "LocalCredentials"}, // async-and-security.md#32
	} {
		var got string
		switch o, err := f.locator.GetObject(test.moniker); o := o.(type) {
		case *scripting.Services:
			got = o.Session().Namespace()
			f.ok(o.Close())
		case *scripting.Object:
			got = o.Path().Path()
		default:
			got = wbem.StatusOf(err).Name()
			var e *scripting.Error
			if !errors.As(err, &e) || e.Description != "" && test.want != "InvalidParameter" {
				t.Errorf("%s: error %+v", test.moniker, err)
			}
		}
		if !strings.EqualFold(got, test.want) {
			t.Errorf("%s: %s, want %s", test.moniker, got, test.want)
		}
	}
}

// A windowsCheck is a fact that others observed on Windows.
type windowsCheck struct {
	ID, Area, Call string
	Input          struct{ Moniker, Path string }
	Expect         struct {
		Bind   string
		Status string `json:"hr_hex"`
	}
}

func windowsChecks(t *testing.T, area string) (checks []windowsCheck) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "shared", "corpus", "windows-checks", "cases.json"))
	if err != nil {
		t.Skipf("no corpus: %v", err)
	}
	var file struct{ Cases []windowsCheck }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		if c.Area == area {
			checks = append(checks, c)
		}
	}
	if checks == nil {
		t.Fatalf("no checks of area %s", area)
	}
	return checks
}

func TestGetObjectAsWindows(t *testing.T) {
	f := newFixture(t)
	f.mof(`root\cimv2`, `class Win32_LogicalDisk { [key] string DeviceID; }; instance of Win32_LogicalDisk { DeviceID = "C:"; };
		class Win32_Service {};`)
	f.mof(`root\default`, `class StdRegProv {};`)
	for _, c := range windowsChecks(t, "moniker") {
		o, err := f.locator.GetObject(c.Input.Moniker)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		if _, isServices := o.(*scripting.Services); isServices != (c.Expect.Bind == "ISWbemServices") {
			t.Errorf("%s: %s is a %T", c.ID, c.Input.Moniker, o)
		}
	}
}

func TestConnectServerAsWindows(t *testing.T) {
	f := newFixture(t)
	for _, c := range windowsChecks(t, "namespace") {
		want, err := strconv.ParseUint(c.Expect.Status, 0, 32)
		if err != nil || c.Input.Path == "" {
			continue // what namespaces Windows has, and "", which is the default here
		}
		s, err := f.locator.ConnectServer("", c.Input.Path, "", "", "", "", 0, nil)
		if wbem.StatusOf(err) != wbem.Status(want) {
			t.Errorf("%s: %s: %v, want 0x%X", c.ID, c.Input.Path, err, want)
		}
		if err == nil {
			f.ok(s.Close())
		}
	}
}

// scripting-api.md#4, async-and-security.md#34: privileges of monikers.
func TestMonikerPrivileges(t *testing.T) {
	f := newFixture(t)
	for moniker, want := range map[string]string{
		`winmgmts:{impersonate,(Debug,!Shutdown)}`:                      "19 true, 18 false",
		`winmgmts:{impersonationLevel=identify, ( Debug , !Shutdown )}`: "19 true, 18 false",
		`winmgmts:{(Debug)}`:  "19 true",
		`winmgmts:{(!Debug)}`: "19 false",
		`winmgmts:{(IncreaseQuotaPrivilege),(security),authenticationLevel=pktPrivacy}!root`: "4 true, 7 true",
		`winmgmts:{}`: "",
	} {
		o, err := f.locator.GetObject(moniker)
		if err != nil {
			t.Error(err)
			continue
		}
		var got []string
		for p := range o.(*scripting.Services).Security().Privileges().All() {
			got = append(got, strconv.Itoa(int(p.Identifier()))+" "+strconv.FormatBool(p.IsEnabled()))
		}
		f.equal(strings.Join(got, ", "), want)
	}
}

// scripting-api.md#5, scripting-api.md#6, scripting-api.md#7,
// scripting-api.md#8: what ConnectServer refuses.
func TestConnectServer(t *testing.T) {
	f := newFixture(t)
	for _, test := range []struct {
		server, namespace, user, password, authority string
		flags                                        scripting.Flags
		want                                         wbem.Status
	}{
		{want: wbem.OK},
		{server: ".", namespace: "root", want: wbem.OK},
		{server: "HOST", namespace: "root/cimv2", want: wbem.OK},
		{server: "localhost", want: wbem.OK},
		{namespace: `\\.\ROOT`, flags: scripting.ConnectFlagUseMaxWait, want: wbem.OK},
		{namespace: `ROOT\NONE`, want: wbem.InvalidNamespace},
		{namespace: `ROOT\\CIMV2`, want: wbem.InvalidNamespace},
		{namespace: `\\\.\ROOT`, want: wbem.InvalidParameter},
		{namespace: `\\ROOT`, want: wbem.ServerUnavailable},
		{server: "elsewhere", namespace: "root", want: wbem.ServerUnavailable},
		{user: "u", want: wbem.LocalCredentials},
		{user: "u", password: "p", want: wbem.LocalCredentials},
		{authority: "kerberos:D\\HOST", want: wbem.LocalCredentials}, // async-and-security.md#32
		{user: `D\u`, authority: "NTLMDomain:D", want: wbem.InvalidParameter},
		{authority: "D", want: wbem.InvalidParameter},
		{flags: 0x40, want: wbem.InvalidParameter},
	} {
		s, err := f.locator.ConnectServer(test.server, test.namespace, test.user, test.password, "", test.authority, test.flags, nil)
		wantStatus(t, err, test.want)
		if err == nil {
			f.ok(s.Close())
			continue
		}
		if e := err.(*scripting.Error); e.Description == "" || e.Source != "SWbemLocator.ConnectServer" {
			t.Errorf("error %+v", e)
		}
	}
}

// scripting-api.md#9: the settings of a fresh locator.
func TestLocatorSecurity(t *testing.T) {
	f := newFixture(t)
	s := f.locator.Security()
	wantStatus(t, second(s.AuthenticationLevel()), wbem.Failed)
	f.equal(s.ImpersonationLevel(), scripting.ImpersonationLevelImpersonate)
	f.status(s.SetImpersonationLevel(0), wbem.InvalidParameter)
	f.status(s.SetImpersonationLevel(5), wbem.InvalidParameter)
	f.status(s.SetAuthenticationLevel(7), wbem.InvalidParameter)
	f.status(s.SetAuthenticationLevel(-1), wbem.InvalidParameter)
	f.ok(s.SetAuthenticationLevel(scripting.AuthenticationLevelPkt))
	if level, err := s.AuthenticationLevel(); level != scripting.AuthenticationLevelPkt || err != nil {
		t.Errorf("AuthenticationLevel = %d, %v", level, err)
	}
	// A local connection is private whatever was asked for.
	if level, err := f.connect("root").Security().AuthenticationLevel(); level != scripting.AuthenticationLevelPktPrivacy || err != nil {
		t.Errorf("AuthenticationLevel = %d, %v", level, err)
	}
	f.equal(f.Security().ImpersonationLevel(), scripting.ImpersonationLevelImpersonate)
}

// Each object begins with a copy of the settings of the one that it comes from
// (scripting-api.md 1.8).
func TestSecurityInheritance(t *testing.T) {
	f := newFixture(t)
	f.ok(f.locator.Security().SetImpersonationLevel(scripting.ImpersonationLevelAnonymous))
	f.ok(second(f.locator.Security().Privileges().Add(scripting.PrivilegeDebug, true)))
	s := f.connect(`root\t`)
	f.ok(second(f.locator.Security().Privileges().Add(scripting.PrivilegeBackup, true)))
	before, err := s.Get("B", 0, nil)
	f.ok(err)
	f.ok(s.Security().SetImpersonationLevel(scripting.ImpersonationLevelDelegate))
	s.Security().Privileges().DeleteAll()
	after, err := s.Get("B", 0, nil)
	f.ok(err)
	f.equal(before.Security().ImpersonationLevel(), scripting.ImpersonationLevelAnonymous) // async-and-security.md 5.1
	f.equal(after.Security().ImpersonationLevel(), scripting.ImpersonationLevelDelegate)
	f.equal([]int{before.Security().Privileges().Count(), after.Security().Privileges().Count()}, []int{1, 0})
	inst, err := before.SpawnInstance(0)
	f.ok(err)
	f.equal(inst.Security().ImpersonationLevel(), scripting.ImpersonationLevelAnonymous)
	f.ok(inst.Security().SetImpersonationLevel(scripting.ImpersonationLevelIdentify))
	f.equal(before.Security().ImpersonationLevel(), scripting.ImpersonationLevelAnonymous)
}

func TestPrivilegeSet(t *testing.T) {
	f := newFixture(t)
	set := f.Security().Privileges()
	p, err := set.Add(scripting.PrivilegeShutdown, true)
	f.ok(err)
	f.equal([]string{p.Name(), p.DisplayName()}, []string{"SeShutdownPrivilege", "Shut down the system"})
	f.equal(p.Identifier(), scripting.PrivilegeShutdown)
	f.ok(second(set.AddAsString("SeDebugPrivilege", false)))
	f.ok(second(set.AddAsString("sedebugprivilege", true)))
	f.equal(set.Count(), 2)
	if p, err := set.Item(scripting.PrivilegeDebug); err != nil || !p.IsEnabled() {
		t.Errorf("Item = %v, %v", p, err)
	}
	p.SetIsEnabled(false)
	f.equal(p.IsEnabled(), false)
	for _, err := range []error{
		second(set.Add(0, true)), second(set.Add(28, true)), second(set.AddAsString("Debug", true)),
		second(set.AddAsString("SeWrongPrivilege", true)), second(set.AddAsString("", true)),
	} {
		wantStatus(t, err, wbem.Failed)
	}
	wantStatus(t, second(set.Item(scripting.PrivilegeBackup)), wbem.NotFound)
	wantStatus(t, set.Remove(scripting.PrivilegeBackup), wbem.NotFound)
	f.ok(set.Remove(scripting.PrivilegeShutdown))
	f.equal(p.IsEnabled(), false)
	p.SetIsEnabled(true)
	f.equal(set.Count(), 2)
	set.DeleteAll()
	f.equal(set.Count(), 0)
	for id := scripting.PrivilegeCreateToken; id <= scripting.PrivilegeManageVolume; id++ {
		p, err := set.Add(id, true)
		f.ok(err)
		again, err := set.AddAsString(p.Name(), true)
		f.ok(err)
		if again.Identifier() != id || p.DisplayName() == "" {
			t.Errorf("privilege %d is %s, %q", id, p.Name(), p.DisplayName())
		}
	}
	f.equal(set.Count(), 27)
}
