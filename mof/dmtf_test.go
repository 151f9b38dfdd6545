package mof_test

import (
	"archive/zip"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"openwmi/internal/source"
	"openwmi/mof"
)

// corpus holds files which others wrote. The project has no copy of them.
const corpus = "../../shared/corpus/mof"

// A zipFS gives the files of the DMTF schema in memory.
type zipFS map[string]*source.File

// dmtfSchema returns the files of the DMTF schema and the name of the one that
// includes the others.
func dmtfSchema(tb testing.TB) (files zipFS, root string) {
	tb.Helper()
	archives, _ := filepath.Glob(corpus + "/dmtf/*.zip")
	if len(archives) == 0 {
		tb.Skip("the DMTF schema is not here: " + corpus + "/dmtf has no zip file")
	}
	z, err := zip.OpenReader(archives[0])
	if err != nil {
		tb.Fatal(err)
	}
	defer z.Close()
	files = make(zipFS)
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		r, err := f.Open()
		if err != nil {
			tb.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			tb.Fatal(err)
		}
		r.Close()
		src, _, err := source.Decode(f.Name, data)
		if err != nil {
			tb.Fatal(err)
		}
		files[f.Name] = src
		if base := path.Base(f.Name); strings.HasPrefix(base, "cim_schema_") {
			root = f.Name
		}
	}
	if root == "" {
		tb.Fatal("no cim_schema_*.mof in " + archives[0])
	}
	return files, root
}

func (z zipFS) include(from *source.File, name string) (*source.File, error) {
	full := path.Join(path.Dir(from.Name()), strings.ReplaceAll(name, `\`, "/"))
	if f := z[full]; f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("%s: no such file", full)
}

func TestDMTFSchema(t *testing.T) {
	files, root := dmtfSchema(t)
	for _, dialect := range []mof.Dialect{mof.Auto, mof.DMTF} {
		var list source.List
		tree := mof.Parse(files[root], mof.Options{Dialect: dialect, Include: files.include}, &list)
		info := mof.Check(tree, dialect, &list)
		for _, d := range list.All() {
			t.Error(d.Error())
		}
		for _, d := range info.Undefined {
			t.Error(d.Error())
		}
		var trees, classes, qualifiers int
		var count func(f *mof.File)
		count = func(f *mof.File) {
			trees++
			for _, d := range f.Decls {
				switch d := d.(type) {
				case *mof.ClassDecl:
					classes++
				case *mof.QualifierDecl:
					qualifiers++
				case *mof.Pragma:
					if d.File != nil {
						count(d.File)
					}
				}
			}
		}
		count(tree)
		if trees != 1634 || classes != 1631 || qualifiers != 70 { // corpus/README.md
			t.Errorf("%d files, %d classes, %d qualifiers", trees, classes, qualifiers)
		}
	}
}

func BenchmarkParseDMTF(b *testing.B) {
	files, root := dmtfSchema(b)
	b.SetBytes(files.size())
	b.ReportAllocs()
	for b.Loop() {
		var list source.List
		mof.Parse(files[root], mof.Options{Include: files.include}, &list)
		if err := list.Err(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckDMTF(b *testing.B) {
	files, root := dmtfSchema(b)
	var list source.List
	tree := mof.Parse(files[root], mof.Options{Include: files.include}, &list)
	b.SetBytes(files.size())
	b.ReportAllocs()
	for b.Loop() {
		mof.Check(tree, mof.Auto, &list)
	}
	if err := list.Err(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkFormatDMTF(b *testing.B) {
	files, _ := dmtfSchema(b)
	var trees []*mof.File
	for _, f := range files {
		var list source.List
		trees = append(trees, mof.Parse(f, mof.Options{}, &list))
	}
	b.SetBytes(files.size())
	b.ReportAllocs()
	for b.Loop() {
		for _, tree := range trees {
			mof.Format(tree)
		}
	}
}

func (z zipFS) size() (n int64) {
	for _, f := range z {
		n += int64(len(f.Text()))
	}
	return n
}
