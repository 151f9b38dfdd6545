package compile_test

import (
	"archive/zip"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"openwmi/mof"
	"openwmi/mof/compile"
)

// corpus holds files which others wrote. The project has no copy of them.
const corpus = "../../../shared/corpus/mof"

// schema returns the files of the DMTF schema and the name of the one that
// includes the others, "" if it is not here.
var schema = sync.OnceValues(func() (files, string) {
	archives, _ := filepath.Glob(corpus + "/dmtf/*.zip")
	if len(archives) == 0 {
		return nil, ""
	}
	z, err := zip.OpenReader(archives[0])
	if err != nil {
		panic(err)
	}
	defer z.Close()
	all, root := files{}, ""
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		r, err := f.Open()
		if err != nil {
			panic(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			panic(err)
		}
		r.Close()
		all[filepath.FromSlash(f.Name)] = string(data)
		if strings.HasPrefix(filepath.Base(f.Name), "cim_schema_") {
			root = filepath.FromSlash(f.Name)
		}
	}
	return all, root
})

func schemaFiles(tb testing.TB) (files, string) {
	tb.Helper()
	all, root := schema()
	if root == "" {
		tb.Skip("the DMTF schema is not here: " + corpus + "/dmtf has no zip file with a cim_schema_*.mof")
	}
	return all, root
}

// mof.md#47: in every dialect, and again without a change.
func TestSchema(t *testing.T) {
	all, root := schemaFiles(t)
	m := openMemory(t)
	for _, tt := range []struct {
		dialect mof.Dialect
		want    compile.Result
	}{
		{mof.WMI, compile.Result{ClassesCreated: 1631, Qualifiers: 70}},
		{mof.Auto, compile.Result{ClassesUnchanged: 1631}},
		{mof.DMTF, compile.Result{ClassesUnchanged: 1631}},
	} {
		p, err := compile.Parse(ctx, compile.Options{
			Dialect: tt.dialect, Namespace: `root\schema`, CreateNamespace: true, ReadFile: all.read,
		}, root)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Check(); err != nil {
			t.Error(err)
		}
		res, err := p.Store(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		if res.String() != tt.want.String() {
			t.Errorf("%v, want %v", res, tt.want)
		}
	}
}
