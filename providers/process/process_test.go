package process_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/providers/process"
	"openwmi/wbem"
)

func open(t testing.TB, o process.Options) wbem.Services {
	t.Helper()
	return providertest.Open(t, map[string]any{process.Name: process.New(o)}, live.MOF, process.MOF)
}

func needProc(t testing.TB) {
	t.Helper()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("this system has no /proc")
	}
}

// What ps says of all processes is what Win32_Process says, for those that are
// there before and after.
func TestAgainstPS(t *testing.T) {
	needProc(t)
	svc := open(t, process.Options{})
	table := func() map[string]string {
		rows := map[string]string{}
		for line := range strings.Lines(providertest.Run(t, "ps", "-e", "-o", "pid=,ppid=,nlwp=,ni=,vsz=,lstart=,comm=")) {
			f := strings.Fields(line)
			if len(f) < 11 {
				t.Fatalf("ps printed %q", line)
			}
			rows[f[0]] = strings.Join(f[1:], " ")
		}
		return rows
	}
	// What changes and changes back between the two tables looks different, but
	// not each time.
	var wrong []string
	compared := 0
	for range 3 {
		if compared, wrong = compareTables(t, svc, table); len(wrong) == 0 {
			break
		}
	}
	for _, w := range wrong {
		t.Error(w)
	}
	if compared == 0 {
		t.Error("no process was compared")
	}
}

// compareTables compares the processes that are the same before and after a
// query with what the query says of them.
func compareTables(t *testing.T, svc wbem.Services, table func() map[string]string) (compared int, wrong []string) {
	t.Helper()
	before := table()
	found := map[string]*cim.Instance{}
	for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_Process") {
		found[text(inst, "Handle")] = inst
	}
	after := table()
	fail := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for pid, row := range before {
		if after[pid] != row {
			continue // it has changed meanwhile
		}
		inst := found[pid]
		if inst == nil {
			fail("process %s is missing", pid)
			continue
		}
		compared++
		f := strings.Fields(row)
		created, _ := value(inst, "CreationDate").Datetime()
		at, _ := created.Time()
		got := fmt.Sprintf("%s %s %s %s", text(inst, "ParentProcessId"), text(inst, "ThreadCount"),
			strconv.FormatUint(value(inst, "VirtualSize").Uint()/1024, 10), at.Local().Format("15:04 2006"))
		want := fmt.Sprintf("%s %s %s %s", f[0], f[1], f[3], f[7][:5]+" "+f[8])
		if got != want && at.Second() > 1 && at.Second() < 58 { // ps and btime may differ by a second
			fail("process %s is %s, ps says %s", pid, got, want)
		}
		comm := strings.TrimSuffix(strings.Join(f[9:], " "), " <defunct>")
		if strings.HasPrefix(comm, "kworker/") {
			comm = comm[:strings.IndexAny(comm+"-", "+-")] // what it works for changes all the time
		}
		if !strings.HasPrefix(text(inst, "Name"), comm) {
			fail("process %s is %q, ps says %q", pid, text(inst, "Name"), comm)
		}
		if ni, err := strconv.Atoi(f[2]); err == nil && ni == 0 && value(inst, "Priority").Uint() != 8 {
			fail("process %s has the priority %d at nice 0", pid, value(inst, "Priority").Uint())
		}
	}
	return compared, wrong
}

