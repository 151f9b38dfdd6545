package repository

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/internal/kv/kvfault"
	"openwmi/wbem"
)

// TestCrash stops the disk in every operation of a workload, in several ways.
// Whatever was acknowledged must be there afterwards, what was not must be
// there whole or not at all, and the store must be consistent.
func TestCrash(t *testing.T) {
	for _, fault := range []kvfault.Fault{kvfault.PowerLoss, kvfault.TornPowerLoss, kvfault.Kill, kvfault.IOError, kvfault.NoSpace} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			kvfault.Test(t, fault, 1, kv.Options{}, func() kvfault.Run {
				c := &crash{acked: map[string]string{}}
				return kvfault.Run{Work: c.work, Check: c.check}
			})
		})
	}
}

// A crash notes what is acknowledged, by path, and what may or may not be
// there.
type crash struct {
	acked   map[string]string
	pending map[string]string // what the transaction under way makes of it; nil if none is
}

func (c *crash) work(store kv.Store) error {
	// The kvfault run closes the store, also after Open has failed and closed
	// it; so this one is kept from being closed twice.
	r, err := Open(unclosed{store}, Options{Server: "S"})
	if err != nil {
		return err
	}
	ns, err := r.Namespace(`root\default`)
	if err != nil {
		return err
	}
	// Every change puts an item into a queue, together with the change.
	r.OnCommit(func(_ context.Context, tx *Tx, changes []Change) error {
		for range changes {
			if _, err := tx.Append([]byte("q"), []byte("item")); err != nil {
				return err
			}
		}
		return nil
	})
	queued := 0
	step := func(changes int, change func(state map[string]string), fn func(tx *Tx) error) error {
		c.pending = maps.Clone(c.acked)
		change(c.pending)
		queued += changes
		c.pending["queue"] = fmt.Sprint(queued)
		if err := r.Update(context.Background(), kv.Durable, fn); err != nil {
			return err
		}
		c.acked, c.pending = c.pending, nil
		return nil
	}
	err = step(2, func(state map[string]string) { state["class"] = "B D" }, func(tx *Tx) error {
		if _, err := tx.PutClass(ns, classB(), 0); err != nil {
			return err
		}
		_, err := tx.PutClass(ns, with(classD(), prop("ref To")), 0)
		return err
	})
	if err != nil {
		return err
	}
	put := func(tx *Tx, class, id string, n int) error {
		k, err := tx.Class(ns, class)
		if err != nil {
			return err
		}
		inst := cim.NewInstance(k)
		inst.Put(k.PropertyIndex("Id"), cim.StringValue(id))
		inst.Put(k.PropertyIndex("N"), cim.Sint32Value(int32(n)))
		if to := k.PropertyIndex("To"); to >= 0 {
			inst.Put(to, cim.ReferenceValue(fmt.Sprintf(`B="%d"`, n)))
		}
		_, err = tx.PutInstance(ns, inst, 0, nil)
		return err
	}
	for i := range 6 {
		class := []string{"B", "D"}[i%2]
		// Both or none.
		err := step(2, func(state map[string]string) {
			state[fmt.Sprintf("%s=%d", class, i%4)] = fmt.Sprint(i)
			state[fmt.Sprintf("%s=x%d", class, i)] = fmt.Sprint(i)
		}, func(tx *Tx) error {
			if err := put(tx, class, fmt.Sprint(i%4), i); err != nil {
				return err
			}
			return put(tx, class, fmt.Sprintf("x%d", i), i)
		})
		if err != nil {
			return err
		}
	}
	var first []uint64
	for item, err := range r.Queue([]byte("q"), 0) {
		if err != nil {
			return err
		}
		if first = append(first, item.Number); len(first) == 2 {
			break
		}
	}
	err = step(-2, func(state map[string]string) { state["timer"] = "due" }, func(tx *Tx) error {
		for _, n := range first {
			if err := tx.Remove([]byte("q"), n); err != nil {
				return err
			}
		}
		return tx.SetState([]byte("timer"), []byte("due"))
	})
	if err != nil {
		return err
	}
	err = step(1, func(state map[string]string) { delete(state, "B=0") }, func(tx *Tx) error {
		return tx.DeleteInstance(ns, cim.MustParsePath(`B="0"`))
	})
	if err != nil {
		return err
	}
	err = step(1, func(state map[string]string) {
		maps.DeleteFunc(state, func(k, _ string) bool { return k[0] == 'D' })
		state["class"] = "B D+P"
	}, func(tx *Tx) error {
		_, err := tx.PutClass(ns, with(classD(), prop("ref To"), prop("string P")), wbem.UpdateForceMode)
		return err
	})
	if err != nil {
		return err
	}
	err = step(1, func(state map[string]string) { state["space"] = "there" }, func(tx *Tx) error {
		_, err := tx.CreateNamespace(`root\default\sub`)
		return err
	})
	if err != nil {
		return err
	}
	return step(1, func(state map[string]string) { delete(state, "space") }, func(tx *Tx) error {
		return tx.DeleteInstance(ns, cim.MustParsePath(`__Namespace="sub"`))
	})
}

func (c *crash) check(store kv.Store) error {
	r, err := Open(unclosed{store}, Options{Server: "S"})
	if err != nil {
		return err
	}
	problems, err := r.Verify(context.Background(), nil)
	if err != nil || len(problems) > 0 {
		return fmt.Errorf("verify: %v %v", problems, err)
	}
	ns, err := r.Namespace(`root\default`)
	if err != nil {
		return err
	}
	got := map[string]string{}
	if k, err := ns.Class("D"); err == nil {
		got["class"] = "B D"
		if k.Property("P") != nil {
			got["class"] += "+P"
		}
	}
	for inst, err := range ns.Instances(context.Background(), "B", true) {
		if errors.Is(err, wbem.InvalidClass) {
			break
		}
		if err != nil {
			return err
		}
		id, _ := inst.Get("Id")
		n, _ := inst.Get("N")
		got[inst.ClassName()+"="+id.Text()] = n.String()
	}
	if _, err := r.Namespace(`root\default\sub`); err == nil {
		got["space"] = "there"
	}
	count := 0
	for _, err := range r.Queue([]byte("q"), 0) {
		if err != nil {
			return err
		}
		count++
	}
	if count > 0 {
		got["queue"] = fmt.Sprint(count)
	}
	due, err := r.State([]byte("timer"))
	if err != nil {
		return err
	}
	if due != nil {
		got["timer"] = string(due)
	}
	if !maps.Equal(got, c.acked) && !(c.pending != nil && maps.Equal(got, c.pending)) {
		return fmt.Errorf("there is %v; acknowledged was %v, perhaps %v", got, c.acked, c.pending)
	}
	return nil
}

// unclosed is a store that somebody else closes.
type unclosed struct{ kv.Store }

func (unclosed) Close() error { return nil }
