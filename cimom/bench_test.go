package cimom_test

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/provider"
	"openwmi/wbem"
)

// A counter is a provider whose instances cost next to nothing to make.
type counter struct{ n int }

func (p counter) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		id := r.Class.PropertyIndex("Id")
		for i := range p.n {
			inst := cim.NewInstance(r.Class)
			inst.Put(id, cim.StringValue(fmt.Sprint(i)))
			if !yield(inst, nil) {
				return
			}
		}
	}
}

func (counter) GetInstance(_ context.Context, _ *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	return key, nil
}

// BenchmarkGetInstance compares what a get costs that the repository answers
// with one that a provider does.
func BenchmarkGetInstance(b *testing.B) {
	s := benchServices(b, 1)
	for _, path := range []string{`Kept.Id="1"`, `Dyn.Id="1"`} {
		b.Run(path, func(b *testing.B) {
			p := cim.MustParsePath(path)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.GetInstance(b.Context(), p, wbem.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkInstances is the time for one instance of a provider.
func BenchmarkInstances(b *testing.B) {
	s := benchServices(b, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for _, err := range s.Instances(b.Context(), "Dyn", wbem.Options{}) {
		if err != nil {
			b.Fatal(err)
		}
	}
}

func benchServices(b *testing.B, n int) wbem.Services {
	m, err := cimom.OpenMemory(cimom.Options{Providers: map[string]any{"P1": counter{n}}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { m.Close() })
	p, err := compile.ParseText(b.Context(), compile.Options{}, "bench.mof", []byte(`#pragma namespace("root\\cimv2")
		class Kept { [key] string Id; string V; };
		instance of Kept { Id = "1"; };`+register("P1")+oneDyn))
	if err == nil {
		_, err = p.Store(b.Context(), m)
	}
	if err != nil {
		b.Fatal(err)
	}
	s, err := m.Connect(b.Context(), "", wbem.ConnectOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return s
}
