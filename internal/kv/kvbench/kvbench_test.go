package kvbench_test

import (
	"testing"

	"openwmi/internal/kv"
	"openwmi/internal/kv/kvbench"
)

// Every measurement does what it says it counts.
func TestRates(t *testing.T) {
	dir := t.TempDir()
	s, err := kv.Open(dir+"/store", kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := kvbench.Load{Writers: 3, Commits: 10, Size: 100}
	for _, test := range []struct {
		name string
		run  func() (kvbench.Rate, error)
		want int
	}{
		{"raw", func() (kvbench.Rate, error) { return kvbench.RawCommits(dir, kvbench.Written, l) }, 10},
		{"raw reserved", func() (kvbench.Rate, error) { return kvbench.RawCommits(dir, kvbench.Reserved, l) }, 10},
		{"commits", func() (kvbench.Rate, error) { return kvbench.Commits(s, l) }, 10},
		{"fill", func() (kvbench.Rate, error) { return kvbench.Rate{Count: 1, Elapsed: 1}, kvbench.Fill(s, 20, 100) }, 1},
		{"gets", func() (kvbench.Rate, error) { return kvbench.Gets(s, 20, 50) }, 50},
		{"misses", func() (kvbench.Rate, error) { return kvbench.Misses(s, 20, 50) }, 50},
		{"scan", func() (kvbench.Rate, error) { return kvbench.Scan(s) }, 30},
	} {
		r, err := test.run()
		if err != nil || r.Count != test.want || r.PerSecond() <= 0 {
			t.Errorf("%s: %+v, %v; want %d", test.name, r, err, test.want)
		}
	}
	if _, err := kvbench.Creates(s, l); err == nil {
		t.Error("creates of keys that are there succeeded")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