// This process knows itself.
func TestSelf(t *testing.T) {
	needProc(t)
	svc := open(t, process.Options{})
	pid := strconv.Itoa(os.Getpid())
	self, err := svc.GetInstance(t.Context(), cim.MustParsePath(`Win32_Process.Handle="`+pid+`"`), wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if got := text(self, "ExecutablePath"); got != exe {
		t.Errorf("ExecutablePath = %s, want %s", got, exe)
	}
	if got, want := text(self, "CommandLine"), strings.Join(os.Args, " "); got != want {
		t.Errorf("CommandLine = %s, want %s", got, want)
	}
	if value(self, "HandleCount").Uint() < 3 || value(self, "WorkingSetSize").Uint() < 1<<20 || value(self, "ThreadCount").Uint() < 2 {
		t.Errorf("it has %d files, %d bytes, %d threads", value(self, "HandleCount").Uint(), value(self, "WorkingSetSize").Uint(), value(self, "ThreadCount").Uint())
	}
	for _, where := range []string{
		"ProcessId = " + pid, "Handle = '" + pid + "'", "Name = '" + strings.ToUpper(text(self, "Name")) + "' AND ProcessId = " + pid,
		"ParentProcessId = " + strconv.Itoa(os.Getppid()) + " AND Name LIKE '%'",
	} {
		n := 0
		for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_Process WHERE "+where) {
			if text(inst, "Handle") == pid {
				n++
			}
		}
		if n != 1 {
			t.Errorf("WHERE %s found it %d times", where, n)
		}
	}
	// What was not asked for is not read.
	for _, inst := range providertest.Query(t, svc, "SELECT Name FROM Win32_Process WHERE ProcessId = "+pid) {
		if p, ok := inst.Get("CommandLine"); ok && !p.IsNull() {
			t.Error("CommandLine was read")
		}
	}
}

// A thread is no process, though /proc answers for its number.
func TestThreads(t *testing.T) {
	needProc(t)
	svc := open(t, process.Options{})
	pid := strconv.Itoa(os.Getpid())
	threads := providertest.Query(t, svc, "SELECT * FROM Win32_Thread WHERE ProcessHandle = '"+pid+"'")
	if len(threads) < 2 {
		t.Fatalf("this process has %d threads", len(threads))
	}
	for _, thread := range threads {
		id := text(thread, "Handle")
		path, _ := cim.RelPath(thread)
		got, err := svc.GetInstance(t.Context(), path, wbem.Options{})
		if err != nil || text(got, "ProcessHandle") != pid {
			t.Errorf("%s: %v", path, err)
		}
		if found := providertest.Query(t, svc, "SELECT * FROM Win32_Process WHERE ProcessId = "+id); len(found) != 0 != (id == pid) {
			t.Errorf("thread %s of process %s is %d processes", id, pid, len(found))
		}
	}
}

const stat7 = "7 (a) b) (c) S 1 7 7 0 -1 4194560 10 0 3 0 250 125 0 0 20 5 4 0 100 8192 2 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"

