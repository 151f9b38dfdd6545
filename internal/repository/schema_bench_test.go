package repository_test

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

// A recorder is as much of an object manager as the compiler of the schema
// needs, and keeps the declarations of classes.
type recorder struct {
	wbem.Services
	repo  *repository.Repository
	ns    *repository.Namespace
	decls []*cim.ClassDecl
}

func (r *recorder) Connect(context.Context, string, wbem.ConnectOptions) (wbem.Services, error) {
	return r, nil
}
func (r *recorder) Server() string    { return r.repo.Server() }
func (r *recorder) Namespace() string { return r.ns.Path() }
func (r *recorder) Close() error      { return nil }

func (r *recorder) GetClass(_ context.Context, name string, _ wbem.Options) (*cim.Class, error) {
	return r.ns.Class(name)
}

func (r *recorder) PutClass(_ context.Context, d *cim.ClassDecl, o wbem.Options) error {
	r.decls = append(r.decls, d.Clone())
	return r.repo.Update(context.Background(), kv.Buffered, func(tx *repository.Tx) error {
		_, err := tx.PutClass(r.ns, d, o.Flags)
		return err
	})
}

func (r *recorder) GetQualifier(_ context.Context, name string) (*cim.QualifierDecl, error) {
	return r.ns.Qualifier(name)
}

func (r *recorder) SetQualifier(_ context.Context, d *cim.QualifierDecl, _ wbem.Options) error {
	return r.repo.Update(context.Background(), kv.Buffered, func(tx *repository.Tx) error { return tx.SetQualifier(r.ns, d) })
}

func (r *recorder) DeleteQualifier(_ context.Context, name string) error {
	return r.repo.Update(context.Background(), kv.Buffered, func(tx *repository.Tx) error { return tx.DeleteQualifier(r.ns, name) })
}

func (r *recorder) Qualifiers(context.Context) iter.Seq2[*cim.QualifierDecl, error] {
	return r.ns.Qualifiers()
}

// dmtfSchema returns the classes of the DMTF schema as they are compiled.
var dmtfSchema = sync.OnceValues(func() ([]*cim.ClassDecl, error) {
	archives, _ := filepath.Glob("../../../shared/corpus/mof/dmtf/*.zip")
	if len(archives) == 0 {
		return nil, fs.ErrNotExist
	}
	z, err := zip.OpenReader(archives[0])
	if err != nil {
		return nil, err
	}
	defer z.Close()
	root := ""
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		name := filepath.FromSlash(f.Name)
		if files[name], err = io.ReadAll(r); err != nil {
			return nil, err
		}
		if strings.HasPrefix(filepath.Base(name), "cim_schema_") {
			root = name
		}
	}
	store, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		return nil, err
	}
	r, err := repository.Open(store, repository.Options{})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	ns, err := r.Namespace(`root\cimv2`)
	if err != nil {
		return nil, err
	}
	rec := &recorder{repo: r, ns: ns}
	ctx := context.Background()
	p, err := compile.Parse(ctx, compile.Options{Namespace: `root\cimv2`, ReadFile: func(name string) ([]byte, error) {
		if b, ok := files[filepath.Clean(name)]; ok {
			return b, nil
		}
		return nil, fs.ErrNotExist
	}}, root)
	if err != nil {
		return nil, err
	}
	_, err = p.Store(ctx, rec)
	return rec.decls, err
})

func schemaDecls(tb testing.TB) []*cim.ClassDecl {
	tb.Helper()
	decls, err := dmtfSchema()
	if errors.Is(err, fs.ErrNotExist) {
		tb.Skip("the DMTF schema is not here: ../../../shared/corpus/mof/dmtf has no zip file")
	}
	if err != nil {
		tb.Fatal(err)
	}
	return decls
}

func openStore(tb testing.TB, dir string) *repository.Repository {
	tb.Helper()
	store, err := kv.Open(dir, kv.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	r, err := repository.Open(store, repository.Options{Server: "S"})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// load puts the classes one by one, each in a transaction that becomes durable
// later.
func load(tb testing.TB, r *repository.Repository, decls []*cim.ClassDecl) *repository.Namespace {
	ns, err := r.Namespace(`root\cimv2`)
	if err != nil {
		tb.Fatal(err)
	}
	for _, d := range decls {
		err := r.Update(context.Background(), kv.Buffered, func(tx *repository.Tx) error {
			_, err := tx.PutClass(ns, d, 0)
			return err
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := r.Sync(); err != nil {
		tb.Fatal(err)
	}
	return ns
}

func cloned(decls []*cim.ClassDecl) []*cim.ClassDecl {
	out := make([]*cim.ClassDecl, len(decls))
	for i, d := range decls {
		out[i] = d.Clone()
	}
	return out
}

// BenchmarkSchemaPut loads the whole DMTF schema into an empty store.
func BenchmarkSchemaPut(b *testing.B) {
	decls := schemaDecls(b)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		r := openStore(b, b.TempDir())
		own := cloned(decls)
		b.StartTimer()
		load(b, r, own)
		b.StopTimer()
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkSchemaOpen opens a store with that schema: how long until the first
// class can be had, how long until all are derived, and the memory that both
// take.
func BenchmarkSchemaOpen(b *testing.B) {
	decls := schemaDecls(b)
	dir := b.TempDir()
	r := openStore(b, dir)
	load(b, r, cloned(decls))
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		empty := heap()
		start := time.Now()
		r := openStore(b, dir)
		ns, err := r.Namespace(`root\cimv2`)
		if err != nil {
			b.Fatal(err)
		}
		opened := time.Now()
		if _, err := ns.Class("CIM_ComputerSystem"); err != nil {
			b.Fatal(err)
		}
		first := time.Now()
		small := heap()
		again := time.Now()
		n := 0
		for _, err := range ns.Subclasses("", true) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		all := time.Now()
		if n < len(decls) {
			b.Fatalf("%d classes", n)
		}
		b.ReportMetric(float64(opened.Sub(start).Microseconds())/1e3, "ms/open")
		b.ReportMetric(float64(first.Sub(opened).Microseconds())/1e3, "ms/first")
		b.ReportMetric(float64(all.Sub(again).Microseconds())/1e3, "ms/all")
		b.ReportMetric(small-empty, "MB/open")
		b.ReportMetric(heap()-empty, "MB/all")
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}
