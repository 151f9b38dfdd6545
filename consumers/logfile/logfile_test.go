package logfile_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/internal/consumertest"
	"openwmi/consumers/logfile"
	"openwmi/provider"
	"openwmi/wbem"
)

func newConsumer(t *testing.T, dirs ...string) *logfile.Consumer {
	t.Helper()
	c, err := logfile.New(logfile.Options{Rules: consumers.LogFileRules{Dirs: dirs}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// logical returns a logical consumer that writes the property Text of events.
func logical(t *testing.T, file string, more map[string]cim.Value) *cim.Instance {
	t.Helper()
	values := map[string]cim.Value{"Name": cim.StringValue("log"), "Filename": cim.StringValue(file), "Text": cim.StringValue("<%Text%>")}
	for name, v := range more {
		values[name] = v
	}
	return consumertest.Instance(t, logfile.Class, values)
}

// files returns the files below dir with what is in them.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(b)
	}
	return out
}

func TestAppend(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.log")
	c := newConsumer(t, "/nowhere", dir)
	for _, text := range []string{"one", "zwei ü"} {
		if err := c.Consume(t.Context(), logical(t, file, nil), consumertest.Events(t, text, text+"!")); err != nil {
			t.Fatal(err)
		}
	}
	plain := consumertest.Instance(t, logfile.Class, map[string]cim.Value{"Filename": cim.StringValue(file)})
	if err := c.Consume(t.Context(), plain, consumertest.Events(t, "x")); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a.log": "<one>\n<one!>\n<zwei ü>\n<zwei ü!>\n\n"}
	if diff := cmp.Diff(want, files(t, dir)); diff != "" {
		t.Errorf("files differ:\n%s", diff)
	}
}

// The encoding of a file that has any wins over IsUnicode.
// A value of an event cannot forge a line; the template can have several.
func TestForgedLine(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.log")
	c := newConsumer(t, dir)
	two := logical(t, file, map[string]cim.Value{"Text": cim.StringValue("<%Text%>\nsecond")})
	events := consumertest.Events(t, "a\r\n<b>\x1b[2J\u0085c\u2028d\te")
	if err := c.Consume(t.Context(), two, events); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a.log": "<a  <b> [2J c d\te>\nsecond\n"}
	if diff := cmp.Diff(want, files(t, dir)); diff != "" {
		t.Errorf("files differ:\n%s", diff)
	}
}

func TestEncoding(t *testing.T) {
	for _, tc := range []struct {
		name, before string
		unicode      bool
		want         string
	}{
		{"new UTF-8", "", false, "<ü>\n"},
		{"new UTF-16", "", true, "\xFF\xFE<\x00\xFC\x00>\x00\n\x00"},
		{"UTF-8", "x\n", true, "x\n<ü>\n"},
		{"UTF-8 with a mark", "\xEF\xBB\xBFx\n", true, "\xEF\xBB\xBFx\n<ü>\n"},
		{"UTF-16", "\xFF\xFEx\x00", false, "\xFF\xFEx\x00<\x00\xFC\x00>\x00\n\x00"},
		{"UTF-16, most significant byte first", "\xFE\xFF\x00x", false, "\xFE\xFF\x00x\x00<\x00\xFC\x00>\x00\n"},
		{"one byte", "\xFF", true, "\xFF<ü>\n"},
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, "a.log")
		if tc.before != "" {
			if err := os.WriteFile(file, []byte(tc.before), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		consumer := logical(t, file, map[string]cim.Value{"IsUnicode": cim.BoolValue(tc.unicode)})
		if err := newConsumer(t, dir).Consume(t.Context(), consumer, consumertest.Events(t, "ü")); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if diff := cmp.Diff(map[string]string{"a.log": tc.want}, files(t, dir)); diff != "" {
			t.Errorf("%s: file differs:\n%s", tc.name, diff)
		}
	}
}

// A file over MaximumFileSize is moved out of the way before the next line.
// events.md#25
func TestRotate(t *testing.T) {
	for _, tc := range []struct {
		name   string
		max    uint64
		before map[string]string
		want   map[string]string
	}{
		{"not yet", 4, map[string]string{"a": "1234"}, map[string]string{"a": "1234<x>\n"}},
		{"now", 3, map[string]string{"a": "1234"}, map[string]string{"a.001": "1234", "a": "<x>\n"}},
		{"never", 0, map[string]string{"a": "1234"}, map[string]string{"a": "1234<x>\n"}},
		{"above those in use", 3, map[string]string{"a": "1234", "a.003": "3", "a.1000": "", "a.01": "", "b.007": "", "a.00x": ""},
			map[string]string{"a": "<x>\n", "a.003": "3", "a.004": "1234", "a.1000": "", "a.01": "", "b.007": "", "a.00x": ""}},
		{"after the last", 3, map[string]string{"a": "1234", "a.999": "9", "a.001": "1"},
			map[string]string{"a": "<x>\n", "a.001": "1", "a.002": "1234", "a.999": "9"}},
	} {
		dir := t.TempDir()
		for name, text := range tc.before {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		consumer := logical(t, filepath.Join(dir, "a"), map[string]cim.Value{"MaximumFileSize": cim.Uint64Value(tc.max)})
		if err := newConsumer(t, dir).Consume(t.Context(), consumer, consumertest.Events(t, "x")); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if diff := cmp.Diff(tc.want, files(t, dir)); diff != "" {
			t.Errorf("%s: files differ:\n%s", tc.name, diff)
		}
	}
}

// When all numbers are in use nothing is lost: the event fails.
func TestRotateNoNumber(t *testing.T) {
	dir := t.TempDir()
	for n := range 1000 {
		name := fmt.Sprintf("a.%03d", n)
		if n == 0 {
			name = "a"
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("1234"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	consumer := logical(t, filepath.Join(dir, "a"), map[string]cim.Value{"MaximumFileSize": cim.Uint64Value(1)})
	err := newConsumer(t, dir).Consume(t.Context(), consumer, consumertest.Events(t, "x"))
	if !errors.Is(err, wbem.QuotaViolation) {
		t.Errorf("Consume = %v", err)
	}
	if got := files(t, dir)["a"]; got != "1234" {
		t.Errorf("the file has %q", got)
	}
}

func TestRefused(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := func(name, target string) {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
	}
	link("file", secret)
	link("dir", outside)
	link("dangling", filepath.Join(outside, "new"))
	link("inside", "other")
	for _, tc := range []struct {
		name, file string
		status     wbem.Status
		text       string
	}{
		{"nothing", "", wbem.InvalidParameter, "not the full path"},
		{"relative", "a.log", wbem.InvalidParameter, "not the full path"},
		{"of Windows", `C:\a.log`, wbem.InvalidParameter, "not the full path"},
		{"no text", dir + "/a\x00b", wbem.InvalidParameter, "not the full path"},
		{"outside", secret, wbem.AccessDenied, fmt.Sprintf("logFile.dirs in consumers.json, the configuration of consumers, would need the entry %q", outside)},
		{"outside by dots", dir + "/../" + filepath.Base(outside) + "/secret", wbem.AccessDenied, "logFile.dirs"},
		{"the directory", dir, wbem.AccessDenied, "logFile.dirs"},
		{"link", dir + "/file", wbem.AccessDenied, "not a regular file"},
		{"dangling link", dir + "/dangling", wbem.AccessDenied, "not a regular file"},
		{"link inside", dir + "/inside", wbem.AccessDenied, "not a regular file"},
		{"linked directory", dir + "/dir/new", wbem.Failed, "escapes"},
		{"missing directory", dir + "/none/a.log", wbem.NotFound, "none/a.log"},
	} {
		if runtime.GOOS == "windows" && tc.name == "of Windows" {
			continue
		}
		err := newConsumer(t, dir).Consume(t.Context(), logical(t, tc.file, nil), consumertest.Events(t, "x"))
		if wbem.StatusOf(err) != tc.status || !strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s: %v (%v)", tc.name, err, wbem.StatusOf(err))
		}
	}
	if diff := cmp.Diff(map[string]string{"secret": "secret"}, files(t, outside)); diff != "" {
		t.Errorf("outside the directory differs:\n%s", diff)
	}
}

// The innermost directory of the configuration counts, and none allows nothing.
func TestDirs(t *testing.T) {
	dir := t.TempDir()
	inner := filepath.Join(dir, "inner")
	if err := os.Mkdir(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	consumer := logical(t, filepath.Join(inner, "a.log"), nil)
	if err := newConsumer(t, dir, inner).Consume(t.Context(), consumer, consumertest.Events(t, "x")); err != nil {
		t.Error(err)
	}
	err := newConsumer(t).Consume(t.Context(), consumer, consumertest.Events(t, "x"))
	if !errors.Is(err, wbem.AccessDenied) {
		t.Errorf("without directories: %v", err)
	}
	if c, err := logfile.New(logfile.Options{Rules: consumers.LogFileRules{Dirs: []string{"tmp"}}}); err == nil {
		t.Errorf("New = %v", c)
	}
}

func TestLineTooLong(t *testing.T) {
	dir := t.TempDir()
	events := consumertest.Events(t, "a", strings.Repeat("x", consumers.MaxExpansion), "b")
	err := newConsumer(t, dir).Consume(t.Context(), logical(t, filepath.Join(dir, "a.log"), nil), events)
	if !errors.Is(err, wbem.QuotaViolation) {
		t.Errorf("Consume = %v", err)
	}
	if diff := cmp.Diff(map[string]string{"a.log": "<a>\n<b>\n"}, files(t, dir)); diff != "" {
		t.Errorf("files differ:\n%s", diff)
	}
}

func TestCancelled(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := newConsumer(t, dir).Consume(ctx, logical(t, filepath.Join(dir, "a.log"), nil), consumertest.Events(t, "x"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Consume = %v", err)
	}
}

// Many consumers of one file write whole lines, none of which is lost when the
// file is moved away.
func TestConcurrent(t *testing.T) {
	const writers, batches, events = 8, 10, 5
	dir := t.TempDir()
	c := newConsumer(t, dir)
	var want []string
	var group sync.WaitGroup
	for w := range writers {
		for b := range batches {
			for e := range events {
				want = append(want, fmt.Sprintf("<%d-%d-%d>", w, b, e))
			}
		}
		consumer := logical(t, filepath.Join(dir, "a"), map[string]cim.Value{"MaximumFileSize": cim.Uint64Value(400)})
		var work [][]provider.Event
		for b := range batches {
			var texts []string
			for e := range events {
				texts = append(texts, fmt.Sprintf("%d-%d-%d", w, b, e))
			}
			work = append(work, consumertest.Events(t, texts...))
		}
		group.Go(func() {
			for _, batch := range work {
				if err := c.Consume(t.Context(), consumer, batch); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	var got []string
	all := files(t, dir)
	for _, text := range all {
		got = append(got, strings.Split(strings.TrimSuffix(text, "\n"), "\n")...)
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines differ:\n%s", diff)
	}
	if len(all) < 5 {
		t.Errorf("there are only %d files", len(all))
	}
}
