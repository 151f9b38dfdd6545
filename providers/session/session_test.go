package session_test

import (
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/account"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/providers/process"
	"openwmi/providers/session"
	"openwmi/wbem"
)

func open(t testing.TB, sys *live.System, run string) wbem.Services {
	t.Helper()
	return providertest.Open(t, map[string]any{
		session.Name: session.New(session.Options{System: sys, Run: run}), account.Name: account.New(sys), process.Name: process.New(process.Options{System: sys}),
	}, live.MOF, account.MOF, process.MOF, session.MOF)
}

func stat(pid string) string {
	return pid + " (x) S 1 7 7 0 -1 4194560 10 0 3 0 250 125 0 0 20 0 1 0 100 8192 2"
}

func system(t testing.TB) *live.System {
	files := map[string]string{"self/mountinfo": "", "x/sessionid": "3", "40/sessionid": "4294967295", "50/sessionid": "77"}
	for pid, audit := range map[string]string{"10": "3", "11": "3", "20": "5", "30": "4294967295"} {
		files[pid+"/sessionid"] = audit
		files[pid+"/stat"] = stat(pid)
		files[pid+"/cmdline"] = "x\x00"
		files[pid+"/status"] = "Tgid:\t" + pid + "\n"
	}
	return &live.System{
		Computer: "PC", Proc: providertest.Tree(t, files),
		Etc: providertest.Tree(t, map[string]string{"passwd": "ann:x:1000:1000:Ann:/:/bin/sh\nbob:x:1001:1001::/:/bin/sh\n", "group": "ann:x:1000:\n"}),
	}
}

func found(t testing.TB, svc wbem.Services, query string) []string {
	t.Helper()
	var all []string
	for _, inst := range providertest.Query(t, svc, query) {
		p, _ := cim.RelPath(inst)
		all = append(all, p.String())
	}
	slices.Sort(all)
	return all
}

func sessions(t testing.TB, svc wbem.Services) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_LogonSession") {
		v := providertest.Values(inst)
		all[v["LogonId"]] = v
		delete(v, "LogonId")
	}
	return all
}

func at(t testing.TB, when time.Time) string {
	d, err := cim.NewDatetime(when)
	if err != nil {
		t.Fatal(err)
	}
	return cim.DatetimeValue(d).String()
}

func TestLogind(t *testing.T) {
	run := providertest.Tree(t, map[string]string{
		"systemd/sessions/3":         "# private\nUID=1000\nUSER=ann\nSTATE=active\nREMOTE=1\nTYPE=tty\nCLASS=user\nLEADER=10\nAUDIT=3\nREALTIME=1700000000000000\n",
		"systemd/sessions/c1":        "USER=bob\nSTATE=closing\nREMOTE=0\nTYPE=wayland\nCLASS=user\nLEADER=20\nREALTIME=99999999999999999999\n",
		"systemd/sessions/7":         "USER=ann\nTYPE=unspecified\nCLASS=background\nLEADER=30\nREALTIME=1700000001000000\n",
		"systemd/sessions/8":         "USER=ann\nTYPE=unspecified\nCLASS=manager-early\n",
		"systemd/sessions/9":         "USER=ann\nTYPE=unspecified\nCLASS=user\nREMOTE=1\n",
		"systemd/sessions/10":        "USER=ann\xff\nTYPE=?\nCLASS\n=\n",
		"systemd/sessions/nobody":    "UID=1\n",
		"systemd/sessions/.#3ab":     "USER=ann\n",
		"systemd/sessions/3.ref":     "USER=ann\n",
		"systemd/sessions/dir/3":     "USER=ann\n",
		"utmp":                       "not looked at",
		"systemd/sessions/" + "\x7f": "",
	})
	svc := open(t, system(t), run)
	want := map[string]map[string]string{
		"3":  {"LogonType": "10", "Status": "OK", "StartTime": at(t, time.Unix(1700000000, 0))},
		"c1": {"LogonType": "2", "Status": "Stopping"},
		"7":  {"LogonType": "4", "Status": "OK", "StartTime": at(t, time.Unix(1700000001, 0))},
		"8":  {"LogonType": "5", "Status": "OK"},
		"9":  {"LogonType": "3", "Status": "OK"},
		"10": {"Status": "OK"},
	}
	if diff := cmp.Diff(want, sessions(t, svc)); diff != "" {
		t.Error(diff)
	}
	const three, ann = `Win32_LogonSession.LogonId="3"`, `Win32_UserAccount.Domain="PC",Name="ann"`
	for query, want := range map[string][]string{
		"ASSOCIATORS OF {" + three + "}":                                             {`Win32_Process.Handle="10"`, `Win32_Process.Handle="11"`, ann},
		"ASSOCIATORS OF {" + ann + "} WHERE AssocClass = Win32_LoggedOnUser":         {three, `Win32_LogonSession.LogonId="7"`, `Win32_LogonSession.LogonId="8"`, `Win32_LogonSession.LogonId="9"`},
		`ASSOCIATORS OF {Win32_Process.Handle="11"} WHERE ResultClass=Win32_Session`: {three},
		`ASSOCIATORS OF {Win32_Process.Handle="20"} WHERE ResultClass=Win32_Session`: {`Win32_LogonSession.LogonId="c1"`}, // by its leader
		`ASSOCIATORS OF {Win32_Process.Handle="30"} WHERE ResultClass=Win32_Session`: nil,
		"REFERENCES OF {" + three + "} WHERE ResultClass = Win32_SessionProcess": {
			`Win32_SessionProcess.Antecedent="Win32_LogonSession.LogonId=\"3\"",Dependent="Win32_Process.Handle=\"10\""`,
			`Win32_SessionProcess.Antecedent="Win32_LogonSession.LogonId=\"3\"",Dependent="Win32_Process.Handle=\"11\""`,
		},
		"SELECT * FROM Win32_LogonSession WHERE LogonId = '../../utmp'":                                nil,
		"SELECT * FROM Win32_LogonSession WHERE LogonId = 'C1'":                                        {`Win32_LogonSession.LogonId="c1"`},
		`SELECT * FROM Win32_SessionProcess WHERE Dependent = 'Win32_Process.Handle="../10"'`:          nil,
		`SELECT * FROM Win32_SessionProcess WHERE Antecedent = 'Win32_LogonSession.LogonId="missing"'`: nil,
	} {
		if diff := cmp.Diff(want, found(t, svc, query)); diff != "" {
			t.Errorf("%s:\n%s", query, diff)
		}
	}
	if n := len(found(t, svc, "SELECT * FROM Win32_SessionProcess")); n != 3 {
		t.Errorf("%d processes are in sessions", n)
	}
}

