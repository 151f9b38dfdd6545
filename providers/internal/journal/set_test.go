package journal_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/providers/internal/journal"
	"openwmi/providers/internal/journal/journaltest"
)

var (
	boot     = journal.ID{0xb0}
	sequence = journal.ID{0x5e}
)

// second returns a moment in µs.
func second(n int) uint64 { return 1_700_000_000_000_000 + uint64(n)*1_000_000 }

// kinds are the ways in which a file can be written.
var kinds = map[string]journaltest.Options{
	"plain":         {},
	"keyed":         {Keyed: true},
	"compact":       {Compact: true, Keyed: true},
	"xz":            {Compress: "xz"},
	"lz4":           {Compress: "lz4", Keyed: true},
	"zstd":          {Compress: "zstd", Keyed: true, Compact: true},
	"full buckets":  {Buckets: 3},
	"later numbers": {Next: 1 << 40},
}

// fields are those of the n-th entry of a sample.
func fields(n int) []string {
	f := []string{
		fmt.Sprintf("MESSAGE=message %d %s", n, strings.Repeat("long ", n%40)),
		fmt.Sprintf("PRIORITY=%d", n%8),
		"_TRANSPORT=" + []string{"syslog", "kernel", "stdout"}[n%3],
		"SYSLOG_IDENTIFIER=" + []string{"sshd", "Sshd", "cron"}[n%3],
	}
	if n%10 == 0 {
		f = append(f, "BYTES=\x00\xff=\n")
	}
	return f
}

func sample(t testing.TB, path string, o journaltest.Options, n int) *journaltest.Writer {
	t.Helper()
	o.Sequence = sequence
	o.File = journal.ID{1}
	w := journaltest.New(path, o)
	for i := range n {
		w.Append(boot, second(i), uint64(i)*1_000_000, fields(i)...)
	}
	flush(t, w)
	return w
}