// Content of files that does not look as it should is no harm.
func TestOddContent(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	root := providertest.Tree(t, map[string]string{
		"stat":                 "cpu  1 2 3\nbtime 1700000000\n",
		"sys/kernel/osrelease": "6.1.0-test\n",
		"self/mounts":          "/dev/sda1 / ext4 rw 0 0\n",
		"7/stat":               stat7,
		"7/status":             "Name:\ta) b) (c\nTgid:\t7\nUid:\t1\t2\t3\t4\nVmPeak:\t      16 kB\nVmHWM:\t      12 kB\nVmSwap:\t       4 kB\nRssAnon:\t       8 kB\n",
		"7/io":                 "rchar: 5\nwchar: 6\nsyscr: 7\nsyscw: 8\n",
		"7/cmdline":            "/bin/a\x00b c\x00\xff\x00\x00",
		"7/exe":                "->/bin/a (deleted)",
		"7/fd/0":               "", "7/fd/1": "",
		"7/sessionid":      "4294967295",
		"8/stat":           "8 (no end",         // truncated
		"9/stat":           "9 (few) R 1",       // truncated
		"9/status":         "Tgid:\t9",          // without an end
		"10/stat":          "",                  // just ended
		"11/cmdline":       "only",              // just ended
		"12/stat":          "12 (" + long + ")", // huge
		"13/stat":          strings.Replace(strings.Replace(stat7, "a) b) (c", "fifteen bytes x", 1), "7 ", "13 ", 1),
		"13/status":        "Tgid:\t13\nVmPeak:\t99999999999999999999999 kB\n",
		"13/cmdline":       "/opt/fifteen bytes x and more\x00" + long,
		"14/stat":          strings.Replace(stat7, "7 ", "14 ", 1), // a thread of 7
		"14/status":        "Tgid:\t7\n",
		"0/stat":           stat7, // no number of a process
		"007/stat":         stat7,
		"99999999999/stat": stat7,
		"net":              "a file",
	})
	etc := providertest.Tree(t, map[string]string{"os-release": "NAME=x\nPRETTY_NAME=\"Test \\\"OS\\\"\"\n"})
	svc := open(t, process.Options{System: &live.System{Proc: root, Etc: etc, Computer: "PC"}})
	got := map[string]map[string]string{}
	for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_Process") {
		values := providertest.Values(inst)
		got[values["Handle"]] = values
	}
	created, err := cim.NewDatetime(time.Unix(1700000001, 0).Local())
	if err != nil {
		t.Fatal(err)
	}
	same := map[string]string{
		"CreationClassName": "Win32_Process", "CSCreationClassName": "Win32_ComputerSystem", "OSCreationClassName": "Win32_OperatingSystem",
		"CSName": "PC", "OSName": `Test "OS"|/|/dev/sda1`, "WindowsVersion": "6.1.0-test",
	}
	want := map[string]map[string]string{
		"7": {
			"Handle": "7", "ProcessId": "7", "Name": "a) b) (c", "Caption": "a) b) (c", "Description": "a) b) (c",
			"CommandLine": "/bin/a b c \uFFFD", "ExecutablePath": "/bin/a", "ParentProcessId": "1",
			"CreationDate": created.String(), "ExecutionState": "4", "Priority": "6", "ThreadCount": "4", "HandleCount": "2",
			"KernelModeTime": "12500000", "UserModeTime": "25000000", "PageFaults": "13", "VirtualSize": "8192",
			"WorkingSetSize": strconv.Itoa(2 * os.Getpagesize()), "PeakVirtualSize": "16384", "PeakWorkingSetSize": "12",
			"PrivatePageCount": "12288", "PageFileUsage": "4", "ReadOperationCount": "7", "ReadTransferCount": "5",
			"WriteOperationCount": "8", "WriteTransferCount": "6",
		},
	}
	for k, v := range same {
		want["7"][k] = v
	}
	if diff := cmp.Diff(want["7"], got["7"]); diff != "" {
		t.Errorf("process 7 differs:\n%s", diff)
	}
	if name := got["13"]["Name"]; name != "fifteen bytes x and more" || len(got["13"]["CommandLine"]) > live.MaxFile {
		t.Errorf("process 13 is %q with %d bytes of command line", name, len(got["13"]["CommandLine"]))
	}
	if v, ok := got["9"]["VirtualSize"]; ok {
		t.Errorf("process 9 has the size %s", v)
	}
	for id := range got {
		if id != "7" && id != "9" && id != "13" && id != "14" {
			t.Errorf("there is a process %s: %v", id, got[id])
		}
	}
	for where, want := range map[string]int{
		"ProcessId = 7": 1, "ProcessId = 14": 0, "ProcessId = 12": 0, "ProcessId = 99": 0, "ProcessId = 0": 0, "Handle = '007'": 0, "Handle = '../7'": 0,
		"Handle = '7' OR Handle = '13'": 2, "Name = 'A) B) (C' AND ProcessId < 10": 1, "ReadTransferCount = 5": 1, "CreationDate = '" + created.String() + "' AND ProcessId = 7": 1,
	} {
		if found := providertest.Query(t, svc, "SELECT * FROM Win32_Process WHERE "+where); len(found) != want {
			t.Errorf("WHERE %s found %d, want %d", where, len(found), want)
		}
	}
}

func value(inst *cim.Instance, name string) cim.Value {
	v, _ := inst.Get(name)
	return v
}

func text(inst *cim.Instance, name string) string { return value(inst, name).String() }
