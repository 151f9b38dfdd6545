package kv_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"openwmi/internal/kv"
	"openwmi/internal/kv/kvbench"
)

// BenchmarkCommit reports durable commits a second, and their ratio to raw
// group commit of the same bytes on the same disk.
func BenchmarkCommit(b *testing.B) {
	for _, op := range []struct {
		name string
		run  func(kv.Store, kvbench.Load) (kvbench.Rate, error)
	}{{"put", kvbench.Commits}, {"create", kvbench.Creates}} {
		for _, writers := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("%s/writers=%d", op.name, writers), func(b *testing.B) {
				dir := b.TempDir()
				l := kvbench.Load{Writers: writers, Commits: max(b.N, writers), Size: 1300}
				s := mustOpen(b, filepath.Join(dir, "store"), kv.Options{})
				b.ResetTimer()
				rate, err := op.run(s, l)
				b.StopTimer()
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(rate.PerSecond(), "commits/s")
				for kind, name := range map[kvbench.Raw]string{kvbench.Written: "written", kvbench.Reserved: "reserved"} {
					raw, err := kvbench.RawCommits(dir, kind, l)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(rate.PerSecond()/raw.PerSecond(), "of-raw-"+name)
				}
			})
		}
	}
}

// BenchmarkRead reads from a million rows of 1 kB, a hundred thousand with
// -short.
func BenchmarkRead(b *testing.B) {
	rows := 1_000_000
	if testing.Short() {
		rows = 100_000
	}
	s := mustOpen(b, b.TempDir(), kv.Options{})
	if err := kvbench.Fill(s, rows, 1000); err != nil {
		b.Fatal(err)
	}
	for _, op := range []struct {
		name string
		run  func(s kv.Store, n, count int) (kvbench.Rate, error)
	}{{"get", kvbench.Gets}, {"miss", kvbench.Misses}} {
		b.Run(op.name, func(b *testing.B) {
			if _, err := op.run(s, rows, b.N); err != nil {
				b.Fatal(err)
			}
		})
	}
	b.Run("hot", func(b *testing.B) {
		if _, err := kvbench.Gets(s, 1000, b.N); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("scan", func(b *testing.B) {
		for b.Loop() {
			rate, err := kvbench.Scan(s)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(rate.PerSecond(), "rows/s")
		}
	})
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkOpenMemory opens and closes a store that a test throws away.
func BenchmarkOpenMemory(b *testing.B) {
	for b.Loop() {
		s, err := kv.OpenMemory(kv.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
