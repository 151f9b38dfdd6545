package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"openwmi/internal/source"
)

// TestFormatKeepsEncoding checks that a file stays in its encoding, with its
// ends of lines and its permissions, and that a link to it stays a link.
func TestFormatKeepsEncoding(t *testing.T) {
	const rough = "// größer\r\nclass   A {[key]string Id;};\r\n"
	const want = "// größer\r\nclass A\r\n{\r\n\t[key] string Id;\r\n};\r\n"
	for _, encoding := range []source.Encoding{source.UTF8, source.UTF8BOM, source.UTF16LE, source.UTF16BE, source.Windows1252} {
		t.Run(encoding.String(), func(t *testing.T) {
			dir := t.TempDir()
			file, link := filepath.Join(dir, "a.mof"), filepath.Join(dir, "link.mof")
			data, err := source.Encode(rough, encoding)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, data, 0o640); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(file, link); err != nil {
				t.Skip("no symbolic links here:", err)
			}
			c := newCLI(strings.NewReader(""), os.Stdout, os.Stderr)
			if err := c.formatFile(t.Context(), link, true); err != nil {
				t.Fatal(err)
			}
			if data, err = os.ReadFile(file); err != nil {
				t.Fatal(err)
			}
			got, now, err := source.Decode(file, data)
			if err != nil {
				t.Fatal(err)
			}
			if got.Text() != want || now != encoding {
				t.Errorf("%v %q, want %v %q", now, got.Text(), encoding, want)
			}
			if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
				t.Errorf("the link is %v, %v", info.Mode(), err)
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
				t.Errorf("the mode is %v, %v", info.Mode(), err)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
				t.Errorf("%q are left", left)
			}
		})
	}
}
