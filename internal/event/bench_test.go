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

// A load is a fixture with subscriptions.
type load struct {
	*fixture
	name   string
	sample *cim.Instance
	blocks []time.Duration // that some puts took
}

func newLoad(b *testing.B, name string, subs int, query func(i int) string) *load {
	l := &load{fixture: newFixture(b, event.Options{}), name: name}
	for c := range 50 {
		l.putClass(&cim.ClassDecl{Name: fmt.Sprintf("T_Bench%d", c), Super: "T_Base"})
	}
	for i := range subs {
		spec := event.Spec{Namespace: namespace, Query: query(i), Identity: named(fmt.Sprint(i % 20))}
		s, err := l.Subscribe(context.Background(), spec)
		if err != nil {
			b.Fatal(err)
		}
		go func() {
			for range s.Events(context.Background()) {
			}
		}()
	}
	l.sample = l.inst("T_Base", "Id", "a", "N", 0, "S", "some text that is a little longer", "E", l.inst("T_Emb", "X", 1, "Y", "z"))
	return l
}

// puts puts an instance some times.
func (l *load) puts(b *testing.B) {
	const block = 50
	start := time.Now()
	for range block {
		err := l.repo.Update(context.Background(), kv.Durable, func(tx *repository.Tx) error {
			_, err := tx.PutInstance(l.ns, l.sample, 0, nil)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	l.blocks = append(l.blocks, time.Since(start)/block)
}

func (l *load) median() time.Duration {
	slices.Sort(l.blocks)
	return l.blocks[len(l.blocks)/2]
}

// BenchmarkPut measures puts with subscriptions that do not match, and with 100
// that do, which somebody reads. Stores take turns, so that all meet the same
// machine; what it reports is how fast puts are compared with those without a
// broker. Nothing waits for a disk: what a commit costs is what counts.
func BenchmarkPut(b *testing.B) {
	loads := []*load{
		newLoad(b, "bare", 0, nil),
		newLoad(b, "0", 0, nil),
		newLoad(b, "1-other", 1, otherClass),
		newLoad(b, "100-other", 100, otherClass),
		newLoad(b, "10000-other", 10_000, otherClass),
		newLoad(b, "100-conditions", 100, func(i int) string {
			return fmt.Sprintf(`SELECT * FROM __InstanceOperationEvent WHERE TargetInstance ISA "T_Base" AND TargetInstance.N = %d`, -i-1)
		}),
		newLoad(b, "100-matching", 100, func(int) string {
			return `SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA "T_Base" AND TargetInstance.N >= 0`
		}),
	}
	loads[0].Broker.Close()
	for _, l := range loads {
		l.puts(b)
		l.blocks = nil
	}
	for b.Loop() {
		for _, l := range loads {
			l.puts(b)
			time.Sleep(time.Millisecond) // readers catch up
		}
	}
	b.ReportMetric(0, "ns/op")
	for _, l := range loads {
		b.ReportMetric(float64(loads[0].median())/float64(l.median()), l.name)
	}
	b.ReportMetric(float64(loads[0].median().Nanoseconds()), "ns-bare")
	for _, l := range loads {
		l.close()
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

// BenchmarkManyFilters measures a put while there are 3,000 filters on its class,
// of which one matches: those that ask for one value of a property, which are
// looked up, and those that ask otherwise, which are matched one by one.
func BenchmarkManyFilters(b *testing.B) {
	for _, cond := range []string{"TargetInstance.N = %d", "NOT TargetInstance.N <> %d"} {
		b.Run(cond, func(b *testing.B) {
			l := newLoad(b, cond, 3000, func(i int) string {
				return fmt.Sprintf(`SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA "T_Base" AND `+cond, i)
			})
			l.puts(b)
			for b.Loop() {
				l.update(func(tx *repository.Tx) error {
					_, err := tx.PutInstance(l.ns, l.sample, 0, nil)
					return err
				})
			}
			l.close()
		})
	}
}
