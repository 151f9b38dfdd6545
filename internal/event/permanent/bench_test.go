package permanent_test

import (
	"context"
	"fmt"
	"testing"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/provider"
)

// BenchmarkPut is a put that one permanent subscription wants, or none, without
// the delivery.
func BenchmarkPut(b *testing.B) {
	for _, wanted := range []bool{false, true} {
		b.Run(fmt.Sprint(wanted), func(b *testing.B) {
			f := newFixture(b)
			f.stop()
			f.start(nil)
			if wanted {
				f.subscribe("a", `SELECT * FROM __InstanceOperationEvent WHERE TargetInstance ISA "T_Item"`)
			}
			inst, err := spawn(f.ns, "T_Item", "Id", "1", "N", 5, "S", "x")
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				err := f.repo.Update(context.Background(), kv.Buffered, func(tx *repository.Tx) error {
					_, err := tx.PutInstance(f.ns, inst, 0, nil)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			f.close()
		})
	}
}

// BenchmarkDelivery is a put in memory until the consumer has the event.
func BenchmarkDelivery(b *testing.B) {
	f := newFixture(b)
	defer f.close()
	f.subscribe("a", `SELECT * FROM __InstanceOperationEvent WHERE TargetInstance ISA "T_Item"`, "DeliveryQoS", 0)
	f.stop()
	n := 0
	f.start(consumer(func(_ *cim.Instance, events []provider.Event) error {
		n += len(events)
		return nil
	}))
	d := &desk{repo: f.repo, broker: f.broker, subs: f.Subscriptions}
	b.ReportAllocs()
	for b.Loop() {
		if err := d.put("1"); err != nil {
			b.Fatal(err)
		}
	}
	if n != b.N {
		b.Errorf("%d events for %d puts", n, b.N)
	}
}

// BenchmarkActivation is a filter, a consumer and a binding that are put when there
// are some hundreds already.
func BenchmarkActivation(b *testing.B) {
	f := newFixture(b)
	defer f.close()
	for i := range 500 {
		f.subscribe(fmt.Sprint("old", i), published)
	}
	i := 0
	for b.Loop() {
		f.subscribe(fmt.Sprint(i), published)
		i++
	}
}
