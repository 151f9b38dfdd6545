package compile_test

import (
	"os"
	"path/filepath"
	"testing"

	"openwmi/cimom"
	"openwmi/mof/compile"
)

// BenchmarkSchema compiles the DMTF schema from files into a new store on disk:
// what a process does that compiles it, from its first file to durable. design.md
// 7 wants 0.6 s with the start and the end of the process.
func BenchmarkSchema(b *testing.B) {
	all, root := schemaFiles(b)
	dir := b.TempDir()
	for name, text := range all {
		name = filepath.Join(dir, "schema", name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	root = filepath.Join(dir, "schema", root)
	b.ReportAllocs()
	for b.Loop() {
		m, err := cimom.Open(filepath.Join(dir, "store"), cimom.Options{})
		if err != nil {
			b.Fatal(err)
		}
		p, err := compile.Parse(ctx, compile.Options{Namespace: `root\schema`, CreateNamespace: true}, root)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.Store(ctx, m); err != nil {
			b.Fatal(err)
		}
		if err := m.Close(); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		os.RemoveAll(filepath.Join(dir, "store"))
		b.StartTimer()
	}
}

// BenchmarkParseSchema is the part of it that reads and checks the files.
func BenchmarkParseSchema(b *testing.B) {
	all, root := schemaFiles(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := compile.Parse(ctx, compile.Options{ReadFile: all.read}, root); err != nil {
			b.Fatal(err)
		}
	}
}
