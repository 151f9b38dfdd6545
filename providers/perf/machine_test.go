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
// says of it, with this process at work in between.
func TestAgainstKernel(t *testing.T) {
	needProc(t)
	svc := open(t, perf.Options{})
	const processor = "SELECT * FROM Win32_PerfFormattedData_PerfOS_Processor WHERE Name = '_Total'"
	self := "SELECT * FROM Win32_PerfRawData_PerfProc_Process WHERE IDProcess = " + strconv.Itoa(os.Getpid())
	raw := providertest.Query(t, svc, self)
	if len(raw) != 1 {
		t.Fatalf("%d instances for this process", len(raw))
	}
	name, _ := raw[0].Get("Name")
	process := "SELECT * FROM Win32_PerfFormattedData_PerfProc_Process WHERE Name = '" + name.Text() + "'"

	providertest.Query(t, svc, processor)
	providertest.Query(t, svc, process)
	idle, total := times(t)
	work := 0
	for until := time.Now().Add(700 * time.Millisecond); time.Now().Before(until); {
		work++
	}
	found := providertest.Query(t, svc, processor)
	idle2, total2 := times(t)
	busy := float64(100) - 100*float64(idle2-idle)/float64(max(total2-total, 1))
	v, _ := found[0].Get("PercentProcessorTime")
	if got := float64(v.Uint()); v.IsNull() || got < busy-10 || got > busy+10 {
		t.Errorf("PercentProcessorTime = %v, /proc/stat says %.1f", v, busy)
	}
	v, _ = providertest.Query(t, svc, process)[0].Get("PercentProcessorTime")
	if v.IsNull() || v.Uint() < 5 || v.Uint() > 1000 {
		t.Errorf("PercentProcessorTime of this process is %v after %d rounds", v, work)
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
	processes := strings.Count(providertest.Run(t, "ps", "-e", "-o", "pid="), "\n")
	near("the number of processes", strconv.Itoa(len(providertest.Query(t, svc, "SELECT Name FROM Win32_PerfFormattedData_PerfProc_Process"))-2), float64(processes), 10)
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
