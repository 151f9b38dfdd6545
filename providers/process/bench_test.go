package process_test

import (
	"os/exec"
	"strconv"
	"testing"

	"openwmi/cim"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/process"
	"openwmi/wbem"
)

// crowd makes 500 more processes.
func crowd(b *testing.B) {
	b.Helper()
	needProc(b)
	for range 500 {
		cmd := exec.Command("sleep", "600")
		if err := cmd.Start(); err != nil {
			b.Skipf("no processes to enumerate: %v", err)
		}
		b.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	}
}

func BenchmarkEnumerate(b *testing.B) {
	crowd(b)
	svc := open(b, process.Options{})
	for name, columns := range map[string]string{"all": "*", "some": "ProcessId, Name"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if n := len(providertest.Query(b, svc, "SELECT "+columns+" FROM Win32_Process")); n < 500 {
					b.Fatalf("%d processes", n)
				}
			}
		})
	}
}

func BenchmarkByKey(b *testing.B) {
	crowd(b)
	svc := open(b, process.Options{})
	pid := 1
	b.Run("get", func(b *testing.B) {
		path := cim.MustParsePath(`Win32_Process.Handle="` + strconv.Itoa(pid) + `"`)
		for b.Loop() {
			if _, err := svc.GetInstance(b.Context(), path, wbem.Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("query", func(b *testing.B) {
		for b.Loop() {
			if n := len(providertest.Query(b, svc, "SELECT * FROM Win32_Process WHERE ProcessId = "+strconv.Itoa(pid))); n != 1 {
				b.Fatalf("%d processes", n)
			}
		}
	})
}