// entry is one of utmp.
func entry(length int, kind uint16, pid uint32, line, user, host string, when uint64) string {
	b := make([]byte, length)
	order := binary.NativeEndian
	order.PutUint16(b, kind)
	order.PutUint32(b[4:], pid)
	copy(b[8:40], line)
	copy(b[44:76], user)
	copy(b[76:332], host)
	if length == 400 {
		order.PutUint64(b[344:], when)
	} else {
		order.PutUint32(b[340:], uint32(when))
	}
	return string(b)
}

func TestUtmp(t *testing.T) {
	for _, length := range []int{384, 400} {
		utmp := entry(length, 2, 0, "~", "reboot", "6.1", 1600000000) +
			entry(length, 7, 10, "pts/0", "ann", "10.0.0.1", 1700000000) +
			entry(length, 7, 20, "tty1", "bob", "", 1700000001) +
			entry(length, 7, 11, ":0", "ann", ":0", 1700000002) +
			entry(length, 7, 99, "tty2", "bob", "", 1700000001) + // gone
			entry(length, 8, 10, "pts/1", "ann", "", 1700000003) + // has logged off
			entry(length, 7, 10, "", "ann", "", 1700000003) +
			entry(length, 7, 10, "pts/2", strings.Repeat("\xff", 32), strings.Repeat("h", 256), 1<<40)
		svc := open(t, system(t), providertest.Tree(t, map[string]string{"utmp": utmp}))
		got := sessions(t, svc)
		for id, want := range map[string]string{"pts/0": "10", "tty1": "2", ":0": "2", "pts/2": "10"} {
			if got[id]["LogonType"] != want {
				t.Errorf("%s is %v, want %s", id, got[id], want)
			}
		}
		if len(got) != 4 || got["tty1"]["StartTime"] != at(t, time.Unix(1700000001, 0)) {
			t.Errorf("there are %v", got)
		}
		if diff := cmp.Diff([]string{`Win32_Process.Handle="20"`, `Win32_UserAccount.Domain="PC",Name="bob"`}, found(t, svc, `ASSOCIATORS OF {Win32_LogonSession.LogonId="tty1"}`)); diff != "" {
			t.Error(diff)
		}
	}
	if got := sessions(t, open(t, system(t), t.TempDir())); len(got) != 0 {
		t.Errorf("nobody is %v", got)
	}
}

// What is in utmp harms nobody.
func FuzzUtmp(f *testing.F) {
	f.Add([]byte(entry(384, 7, 10, "pts/0", "ann", "10.0.0.1", 1700000000)))
	f.Add([]byte(entry(400, 7, 10, "pts/0", "ann", "10.0.0.1", 1<<63) + "x"))
	f.Add([]byte{7})
	sys, run := system(f), f.TempDir()
	svc := open(f, sys, run)
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(run+"/utmp", b, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_LogonSession") {
			if err := inst.Check(); err != nil {
				t.Error(err)
			}
		}
	})
}

// Who is logged on here is what loginctl says.
func TestAgainstLoginctl(t *testing.T) {
	if _, err := os.Stat("/run/systemd/sessions"); err != nil {
		t.Skip("this system has no logind")
	}
	svc := open(t, nil, "")
	list := func() []string {
		var ids []string
		for line := range strings.Lines(providertest.Run(t, "loginctl", "list-sessions", "--no-legend")) {
			if f := strings.Fields(line); len(f) > 2 {
				ids = append(ids, f[0]+" "+f[2])
			}
		}
		slices.Sort(ids)
		return ids
	}
	before := list()
	var got []string
	for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_LoggedOnUser") {
		v := providertest.Values(inst)
		user, err := cim.ParsePath(v["Antecedent"])
		if err != nil {
			t.Fatal(err)
		}
		logon, err := cim.ParsePath(v["Dependent"])
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, logon.Keys[0].Text+" "+user.Keys[1].Text)
	}
	slices.Sort(got)
	if after := list(); slices.Equal(before, after) {
		if diff := cmp.Diff(before, got); diff != "" {
			t.Error(diff)
		}
	}
}
