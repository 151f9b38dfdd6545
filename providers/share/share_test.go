package share_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/providers/share"
	"openwmi/wbem"
)

func open(t testing.TB, o share.Options) wbem.Services {
	t.Helper()
	return providertest.Open(t, map[string]any{share.Name: share.New(o)}, live.MOF, share.MOF)
}

func anybody(*provider.Request, string) error { return nil }

// rows returns the shares by name.
func rows(t *testing.T, svc wbem.Services, query string) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	for _, inst := range providertest.Query(t, svc, query) {
		values := providertest.Values(inst)
		found[values["Name"]] = values
		path, _ := cim.RelPath(inst)
		if _, err := svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil {
			t.Error(err)
		}
	}
	return found
}

const conf = `# a comment
; another
	workgroup = HERE
[global]
	server string = The Server
	Max  Connections = 5
	usershare max shares = 10
	include = more.conf
	include = /none/%m.conf
[homes]
	comment = Home
[printers]
	path = /var/tmp
	printable = yes
[data]
	COMMENT = "The \
data"
	path = /srv/%S
	no sense here
[Docs]
	copy = data
	directory = /srv/docs
	maxconnections = 0
[off]
	path = /off
	available = No
[laser]
	print ok = true
	path = /spool
[data]
	max connections = 7
`

