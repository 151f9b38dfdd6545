package repository

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/internal/kv/kvbench"
	"openwmi/wbem"
)

// disk returns a repository in a directory. It is not verified, because that
// takes longer than what is measured.
func disk(b *testing.B, cacheSize int64, o Options) *Repository {
	b.Helper()
	store, err := kv.Open(b.TempDir(), kv.Options{CacheSize: cacheSize})
	if err != nil {
		b.Fatal(err)
	}
	r, err := Open(store, o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := r.Close(); err != nil {
			b.Error(err)
		}
	})
	return r
}

// classRow is a class whose instances have about 1 kB.
func classRow() *cim.ClassDecl {
	return class("Row",
		prop("string DeviceID", key),
		prop("string Caption"), prop("string Description"), prop("string Name"), prop("string Status"),
		prop("uint64 Size"), prop("uint64 FreeSpace"), prop("uint32 State"), prop("uint16 Availability"),
		prop("boolean Enabled"), prop("datetime InstallDate"), prop("sint32 Rank"), prop("string[] Tags"))
}

func row(c *cim.Class, i int) *cim.Instance {
	inst := cim.NewInstance(c)
	set := func(name string, v cim.Value) {
		if err := inst.Set(name, v); err != nil {
			panic(err)
		}
	}
	set("DeviceID", cim.StringValue(fmt.Sprintf("device-%09d", i)))
	set("Caption", cim.StringValue(fmt.Sprintf("Caption of the device with number %d", i)))
	set("Description", cim.StringValue(strings.Repeat("what there is to say of it. ", 26)))
	set("Name", cim.StringValue(fmt.Sprintf("name-%d", i)))
	set("Status", cim.StringValue("OK"))
	set("Size", cim.Uint64Value(uint64(i)*1000))
	set("FreeSpace", cim.Uint64Value(uint64(i)*10))
	set("State", cim.Uint32Value(uint32(i%100)))
	set("Availability", cim.Uint16Value(uint16(i%5)))
	set("Enabled", cim.BoolValue(i%2 == 0))
	set("InstallDate", cim.StringValue("20250102030405.000000+000"))
	set("Rank", cim.Sint32Value(int32(-i)))
	set("Tags", cim.StringsValue([]string{"alpha", "beta", "gamma"}))
	return inst
}

func rowPath(i int) cim.Path {
	return cim.Path{Class: "Row", Keys: []cim.Key{{Name: "DeviceID", Text: fmt.Sprintf("device-%09d", i), Quoted: true}}}
}

