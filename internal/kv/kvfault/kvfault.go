// Package kvfault tests what is left of a store when its disk fails. It runs a
// workload again and again over a disk in memory: in the n-th run the n-th
// operation that changes the disk meets a fault, and the last run meets none.
package kvfault

import (
	"errors"
	"testing"

	"openwmi/internal/kv"
)

// A Fault is what happens to the disk.
type Fault int

const (
	// PowerLoss loses everything that was not synced.
	PowerLoss Fault = iota
	// TornPowerLoss loses about half of what was not synced, block by block,
	// so that later writes may be there without earlier ones.
	TornPowerLoss
	// Kill ends the process: what was written stays.
	Kill
	// IOError makes one operation fail with EIO. The process goes on, and
	// when it has closed the store, the power fails.
	IOError
	// NoSpace is the same with ENOSPC.
	NoSpace
)

func (f Fault) String() string {
	return [...]string{"PowerLoss", "TornPowerLoss", "Kill", "IOError", "NoSpace"}[f]
}

// survives returns how much of what was not synced stays, in percent.
func (f Fault) survives() int {
	return [...]int{PowerLoss: 0, TornPowerLoss: 50, Kill: 100, IOError: 0, NoSpace: 0}[f]
}

// A Run is one run of a workload.
type Run struct {
	// Work uses the store, notes what is acknowledged, and stops at the
	// first error of the store, which it returns. Run closes the store.
	Work func(kv.Store) error

	// Check compares what the store holds after it was opened again with
	// what Work noted.
	Check func(kv.Store) error
}

// Test runs a workload with a fault at every operation; start makes the next
// run. step is 1 to try every operation, or more to leave some out. In all
// runs the store must open again, and Check must be content.
//
// A store that meets an error must say so with ErrFailed or ErrNoSpace.
func Test(t *testing.T, f Fault, step int, opts kv.Options, start func() Run) {
	for n := 1; ; n += step {
		d := newDisk(f, n)
		run := start()
		err := work(d, opts, run)
		if err != nil && !d.struck() {
			t.Fatalf("%v: without a fault: %v", f, err)
		}
		if err != nil && !errors.Is(err, kv.ErrFailed) && !errors.Is(err, kv.ErrNoSpace) && !errors.Is(err, errOpen) {
			t.Errorf("%v at operation %d: the store says %v", f, n, err)
		}
		if err := check(d, opts, run); err != nil {
			t.Errorf("%v at operation %d: afterwards: %v", f, n, err)
		}
		if t.Failed() {
			return
		}
		if !d.struck() {
			t.Logf("%v: %d operations", f, d.count.Load())
			return
		}
	}
}

const dir = "store"

// errOpen marks an error of opening, which may be any.
var errOpen = errors.New("open")

func work(d *disk, opts kv.Options, run Run) error {
	s, err := kv.OpenFS(d, dir, opts)
	if err != nil {
		return errors.Join(errOpen, err)
	}
	return errors.Join(run.Work(s), s.Close())
}

func check(d *disk, opts kv.Options, run Run) error {
	s, err := kv.OpenFS(d.left(), dir, opts)
	if err != nil {
		return err
	}
	return errors.Join(run.Check(s), s.Close())
}
