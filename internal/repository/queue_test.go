package repository

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

// items returns what is in a queue, and the number of the last item.
func items(t testing.TB, r *Repository, queue string, from uint64) (data []string, last uint64) {
	t.Helper()
	for item, err := range r.Queue([]byte(queue), from) {
		if err != nil {
			t.Fatal(err)
		}
		if item.Number <= last || item.Number < from {
			t.Fatalf("item %d comes after %d", item.Number, max(last, from))
		}
		data, last = append(data, string(item.Data)), item.Number
	}
	return data, last
}

func (f *fixture) queueSize(queue string) QueueSize {
	f.Helper()
	size, err := f.QueueSize([]byte(queue))
	if err != nil {
		f.Fatal(err)
	}
	return size
}

func (f *fixture) append(queue string, data ...string) (numbers []uint64) {
	f.Helper()
	f.update(wbem.OK, func(tx *Tx) error {
		numbers = nil
		for _, d := range data {
			n, err := tx.Append([]byte(queue), []byte(d))
			if err != nil {
				return err
			}
			numbers = append(numbers, n)
		}
		return nil
	})
	return numbers
}

func TestQueue(t *testing.T) {
	f := newFixture(t)
	// Names of which one begins another, or that hold what ends a name.
	names := []string{"a", "a\x00", "a\x00\x01", "a\x00\xFF", "ab", "\xFF"}
	for _, name := range names {
		f.append(name, name+"1", "", name+"3")
	}
	for _, name := range names {
		got, _ := items(t, f.Repository, name, 0)
		if diff := cmp.Diff([]string{name + "1", "", name + "3"}, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(QueueSize{3, int64(2*len(name) + 2)}, f.queueSize(name)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", name, diff)
		}
	}
	all, err := f.Queues(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, strs(all)); diff != "" {
		t.Errorf("queues (-want +got):\n%s", diff)
	}

	numbers := f.append("q", "one", "two", "three")
	f.update(wbem.OK, func(tx *Tx) error {
		if err := tx.Remove([]byte("q"), numbers[1]); err != nil {
			return err
		}
		if size, err := tx.QueueSize([]byte("q")); err != nil || size != (QueueSize{2, 8}) {
			t.Errorf("in the transaction: %v, %v", size, err)
		}
		return tx.Remove([]byte("q"), numbers[1]) // it is gone
	})
	if got, _ := items(t, f.Repository, "q", numbers[0]+1); !slices.Equal(got, []string{"three"}) {
		t.Errorf("behind the first is %q", got)
	}
	if got, _ := items(t, f.Repository, "q", math.MaxUint64); got != nil {
		t.Errorf("behind all is %q", got)
	}
	f.update(wbem.OK, func(tx *Tx) error {
		if err := tx.DropQueue([]byte("q")); err != nil {
			return err
		}
		if _, err := tx.Append([]byte("q"), []byte("anew")); err != nil {
			return err
		}
		return tx.DropQueue([]byte("none"))
	})
	if got, last := items(t, f.Repository, "q", 0); !slices.Equal(got, []string{"anew"}) || last <= numbers[2] {
		t.Errorf("after dropping: %q, number %d", got, last)
	}

	f.update(wbem.OK, func(tx *Tx) error {
		_, err := tx.Append(nil, nil)
		f.status("no name", err, wbem.InvalidParameter)
		_, err = tx.Append(bytes.Repeat([]byte("n"), MaxQueueName+1), nil)
		f.status("long name", err, wbem.QuotaViolation)
		_, err = tx.Append([]byte("q"), make([]byte, MaxItem+1))
		f.status("long item", err, wbem.QuotaViolation)
		return tx.Remove(nil, 1)
	})
	f.append(strings.Repeat("n", MaxQueueName), strings.Repeat("d", MaxItem))
	if got := f.queueSize("q"); got != (QueueSize{1, 4}) {
		t.Errorf("after refusals: %v", got)
	}
}

func strs(in [][]byte) (out []string) {
	for _, b := range in {
		out = append(out, string(b))
	}
	return out
}

// A number identifies an item for ever.
func TestQueueNumbers(t *testing.T) {
	store, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	last := uint64(0)
	for round := range 3 {
		r, err := Open(unclosed{store}, Options{Server: "S"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range numberBlock/2 + 10 {
			var n uint64
			err := r.Update(context.Background(), kv.Buffered, func(tx *Tx) (err error) {
				queue := fmt.Appendf(nil, "q%d", i%3)
				if n, err = tx.Append(queue, nil); err != nil || i%2 == 0 {
					return err
				}
				if i%7 == 0 {
					return tx.DropQueue(queue)
				}
				return tx.Remove(queue, n)
			})
			if err != nil {
				t.Fatal(err)
			}
			if n <= last {
				t.Fatalf("round %d: %d comes after %d", round, n, last)
			}
			last = n
		}
		// What a failed transaction was given may be given again: nobody has
		// seen it.
		_ = r.Update(context.Background(), kv.Buffered, func(tx *Tx) error {
			_, _ = tx.Append([]byte("q"), nil)
			return errGiveUp
		})
		if problems, err := r.Verify(context.Background(), nil); err != nil || len(problems) > 0 {
			t.Error(problems, err)
		}
	}
}

// A queue longer than one batch is read while others append and remove.
func TestQueueReadInBatches(t *testing.T) {
	f := newFixture(t)
	const n = 3*batchItems + 7
	f.update(wbem.OK, func(tx *Tx) error {
		for i := range n {
			if _, err := tx.Append([]byte("q"), fmt.Appendf(nil, "%d", i)); err != nil {
				return err
			}
		}
		return nil
	})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range n {
			f.append("q", fmt.Sprint(n+i))
		}
	})
	seen := 0
	for seen < 2*n {
		for item, err := range f.Queue([]byte("q"), 0) {
			if err != nil {
				t.Fatal(err)
			}
			if string(item.Data) != fmt.Sprint(seen) {
				t.Fatalf("item %d is %s", seen, item.Data)
			}
			seen++
			f.update(wbem.OK, func(tx *Tx) error { return tx.Remove([]byte("q"), item.Number) })
		}
	}
	wg.Wait()
	if got := f.queueSize("q"); got != (QueueSize{}) {
		t.Errorf("left are %v", got)
	}
	if names, err := f.Queues(context.Background()); err != nil || len(names) > 0 {
		t.Errorf("left are %q, %v", names, err)
	}
}

func TestState(t *testing.T) {
	f := newFixture(t)
	get := func(key string) string {
		v, err := f.State([]byte(key))
		if err != nil {
			t.Fatal(err)
		}
		return string(v)
	}
	set := func(want cim.Status, key, value string) {
		t.Helper()
		f.update(wbem.OK, func(tx *Tx) error {
			f.status("set", tx.SetState([]byte(key), []byte(value)), want)
			if v, err := tx.State([]byte(key)); err != nil || want == wbem.OK && string(v) != value {
				t.Errorf("in the transaction %q is %q, %v", key, v, err)
			}
			return nil
		})
	}
	set(wbem.OK, "k", "1")
	set(wbem.OK, "k\x00", "2")
	set(wbem.OK, "k", "3")
	if get("k") != "3" || get("k\x00") != "2" || get("") != "" {
		t.Errorf("states are %q, %q, %q", get("k"), get("k\x00"), get(""))
	}
	set(wbem.OK, "k", "")
	set(wbem.OK, "k", "")
	if get("k") != "" {
		t.Errorf("state is %q", get("k"))
	}
	set(wbem.InvalidParameter, "", "x")
	set(wbem.QuotaViolation, strings.Repeat("k", MaxStateKey+1), "x")
	set(wbem.QuotaViolation, "k", strings.Repeat("v", MaxState+1))
	set(wbem.OK, strings.Repeat("k", MaxStateKey), strings.Repeat("v", MaxState))
}

// retrying runs every function twice, the first time in vain, as a store with
// conflicts does.
type retrying struct{ kv.Store }

func (s retrying) Update(d kv.Durability, fn func(kv.Tx) error) error {
	conflict := errors.New("conflict")
	err := s.Store.Update(d, func(tx kv.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return conflict
	})
	if err != conflict {
		return err
	}
	return s.Store.Update(d, fn)
}

func TestOnCommit(t *testing.T) {
	for _, again := range []bool{false, true} {
		t.Run(fmt.Sprint("again=", again), func(t *testing.T) {
			store, err := kv.OpenMemory(kv.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if again {
				store = retrying{store}
			}
			testOnCommit(t, useStore(t, store, Options{Server: "S"}, classB()))
		})
	}
}

func testOnCommit(t *testing.T, f *fixture) {
	type key struct{}
	refuse, quiet := false, false
	calls := 0
	f.OnCommit(func(ctx context.Context, tx *Tx, changes []Change) error {
		calls++
		if ctx.Value(key{}) != "value" {
			t.Error("the context is another")
		}
		for i := range changes {
			c := &changes[i]
			if c.Number != 0 {
				t.Errorf("number %d", c.Number)
			}
			if quiet {
				continue
			}
			text := fmt.Sprintf("%s %s %s: %s -> %s", c.Namespace().Path(), c.Class().Name(), kindNames[c.Kind], showObject(c.Before()), showObject(c.After()))
			if _, err := tx.Append([]byte("q"), []byte(text)); err != nil {
				return err
			}
		}
		if refuse {
			return fmt.Errorf("refused: %w", wbem.AccessDenied)
		}
		return tx.SetState([]byte("calls"), fmt.Append(nil, len(changes)))
	})
	update := func(want cim.Status, fn func(tx *Tx) error) {
		t.Helper()
		f.status("update", f.Update(context.WithValue(context.Background(), key{}, "value"), kv.Durable, fn), want)
	}
	putB := func(tx *Tx, id, s string) error {
		inst := f.inst("B", "Id", id)
		inst.Put(inst.Class().PropertyIndex("S"), cim.StringValue(s))
		_, err := tx.PutInstance(f.ns, inst, 0, nil)
		return err
	}
	update(wbem.OK, func(tx *Tx) error {
		if err := putB(tx, "1", "x"); err != nil {
			return err
		}
		if err := putB(tx, "1", "y"); err != nil {
			return err
		}
		if _, err := tx.PutClass(f.ns, classD(), 0); err != nil {
			return err
		}
		_, err := tx.CreateNamespace(`root\t\sub`)
		return err
	})
	want := []string{
		`root\t B instance created: nothing -> B.Id="1" N=7 S=x`,
		`root\t B instance modified: B.Id="1" N=7 S=x -> B.Id="1" N=7 S=y`,
		`root\t D class created: nothing -> D NULL`,
		`root\t __Namespace namespace created: nothing -> __Namespace.Name="sub"`,
	}
	got, last := items(t, f.Repository, "q", 0)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	if v, err := f.State([]byte("calls")); err != nil || string(v) != "4" {
		t.Errorf("state %q, %v", v, err)
	}

	// A transaction that the hook refuses, or that fails itself, leaves nothing.
	refuse = true
	update(wbem.AccessDenied, func(tx *Tx) error { return putB(tx, "2", "z") })
	refuse = false
	before := calls
	update(wbem.Timeout, func(tx *Tx) error {
		if err := putB(tx, "2", "z"); err != nil {
			return err
		}
		return errGiveUp
	})
	update(wbem.OK, func(tx *Tx) error { return tx.SetState([]byte("other"), []byte("x")) })
	if calls != before {
		t.Errorf("the hook was called for transactions that change nothing")
	}
	if got, _ := items(t, f.Repository, "q", last+1); len(got) > 0 {
		t.Errorf("items of failed transactions: %q", got)
	}
	if got := f.all("B", true); len(got) != 1 {
		t.Errorf("instances: %q", got)
	}

	// Without subscribers no changes are kept; with one they are numbered as
	// ever.
	quiet = true
	var numbers []uint64
	cancel := f.Subscribe(func(c Change) { numbers = append(numbers, c.Number) })
	update(wbem.OK, func(tx *Tx) error { return putB(tx, "3", "a") })
	update(wbem.OK, func(tx *Tx) error { return putB(tx, "3", "b") })
	cancel()
	if diff := cmp.Diff([]uint64{1, 2}, numbers); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}

	f.OnCommit(nil)
	before = calls
	f.update(wbem.OK, func(tx *Tx) error { return putB(tx, "4", "c") })
	if calls != before {
		t.Error("the hook was called after it was taken away")
	}
}

// What the hook changes reaches subscribers, and not the hook again.
func TestOnCommitChanges(t *testing.T) {
	f := newFixture(t, classB())
	calls := 0
	f.OnCommit(func(_ context.Context, tx *Tx, _ []Change) error {
		calls++
		_, err := tx.PutInstance(f.ns, f.inst("B", "Id", "by hook"), 0, nil)
		return err
	})
	defer f.OnCommit(nil)
	take := f.watch()
	f.put(f.inst("B", "Id", "1"), 0, wbem.OK)
	want := []string{`instance created: nothing -> B.Id="1" N=7 S=NULL`, `instance created: nothing -> B.Id="by hook" N=7 S=NULL`}
	if diff := cmp.Diff(want, take()); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

// When OnCommit returns, nothing is committed without the hook.
func TestOnCommitConcurrently(t *testing.T) {
	f := newFixture(t, classB())
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				err := f.Update(context.Background(), kv.Buffered, func(tx *Tx) error {
					_, err := tx.PutInstance(f.ns, f.inst("B", "Id", fmt.Sprint(w, " ", i)), 0, nil)
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	count := func() int { return len(f.all("B", true)) }
	f.OnCommit(func(_ context.Context, tx *Tx, changes []Change) error {
		for range changes {
			if _, err := tx.Append([]byte("q"), nil); err != nil {
				return err
			}
		}
		return nil
	})
	before := count()
	for range 20 {
		f.put(f.inst("B", "Id", "here"), 0, wbem.OK)
	}
	close(stop)
	wg.Wait()
	f.OnCommit(nil)
	// "here" was put many times and is there once.
	if noted := f.queueSize("q").Items; noted-19 < int64(count()-before) {
		t.Errorf("%d changes were noted, %d instances came", noted, count()-before)
	}
}
