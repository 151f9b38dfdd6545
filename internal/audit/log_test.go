package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/audit"
	"openwmi/wbem"
)

func open(t *testing.T, dir string, o audit.Options) *audit.Log {
	t.Helper()
	l, err := audit.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func closeLog(t *testing.T, l *audit.Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// read returns the records of a log and what is wrong in it.
func read(t *testing.T, dir string) (all []audit.Record, bad []string) {
	t.Helper()
	for r, err := range audit.Read(dir) {
		if err != nil {
			bad = append(bad, err.Error())
			continue
		}
		all = append(all, r)
	}
	return all, bad
}

var example = audit.Record{
	Time: time.Date(2026, 11, 22, 19, 4, 20, 123456000, time.UTC), ID: 0x6922097400000007, Kind: audit.Denial,
	Who: `openwmi\alice`, SID: "S-1-5-21-1-2-3-1000", Peer: "192.0.2.7:52100", Operation: "PutInstance",
	Namespace: `root\cimv2`, Object: `Disk.Id="c"`, Status: wbem.AccessDenied, Duration: 81 * time.Microsecond, Detail: "lacks PartialWrite",
}

func TestRecord(t *testing.T) {
	text, err := json.Marshal(example)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"time":"2026-11-22T19:04:20.123456Z","id":"6922097400000007","kind":"denial","who":"openwmi\\alice","sid":"S-1-5-21-1-2-3-1000",` +
		`"peer":"192.0.2.7:52100","op":"PutInstance","namespace":"root\\cimv2","object":"Disk.Id=\"c\"","status":"0x80041003 AccessDenied","ms":0.081,"detail":"lacks PartialWrite"}`
	if d := cmp.Diff(want, string(text)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	var back audit.Record
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(example, back); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	// A name cannot begin a line of its own, and a long one is cut.
	text, err = json.Marshal(audit.Record{Kind: audit.Write, Object: "a\n{\"kind\":\"logon\"}\x00\xff" + strings.Repeat("é", 4000)})
	if err != nil || bytes.ContainsAny(text, "\n\x00") || len(text) > 3*audit.MaxText {
		t.Errorf("%d bytes, %v: %.100s", len(text), err, text)
	}
}

// What is handed over is there after Close, in order; a log goes on where it was,
// also after a crash in the midst of a line.
func TestLog(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	for round := range 3 {
		l := open(t, dir, audit.Options{})
		r := example
		for i := range 100 {
			r.ID = audit.ID(round*100 + i + 1)
			l.Record(r)
		}
		closeLog(t, l)
		l.Record(r) // too late
		if round == 1 {
			f, err := os.OpenFile(filepath.Join(dir, "audit.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, err = f.WriteString(`{"time":"2026-`)
				err = errors.Join(err, f.Close())
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	all, bad := read(t, dir)
	if len(all) != 300 || len(bad) != 1 || !strings.Contains(bad[0], "audit.jsonl:201: no record") {
		t.Fatalf("%d records, %q", len(all), bad)
	}
	for i, r := range all {
		if r.ID != audit.ID(i+1) {
			t.Fatalf("record %d has the number %v", i, r.ID)
		}
	}
	if runtime.GOOS != "windows" {
		for name, want := range map[string]fs.FileMode{"": 0o700, "audit.jsonl": 0o600} {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
				t.Errorf("%q: %v, %v", name, info.Mode(), err)
			}
		}
	}
	for _, err := range audit.Read(filepath.Join(dir, "none")) {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("no directory: %v", err)
		}
	}
}

