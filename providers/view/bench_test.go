package view_test

import (
	"fmt"
	"testing"
	"time"

	"openwmi/cim"
	"openwmi/providers/view"
	"openwmi/wbem"
)

// BenchmarkUnion enumerates a union of twice 10,000 instances, and says how
// long that takes compared with enumerating both sources.
func BenchmarkUnion(b *testing.B) {
	st := open(b, view.Options{}, `
		#pragma namespace("\\\\.\\root\\b")
		class Y { [key] uint32 K; string S; uint64 N; };
		#pragma namespace("\\\\.\\root\\a")
		class X { [key] uint32 K; string S; uint64 N; };
		[Union, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM X", "SELECT * FROM Y"}, ViewSpaces{"root\\a", "root\\b"}]
		class U {
			[key, PropertySources{"__NAMESPACE", "__NAMESPACE"}] string Place; [key, PropertySources{"K", "K"}] uint32 K;
			[PropertySources{"S", "S"}] string S; [PropertySources{"N", "N"}] uint64 N;
		};
	`)
	const n = 10000
	x, y := st.connect(b, `root\a`), st.connect(b, `root\b`)
	for _, source := range []struct {
		s     wbem.Services
		class string
	}{{x, "X"}, {y, "Y"}} {
		c, err := source.s.GetClass(b.Context(), source.class, wbem.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for k := range uint32(n) {
			inst := cim.NewInstance(c)
			_ = inst.Set("K", cim.Uint32Value(k))
			_ = inst.Set("S", cim.StringValue(fmt.Sprint("instance ", k)))
			_ = inst.Set("N", cim.Uint64Value(uint64(k)))
			if _, err := source.s.PutInstance(b.Context(), inst, wbem.Options{Lazy: true}); err != nil {
				b.Fatal(err)
			}
		}
	}
	count := func(s wbem.Services, class string) (n int) {
		for _, err := range s.Instances(b.Context(), class, wbem.Options{}) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		return n
	}
	var direct, through time.Duration
	for b.Loop() {
		start := time.Now()
		if got := count(x, "X") + count(y, "Y"); got != 2*n {
			b.Fatal(got)
		}
		middle := time.Now()
		if got := count(x, "U"); got != 2*n {
			b.Fatal(got)
		}
		direct += middle.Sub(start)
		through += time.Since(middle)
	}
	b.ReportMetric(float64(through)/float64(direct), "times-direct")
	b.ReportMetric(float64(through.Microseconds())/float64(b.N)/(2*n), "us/instance")
	key := cim.MustParsePath(`U.Place="root\\b",K=77`)
	start := time.Now()
	for range 1000 {
		if _, err := x.GetInstance(b.Context(), key, wbem.Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(time.Since(start).Microseconds())/1000, "us/get")
}
