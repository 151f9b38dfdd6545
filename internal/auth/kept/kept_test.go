package kept_test

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/internal/auth/kept"
)

var errBad = errors.New("it is bad")

// join is a value of two files.
func join(texts [][]byte) (string, string, error) {
	all := string(bytes.Join(texts, []byte("+")))
	if strings.Contains(all, "bad") {
		return "", "", errBad
	}
	return all, "the text " + all, nil
}

// Files that change are read again some time later, and at once by who says so. What
// is bad changes nothing and is told of once.
func TestValue(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(a, "1")
	write(b, "2")
	var log bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		v, err := kept.Read("some texts", slog.New(slog.NewTextHandler(&log, nil)), join, a, b)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			what       string
			do         func()
			now, later string // before and after Recheck
			log        string // what is told, once
		}{
			{"nothing", func() {}, "1+2", "1+2", ""},
			{"the second file", func() { write(b, "two") }, "1+2", "1+two", "now=\"the text 1+two\""},
			{"a bad one", func() { write(a, "bad") }, "1+two", "1+two", "it is bad"},
			{"as it was", func() { write(a, "1") }, "1+two", "1+two", ""},
			{"none", func() { os.Remove(a) }, "1+two", "1+two", "no such file"},
			{"a new one", func() { write(a, "one") }, "1+two", "one+two", "now=\"the text one+two\""},
			{"a directory", func() { os.Remove(b); os.Mkdir(b, 0o700) }, "one+two", "one+two", "is no file"},
			{"a file again", func() { os.Remove(b); write(b, "2") }, "one+two", "one+2", "now=\"the text one+2\""},
		} {
			log.Reset()
			v.Get()
			step.do()
			if got := v.Get(); got != step.now {
				t.Errorf("%s: %s at once", step.what, got)
			}
			for range 3 {
				time.Sleep(kept.Recheck)
				if got := v.Get(); got != step.later {
					t.Errorf("%s: %s then", step.what, got)
				}
			}
			if lines := strings.Count(log.String(), "\n"); !strings.Contains(log.String(), step.log) || (lines == 1) != (step.log != "") {
				t.Errorf("%s: the log has\n%s", step.what, &log)
			}
		}
		for _, step := range []struct {
			text, want string
			changed    bool
			err        error
		}{{"2", "one+2", false, nil}, {"II", "one+II", true, nil}, {"bad", "one+II", false, errBad}, {"II", "one+II", false, nil}} {
			write(b, step.text)
			changed, err := v.Reread()
			if got := v.Get(); changed != step.changed || !errors.Is(err, step.err) || got != step.want {
				t.Errorf("%s: %s, %v, %v", step.text, got, changed, err)
			}
		}
	})
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	large, bad := filepath.Join(dir, "large"), filepath.Join(dir, "bad")
	if err := errors.Join(os.WriteFile(large, nil, 0o600), os.Truncate(large, kept.MaxFile+1), os.WriteFile(bad, []byte("bad"), 0o600)); err != nil {
		t.Fatal(err)
	}
	nowhere := slog.New(slog.DiscardHandler)
	if _, err := kept.Read("texts", nowhere, join, filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := kept.Read("texts", nowhere, join, bad); !errors.Is(err, errBad) || !strings.Contains(err.Error(), bad) {
		t.Error(err)
	}
	for _, name := range []string{dir, large} {
		if _, err := kept.Read("texts", nowhere, join, name); err == nil || !strings.Contains(err.Error(), name) {
			t.Error(err)
		}
	}
}