func flush(t testing.TB, w *journaltest.Writer) {
	t.Helper()
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

func openSet(t testing.TB, dirs ...string) *journal.Set {
	t.Helper()
	s, err := journal.OpenSet(dirs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// entries returns what a filter finds, the oldest first.
func entries(t testing.TB, s *journal.Set, f journal.Filter) []*journal.Entry {
	t.Helper()
	var all []*journal.Entry
	for e, err := range s.Entries(t.Context(), f) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	slices.Reverse(all)
	return all
}

func texts(e *journal.Entry) []string {
	var all []string
	for f := range e.Fields() {
		all = append(all, f.Name+"="+f.Value)
	}
	return all
}

// Every kind of file says what was written, from the first entry to the last.
func TestKinds(t *testing.T) {
	for name, o := range kinds {
		t.Run(name, func(t *testing.T) {
			const n = 300
			dir := t.TempDir()
			sample(t, filepath.Join(dir, "system.journal"), o, n)
			s := openSet(t, dir)
			all := entries(t, s, journal.Filter{})
			if len(all) != n {
				t.Fatalf("%d entries", len(all))
			}
			first := max(o.Next, 1)
			for i, e := range all {
				got, want := texts(e), fields(i)
				slices.Sort(got)
				slices.Sort(want)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("entry %d:\n%s", i, diff)
				}
				if e.Seqnum != first+uint64(i) || e.Number != e.Seqnum || e.Realtime != second(i) || e.Monotonic != uint64(i)*1_000_000 || e.Boot != boot {
					t.Fatalf("entry %d: %s", i, e.Cursor())
				}
				if v, ok := e.Get("PRIORITY"); !ok || v != fmt.Sprint(i%8) {
					t.Fatalf("entry %d has priority %q", i, v)
				}
				if v, ok := e.Get("PRIORIT"); ok {
					t.Fatalf("entry %d has PRIORIT %q", i, v)
				}
			}
			if s.Last() != first+n-1 {
				t.Errorf("the last number is %d", s.Last())
			}
		})
	}
}

// What a filter finds is what looking at every entry finds.
func TestFilter(t *testing.T) {
	is := func(field, value string) journal.Values { return journal.Values{{Field: field, Is: value}} }
	fold := journal.Values{{Field: "SYSLOG_IDENTIFIER", Fits: func(v string) bool { return strings.EqualFold(v, "SSHD") }}}
	for _, test := range []struct {
		name   string
		filter journal.Filter
		want   func(i int) bool
	}{
		{"all", journal.Filter{}, func(int) bool { return true }},
		{"since", journal.Filter{Since: second(250)}, func(i int) bool { return i >= 250 }},
		{"since a moment between", journal.Filter{Since: second(250) - 1}, func(i int) bool { return i >= 250 }},
		{"until", journal.Filter{Until: second(7) + 1}, func(i int) bool { return i <= 7 }},
		{"a moment", journal.Filter{Since: second(9), Until: second(9)}, func(i int) bool { return i == 9 }},
		{"after the end", journal.Filter{Since: second(300)}, func(int) bool { return false }},
		{"before the beginning", journal.Filter{Until: second(0) - 1}, func(int) bool { return false }},
		{"numbers", journal.Filter{First: 5, Last: 6}, func(i int) bool { return i == 4 || i == 5 }},
		{"numbers behind the end", journal.Filter{First: 301}, func(int) bool { return false }},
		{"value", journal.Filter{Any: []journal.Values{is("PRIORITY", "3")}}, func(i int) bool { return i%8 == 3 }},
		{"no such value", journal.Filter{Any: []journal.Values{is("PRIORITY", "9")}}, func(int) bool { return false }},
		{"no such field", journal.Filter{Any: []journal.Values{{{Field: "NONE", Fits: func(string) bool { return true }}}}}, func(int) bool { return false }},
		{"two values", journal.Filter{Any: []journal.Values{{{Field: "PRIORITY", Is: "3"}, {Field: "_TRANSPORT", Is: "kernel"}}}}, func(i int) bool { return i%8 == 3 || i%3 == 1 }},
		{"values that fit", journal.Filter{Any: []journal.Values{fold}}, func(i int) bool { return i%3 != 2 }},
		{"the shorter way", journal.Filter{Any: []journal.Values{fold, is("BYTES", "\x00\xff=\n")}}, func(i int) bool { return i%10 == 0 }},
		{"value and time", journal.Filter{Any: []journal.Values{is("PRIORITY", "3")}, Since: second(100), Last: 200}, func(i int) bool { return i%8 == 3 && i >= 100 && i < 200 }},
	} {
		for _, kind := range []string{"plain", "zstd", "full buckets"} {
			dir := t.TempDir()
			sample(t, filepath.Join(dir, "system.journal"), kinds[kind], 300)
			s := openSet(t, dir)
			var got, want []uint64
			for _, e := range entries(t, s, test.filter) {
				got = append(got, e.Seqnum)
			}
			for i := range 300 {
				if test.want(i) {
					want = append(want, uint64(i+1))
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s:\n%s", test.name, kind, diff)
			}
			if len(test.filter.Any) == 1 && test.filter.Since == 0 {
				if n, err := s.Count(t.Context(), test.filter.Any[0]); err != nil || n != uint64(len(want)) {
					t.Errorf("%s, %s: Count is %d, %v, want %d", test.name, kind, n, err, len(want))
				}
			}
		}
	}
}

// Files of one sequence are one list; those of an older one come before.
func TestSequences(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	write := func(dir, name string, o journaltest.Options, first uint64, seconds ...int) {
		o.Next = first
		w := journaltest.New(filepath.Join(dir, name), o)
		for _, n := range seconds {
			w.SetNext(uint64(n))
			w.Append(boot, second(n), uint64(n), fmt.Sprintf("MESSAGE=%s %d", name, n))
		}
		w.SetState(2)
		flush(t, w)
	}
	now, old := journal.ID{9}, journal.ID{3}
	write(dir, "system.journal", journaltest.Options{File: journal.ID{1}, Sequence: now}, 1, 110, 112, 115)
	write(dir, "user-1000.journal", journaltest.Options{File: journal.ID{2}, Sequence: now, Compact: true}, 1, 111, 113, 116)
	write(dir, "system@1.journal", journaltest.Options{File: journal.ID{3}, Sequence: now}, 1, 100, 101)
	write(other, "system@2.journal~", journaltest.Options{File: journal.ID{4}, Sequence: old}, 1, 20, 21, 30)
	write(other, "copy.journal", journaltest.Options{File: journal.ID{5}, Sequence: now}, 1, 101, 110)
	write(dir, "notes.txt", journaltest.Options{File: journal.ID{6}, Sequence: now}, 1, 1)
	for name, content := range map[string]string{"empty.journal": "", "text.journal": strings.Repeat("text", 100)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := openSet(t, dir, other, filepath.Join(dir, "none"))
	var got []string
	for _, e := range entries(t, s, journal.Filter{}) {
		got = append(got, fmt.Sprint(e.Number, " ", e.Seqnum))
	}
	want := []string{"20 20", "21 21", "30 30", "130 100", "131 101", "140 110", "141 111", "142 112", "143 113", "145 115", "146 116"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, test := range []struct {
		f    journal.Filter
		want int
	}{
		{journal.Filter{First: 30, Last: 130}, 2}, {journal.Filter{First: 141, Last: 141}, 1}, {journal.Filter{Last: 29}, 2}, {journal.Filter{First: 144, Last: 144}, 0},
		{journal.Filter{Since: second(21), Until: second(111)}, 6},
	} {
		if n := len(entries(t, s, test.f)); n != test.want {
			t.Errorf("%+v finds %d entries, want %d", test.f, n, test.want)
		}
	}
	if s.Last() != 146 {
		t.Errorf("Last is %d", s.Last())
	}
}

func TestOpenSet(t *testing.T) {
	if _, err := journal.OpenSet([]string{t.TempDir(), "none"}); !errors.Is(err, journal.ErrNone) {
		t.Errorf("no files: %v", err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "system.journal")
	unknown := small(journaltest.Options{}, 1)
	unknown[12] |= 64
	for content, want := range map[string]string{"": "header", strings.Repeat("text", 100): "no journal", string(unknown): "flags 0x40"} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := journal.OpenSet([]string{dir}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.10q: %v", content, err)
		}
	}
	w := sample(t, path, journaltest.Options{}, 1)
	s := openSet(t, dir)
	w.Append(boot, second(1), 1_000_000, fields(1)...)
	flush(t, w)
	if err := s.Update(); err != nil || len(entries(t, s, journal.Filter{})) != 2 {
		t.Errorf("a new entry: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range s.Entries(ctx, journal.Filter{}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	}
}

func TestPermission(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("the superuser may read everything")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "system.journal")
	sample(t, path, journaltest.Options{}, 1)
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.OpenSet([]string{dir}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("no permission: %v", err)
	}
}
