package event_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
)

// TestSoak has 1,000 subscriptions, readers of different speed, and 100,000
// puts: every event is delivered or counted as lost, and each subscriber sees
// the order of commits.
func TestSoak(t *testing.T) {
	subs, puts := 1000, 100_000
	if testing.Short() || raceEnabled {
		subs, puts = 100, 10_000
	}
	const classes, wide, writers = 50, 100, 4
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, event.Options{})
		for c := range classes {
			f.putClass(&cim.ClassDecl{Name: fmt.Sprintf("T_Soak%d", c), Super: "T_Base"})
		}
		// A subscription watches a class, or one in a hundred all of them, and one
		// in three is too slow.
		var wg sync.WaitGroup
		type account struct{ seen, lost int }
		accounts := make([]account, subs)
		for i := range subs {
			class := fmt.Sprintf("T_Soak%d", i%classes)
			if i%wide == 0 {
				class = "T_Base"
			}
			s := f.subscribe(fmt.Sprintf(`SELECT * FROM __InstanceOperationEvent WHERE TargetInstance ISA "%s"`, class))
			wg.Go(func() {
				last := map[string]uint64{} // number by writer
				for inst, err := range s.Events(context.Background()) {
					if lost, ok := err.(*event.Overflow); ok {
						accounts[i].lost += int(lost.Lost)
						continue
					}
					if err != nil {
						return
					}
					accounts[i].seen++
					target, _ := inst.Get("TargetInstance")
					o := target.Object().(*cim.Instance)
					id, _ := o.Get("Id")
					n, _ := o.Get("N")
					if n.Uint() <= last[id.Text()] {
						t.Errorf("number %d of %v comes after %d", n.Uint(), id, last[id.Text()])
					}
					last[id.Text()] = n.Uint()
					if i%3 == 0 && accounts[i].seen%100 == 0 {
						time.Sleep(time.Second)
					}
				}
			})
		}
		var written [classes]int
		var mu sync.Mutex
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for n := range puts / writers {
					c := (n + w) % classes
					inst := f.inst(fmt.Sprintf("T_Soak%d", c), "Id", fmt.Sprintf("%d-%d", c, w), "N", n+1)
					err := f.repo.Update(context.Background(), kv.Buffered, func(tx *repository.Tx) error {
						_, err := tx.PutInstance(f.ns, inst, 0, nil)
						return err
					})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					written[c]++
					mu.Unlock()
				}
			})
		}
		writing.Wait()
		if err := f.repo.Sync(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		f.close()
		wg.Wait()
		all, lost := 0, 0
		for c := range classes {
			all += written[c]
		}
		for i, a := range accounts {
			want := written[i%classes]
			if i%wide == 0 {
				want = all
			}
			if a.seen+a.lost != want {
				t.Errorf("subscription %d has seen %d events and lost %d of %d", i, a.seen, a.lost, want)
			}
			lost += a.lost
		}
		if all != puts || lost == 0 {
			t.Errorf("%d puts, %d events lost", all, lost)
		}
		t.Logf("%d events lost by slow readers", lost)
	})
}
