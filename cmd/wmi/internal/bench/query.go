package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"

	"openwmi/wbem"
)

const wql = "WQL"

// queryScan measures how fast the instances of a class are looked at that a
// query does not find by an index.
func queryScan(ctx context.Context, e *Env) (Result, error) {
	f, err := e.fill(ctx)
	if err != nil {
		return Result{}, err
	}
	const query = "SELECT Id FROM " + diskClass + " WHERE State = 3 AND Online = FALSE AND Free > 18000000000000000000"
	began := time.Now()
	rows, hits := 0, 0
	for time.Since(began) < e.Time {
		for _, err := range f.svc.Query(ctx, wql, query, wbem.Options{}) {
			if err != nil {
				return Result{}, err
			}
			hits++
		}
		rows += e.Instances
	}
	return Result{
		Value: float64(rows) / time.Since(began).Seconds(), Unit: "rows/s", Bar: 0.6e6, Aim: 0.8e6,
		Note: fmt.Sprintf("records of %d bytes; %d match", recordSize, hits),
	}, nil
}

// queryKey measures queries for a random one of the instances.
func queryKey(ctx context.Context, e *Env) (Result, error) {
	f, err := e.fill(ctx)
	if err != nil {
		return Result{}, err
	}
	find := func() error {
		id := rand.IntN(e.Instances)
		found := 0
		for _, err := range f.svc.Query(ctx, wql, fmt.Sprintf("SELECT * FROM %s WHERE Id = %d", diskClass, id), wbem.Options{}) {
			if err != nil {
				return err
			}
			found++
		}
		if found != 1 {
			return fmt.Errorf("%d instances have the key %d", found, id)
		}
		return nil
	}
	for range min(e.Instances, 10_000) { // warm up
		if err := find(); err != nil {
			return Result{}, err
		}
	}
	began := time.Now()
	queries := 0
	for time.Since(began) < e.Time {
		if err := find(); err != nil {
			return Result{}, err
		}
		queries++
	}
	return Result{
		Value: float64(time.Since(began).Nanoseconds()) / 1000 / float64(queries), Unit: "µs", Bar: 30 + 15, Aim: 20 + 5,
		Note: fmt.Sprintf("of %d instances, with parsing and planning; bar and aim are for a million", e.Instances),
	}, nil
}

// eventLatency measures how long after a put has returned, or before, its event
// is in the hands of a subscriber.
func eventLatency(ctx context.Context, e *Env) (_ Result, err error) {
	s, err := e.Open(filepath.Join(e.Dir, "event"))
	if err != nil {
		return Result{}, err
	}
	defer func() {
		if e := s.Close(); err == nil {
			err = e
		}
	}()
	svc, c, err := connect(ctx, s)
	if err != nil {
		return Result{}, err
	}
	sub, err := svc.Subscribe(ctx, wql, "SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA '"+diskClass+"'", wbem.Options{})
	if err != nil {
		return Result{}, err
	}
	defer sub.Close()
	arrived := make(chan time.Time)
	failed := make(chan error, 1)
	go func() {
		for {
			if _, err := sub.Next(ctx); err != nil {
				failed <- err
				return
			}
			arrived <- time.Now()
		}
	}()
	var waits, puts []time.Duration
	for began := time.Now(); time.Since(began) < e.Time; {
		inst, err := newDisk(c, uint32(len(waits)))
		if err != nil {
			return Result{}, err
		}
		called := time.Now()
		if _, err := svc.PutInstance(ctx, inst, wbem.Options{Flags: wbem.CreateOnly}); err != nil {
			return Result{}, err
		}
		puts = append(puts, time.Since(called))
		select {
		case at := <-arrived:
			waits = append(waits, at.Sub(called))
		case err := <-failed:
			return Result{}, err
		}
	}
	slices.Sort(waits)
	slices.Sort(puts)
	at := func(d []time.Duration, percent int) float64 {
		return float64(d[(len(d)-1)*percent/100].Nanoseconds()) / 1000
	}
	return Result{
		Value: at(waits, 50), Unit: "µs",
		Note: fmt.Sprintf("median, from the call; 99%%: %.0f µs; the put itself %.0f and %.0f µs", at(waits, 99), at(puts, 50), at(puts, 99)),
	}, nil
}
