package eventlog_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/eventlog"
	"openwmi/providers/file"
	"openwmi/providers/host"
	"openwmi/providers/internal/journal"
	"openwmi/providers/internal/journal/journaltest"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/wbem"
)

var boot = journal.ID{0xb0}

// moment returns a time in µs.
func moment(seconds int) uint64 { return 1_700_000_000_000_000 + uint64(seconds)*1_000_000 }

// wmi returns a time as the classes have it.
func wmi(us uint64) string { return live.Time(time.UnixMicro(int64(us))).Text() }

func open(t testing.TB, dirs ...string) wbem.Services {
	t.Helper()
	sys := &live.System{Computer: "PC", Etc: providertest.Tree(t, map[string]string{
		"systemd/journald.conf":           "[Other]\nSystemMaxUse=1\n[Journal]\n#SystemMaxUse=2\nSystemMaxUse=1G\n",
		"systemd/journald.conf.d/10.conf": "[Journal]\n SystemMaxUse = 500M\n",
	})}
	p := eventlog.New(eventlog.Options{System: sys, Dirs: dirs})
	return providertest.Open(t, map[string]any{eventlog.Name: p, host.Name: host.New(host.Options{System: sys})}, live.MOF, file.MOF, host.MOF, eventlog.MOF)
}

// entries are what the sample has, one a line.
var entries = []string{
	`MESSAGE=Linux version 6|PRIORITY=5|SYSLOG_FACILITY=0|SYSLOG_IDENTIFIER=kernel|_TRANSPORT=kernel|_HOSTNAME=pc`,
	`MESSAGE=Started cron.|PRIORITY=6|SYSLOG_FACILITY=3|SYSLOG_IDENTIFIER=systemd|_PID=1|_UID=0|_HOSTNAME=pc|_TRANSPORT=journal|MESSAGE_ID=39f53479d3a045ac8e11786248231fbf`,
	`MESSAGE=Accepted publickey|PRIORITY=6|SYSLOG_FACILITY=4|SYSLOG_IDENTIFIER=sshd|_COMM=sshd|_UID=4294967294|_HOSTNAME=pc|_TRANSPORT=syslog`,
	`MESSAGE=disk full|PRIORITY=3|SYSLOG_FACILITY=3|SYSLOG_IDENTIFIER=nginx|_COMM=nginx|_HOSTNAME=pc|_SYSTEMD_UNIT=nginx.service|_TRANSPORT=stdout`,
	`MESSAGE=USER_LOGIN res=failed|SYSLOG_FACILITY=4|SYSLOG_IDENTIFIER=audit|_AUDIT_TYPE=1112|AUDIT_FIELD_RES=failed|_TRANSPORT=audit`,
	`MESSAGE=USER_AUTH res=success|SYSLOG_FACILITY=4|SYSLOG_IDENTIFIER=audit|_AUDIT_TYPE=1100|AUDIT_FIELD_RES=success|_TRANSPORT=audit`,
	`MESSAGE=link up|PRIORITY=4|_SYSTEMD_UNIT=systemd-networkd.service|SYSLOG_IDENTIFIER=systemd-networkd|SYSLOG_FACILITY=3|_TRANSPORT=journal`,
	"MESSAGE=\xff\x00 raw|_COMM=tool|_TRANSPORT=journal",
	`NOTE=nothing else`,
	`MESSAGE=again|PRIORITY=3|SYSLOG_IDENTIFIER=NGINX|SYSLOG_FACILITY=23|_TRANSPORT=syslog`,
}

// sample writes a journal with entries, one a minute.
func sample(t testing.TB) (dir string, w *journaltest.Writer) {
	t.Helper()
	dir = t.TempDir()
	w = journaltest.New(filepath.Join(dir, "system.journal"), journaltest.Options{Keyed: true, Compact: true, File: journal.ID{1}, Sequence: journal.ID{2}})
	for i, line := range entries {
		w.Append(boot, moment(60*i), uint64(i), strings.Split(line, "|")...)
	}
	flush(t, w)
	return dir, w
}

