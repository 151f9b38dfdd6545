package live_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/wbem"
)

func TestReadFile(t *testing.T) {
	dir := providertest.Tree(t, map[string]string{"empty": "", "line": " a\xff b \nsecond\n", "long": strings.Repeat("0123456789", 1000)})
	for _, test := range []struct {
		name      string
		max, want int
	}{{"empty", 10, 0}, {"long", 10, 10}, {"long", 1024, 1024}, {"long", 1025, 1025}, {"long", 10000, 10000}, {"long", 1 << 20, 10000}} {
		b, err := live.ReadFile(filepath.Join(dir, test.name), test.max)
		if err != nil || len(b) != test.want {
			t.Errorf("%d bytes of %s: %d, %v, want %d", test.max, test.name, len(b), err, test.want)
		}
	}
	if _, err := live.ReadFile(filepath.Join(dir, "none"), 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := live.ReadFile(dir, 10); err == nil {
		t.Error("a directory was read")
	}
	if got := live.ReadLine(filepath.Join(dir, "line")); got != "a\uFFFD b" {
		t.Errorf("line = %q", got)
	}
	if got := live.ReadLine(filepath.Join(dir, "none")); got != "" {
		t.Errorf("no line = %q", got)
	}
	if names, err := live.ReadNames(t.TempDir()); err != nil || len(names) != 0 {
		t.Errorf("an empty directory: %v, %v", names, err)
	}
}

func TestUint(t *testing.T) {
	for text, want := range map[string]uint64{
		"": 0, " 12 kB": 12, "\t7": 7, "-1": 0, "x": 0, "18446744073709551615": 1<<64 - 1, "18446744073709551616": 0, "99999999999999999999999": 0, "0007": 7,
	} {
		if got := live.Uint(text); got != want {
			t.Errorf("Uint(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestParseList(t *testing.T) {
	for text, want := range map[string][]uint64{
		"": nil, "0": {0}, "0-2,8": {0, 1, 2, 8}, "3-1": nil, ",,5": {5}, "65535-99999999999": {65535}, "70000": nil, "1-x": nil,
	} {
		if diff := cmp.Diff(want, live.ParseList(text)); diff != "" {
			t.Errorf("ParseList(%q):\n%s", text, diff)
		}
	}
	if n := len(live.ParseList("0-65535,0-65535")); n > 1<<16 {
		t.Errorf("a list has %d numbers", n)
	}
}

func TestSystem(t *testing.T) {
	s := &live.System{
		Computer: "PC",
		Proc: providertest.Tree(t, map[string]string{
			"uptime": "93784.05 1.00\n", "stat": "intr 1 2\nbtime 1700000000\n", "self/mounts": "/dev/a / ext4 rw 0 0\nshort\n/dev/b / ext4 rw 0 0\n",
		}),
		Etc: providertest.Tree(t, map[string]string{"os-release": "#A=1\nPRETTY_NAME=\"a \\\"b\\\" \\$c\"\nID='x\\y'\nV=1\nBAD\n"}),
	}
	if got := s.OSName().Text(); got != `a "b" $c|/|/dev/b` {
		t.Errorf("OSName = %s", got)
	}
	if got := s.Release(); got["ID"] != `x\y` || got["V"] != "1" || len(got) != 3 {
		t.Errorf("Release = %v", got)
	}
	if up, err := s.Uptime(); err != nil || up != 26*time.Hour+3*time.Minute+4*time.Second+50*time.Millisecond {
		t.Errorf("Uptime = %v, %v", up, err)
	}
	if boot, err := s.BootTime(); err != nil || boot.Unix() != 1700000000 {
		t.Errorf("BootTime = %v, %v", boot, err)
	}
	for _, files := range []map[string]string{
		{"uptime": "", "stat": "btime -5\n"}, {"uptime": "x 1", "stat": ""}, {"uptime": "-1 1", "stat": "btime 99999999999999999999\n"}, {"other": ""},
	} {
		bad := &live.System{Proc: providertest.Tree(t, files)}
		if _, err := bad.Uptime(); cim.StatusOf(err) != wbem.NotAvailable {
			t.Errorf("%v: Uptime: %v", files, err)
		}
		if _, err := bad.BootTime(); cim.StatusOf(err) != wbem.NotAvailable {
			t.Errorf("%v: BootTime: %v", files, err)
		}
	}
}

// Whatever a file stat has in it is read or refused.
func FuzzParseProcessStat(f *testing.F) {
	f.Add([]byte("7 (a) b) (c) S 1 7 7 0 -1 4194560 10 0 3 0 250 125 0 0 20 5 4 0 100 8192 2 18446744073709551615 1"))
	f.Add([]byte("7 (x) R"))
	f.Add([]byte(")("))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := live.ParseProcessStat(b)
		if err == nil && (s.State == 0 || len(s.Comm) > len(b)) || s.HasStart && err != nil {
			t.Errorf("%q: %+v, %v", b, s, err)
		}
	})
}