// fill puts n rows.
func fill(b *testing.B, r *Repository, n int) *Namespace {
	b.Helper()
	ns, err := r.Namespace(`root\cimv2`)
	if err != nil {
		b.Fatal(err)
	}
	err = r.Update(context.Background(), kv.Buffered, func(tx *Tx) error {
		_, err := tx.PutClass(ns, classRow(), 0)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	c, err := ns.Class("Row")
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; i < n; {
		err := r.Update(context.Background(), kv.Buffered, func(tx *Tx) error {
			for end := min(i+1000, n); i < end; i++ {
				if _, err := tx.PutInstance(ns, row(c, i), wbem.CreateOnly, nil); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := r.Sync(); err != nil {
		b.Fatal(err)
	}
	return ns
}

var benchRows = flag.Int("rows", 100_000, "instances in benchmarks of reads")

func BenchmarkGet(b *testing.B) {
	r := disk(b, 0, Options{Server: "S"})
	ns := fill(b, r, *benchRows)
	get := func(b *testing.B, n int) {
		paths := make([]cim.Path, 1<<14)
		for i := range paths {
			paths[i] = rowPath(rand.IntN(n))
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := ns.Instance(paths[i%len(paths)], false); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("hot", func(b *testing.B) { get(b, 1000) })
	b.Run("random", func(b *testing.B) { get(b, *benchRows) })
	b.Run("raw", func(b *testing.B) {
		paths := make([][]byte, 1<<14)
		s, err := ns.schema()
		if err != nil {
			b.Fatal(err)
		}
		for i := range paths {
			at, err := s.place(rowPath(rand.IntN(*benchRows)), nil, r.now)
			if err != nil {
				b.Fatal(err)
			}
			paths[i] = at.key
		}
		for i := 0; b.Loop(); i++ {
			if _, ok, err := r.now.Get(paths[i%len(paths)]); err != nil || !ok {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkScan(b *testing.B) {
	r := disk(b, 512<<20, Options{Server: "S"})
	ns := fill(b, r, *benchRows)
	scan := func(b *testing.B, each func(*Record) bool) {
		rows, hits := 0, 0
		for b.Loop() {
			for rec, err := range ns.Records(context.Background(), "Row", true) {
				if err != nil {
					b.Fatal(err)
				}
				rows++
				if each(rec) {
					hits++
				}
			}
		}
		if rows != b.N**benchRows || hits == 0 {
			b.Fatal(rows, hits)
		}
		b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	}
	c, err := ns.Class("Row")
	if err != nil {
		b.Fatal(err)
	}
	state, enabled := c.PropertyIndex("State"), c.PropertyIndex("Enabled")
	b.Run("raw", func(b *testing.B) {
		rows := 0
		for b.Loop() {
			rate, err := kvbench.Scan(r.store)
			if err != nil {
				b.Fatal(err)
			}
			rows += rate.Count
		}
		b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("predicate", func(b *testing.B) {
		scan(b, func(r *Record) bool { return r.At(state).Uint() == 77 && r.At(enabled).Bool() == false })
	})
	b.Run("decode", func(b *testing.B) {
		scan(b, func(r *Record) bool {
			_, err := r.Instance()
			return err == nil
		})
	})
}

// BenchmarkCreate compares durable creates with raw commits of as many bytes to
// the same disk: into space that was only reserved, and into blocks that have
// been written before.
func BenchmarkCreate(b *testing.B) {
	for _, writers := range []int{1, 16, 256} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) {
			r := disk(b, 0, Options{Server: "S"})
			ns := fill(b, r, 0)
			c, err := ns.Class("Row")
			if err != nil {
				b.Fatal(err)
			}
			template, id := row(c, 0), c.PropertyIndex("DeviceID")
			var next atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for range writers {
				wg.Go(func() {
					for {
						i := int(next.Add(1))
						if i > b.N {
							return
						}
						inst := template.Clone()
						inst.Put(id, cim.StringValue(fmt.Sprintf("device-%09d", i)))
						err := r.Update(context.Background(), kv.Durable, func(tx *Tx) error {
							_, err := tx.PutInstance(ns, inst, wbem.CreateOnly, nil)
							return err
						})
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			rate := float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(rate, "puts/s")
			for kind, name := range map[kvbench.Raw]string{kvbench.Reserved: "of-reserved", kvbench.Written: "of-written"} {
				raw, err := kvbench.RawCommits(b.TempDir(), kind, kvbench.Load{Writers: writers, Commits: b.N, Size: 1100})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(rate/raw.PerSecond(), name)
			}
		})
	}
}

// BenchmarkIndexes measures what indexes cost who writes and give who reads:
// rows with the property State indexed, of which each of 1000 values is as
// frequent, and associations of which each object has three.
func BenchmarkIndexes(b *testing.B) {
	rowClass := func(indexed bool) *cim.ClassDecl {
		d := classRow()
		d.Properties = append(d.Properties, prop("uint32 Group = 0"))
		if indexed {
			d.Properties[len(d.Properties)-1].Qualifiers = cim.Qualifiers{qual("Indexed")}
		}
		return d
	}
	write := func(b *testing.B, r *Repository, ns *Namespace, class string, n int, set func(inst *cim.Instance, i int)) {
		c, err := ns.Class(class)
		if err != nil {
			b.Fatal(err)
		}
		for i := 0; i < n; {
			err := r.Update(context.Background(), kv.Buffered, func(tx *Tx) error {
				for end := min(i+1000, n); i < end; i++ {
					inst := cim.NewInstance(c)
					if class == "Row" {
						inst = row(c, i)
					}
					set(inst, i)
					if _, err := tx.PutInstance(ns, inst, wbem.CreateOnly, nil); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	space := func(b *testing.B, decls ...*cim.ClassDecl) (*Repository, *Namespace) {
		r := disk(b, 512<<20, Options{Server: "S"})
		ns, err := r.Namespace(`root\cimv2`)
		if err != nil {
			b.Fatal(err)
		}
		err = r.Update(context.Background(), kv.Buffered, func(tx *Tx) error {
			for _, d := range decls {
				if _, err := tx.PutClass(ns, d, 0); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		return r, ns
	}
	group := func(inst *cim.Instance, i int) {
		inst.Put(inst.Class().PropertyIndex("Group"), cim.Uint32Value(uint32(i%1000)))
	}
	for _, indexed := range []bool{false, true} {
		b.Run(fmt.Sprintf("put/indexed=%v", indexed), func(b *testing.B) {
			r, ns := space(b, rowClass(indexed))
			b.ResetTimer()
			write(b, r, ns, "Row", b.N, group)
		})
	}
	association := class("Link", prop("ref From", key), prop("ref To", key))
	join := func(inst *cim.Instance, i int) {
		inst.Put(0, cim.ReferenceValue(rowPath(i/3).RelPath()))
		inst.Put(1, cim.ReferenceValue(rowPath(i).RelPath()))
	}
	b.Run("put/association", func(b *testing.B) {
		r, ns := space(b, association)
		b.ResetTimer()
		write(b, r, ns, "Link", b.N, join)
	})
	r, ns := space(b, rowClass(true), association)
	write(b, r, ns, "Row", *benchRows, group)
	write(b, r, ns, "Link", *benchRows, join)
	v, err := ns.View()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(v.Close)
	c, err := v.Class("Row")
	if err != nil {
		b.Fatal(err)
	}
	at := c.PropertyIndex("Group")
	b.Run("seek", func(b *testing.B) {
		rows := 0
		for b.Loop() {
			l := Lookup{Class: "Row", Deep: true, Property: at, Range: Equal(cim.Uint32Value(rand.Uint32N(1000)))}
			for _, err := range v.Seek(context.Background(), l) {
				if err != nil {
					b.Fatal(err)
				}
				rows++
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows), "ns/row")
	})
	b.Run("count", func(b *testing.B) {
		for b.Loop() {
			l := Lookup{Class: "Row", Deep: true, Property: at, Range: Equal(cim.Uint32Value(rand.Uint32N(1000)))}
			if n, err := v.Count(context.Background(), l, 1000); err != nil || n != *benchRows/1000 {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("links", func(b *testing.B) {
		rows := 0
		for b.Loop() {
			for _, err := range v.Links(context.Background(), rowPath(rand.IntN(*benchRows/3))) {
				if err != nil {
					b.Fatal(err)
				}
				rows++
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows), "ns/row")
	})
}