func flush(t testing.TB, w *journaltest.Writer) {
	t.Helper()
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// numbers returns the record numbers of what a query finds.
func numbers(t testing.TB, svc wbem.Services, query string) string {
	t.Helper()
	var all []string
	for _, inst := range providertest.Query(t, svc, query) {
		v, _ := inst.Get("RecordNumber")
		all = append(all, v.String())
	}
	return strings.Join(all, " ")
}

// The properties of each kind of entry are just those that it has.
func TestValues(t *testing.T) {
	dir, _ := sample(t)
	svc := open(t, dir)
	want := map[int]map[string]string{
		1: {"Logfile": "System", "EventType": "3", "Type": "Information", "SourceName": "kernel", "Message": "Linux version 6", "ComputerName": "pc", "Category": "0", "CategoryString": "kern"},
		2: {"Logfile": "System", "EventType": "3", "Type": "Information", "SourceName": "systemd", "Message": "Started cron.", "ComputerName": "pc", "Category": "3", "CategoryString": "daemon",
			"User": `pc\root`, "EventIdentifier": fmt.Sprint(0x48231fbf), "EventCode": fmt.Sprint(0x1fbf)},
		3:  {"Logfile": "Security", "EventType": "3", "Type": "Information", "SourceName": "sshd", "Message": "Accepted publickey", "ComputerName": "pc", "Category": "4", "CategoryString": "auth", "User": `pc\4294967294`},
		4:  {"Logfile": "Application", "EventType": "1", "Type": "Error", "SourceName": "nginx", "Message": "disk full", "ComputerName": "pc", "Category": "3", "CategoryString": "daemon"},
		5:  {"Logfile": "Security", "EventType": "5", "Type": "Audit Failure", "SourceName": "audit", "Message": "USER_LOGIN res=failed", "Category": "4", "CategoryString": "auth", "EventIdentifier": "1112", "EventCode": "1112"},
		6:  {"Logfile": "Security", "EventType": "4", "Type": "Audit Success", "SourceName": "audit", "Message": "USER_AUTH res=success", "Category": "4", "CategoryString": "auth", "EventIdentifier": "1100", "EventCode": "1100"},
		7:  {"Logfile": "System", "EventType": "2", "Type": "Warning", "SourceName": "systemd-networkd", "Message": "link up", "Category": "3", "CategoryString": "daemon"},
		8:  {"Logfile": "Application", "SourceName": "tool", "Message": cim.StringValue("\uFFFD\x00 raw").String(), "Data": cim.BytesValue([]byte("\xff\x00 raw")).String()},
		9:  {"Logfile": "Application"},
		10: {"Logfile": "Application", "EventType": "1", "Type": "Error", "SourceName": "NGINX", "Message": "again", "Category": "23", "CategoryString": "local7"},
	}
	all := providertest.Query(t, svc, "SELECT * FROM Win32_NTLogEvent")
	if len(all) != len(want) {
		t.Fatalf("%d entries", len(all))
	}
	for i, inst := range all {
		n := len(all) - i // the newest is first
		w := want[n]
		w["RecordNumber"] = strconv.Itoa(n)
		w["TimeGenerated"] = wmi(moment(60 * (n - 1)))
		w["TimeWritten"] = w["TimeGenerated"]
		got := providertest.Values(inst)
		for _, name := range []string{"TimeGenerated", "TimeWritten"} {
			v, _ := inst.Get(name)
			got[name] = v.Text()
		}
		delete(got, "InsertionStrings")
		if diff := cmp.Diff(w, got); diff != "" {
			t.Errorf("entry %d:\n%s", n, diff)
		}
		if err := inst.Check(); err != nil {
			t.Errorf("entry %d: %v", n, err)
		}
		path, _ := cim.RelPath(inst)
		again, err := svc.GetInstance(t.Context(), path, wbem.Options{})
		if err != nil {
			t.Errorf("%s: %v", path, err)
		} else if diff := cmp.Diff(providertest.Values(inst), providertest.Values(again)); diff != "" {
			t.Errorf("%s:\n%s", path, diff)
		}
	}
	v, _ := all[6].Get("InsertionStrings")
	if diff := cmp.Diff([]string{"PRIORITY=3", "SYSLOG_FACILITY=3", "SYSLOG_IDENTIFIER=nginx", "_COMM=nginx", "_HOSTNAME=pc", "_SYSTEMD_UNIT=nginx.service", "_TRANSPORT=stdout"}, v.Texts()); diff != "" {
		t.Errorf("InsertionStrings:\n%s", diff)
	}
	for _, key := range []string{`Logfile="System",RecordNumber=4`, `Logfile="Application",RecordNumber=11`, `Logfile="Application",RecordNumber=0`, `Logfile="Other",RecordNumber=1`} {
		if _, err := svc.GetInstance(t.Context(), cim.MustParsePath("Win32_NTLogEvent."+key), wbem.Options{}); cim.StatusOf(err) != wbem.NotFound {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// What a query finds is what it asks for, whatever is looked up.
func TestQuery(t *testing.T) {
	dir, _ := sample(t)
	svc := open(t, dir)
	at := func(minute int) string { return wmi(moment(60 * minute)) }
	for _, test := range []struct{ where, want string }{
		{`Logfile = "system"`, "7 2 1"},
		{`Logfile = "Security"`, "6 5 3"},
		{`Logfile = "Application"`, "10 9 8 4"},
		{`Logfile = "Security" OR Logfile = "System"`, "7 6 5 3 2 1"},
		{`Logfile <> "Security"`, "10 9 8 7 4 2 1"},
		{`Logfile = "Setup"`, ""},
		{`RecordNumber = 4`, "4"},
		{`RecordNumber = 4 AND Logfile = "System"`, ""},
		{`RecordNumber = 0`, ""},
		{`RecordNumber > 8`, "10 9"},
		{`RecordNumber >= 8 AND RecordNumber < 10`, "9 8"},
		{`RecordNumber <= 2`, "2 1"},
		{`RecordNumber < 1`, ""},
		{`RecordNumber = 2 OR RecordNumber = 9`, "2 9"},
		{`TimeGenerated >= "` + at(8) + `"`, "10 9"},
		{`TimeWritten > "` + at(8) + `"`, "10"},
		{`TimeWritten < "` + at(1) + `"`, "1"},
		{`TimeGenerated = "` + at(3) + `"`, "4"},
		{`TimeGenerated > "` + at(0) + `" AND TimeWritten <= "` + at(2) + `"`, "3 2"},
		{`TimeGenerated > "20990101000000.000000+000"`, ""},
		{`TimeGenerated < "19690101000000.000000+000"`, ""},
		{`TimeGenerated > "19690101000000.000000+000" AND RecordNumber < 3`, "2 1"},
		{`EventType = 1`, "10 4"},
		{`EventType = 2`, "7"},
		{`EventType <= 2`, "10 7 4"},
		{`EventType = 3`, "3 2 1"},
		{`EventType = 4`, "6"},
		{`EventType >= 4`, "6 5"},
		{`EventType = 9`, ""},
		{`EventType IS NULL`, "9 8"},
		{`Type = "error"`, "10 4"},
		{`Type = "Audit Failure"`, "5"},
		{`Type = "nonsense"`, ""},
		{`SourceName = "nginx"`, "10 4"},
		{`SourceName = "TOOL"`, "8"},
		{`SourceName = "none"`, ""},
		{`SourceName LIKE "ssh%"`, "3"},
		{`SourceName = "nginx" AND EventType = 1 AND TimeGenerated > "` + at(5) + `"`, "10"},
		{`Category = 4`, "6 5 3"},
		{`EventCode = 1112`, "5"},
		{`EventIdentifier = 1210261439`, "2"},
		{`Message LIKE "%full%"`, "4"},
	} {
		got := numbers(t, svc, "SELECT RecordNumber FROM Win32_NTLogEvent WHERE "+test.where)
		if test.want == "2 9" && got == "9 2" {
			continue
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.where, got, test.want)
		}
	}
}

func TestFiles(t *testing.T) {
	dir, _ := sample(t)
	svc := open(t, dir)
	info, err := os.Stat(filepath.Join(dir, "system.journal"))
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]string{"Application": "4", "Security": "3", "System": "3"}
	for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_NTEventlogFile") {
		got := providertest.Values(inst)
		log := got["LogfileName"]
		path := cim.StringValue(dir + "#" + log).String()
		want := map[string]string{
			"Name": path, "Caption": path, "Description": path, "LogfileName": got["LogfileName"], "NumberOfRecords": counts[log],
			"FileSize": fmt.Sprint(info.Size()), "LastModified": live.Time(info.ModTime()).String(), "MaxFileSize": fmt.Sprint(500 << 20),
			"OverWritePolicy": "WhenNeeded", "OverwriteOutDated": "0", "CreationClassName": "Win32_NTEventlogFile",
			"CSCreationClassName": "Win32_ComputerSystem", "CSName": "PC",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", log, diff)
		}
		delete(counts, log)
		key, _ := cim.RelPath(inst)
		if _, err := svc.GetInstance(t.Context(), key, wbem.Options{}); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	if len(counts) != 0 {
		t.Errorf("these logs are missing: %v", counts)
	}
}

func TestAssociations(t *testing.T) {
	dir, _ := sample(t)
	svc := open(t, dir)
	for _, test := range []struct {
		query string
		want  int
	}{
		{`SELECT * FROM Win32_NTLogEventLog`, 10},
		{`SELECT * FROM Win32_NTLogEventComputer`, 10},
		{`SELECT * FROM Win32_NTLogEventLog WHERE Record = "Win32_NTLogEvent.Logfile=\"System\",RecordNumber=2"`, 1},
		{`SELECT * FROM Win32_NTLogEventLog WHERE Record = "Win32_NTLogEvent.RecordNumber=2,Logfile=\"Security\""`, 0},
		{`SELECT * FROM Win32_NTLogEventLog WHERE Record = "nonsense"`, 0},
		{`ASSOCIATORS OF {Win32_NTLogEvent.Logfile="System",RecordNumber=2}`, 2},
		{`ASSOCIATORS OF {Win32_NTEventlogFile.Name="` + dir + `#Security"}`, 3},
		{`REFERENCES OF {Win32_ComputerSystem.Name="PC"} WHERE ResultClass = Win32_NTLogEventComputer`, 10},
	} {
		if got := providertest.Query(t, svc, test.query); len(got) != test.want {
			t.Errorf("%s finds %d objects, want %d", test.query, len(got), test.want)
		}
	}
}

// Without a journal the classes say so.
func TestNone(t *testing.T) {
	svc := open(t, t.TempDir())
	if n := len(providertest.Query(t, svc, "SELECT * FROM Win32_NTLogEventComputer")); n != 0 {
		t.Errorf("%d associations", n)
	}
	for _, class := range []string{"Win32_NTLogEvent", "Win32_NTEventlogFile"} {
		n := 0
		for _, err := range svc.Instances(t.Context(), class, wbem.Options{}) {
			if n++; cim.StatusOf(err) != wbem.NotAvailable {
				t.Errorf("%s: %v", class, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d results", class, n)
		}
	}
	if _, err := svc.GetInstance(t.Context(), cim.MustParsePath(`Win32_NTLogEvent.Logfile="System",RecordNumber=1`), wbem.Options{}); cim.StatusOf(err) != wbem.NotAvailable {
		t.Errorf("get: %v", err)
	}
}
