package perf_test

import (
	"fmt"
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

// A moment is what the kernel says at some time.
type moment struct {
	at         time.Time
	processors int
	idle       int // ticks of all processors
	own        int // ticks of this process
}

// ticks is how many there are in a second.
const ticks = 100

func now(t *testing.T) moment {
	t.Helper()
	m := moment{at: time.Now()}
	read := func(file string) string {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for line := range strings.Lines(read("/proc/stat")) {
		switch f := strings.Fields(line); {
		case f[0] == "cpu":
			m.idle = number(f[4]) + number(f[5])
		case strings.HasPrefix(f[0], "cpu"):
			m.processors++
		}
	}
	_, stat, _ := strings.Cut(read("/proc/self/stat"), ") ")
	f := strings.Fields(stat)
	m.own = number(f[11]) + number(f[12])
	return m
}

// What a formatted class says of the time between two questions is what the kernel
// says of it, with this process at work in between.
func TestAgainstKernel(t *testing.T) {
	needProc(t)
	for try := 1; ; try++ { // idle processors do not always count at once
		wrong := compare(t)
		if wrong == "" {
			return
		}
		if try == 5 {
			t.Fatal(wrong)
		}
	}
}

// compare asks twice and returns what is not as the kernel says. On a busy computer
// it may take long to ask.
func compare(t *testing.T) (wrong string) {
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

	first := now(t)
	value(process)
	value(processor)
	begin := now(t)
	end := begin
	for end.own < begin.own+ticks/3 || end.at.Sub(begin.at) < time.Second/2 {
		end = now(t)
	}
	got, known := value(processor)
	own, ownKnown := value(process)
	last := now(t)

	// The time between the questions is at least that between begin and end, and
	// at most that between first and last.
	least, most := end.at.Sub(begin.at).Seconds(), last.at.Sub(first.at).Seconds()
	percent := func(count int, seconds float64) float64 { return 100 * float64(count) / ticks / seconds }
	all := float64(begin.processors)
	low, high := 100-percent(last.idle-first.idle, least*all), 100-percent(end.idle-begin.idle, most*all)
	ownLow, ownHigh := percent(end.own-begin.own, most), percent(last.own-first.own, least)
	near := func(n uint64, low, high float64) bool { return float64(n) > low-7 && float64(n) < high+7 }
	if !known || !near(got, low, high) || !ownKnown || !near(own, ownLow, ownHigh) {
		return fmt.Sprintf("PercentProcessorTime is %d, want %.1f to %.1f; that of this process is %d, want %.1f to %.1f", got, low, high, own, ownLow, ownHigh)
	}
	return ""
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
	// near compares a value with what a program says before and after that. Other
	// programs may take and give something in between.
	near := func(class, where, property string, says func() float64, part, tolerance float64) {
		t.Helper()
		var got string
		var low, high float64
		for range 10 {
			before := says()
			got = value(class, where, property)
			after := says()
			low, high = min(before, after), max(before, after)
			slack := high*part + tolerance
			if n, err := strconv.ParseFloat(got, 64); err == nil && n >= low-slack && n <= high+slack {
				return
			}
		}
		t.Errorf("%s is %s, want %.0f to %.0f", property, got, low, high)
	}
	// field returns a number in the output of a program.
	field := func(line, field int, program string, args ...string) func() float64 {
		return func() float64 {
			t.Helper()
			n, err := strconv.ParseFloat(strings.Fields(strings.Split(providertest.Run(t, program, args...), "\n")[line])[field], 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	near("PerfOS_System", "", "SystemUpTime", field(0, 0, "cat", "/proc/uptime"), 0, 2)
	near("PerfOS_Memory", "", "AvailableMBytes", field(1, 6, "free", "-m"), 0.05, 50)
	if len(providertest.Query(t, svc, "SELECT Name FROM Win32_PerfRawData_PerfDisk_LogicalDisk WHERE Name = '/'")) == 1 {
		near("PerfDisk_LogicalDisk", " WHERE Name = '/'", "FreeMegabytes", field(1, 3, "df", "-m", "/"), 0, 200)
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