// Files have a size and a number, and the latest records are kept.
func TestRotation(t *testing.T) {
	dir := t.TempDir()
	const records = 200
	for i := range records {
		l := open(t, dir, audit.Options{FileSize: 2000, Files: 3})
		r := example
		r.ID = audit.ID(i + 1)
		l.Record(r)
		closeLog(t, l)
	}
	all, bad := read(t, dir)
	if len(bad) > 0 || len(all) < 12 || len(all) > 24 {
		t.Errorf("%d records, %q", len(all), bad)
	}
	for i, r := range all {
		if want := audit.ID(records - len(all) + i + 1); r.ID != want {
			t.Errorf("record %d is %v, want %v", i, r.ID, want)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 { // one is the lock
		t.Errorf("%v, %v", entries, err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Size() > 2500 {
			t.Errorf("%s: %d bytes, %v", e.Name(), info.Size(), err)
		}
	}
}

// Who reads while another file is begun misses nothing of what was there.
func TestReadWhileRotating(t *testing.T) {
	dir := t.TempDir()
	next := 1
	write := func(n int) {
		l := open(t, dir, audit.Options{FileSize: 2000, Files: 20})
		for range n {
			r := example
			r.ID = audit.ID(next)
			next++
			l.Record(r)
		}
		closeLog(t, l)
	}
	for range 15 {
		write(1)
	}
	there := next - 1
	want := audit.ID(1)
	for r, err := range audit.Read(dir) {
		if err != nil || r.ID != want {
			t.Fatalf("record %v, %v, want %v", r.ID, err, want)
		}
		if want++; r.ID == 1 {
			for range 20 {
				write(1)
			}
		}
	}
	if int(want) <= there {
		t.Errorf("%d records of %d", want-1, there)
	}
}

// Two programs write to one log; each line is whole, and none is lost while both
// begin new files.
func TestTwoWriters(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	for w := range 2 {
		group.Go(func() {
			l := open(t, dir, audit.Options{FileSize: 100_000, Files: 100})
			for i := range 1000 {
				r := example
				r.ID = audit.ID(w*1000 + i + 1)
				l.Record(r)
			}
			closeLog(t, l)
		})
	}
	group.Wait()
	all, bad := read(t, dir)
	seen := map[audit.ID]bool{}
	for _, r := range all {
		seen[r.ID] = true
	}
	if len(seen) != 2000 || len(bad) > 0 {
		t.Errorf("%d records, %q", len(seen), bad)
	}
}

// When the log cannot be written, whoever records goes on, the Logger hears of it
// once, and the log later says how many are missing.
func TestLost(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	var told lines
	l := open(t, dir, audit.Options{FileSize: 1, Logger: slog.New(slog.NewTextHandler(&told, nil))})
	l.Record(example)
	waitFor(t, func() bool { all, _ := read(t, dir); return len(all) == 1 })
	// The directory is gone: the next file cannot be begun.
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Skipf("this system renames no directory that is in use: %v", err)
	}
	for range 10 {
		l.Record(example)
		waitFor(t, func() bool { return told.count("cannot be written") == 1 })
	}
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		l.Record(example)
		return hasLost(t, dir)
	})
	closeLog(t, l)
	if n := told.count("cannot be written"); n != 1 {
		t.Errorf("told %d times", n)
	}
}

func hasLost(t *testing.T, dir string) bool {
	all, _ := read(t, dir)
	for _, r := range all {
		if r.Kind == audit.Lost && r.Count > 0 {
			return true
		}
	}
	return false
}

// waitFor waits for something that another goroutine will do soon.
func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not happen")
		}
	}
}

// lines is what a Logger has written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), part)
}

// Record does not wait for the disk: more than the queue holds is lost, and
// counted.
func TestFlood(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, audit.Options{FileSize: 1 << 30})
	const records = 20 * audit.Queue
	for range records {
		l.Record(example)
	}
	closeLog(t, l)
	all, bad := read(t, dir)
	kept, lost := 0, 0
	for _, r := range all {
		if r.Kind == audit.Lost {
			lost += r.Count
		} else {
			kept++
		}
	}
	if kept+lost != records || kept < audit.Queue || len(bad) > 0 {
		t.Errorf("%d kept, %d lost, of %d; %q", kept, lost, records, bad)
	}
}

// What is no log is refused or skipped, and never a panic.
func FuzzRead(f *testing.F) {
	text, _ := json.Marshal(example)
	f.Add(text)
	f.Add([]byte("{}\n\n{\"status\":\"x\"}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "audit.jsonl"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		n := 0
		for range audit.Read(dir) {
			n++
		}
		if n > 1+bytes.Count(text, []byte("\n")) {
			t.Errorf("%d lines of %d bytes", n, len(text))
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	l, err := audit.Open(b.TempDir(), audit.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Record(example)
	}
	b.StopTimer()
	if err := l.Close(); err != nil {
		b.Fatal(fmt.Errorf("close: %w", err))
	}
}
