package query_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/query"
	"openwmi/internal/repository"
	"openwmi/wql"
)

// benchRows fills a class with records of about 1 kB.
func benchRows(b *testing.B, n int) *space {
	b.Helper()
	s := newSpace(b)
	c := s.class(b, `T_Row { [key] uint32 Id; string Name; [indexed] uint32 Serial; uint32 Size; uint64 Free; boolean On; real64 Load; datetime At; string Text; string More; }`)
	for first := 0; first < n; first += 5000 {
		var list []*cim.Instance
		for i := first; i < min(n, first+5000); i++ {
			list = append(list, instance(b, c, "Id", i, "Name", fmt.Sprint("object ", i), "Serial", i*7, "Size", i%1000, "Free", i, "On", i%2 == 0,
				"Load", float64(i), "At", "20240101000000.000000+000", "Text", strings.Repeat("text ", 80), "More", strings.Repeat("more ", 80)))
		}
		s.put(b, list...)
	}
	return s
}

// run parses, plans and runs a query, as a call does, and returns the number of
// results.
func (s *space) run(b *testing.B, text string) int {
	q, err := wql.Parse(text)
	if err != nil {
		b.Fatal(err)
	}
	v, err := s.View()
	if err != nil {
		b.Fatal(err)
	}
	defer v.Close()
	p, err := query.Prepare(context.Background(), v, q, query.Options{})
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for _, err := range p.Run(context.Background(), v) {
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
	return n
}

func BenchmarkScan(b *testing.B) {
	const rows = 50_000
	s := benchRows(b, rows)
	for _, c := range []struct{ name, query string }{
		{"NoMatch", `SELECT * FROM T_Row WHERE Size > 2000 AND Name = "nothing"`},
		{"TwoProperties", `SELECT * FROM T_Row WHERE Size = 77 AND Name LIKE "object %7"`},
		{"TenPercent", `SELECT * FROM T_Row WHERE Size < 100 AND Load >= 0.0`},
		{"TenPercentTwoColumns", `SELECT Id, Name FROM T_Row WHERE Size < 100 AND Load >= 0.0`},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.run(b, c.query)
			}
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
	b.Run("Raw", func(b *testing.B) {
		for b.Loop() {
			for _, err := range s.Records(context.Background(), "T_Row", false) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
	})
}

func BenchmarkLookup(b *testing.B) {
	const rows = 50_000
	s := benchRows(b, rows)
	i := 0
	next := func() int { i++; return i * 7919 % rows }
	b.Run("Get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Instance(cim.Path{Class: "T_Row", Keys: []cim.Key{{Name: "Id", Text: fmt.Sprint(next())}}}, false); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, c := range []struct{ name, query string }{
		{"Key", `SELECT * FROM T_Row WHERE Id = %d`},
		{"Keys", `SELECT * FROM T_Row WHERE Id = %d OR Id = 5`},
		{"Index", `SELECT * FROM T_Row WHERE Serial = %d`},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n := next()
				if c.name == "Index" {
					n *= 7
				}
				if s.run(b, fmt.Sprintf(c.query, n)) == 0 {
					b.Fatal("no result")
				}
			}
		})
	}
}

// BenchmarkAssociators asks for the associators of one object of 10,000 that
// have 10 links each, and of one that has 1,000.
func BenchmarkAssociators(b *testing.B) {
	s := newSpace(b)
	node := s.class(b, "T_Node { [key] uint32 Id; string Name; }")
	link := s.class(b, "[Association] T_Link { [key] T_Node ref Src; [key] T_Node ref Dst; }")
	ref := func(i int) cim.Value { return cim.ReferenceValue(fmt.Sprint("T_Node.Id=", i)) }
	const nodes = 10_000
	for first := 0; first < nodes; first += 1000 {
		s.update(b, func(tx *repository.Tx) error {
			put := func(inst *cim.Instance) error {
				_, err := tx.PutInstance(s.Namespace, inst, 0, nil)
				return err
			}
			for i := first; i < first+1000; i++ {
				if err := put(instance(b, node, "Id", i, "Name", fmt.Sprint("node ", i))); err != nil {
					return err
				}
				for k := range 10 {
					if err := put(instance(b, link, "Src", ref(i), "Dst", ref((i*31+k*977)%nodes))); err != nil {
						return err
					}
				}
				if i > 0 && i <= 1000 {
					if err := put(instance(b, link, "Src", ref(nodes), "Dst", ref(i))); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	s.put(b, instance(b, node, "Id", nodes, "Name", "hub"))
	for _, c := range []struct {
		name, query string
		results     int
	}{
		{"Of10", `ASSOCIATORS OF {T_Node.Id=5} WHERE Role=Src`, 10},
		{"Of1000", `ASSOCIATORS OF {T_Node.Id=10000}`, 1000},
		{"ReferencesOf1000", `REFERENCES OF {T_Node.Id=10000}`, 1000},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n := s.run(b, c.query); n != c.results {
					b.Fatal(n)
				}
			}
		})
	}
}
