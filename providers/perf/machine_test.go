package perf_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"openwmi/providers/internal/providertest"
	"openwmi/providers/perf"
)

func needProc(t testing.TB) {
	t.Helper()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("this system has no /proc")
	}
}

// times returns for how many ticks all processors were idle, and there.
func times(t *testing.T) (idle, total int) {
	t.Helper()
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	for i, f := range strings.Fields(line)[1:9] {
		n, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		if i == 3 || i == 4 {
			idle += n
		}
		total += n
	}
	return idle, total
}

// What a formatted class says of the time between two questions is what the kernel
// says of it, with this process at work in between. On a busy computer something
// may come between the question and the answer, but not each time.
func TestAgainstKernel(t *testing.T) {
	needProc(t)
	svc := open(t, perf.Options{})
	value := func(query string) (uint64, bool) {
		found := providertest.Query(t, svc, query)
		if len(found) != 1 {
			t.Fatalf("%d instances: %s", len(found), query)
		}
		v, _ := found[0].Get("PercentProcessorTime")
		return v.Uint(), !v.IsNull()
	}
	raw := providertest.Query(t, svc, "SELECT * FROM Win32_PerfRawData_PerfProc_Process WHERE IDProcess = "+strconv.Itoa(os.Getpid()))
	if len(raw) != 1 {
		t.Fatalf("%d instances for this process", len(raw))
	}
	name, _ := raw[0].Get("Name")
	process := "SELECT * FROM Win32_PerfFormattedData_PerfProc_Process WHERE Name = '" + name.Text() + "'"
	const processor = "SELECT * FROM Win32_PerfFormattedData_PerfOS_Processor WHERE Name = '_Total'"

	for try := 1; ; try++ {
		value(process)
		value(processor)
		idle, total := times(t)
		for until := time.Now().Add(500 * time.Millisecond); time.Now().Before(until); {
		}
		got, known := value(processor)
		idle2, total2 := times(t)
		own, ownKnown := value(process)
		busy := 100 - 100*float64(idle2-idle)/float64(max(total2-total, 1))
		wrong := !known || float64(got) < busy-7 || float64(got) > busy+7 || !ownKnown || own < 5 || own > 1000
		if !wrong {
			return
		}
		if try == 3 {
			t.Fatalf("PercentProcessorTime is %d, /proc/stat says %.1f; that of this process is %d", got, busy, own)
		}
	}
}

// The formatted classes say of this machine what it says itself.
func TestMachine(t *testing.T) {
	needProc(t)
	svc := open(t, perf.Options{})
	value := func(class, where, property string) string {
		t.Helper()
		found := providertest.Query(t, svc, "SELECT * FROM Win32_PerfFormattedData_"+class+where)
		if len(found) != 1 {
			t.Fatalf("%s has %d instances%s", class, len(found), where)
		}
		v, _ := found[0].Get(property)
		return v.String()
	}
	near := func(what, got string, want, tolerance float64) {
		t.Helper()
		if n, err := strconv.ParseFloat(got, 64); err != nil || n < want-tolerance || n > want+tolerance {
			t.Errorf("%s is %s, want %.0f", what, got, want)
		}
	}
	up, _, _ := strings.Cut(providertest.Run(t, "cat", "/proc/uptime"), ".")
	seconds, _ := strconv.ParseFloat(up, 64)
	near("SystemUpTime", value("PerfOS_System", "", "SystemUpTime"), seconds, 2)
	memory := strings.Fields(strings.Split(providertest.Run(t, "free", "-m"), "\n")[1])
	available, _ := strconv.ParseFloat(memory[6], 64)
	near("AvailableMBytes", value("PerfOS_Memory", "", "AvailableMBytes"), available, available/20+50)
	disk := strings.Fields(strings.Split(providertest.Run(t, "df", "-m", "/"), "\n")[1])
	free, _ := strconv.ParseFloat(disk[3], 64)
	if len(providertest.Query(t, svc, "SELECT Name FROM Win32_PerfRawData_PerfDisk_LogicalDisk WHERE Name = '/'")) == 1 {
		near("FreeMegabytes", value("PerfDisk_LogicalDisk", " WHERE Name = '/'", "FreeMegabytes"), free, 200)
	}
	pids := func() map[string]bool {
		all := map[string]bool{}
		for pid := range strings.FieldsSeq(providertest.Run(t, "ps", "-e", "-o", "pid=")) {
			all[pid] = true
		}
		return all
	}
	before, found := pids(), map[string]bool{}
	for _, inst := range providertest.Query(t, svc, "SELECT IDProcess FROM Win32_PerfFormattedData_PerfProc_Process") {
		found[providertest.Values(inst)["IDProcess"]] = true
	}
	after := pids()
	for pid := range before {
		if after[pid] && !found[pid] {
			t.Errorf("process %s is missing", pid)
		}
	}
}

// A query for a superclass finds the instances of all its classes.
func TestSuperclass(t *testing.T) {
	needProc(t)
	found := map[string]int{}
	for _, inst := range providertest.Query(t, open(t, perf.Options{}), "SELECT * FROM Win32_Perf") {
		found[inst.ClassName()]++
	}
	for _, class := range []string{"Win32_PerfRawData_PerfOS_System", "Win32_PerfFormattedData_PerfOS_System",
		"Win32_PerfRawData_PerfProc_Process", "Win32_PerfFormattedData_PerfProc_Process", "Win32_PerfFormattedData_PerfOS_Processor"} {
		if found[class] == 0 {
			t.Errorf("no instance of %s", class)
		}
	}
}

func BenchmarkFormatted(b *testing.B) {
	needProc(b)
	svc := open(b, perf.Options{})
	for _, bench := range []struct{ name, query string }{
		{"Processor", "SELECT * FROM Win32_PerfFormattedData_PerfOS_Processor"},
		{"Process", "SELECT * FROM Win32_PerfFormattedData_PerfProc_Process"},
		{"ProcessByName", "SELECT * FROM Win32_PerfFormattedData_PerfProc_Process WHERE Name = 'Idle'"},
		{"RawProcess", "SELECT * FROM Win32_PerfRawData_PerfProc_Process"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				n = len(providertest.Query(b, svc, bench.query))
			}
			b.ReportMetric(float64(n), "instances")
		})
	}
}
