package perf_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"openwmi/cim"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/providers/perf"
	"openwmi/wbem"
)

// Whatever the files say, the classes answer with instances or NotAvailable.
func FuzzFiles(f *testing.F) {
	for _, seed := range []string{
		"", "cpu", "cpu0 1 2 3 4\n", "cpu 1\ncpu0 1 2 3 4 5 6 7 8 9 10 11\nctxt 18446744073709551616\nprocs_running -1\n",
		"  CPU0 CPU1\n 1: 2 3 x\nERR: 1\n", "MemTotal: 99999999999999999999 kB\n", " 8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n",
		"eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n", "1 (a b) c) S 1 1 1 0 -1 0 10 0 5 0 1 1 0 0 20 0 3 0 1099511627775 8192 2 0", "1 2 3 4/5 6\n",
		"1 1 8:0 / / rw - ext4 /dev/sda rw\n", "\xff\xfe: \x00",
	} {
		f.Add([]byte(seed))
	}
	root := f.TempDir()
	files := []string{"stat", "interrupts", "softirqs", "meminfo", "vmstat", "diskstats", "net/dev", "loadavg", "self/mountinfo", "1/stat", "1/status", "1/io"}
	for _, name := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			f.Fatal(err)
		}
	}
	svc := providertest.Open(f, map[string]any{
		perf.Name: perf.New(perf.Options{
			System: &live.System{Proc: root, Sys: root, Dev: root},
			Uptime: func() (time.Duration, error) { return 0, nil },
		}),
		perf.CookerName: perf.NewCooker(),
	}, live.MOF, perf.MOF)
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, name := range files {
			if err := os.WriteFile(filepath.Join(root, name), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for class, err := range svc.Classes(t.Context(), "Win32_Perf", wbem.Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			for inst, err := range svc.Instances(t.Context(), class.Name(), wbem.Options{Flags: wbem.Shallow}) {
				if s := cim.StatusOf(err); err != nil && s != wbem.NotAvailable {
					t.Errorf("%s: %v", class.Name(), err)
				}
				if err != nil {
					break
				}
				if err := inst.Check(); err != nil {
					t.Errorf("%s: %v", class.Name(), err)
				}
			}
		}
	})
}
