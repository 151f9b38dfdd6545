package perf_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/providers/perf"
	"openwmi/wbem"
)

func open(t testing.TB, o perf.Options) wbem.Services {
	t.Helper()
	return providertest.Open(t, map[string]any{perf.Name: perf.New(o), perf.CookerName: perf.NewCooker()}, live.MOF, perf.MOF)
}

// A machine is a tree of files with clocks that stand still until they are set.
type machine struct {
	wbem.Services
	t      *testing.T
	root   string
	now    time.Time
	uptime time.Duration
}

// newMachine returns a machine that was started at noon and has run for 1000 s.
func newMachine(t *testing.T, files map[string]string) *machine {
	m := &machine{t: t, root: providertest.Tree(t, files), uptime: 1000 * time.Second}
	m.now = time.Date(2024, 5, 6, 12, 16, 40, 0, time.UTC)
	m.Services = open(t, perf.Options{
		System: &live.System{Computer: "PC", Proc: m.root + "/proc", Sys: m.root + "/sys", Dev: m.root + "/dev"},
		Now:    func() time.Time { return m.now },
		Uptime: func() (time.Duration, error) { return m.uptime, nil },
	})
	return m
}

// later lets time pass and changes files; "" deletes one.
func (m *machine) later(d time.Duration, files map[string]string) {
	m.t.Helper()
	m.now, m.uptime = m.now.Add(d), m.uptime+d
	for name, content := range files {
		path := filepath.Join(m.root, name)
		if err := os.RemoveAll(path); err != nil {
			m.t.Fatal(err)
		}
		if content == "" {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			m.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			m.t.Fatal(err)
		}
	}
}

// check compares what a query finds, by Name, with a text in which each line is an
// instance, "" for that of a singleton: NAME Property=VALUE ...
func (m *machine) check(query, want string) {
	m.t.Helper()
	got := map[string]map[string]string{}
	for _, inst := range providertest.Query(m.t, m.Services, query) {
		values := providertest.Values(inst)
		name := strings.Trim(values["Name"], `"`)
		delete(values, "Name")
		got[name] = values
	}
	wanted := map[string]map[string]string{}
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, rest, _ := strings.Cut(line+" ", ": ")
		wanted[name] = map[string]string{}
		for f := range strings.FieldsSeq(rest) {
			property, value, _ := strings.Cut(f, "=")
			wanted[name][property] = value
		}
	}
	if one, ok := wanted["@"]; ok {
		delete(wanted, "@")
		wanted[""] = one
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		m.t.Errorf("%s (-want +got):\n%s", query, diff)
	}
}

func stat(lines ...string) map[string]string {
	return map[string]string{"proc/stat": strings.Join(lines, "\n") + "\n"}
}

const onlyTimes = "SELECT Name, PercentProcessorTime, PercentIdleTime, PercentUserTime, PercentPrivilegedTime, PercentInterruptTime, PercentDPCTime FROM "

