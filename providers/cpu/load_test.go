package cpu_test

import (
	"os"
	"path/filepath"
	"testing"

	"openwmi/providers/cpu"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
)

// The load is that between two questions, and nobody waits for it.
func TestLoad(t *testing.T) {
	proc := t.TempDir()
	sys := &live.System{Computer: "PC", Proc: proc, Sys: providertest.Tree(t, map[string]string{"devices/system/cpu/online": "0-1\n"})}
	svc := providertest.Open(t, map[string]any{cpu.Name: cpu.New(sys)}, live.MOF, cpu.MOF)
	for i, test := range []struct{ stat, want string }{
		{"", ""}, // no such line
		{"cpu  9 9 9 9\ncpu0 100 0 0 100 0 0 0 0 0 0\ncpu1 100 0 0 100\nintr 1\n", ""},          // the first
		{"cpu  9 9 9 9\ncpu0 110 0 0 110 0 0 0 0 0 0\ncpu1 100 0 0 100\nintr 1\n", ""},          // too soon
		{"cpu  9 9 9 9\ncpu0 150 10 10 150 80 1 2 3 999 999\ncpu1 104 0 0 140\nintr 1\n", "32"}, // 80 of 250
		{"cpu  9 9 9 9\ncpu0 150 10 10 150 80 1 2 3 999 999\ncpu1 104 0 0 140\nintr 1\n", "32"}, // the same again
		{"cpu  9 9 9 9\ncpu0 250 10 10 150 80 1 2 3\ncpu1 104 0 0 140\n", "100"},
		{"cpu  9 9 9 9\ncpu1 104 0 0 140\n", ""}, // one is gone
		{"cpu  9 9 9 9\ncpu1 104 0 0 240\n", "0"},
		{"intr 1\ncpu0 1 1 1 1\n", ""},
	} {
		if err := os.WriteFile(filepath.Join(proc, "stat"), []byte(test.stat), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, inst := range providertest.Query(t, svc, "SELECT LoadPercentage FROM Win32_Processor") {
			if got := providertest.Values(inst)["LoadPercentage"]; got != test.want {
				t.Errorf("%d: LoadPercentage = %q, want %q", i, got, test.want)
			}
		}
	}
}
