package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHarmless(t *testing.T) {
	for text, want := range map[string]string{
		"plain é 漢\n\t\r\b\a": "plain é 漢\n\t\r\b\a",
		"\x1b[2J\x9b":         "\uFFFD[2J\uFFFD",
		"\u009b31m\x00\x7f":   "\uFFFD31m\uFFFD\uFFFD",
	} {
		var b bytes.Buffer
		o := &scriptOutput{w: &b, terminal: true}
		if n, err := o.Write([]byte(text)); n != len(text) || err != nil {
			t.Error(n, err)
		}
		if b.String() != want {
			t.Errorf("%q became %q, want %q", text, b.String(), want)
		}
		b.Reset()
		o.terminal = false
		o.Write([]byte(text))
		if b.String() != text {
			t.Errorf("%q became %q without a terminal", text, b.String())
		}
	}
}

// TestClosedPipe runs what writes for ever, and catches errors, to a reader who has gone:
// that ends it, and is no failure.
func TestClosedPipe(t *testing.T) {
	dir := t.TempDir()
	vbs, js := filepath.Join(dir, "yes.vbs"), filepath.Join(dir, "yes.js")
	for file, text := range map[string]string{
		vbs: "On Error Resume Next\nDo : WScript.Echo \"y\" : Loop",
		js:  `while (true) { try { WScript.StdOut.WriteLine("y"); } catch (e) {} }`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		in   string
		args []string
	}{
		{"", []string{"run", vbs}},
		{"", []string{"run", js}},
		{"? String(70000, \"y\")\n? 1\n", []string{"shell"}},
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		r.Close()
		errs, err := os.CreateTemp(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		defer errs.Close()
		cli := newCLI(strings.NewReader(c.in), w, errs)
		if code := cli.wmi(t.Context(), append([]string{"--data", t.TempDir()}, c.args...)); code != exitDone {
			t.Errorf("%v: exit status %d", c.args, code)
		}
		if b, err := os.ReadFile(errs.Name()); err != nil || len(b) > 0 {
			t.Errorf("%v: standard error has %q, %v", c.args, b, err)
		}
	}
}
