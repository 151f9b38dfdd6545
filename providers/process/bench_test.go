package process_test

import (
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"openwmi/cim"
	"openwmi/providers/internal/providertest"
	wmi "openwmi/providers/process"
	"openwmi/wbem"
)

// crowd makes 500 more processes and returns the number of one.
func crowd(b *testing.B) int {
	b.Helper()
	needProc(b)
	pid := 0
	for range 500 {
		cmd := exec.Command("sleep", "600")
		if err := cmd.Start(); err != nil {
			b.Skipf("no processes to enumerate: %v", err)
		}
		b.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
		pid = cmd.Process.Pid
	}
	return pid
}

// look reads with gopsutil what Win32_Process has of a process, and reports whether
// it was there. What may not be read is left out there and here.
func look(p *process.Process) bool {
	if _, err := p.Name(); err != nil {
		return false
	}
	p.Cmdline()
	p.Exe()
	p.Ppid()
	p.CreateTime()
	p.Status()
	p.Nice()
	p.NumThreads()
	p.NumFDs()
	p.Times()
	p.PageFaults()
	p.MemoryInfo()
	p.IOCounters()
	return true
}

// alternate runs two ways to do the same in turns, b.N times each, so that they
// have the same computer, and returns how long each took.
func alternate(b *testing.B, one, two func()) (first, second time.Duration) {
	runtime.GC()
	for b.Loop() {
		began := time.Now()
		one()
		between := time.Now()
		two()
		first += between.Sub(began)
		second += time.Since(between)
	}
	return first, second
}

// Enumerating processes takes at most 1.3 times as long as with gopsutil alone.
func BenchmarkEnumerate(b *testing.B) {
	crowd(b)
	svc := open(b, wmi.Options{})
	ours, theirs := alternate(b, func() {
		if n := len(providertest.Query(b, svc, "SELECT * FROM Win32_Process")); n < 500 {
			b.Fatalf("%d processes", n)
		}
	}, func() {
		all, err := process.Processes()
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, p := range all {
			if look(p) {
				n++
			}
		}
		if n < 500 {
			b.Fatalf("%d processes", n)
		}
	})
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
	b.ReportMetric(float64(ours.Microseconds())/float64(b.N), "ours-µs/op")
	b.ReportMetric(float64(theirs.Microseconds())/float64(b.N), "gopsutil-µs/op")
}

// A query by key takes at most 50 µs longer than gopsutil does for one process.
func BenchmarkByKey(b *testing.B) {
	pid := crowd(b)
	svc := open(b, wmi.Options{})
	path := cim.MustParsePath(`Win32_Process.Handle="` + strconv.Itoa(pid) + `"`)
	text := "SELECT * FROM Win32_Process WHERE Handle = '" + strconv.Itoa(pid) + "'"
	for _, way := range []struct {
		name string
		find func(b *testing.B)
	}{
		{"get", func(b *testing.B) {
			if _, err := svc.GetInstance(b.Context(), path, wbem.Options{}); err != nil {
				b.Fatal(err)
			}
		}},
		{"query", func(b *testing.B) {
			if n := len(providertest.Query(b, svc, text)); n != 1 {
				b.Fatalf("%d processes", n)
			}
		}},
	} {
		b.Run(way.name, func(b *testing.B) {
			ours, theirs := alternate(b, func() { way.find(b) }, func() {
				p, err := process.NewProcess(int32(pid))
				if err != nil || !look(p) {
					b.Fatalf("process %d is not there: %v", pid, err)
				}
			})
			b.ReportMetric(float64((ours-theirs).Nanoseconds())/1e3/float64(b.N), "more-µs/op")
			b.ReportMetric(float64(ours)/float64(theirs), "ratio")
		})
	}
}

// A query for two properties reads no more than these need.
func BenchmarkSomeProperties(b *testing.B) {
	crowd(b)
	svc := open(b, wmi.Options{})
	for b.Loop() {
		if n := len(providertest.Query(b, svc, "SELECT ProcessId, Name FROM Win32_Process")); n < 500 {
			b.Fatalf("%d processes", n)
		}
	}
}