// machine writes a configuration, and the shares of users.
func machine(t testing.TB, users map[string]string) string {
	files := map[string]string{"smb.conf": conf, "more.conf": "[more]\npath = /more\ncomment = \xff\ninclude = smb2.conf\n", "users/.keep": ""}
	for name, text := range users {
		files["users/"+name] = text
	}
	dir := providertest.Tree(t, files)
	name := filepath.Join(dir, "smb.conf")
	if err := os.WriteFile(name, []byte("[global]\nusershare path = "+dir+"/users\n"+strings.ReplaceAll(conf, "more.conf", dir+"/more.conf")), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

const mine = "#VERSION 2\npath=/home/ann\ncomment=Hers\nusershare_acl=S-1-1-0:R\nguest_ok=y\nsharename=Mine\n"

func TestShare(t *testing.T) {
	svc := open(t, share.Options{Config: machine(t, map[string]string{
		"mine": mine, "one": "#VERSION 1\npath=/one\n", "data": "#VERSION 2\npath=/other\n", "other": "#VERSION 2\npath=/x\nsharename=another\n",
		"relative": "#VERSION 2\npath=x\n", "old": "path=/old\n", "big": "#VERSION 2\npath=/big\n" + strings.Repeat("#", 11<<10), "link": "->mine", "-x": "#VERSION 2\npath=/x\n",
	})})
	want := map[string]map[string]string{
		"more":  {"Path": "/more", "Caption": "\uFFFD", "MaximumAllowed": "5"},
		"data":  {"Path": "/srv/data", "Caption": "The data", "MaximumAllowed": "7"},
		"Docs":  {"Path": "/srv/docs", "Caption": "The data"},
		"laser": {"Path": "/spool", "Type": "1", "MaximumAllowed": "5"},
		"IPC$":  {"Caption": "IPC Service (The Server)", "Type": "2147483651"},
		"Mine":  {"Path": "/home/ann", "Caption": "Hers"},
		"one":   {"Path": "/one"},
	}
	for name, v := range want {
		v["Name"], v["Status"], v["AllowMaximum"] = name, "OK", "TRUE"
		if v["MaximumAllowed"] != "" {
			v["AllowMaximum"] = "FALSE"
		}
		if v["Type"] == "" {
			v["Type"] = "0"
		}
		if v["Caption"] != "" {
			v["Description"] = v["Caption"]
		}
	}
	if diff := cmp.Diff(want, rows(t, svc, "SELECT * FROM Win32_Share")); diff != "" {
		t.Errorf("shares differ:\n%s", diff)
	}
	for query, want := range map[string]string{"Name = 'DATA'": "data", "Type = 0 AND Path LIKE '/srv/%'": "Docs data", "Name = 'off' OR Name = 'homes'": ""} {
		var got []string
		for name := range rows(t, svc, "SELECT * FROM Win32_Share WHERE "+query) {
			got = append(got, name)
		}
		slices.Sort(got)
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s found %q, want %q", query, got, want)
		}
	}
}

// A computer without Samba shares nothing; what is wrong with that of another one
// is told.
func TestNone(t *testing.T) {
	if n := len(rows(t, open(t, share.Options{Config: "/none/smb.conf"}), "SELECT * FROM Win32_Share")); n != 0 {
		t.Errorf("%d shares without Samba", n)
	}
	dir := providertest.Tree(t, map[string]string{
		"loop.conf": "include = " + "loop.conf\n", "deep/x.conf": "include = x.conf\ninclude = x.conf\n", "big.conf": strings.Repeat("# a comment\n", 1<<17),
		"many.conf": "[" + strings.Join(strings.Fields(strings.Repeat("x ", 3)), "") + "]\n" + sections(10001),
	})
	for _, name := range []string{"loop.conf", "deep/x.conf", "big.conf", "many.conf"} {
		for _, err := range open(t, share.Options{Config: filepath.Join(dir, name)}).Instances(t.Context(), "Win32_Share", wbem.Options{}) {
			if cim.StatusOf(err) != wbem.NotAvailable {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func sections(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("[" + strings.Repeat("a", i%100+1) + string(rune('a'+i/100%26)) + string(rune('a'+i/2600)) + "]\n")
	}
	return b.String()
}

// call calls a method and returns its code.
func call(t *testing.T, svc wbem.Services, name, method string, args ...any) uint64 {
	t.Helper()
	class, err := svc.GetClass(t.Context(), "Win32_Share", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var in *cim.Instance
	if sig := class.Method(method).Signature(false); sig != nil {
		in = cim.NewInstance(sig)
		for i := 0; i < len(args); i += 2 {
			if err := in.Set(args[i].(string), args[i+1].(cim.Value)); err != nil {
				t.Fatal(err)
			}
		}
	}
	path := cim.MustParsePath("Win32_Share")
	if name != "" {
		path.Keys = []cim.Key{cim.NewKey("Name", cim.StringValue(name))}
	}
	out, err := svc.ExecMethod(t.Context(), path, method, in, wbem.Options{})
	if err != nil {
		t.Fatalf("%s of %q: %v", method, name, err)
	}
	v, _ := out.Get("ReturnValue")
	return v.Uint()
}

func create(name, dir string, more ...any) []any {
	return append([]any{"Name", cim.StringValue(name), "Path", cim.StringValue(dir), "Type", cim.Uint32Value(0)}, more...)
}

func TestMethods(t *testing.T) {
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("this system has no /bin/sh to stand in for net")
	}
	dir := t.TempDir()
	log, program := filepath.Join(dir, "log"), filepath.Join(dir, "net")
	script := "#!/bin/sh\nshift\nfor a; do printf '<%s>' \"$a\"; done > " + log + "\ncase $4 in\ndenied) echo 'net: Permission denied.' >&2; exit 255;;\nfails) exit 1;;\nesac\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	text, config := cim.StringValue, machine(t, map[string]string{"mine": mine, "one": "#VERSION 1\npath=/one\n"})
	for _, test := range []struct {
		name, method string
		args         []any
		code         uint64
		ran          string
	}{
		{"", "Create", create("new", dir), 0, "<usershare><add><--><new><" + dir + "><>"},
		{"", "Create", create("new", dir, "Description", text("-a b")), 0, "<usershare><add><--><new><" + dir + "><-a b>"},
		{"", "Create", create("denied", dir), 2, "<usershare><add><--><denied><" + dir + "><>"},
		{"", "Create", create("fails", dir), 8, "<usershare><add><--><fails><" + dir + "><>"},
		{"", "Create", create("a/b", dir), 9, ""},
		{"", "Create", create("-x", dir), 9, ""},
		{"", "Create", create("", dir), 9, ""},
		{"", "Create", create("new", dir, "Type", cim.Uint32Value(1)), 21, ""},
		{"", "Create", create("new", dir, "MaximumAllowed", cim.Uint32Value(3)), 21, ""},
		{"", "Create", create("new", dir, "Password", text("x")), 21, ""},
		{"", "Create", create("new", dir, "Description", text("a\nb")), 21, ""},
		{"", "Create", create("DATA", dir), 22, ""},
		{"", "Create", create("new", "relative"), 24, ""},
		{"", "Create", create("new", dir+"/none"), 24, ""},
		{"", "Create", create("new", log), 24, ""},
		{"Mine", "Delete", nil, 0, "<usershare><delete><--><Mine>"},
		{"data", "Delete", nil, 8, ""},
		{"IPC$", "Delete", nil, 8, ""},
		{"Mine", "SetShareInfo", []any{"Description", text("other")}, 0, "<usershare><add><--><Mine></home/ann><other><S-1-1-0:R><guest_ok=y>"},
		{"one", "SetShareInfo", []any{"Description", text("other")}, 0, "<usershare><add><--><one></one><other>"},
		{"Mine", "SetShareInfo", nil, 0, ""},
		{"data", "SetShareInfo", []any{"Description", text("other")}, 8, ""},
		{"Mine", "SetShareInfo", []any{"MaximumAllowed", cim.Uint32Value(1)}, 21, ""},
	} {
		os.Remove(log)
		if test.name == "" && test.args[3].(cim.Value).Text() == log {
			if err := os.WriteFile(log, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		o := share.Options{Config: config, Net: program, Control: anybody}
		if code := call(t, open(t, o), test.name, test.method, test.args...); code != test.code {
			t.Errorf("%s of %q %v = %d, want %d", test.method, test.name, test.args, code, test.code)
		}
		if ran, _ := os.ReadFile(log); string(ran) != test.ran {
			t.Errorf("%s of %q ran %s, want %s", test.method, test.name, ran, test.ran)
		}
		os.Remove(log)
		o.Control = nil
		if code := call(t, open(t, o), test.name, test.method, test.args...); code != 2 {
			t.Errorf("%s of %q without Control = %d", test.method, test.name, code)
		}
		if ran, err := os.ReadFile(log); err == nil {
			t.Errorf("%s of %q without Control ran %s", test.method, test.name, ran)
		}
	}
	if code := call(t, open(t, share.Options{Config: config, Net: "/none/net", Control: anybody}), "Mine", "Delete"); code != 8 {
		t.Errorf("without the program: %d", code)
	}
}

// The methods do what they say with Samba's own program.
func TestAgainstNet(t *testing.T) {
	if _, err := exec.LookPath("net"); err != nil || os.Geteuid() != 0 {
		t.Skip("this needs the program net of Samba, and to be root")
	}
	dir := t.TempDir()
	users := filepath.Join(dir, "users")
	if err := os.Mkdir(users, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(users, 0o770|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "smb.conf")
	text := "[global]\nusershare path = " + users + "\nusershare max shares = 10\n"
	for _, name := range []string{"lock directory", "state directory", "cache directory", "private dir"} {
		text += name + " = " + dir + "\n"
	}
	if err := os.WriteFile(config, []byte(text+"log file = "+dir+"/log\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	svc := open(t, share.Options{Config: config, Control: anybody})
	one := func(comment string) {
		t.Helper()
		want := map[string]string{"Name": "new", "Path": dir, "Status": "OK", "Type": "0", "AllowMaximum": "TRUE", "Caption": comment, "Description": comment}
		if diff := cmp.Diff(want, rows(t, svc, "SELECT * FROM Win32_Share WHERE Name = 'new'")["new"]); diff != "" {
			t.Errorf("the share differs:\n%s", diff)
		}
	}
	if code := call(t, svc, "", "Create", create("new", dir, "Description", cim.StringValue("--a b"))...); code != 0 {
		t.Skipf("net makes no shares here: %d", code)
	}
	one("--a b")
	if code := call(t, svc, "new", "SetShareInfo", "Description", cim.StringValue("c")); code != 0 {
		t.Errorf("SetShareInfo = %d", code)
	}
	one("c")
	if code := call(t, svc, "", "Create", create("new", dir)...); code != 22 {
		t.Errorf("Create again = %d", code)
	}
	if code := call(t, svc, "new", "Delete"); code != 0 {
		t.Errorf("Delete = %d", code)
	}
	if n := len(rows(t, svc, "SELECT * FROM Win32_Share WHERE Name = 'new'")); n != 0 {
		t.Error("the share is still there")
	}
}

// Shares are the sections that testparm prints, of this computer and of the
// configuration of the other tests.
func TestAgainstTestparm(t *testing.T) {
	for _, config := range []string{"/etc/samba/smb.conf", machine(t, nil)} {
		if _, err := os.Stat(config); err != nil {
			continue
		}
		want, name := map[string]map[string]string{}, ""
		for line := range strings.Lines(providertest.Run(t, "testparm", "-s", config)) {
			line = strings.TrimSpace(line)
			if section, ok := strings.CutPrefix(line, "["); ok {
				name = strings.TrimSuffix(section, "]")
				want[name] = map[string]string{}
			}
			k, v, _ := strings.Cut(line, " = ")
			if k == "path" || k == "comment" {
				want[name][k] = strings.Trim(v, `"`) // as it does not
			}
			if k == "available" && v == "No" {
				want[name][k] = v
			}
		}
		for name, v := range want {
			if slices.Contains([]string{"global", "homes", "printers"}, name) || v["available"] != "" {
				delete(want, name)
			}
		}
		got := map[string]map[string]string{}
		for name, v := range rows(t, open(t, share.Options{Config: config}), "SELECT * FROM Win32_Share") {
			if name == "IPC$" {
				continue
			}
			got[name] = map[string]string{}
			if v["Path"] != "" {
				got[name]["path"] = v["Path"]
			}
			if v["Caption"] != "" {
				got[name]["comment"] = v["Caption"]
			}
		}
		for _, shares := range []map[string]map[string]string{want, got} {
			for name, v := range shares {
				v["path"] = strings.ReplaceAll(v["path"], "%S", name)
				v["comment"] = strings.ToValidUTF8(v["comment"], "\uFFFD")
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s differs from testparm:\n%s", config, diff)
		}
	}
}

// FuzzConfig reads any file as smb.conf, and as a share of users.
func FuzzConfig(f *testing.F) {
	f.Add([]byte(conf), []byte(mine))
	f.Add([]byte("[a]\ncopy=a\ncopy=\ninclude=registry\ninclude=smb.conf\n\\\n"), []byte("#VERSION \npath=/\x00"))
	f.Add([]byte("[[]]\n=\n[]\n\\"), []byte("#VERSION 2\npath=/a\nsharename=\n"))
	dir := f.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "users"), 0o755); err != nil {
		f.Fatal(err)
	}
	config := filepath.Join(dir, "smb.conf")
	svc := open(f, share.Options{Config: config})
	f.Fuzz(func(t *testing.T, text, user []byte) {
		if err := os.WriteFile(config, append([]byte("usershare path = "+dir+"/users\n"), text...), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "users", "user"), user, 0o644); err != nil {
			t.Fatal(err)
		}
		for inst, err := range svc.Instances(t.Context(), "Win32_Share", wbem.Options{}) {
			if err != nil {
				if cim.StatusOf(err) != wbem.NotAvailable {
					t.Error(err)
				}
				continue
			}
			path, ok := cim.RelPath(inst)
			if err := inst.Check(); err != nil || !ok {
				t.Errorf("%v: %v", inst, err)
			}
			if _, err := svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	})
}
