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

// TestClosedPipe runs scripts that write for ever, and catch errors, to a reader who has
// gone: that ends them, and is no failure.
func TestClosedPipe(t *testing.T) {
	for name, text := range map[string]string{
		"yes.vbs": "On Error Resume Next\nDo : WScript.Echo \"y\" : Loop",
		"yes.js":  `while (true) { try { WScript.StdOut.WriteLine("y"); } catch (e) {} }`,
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			r.Close()
			errs, err := os.Create(file + ".errs")
			if err != nil {
				t.Fatal(err)
			}
			defer errs.Close()
			c := newCLI(strings.NewReader(""), w, errs)
			if code := c.wmi(t.Context(), []string{"--data", t.TempDir(), "run", file}); code != exitDone {
				t.Error("exit status ", code)
			}
			if b, err := os.ReadFile(errs.Name()); err != nil || len(b) > 0 {
				t.Errorf("standard error has %q, %v", b, err)
			}
		})
	}
}
