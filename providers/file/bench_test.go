//go:build linux

package file_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"openwmi/cim"
	"openwmi/providers/file"
	"openwmi/providers/internal/providertest"
	"openwmi/wbem"
)

// What a file by its name, a directory, and a tree cost, next to the system's
// own part.
func BenchmarkFile(b *testing.B) {
	svc := open(b, file.Options{})
	b.Run("get", func(b *testing.B) {
		path := cim.MustParsePath(`CIM_DataFile.Name="/etc/passwd"`)
		for b.Loop() {
			if _, err := svc.GetInstance(b.Context(), path, wbem.Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	dir := b.TempDir()
	for i := range 1000 {
		sub := filepath.Join(dir, fmt.Sprint(i/100))
		_ = os.Mkdir(sub, 0o755)
		if err := os.WriteFile(filepath.Join(sub, fmt.Sprint(i)), nil, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range []struct{ name, where string }{
		{"100 files of a directory", "Path='" + dir + "/0/'"}, {"1000 files below", "Path LIKE '" + dir + "/%'"},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				providertest.Query(b, svc, "SELECT Name, FileSize, LastModified FROM CIM_DataFile WHERE "+c.where)
			}
		})
	}
	b.Run("1000 files by the system", func(b *testing.B) {
		for b.Loop() {
			_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error {
				var s unix.Stat_t
				return unix.Lstat(path, &s)
			})
		}
	})
}
