package journal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/providers/internal/journal"
)

// journalctl returns what the program prints, and skips the test where there is
// none.
func journalctl(t *testing.T, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("journalctl")
	if err != nil {
		t.Skip("this system has no journalctl to compare with")
	}
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("journalctl %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// exported returns the entries of journalctl's export format, each as sorted
// FIELD=value.
func exported(t *testing.T, text string) [][]string {
	t.Helper()
	var all [][]string
	var entry []string
	for b := []byte(text); len(b) > 0; {
		line, rest, _ := bytes.Cut(b, []byte("\n"))
		b = rest
		switch name, _, plain := bytes.Cut(line, []byte("=")); {
		case len(line) == 0:
			slices.Sort(entry)
			all, entry = append(all, entry), nil
		case plain && bytes.HasPrefix(name, []byte("__")) && string(name) != "__CURSOR":
		case plain:
			entry = append(entry, string(line))
		default: // NAME, its length in 8 bytes, and any bytes
			n := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
			entry = append(entry, string(line)+"="+string(b[8:8+n]))
			b = b[8+n+1:]
		}
	}
	return all
}

// told returns the same of an entry.
func told(e *journal.Entry) []string {
	all := append(texts(e), "__CURSOR="+e.Cursor(), fmt.Sprintf("_BOOT_ID=%x", e.Boot))
	slices.Sort(all)
	return slices.Compact(all)
}

// A file that is ours is one that journalctl finds nothing wrong with, and says the
// same of.
func TestJournalctl(t *testing.T) {
	for name, o := range kinds {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "system.journal")
			w := sample(t, path, o, 200)
			w.SetState(2)
			flush(t, w)
			journalctl(t, "--verify", "--file", path)
			compare(t, path)
		})
	}
}

func compare(t *testing.T, path string) {
	t.Helper()
	want := exported(t, journalctl(t, "--file", path, "-o", "export"))
	var got [][]string
	for _, e := range entries(t, openSet(t, filepath.Dir(path)), journal.Filter{}) {
		got = append(got, told(e))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(want) == 0 {
		t.Error("journalctl finds no entry")
	}
}

// remote is a program that writes journal files from text.
const remote = "/lib/systemd/systemd-journal-remote"

// A file that systemd has written is read as journalctl reads it.
func TestJournalRemote(t *testing.T) {
	if _, err := os.Stat(remote); err != nil {
		t.Skip("this system has no systemd-journal-remote that writes files")
	}
	var in strings.Builder
	for i := range 500 {
		fmt.Fprintf(&in, "__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%x\n", second(i), i*1_000_000, boot)
		for _, f := range fields(i) {
			if name, value, _ := strings.Cut(f, "="); name == "BYTES" {
				fmt.Fprintf(&in, "%s\n%c\x00\x00\x00\x00\x00\x00\x00%s\n", name, len(value), value)
			} else {
				fmt.Fprintf(&in, "%s\n", f)
			}
		}
		if i%50 == 0 {
			fmt.Fprintf(&in, "LONG=%s\n", strings.Repeat("0123456789", 5000))
		}
		in.WriteString("\n")
	}
	for _, env := range [][]string{
		{"SYSTEMD_JOURNAL_COMPACT=1", "SYSTEMD_JOURNAL_KEYED_HASH=1"},
		{"SYSTEMD_JOURNAL_COMPACT=0", "SYSTEMD_JOURNAL_KEYED_HASH=0"},
	} {
		t.Run(strings.Join(env, " "), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "system.journal")
			cmd := exec.CommandContext(t.Context(), remote, "--output="+path, "-")
			cmd.Env = append(os.Environ(), env...)
			cmd.Stdin = strings.NewReader(in.String())
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Skipf("systemd-journal-remote: %v\n%s", err, out)
			}
			compare(t, path)

			s := openSet(t, filepath.Dir(path))
			var matched []map[string]any
			for line := range strings.Lines(journalctl(t, "--file", path, "-o", "json", "PRIORITY=3", "PRIORITY=5", "--since", "@1700000100", "--until", "@1700000300")) {
				var m map[string]any
				if err := json.Unmarshal([]byte(line), &m); err != nil {
					t.Fatal(err)
				}
				matched = append(matched, m)
			}
			found := entries(t, s, journal.Filter{Since: second(100), Until: second(300), Any: []journal.Values{{{Field: "PRIORITY", Is: "3"}, {Field: "PRIORITY", Is: "5"}}}})
			if len(found) != len(matched) || len(found) == 0 {
				t.Fatalf("%d entries, journalctl finds %d", len(found), len(matched))
			}
			for i, e := range found {
				if matched[i]["__CURSOR"] != e.Cursor() {
					t.Errorf("entry %d is %s, journalctl finds %s", i, e.Cursor(), matched[i]["__CURSOR"])
				}
			}
		})
	}
}
