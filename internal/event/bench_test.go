package event_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
)

// BenchmarkPut measures puts of one instance with subscriptions that do not
// match, because they are about other classes or by their condition, and with
// 100 that do, which somebody reads. It prints how fast it is compared with no
// broker at all, measured in the same run.
//
// What a commit costs is what counts, so nothing waits for the disk.
func BenchmarkPut(b *testing.B) {
	var bare time.Duration
	for _, bb := range []struct {
		name  string
		subs  int
		query func(i int) string
	}{
		{"no broker", -1, nil},
		{"0", 0, nil},
		{"1 other", 1, otherClass},
		{"100 other", 100, otherClass},
		{"10000 other", 10_000, otherClass},
		{"100 other conditions", 100, func(i int) string {
			return fmt.Sprintf(`SELECT * FROM __InstanceOperationEvent WHERE TargetInstance ISA "T_Base" AND TargetInstance.N = %d`, -i-1)
		}},
		{"100 matching", 100, func(int) string {
			return `SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA "T_Base" AND TargetInstance.N >= 0`
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			f := newFixture(b, event.Options{})
			defer f.repo.Close()
			if bb.subs < 0 {
				f.Broker.Close()
			} else {
				defer f.Broker.Close()
			}
			for c := range 50 {
				f.putClass(&cim.ClassDecl{Name: fmt.Sprintf("T_Bench%d", c), Super: "T_Base"})
			}
			for i := range max(0, bb.subs) {
				who := fmt.Sprint(i % 20)
				s, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: bb.query(i), Identity: named(who)})
				if err != nil {
					b.Fatal(err)
				}
				if bb.name == "100 matching" {
					go func() {
						for range s.Events(context.Background()) {
						}
					}()
				}
			}
			inst := f.inst("T_Base", "Id", "a", "N", 0, "S", "some text that is a little longer", "E", f.inst("T_Emb", "X", 1, "Y", "z"))
			b.ResetTimer()
			start := time.Now()
			for b.Loop() {
				err := f.repo.Update(context.Background(), kv.Durable, func(tx *repository.Tx) error {
					_, err := tx.PutInstance(f.ns, inst, 0, nil)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			each := time.Since(start) / time.Duration(b.N)
			if bb.subs < 0 {
				bare = each
			}
			if bare > 0 {
				b.ReportMetric(float64(bare)/float64(each), "of-bare")
			}
		})
	}
}

func otherClass(i int) string {
	return fmt.Sprintf(`SELECT * FROM __InstanceOperationEvent WHERE TargetInstance ISA "T_Bench%d" AND TargetInstance.N = %d`, i%50, i)
}

// BenchmarkLatency measures the time from the beginning of a put to the reader
// of a subscription having its event, and that of the put alone.
func BenchmarkLatency(b *testing.B) {
	f := newFixture(b, event.Options{})
	defer f.close()
	s := f.subscribe(`SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA "T_Base" AND TargetInstance.N >= 0`)
	inst := f.inst("T_Base", "Id", "a", "N", 0)
	f.put("T_Base", "Id", "a", "N", 0)
	got := make(chan time.Time)
	go func() {
		for range s.Events(context.Background()) {
			got <- time.Now()
		}
	}()
	var puts, events []time.Duration
	for b.Loop() {
		start := time.Now()
		err := f.repo.Update(context.Background(), kv.Durable, func(tx *repository.Tx) error {
			_, err := tx.PutInstance(f.ns, inst, 0, nil)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		done := time.Now()
		puts, events = append(puts, done.Sub(start)), append(events, max(0, (<-got).Sub(done)))
	}
	s.Close()
	slices.Sort(puts)
	slices.Sort(events)
	at := func(d []time.Duration, p int) float64 { return float64(d[len(d)*p/100].Microseconds()) }
	b.ReportMetric(at(puts, 50), "µs-put-p50")
	b.ReportMetric(at(puts, 99), "µs-put-p99")
	b.ReportMetric(at(events, 50), "µs-after-p50")
	b.ReportMetric(at(events, 99), "µs-after-p99")
}