// Processors: first since the start, then since the last time, and what comes
// within a tenth of a second does not spoil the interval.
func TestProcessor(t *testing.T) {
	m := newMachine(t, stat(
		"cpu  0 0 0 0 0 0 0 0 0 0",
		"cpu0 20000 0 10000 60000 8000 1000 1000 0 999 999", // 100000 ticks, which are 1000 s
		"cpu1 0 0 0 100000 0 0 0 0",
		"intr 5"))
	m.check("SELECT Name, PercentProcessorTime, PercentUserTime, Timestamp_PerfTime, Timestamp_Sys100NS, Timestamp_Object, Frequency_PerfTime, Frequency_Sys100NS, Frequency_Object"+
		" FROM Win32_PerfRawData_PerfOS_Processor WHERE Name = '1' OR Name = '_total'", `
		1: PercentProcessorTime=10000000000 PercentUserTime=0 Timestamp_PerfTime=10000000000 Timestamp_Sys100NS=133594714000000000 Timestamp_Object=133594714000000000 Frequency_PerfTime=10000000 Frequency_Sys100NS=10000000 Frequency_Object=10000000
		_Total: PercentProcessorTime=8400000000 PercentUserTime=1000000000 Timestamp_PerfTime=10000000000 Timestamp_Sys100NS=133594714000000000 Timestamp_Object=133594714000000000 Frequency_PerfTime=10000000 Frequency_Sys100NS=10000000 Frequency_Object=10000000`)
	const query = onlyTimes + "Win32_PerfFormattedData_PerfOS_Processor"
	m.check(query, `
		0: PercentProcessorTime=32 PercentIdleTime=68 PercentUserTime=20 PercentPrivilegedTime=12 PercentInterruptTime=1 PercentDPCTime=1
		1: PercentProcessorTime=0 PercentIdleTime=100 PercentUserTime=0 PercentPrivilegedTime=0 PercentInterruptTime=0 PercentDPCTime=0
		_Total: PercentProcessorTime=16 PercentIdleTime=84 PercentUserTime=10 PercentPrivilegedTime=6 PercentInterruptTime=0 PercentDPCTime=0`)

	// Two seconds later.
	m.later(2*time.Second, stat("cpu", "cpu0 20100 0 10050 60050 8000 1000 1000 0", "cpu1 0 150 0 100050 0 0 0 0"))
	second := `
		0: PercentProcessorTime=75 PercentIdleTime=25 PercentUserTime=50 PercentPrivilegedTime=25 PercentInterruptTime=0 PercentDPCTime=0
		1: PercentProcessorTime=75 PercentIdleTime=25 PercentUserTime=75 PercentPrivilegedTime=0 PercentInterruptTime=0 PercentDPCTime=0
		_Total: PercentProcessorTime=75 PercentIdleTime=25 PercentUserTime=62 PercentPrivilegedTime=12 PercentInterruptTime=0 PercentDPCTime=0`
	m.check(query, second)
	m.check(query, second) // at the same time
	m.later(99*time.Millisecond, stat("cpu", "cpu0 20100 0 10050 60050 8000 1000 1009 0", "cpu1 0 150 0 100059 0 0 0 0"))
	m.check(query, `
		0: PercentProcessorTime=76 PercentIdleTime=23 PercentUserTime=47 PercentPrivilegedTime=28 PercentInterruptTime=0 PercentDPCTime=4
		1: PercentProcessorTime=71 PercentIdleTime=28 PercentUserTime=71 PercentPrivilegedTime=0 PercentInterruptTime=0 PercentDPCTime=0
		_Total: PercentProcessorTime=74 PercentIdleTime=25 PercentUserTime=59 PercentPrivilegedTime=14 PercentInterruptTime=0 PercentDPCTime=2`)

	// A second after the second sample; one processor has been taken out and put
	// back, and counts anew.
	m.later(901*time.Millisecond, stat("cpu", "cpu0 20150 0 10050 60100 8000 1000 1009 0", "cpu1 5 0 5 10 0 0 0 0"))
	m.check(onlyTimes+"Win32_PerfFormattedData_PerfOS_Processor WHERE Name = '0' OR Name = '1'", `
		0: PercentProcessorTime=50 PercentIdleTime=50 PercentUserTime=50 PercentPrivilegedTime=9 PercentInterruptTime=0 PercentDPCTime=9
		1: PercentPrivilegedTime=5 PercentInterruptTime=0 PercentDPCTime=0`)
}

// The instance of a class that has just one is found by its path.
func TestSystem(t *testing.T) {
	m := newMachine(t, map[string]string{
		"proc/stat": "cpu 1 1 1 1\nctxt 4294967290\nprocs_running 5\n", "proc/loadavg": "0.09 0.47 1.53 4/321 10553\n",
		"proc/1/stat": "", "proc/77/stat": "", "proc/self/stat": "", "sys/devices/system/cpu/online": "0-2\n",
	})
	m.check("SELECT * FROM Win32_PerfRawData_PerfOS_System", `
		@: ContextSwitchesPersec=4294967290 Processes=2 ProcessorQueueLength=2 Threads=321 SystemUpTime=133594704000000000 Timestamp_PerfTime=10000000000 Timestamp_Sys100NS=133594714000000000 Timestamp_Object=133594714000000000 Frequency_PerfTime=10000000 Frequency_Sys100NS=10000000 Frequency_Object=10000000`)
	// A counter of 32 bits may have wrapped since the start.
	m.check("SELECT * FROM Win32_PerfFormattedData_PerfOS_System", "@: Processes=2 ProcessorQueueLength=2 Threads=321 SystemUpTime=1000")
	m.later(3*time.Second, map[string]string{"proc/stat": "cpu 1 1 1 1\nctxt 4294967350\nprocs_running 1\n"})
	inst, err := m.GetInstance(t.Context(), cim.MustParsePath("Win32_PerfFormattedData_PerfOS_System=@"), wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"Processes": "2", "ProcessorQueueLength": "0", "Threads": "321", "SystemUpTime": "1003", "ContextSwitchesPersec": "20"}
	if diff := cmp.Diff(want, providertest.Values(inst)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
