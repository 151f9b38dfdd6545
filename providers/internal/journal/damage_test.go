package journal_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"openwmi/providers/internal/journal"
	"openwmi/providers/internal/journal/journaltest"
)

// readAll reads a file in every way. What it finds is bounded by the file.
func readAll(t testing.TB, b []byte) (found int) {
	s, err := journal.SetOf(b)
	if err != nil {
		return 0
	}
	defer s.Close()
	most := len(b)/4 + 1
	for _, f := range []journal.Filter{
		{},
		{Since: second(10), Until: second(20)},
		{First: 5, Last: 9},
		{Any: []journal.Values{{{Field: "PRIORITY", Is: "3"}}, {{Field: "SYSLOG_IDENTIFIER", Fits: func(v string) bool { return strings.EqualFold(v, "sshd") }}}}},
	} {
		n, last := 0, uint64(1<<64-1)
		for e, err := range s.Entries(t.Context(), f) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n > most {
				t.Fatalf("%d entries in %d bytes", n, len(b))
			}
			if e.Seqnum > last {
				t.Fatalf("entry %d behind %d", e.Seqnum, last)
			}
			last = e.Seqnum
			size := 0
			for f := range e.Fields() {
				size += len(f.Value)
			}
			if size > journal.MaxEntry {
				t.Fatalf("an entry of %d bytes", size)
			}
			e.Get("MESSAGE")
		}
		if f.Any == nil && f.Since == 0 && f.Last == 0 {
			found = n
		}
	}
	if n, err := s.Count(t.Context(), journal.Values{{Field: "PRIORITY", Is: "3"}}); err == nil && n > uint64(most) {
		t.Fatalf("%d entries are counted in %d bytes", n, len(b))
	}
	return found
}

// compareIndex compares what is found through indexes with what is there.
func compareIndex(t *testing.T, b []byte) {
	s, err := journal.SetOf(b)
	if err != nil {
		return
	}
	defer s.Close()
	want, got := 0, 0
	for e := range s.Entries(t.Context(), journal.Filter{}) {
		if v, _ := e.Get("PRIORITY"); v == "3" {
			want++
		}
	}
	for e := range s.Entries(t.Context(), journal.Filter{Any: []journal.Values{{{Field: "PRIORITY", Is: "3"}}}}) {
		if v, _ := e.Get("PRIORITY"); v == "3" {
			got++
		}
	}
	if got != want {
		t.Errorf("%d of %d entries are found in %d bytes", got, want, len(b))
	}
}

// A file that is greater than what is cached of it is read as a small one.
func TestLarge(t *testing.T) {
	dir := t.TempDir()
	w := journaltest.New(filepath.Join(dir, "system.journal"), journaltest.Options{Sequence: sequence, Keyed: true})
	const n = 6000
	message := func(i int) string { return strings.Repeat(fmt.Sprint(i, " "), 200) }
	for i := range n {
		w.Append(boot, second(i), uint64(i), "MESSAGE="+message(i), "PRIORITY=6")
	}
	flush(t, w)
	s := openSet(t, dir)
	at := n
	for e, err := range s.Entries(t.Context(), journal.Filter{}) {
		at--
		if m, _ := e.Get("MESSAGE"); err != nil || m != message(at) {
			t.Fatalf("entry %d is %.20q, %v", at, m, err)
		}
	}
	if at != 0 {
		t.Errorf("%d entries are missing", at)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		i := rnd.IntN(n)
		found := entries(t, s, journal.Filter{Since: second(i), Until: second(i)})
		if len(found) != 1 {
			t.Fatalf("%d entries at second %d", len(found), i)
		}
		if m, _ := found[0].Get("MESSAGE"); m != message(i) {
			t.Fatalf("entry %d is %.20q", i, m)
		}
	}
}

// small returns a small file.
func small(o journaltest.Options, n int) []byte {
	o.Sequence, o.File = sequence, journal.ID{1}
	if o.Buckets == 0 {
		o.Buckets = 5
	}
	w := journaltest.New("", o)
	for i := range n {
		w.Append(boot, second(i), uint64(i), fields(i)...)
	}
	return w.Bytes()
}

// However a file is cut off, what is before can be read.
func TestTruncated(t *testing.T) {
	for name, o := range kinds {
		b := small(o, 60)
		before := -1
		for n := 0; n <= len(b); n += 397 {
			found := readAll(t, b[:n])
			compareIndex(t, b[:n])
			if found < before-1 {
				t.Errorf("%s: %d bytes have %d entries, fewer bytes %d", name, n, found, before)
			}
			before = max(before, found)
		}
		if found := readAll(t, b); found != 60 {
			t.Errorf("%s: %d entries", name, found)
		}
	}
}

// Whatever a bit says, reading ends.
func TestFlipped(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, o := range kinds {
		b := small(o, 20)
		for range 120 {
			bad := slices.Clone(b)
			for range 1 + rnd.IntN(4) {
				bad[rnd.IntN(len(bad))] ^= 1 << rnd.IntN(8)
			}
			for range rnd.IntN(3) {
				bad[rnd.IntN(272)] = byte(rnd.Uint32())
			}
			readAll(t, bad)
		}
	}
}

func FuzzSet(f *testing.F) {
	for _, name := range []string{"plain", "keyed", "compact", "xz", "lz4", "zstd"} {
		o := kinds[name]
		o.Threshold = 40
		f.Add(small(o, 12))
	}
	f.Fuzz(func(t *testing.T, b []byte) { readAll(t, b) })
}
