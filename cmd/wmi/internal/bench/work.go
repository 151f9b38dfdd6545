package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

func compile(ctx context.Context, e *Env) (Result, error) {
	if e.Schema == "" {
		return Result{}, errSkipped
	}
	cmd := e.Command(ctx, "--data", filepath.Join(e.Dir, "compile"), "-n", namespace, "mof", "compile", e.Schema)
	cmd.Stderr = os.Stderr
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return Result{}, fmt.Errorf("compiling %s: %w", e.Schema, err)
	}
	return Result{
		Value: time.Since(began).Seconds(), Unit: "s", Bar: 0.6, Aim: 0.25,
		Note: "bar and aim are for the DMTF schema 2.49",
	}, nil
}

// creator returns the benchmark of durable creates by a number of writers. Bar
// and aim are ratios to the bare appends of as many bytes.
func creator(writers int, bar, aim float64) func(context.Context, *Env) (Result, error) {
	return func(ctx context.Context, e *Env) (Result, error) {
		r := Result{Unit: "op/s", Bar: bar, Aim: aim}
		n, elapsed, err := e.create(ctx, writers)
		if err != nil {
			return r, err
		}
		r.Value = float64(n) / elapsed.Seconds()
		if r.Raw, err = e.Raw(e.Dir, writers, n, recordSize); err != nil {
			return r, err
		}
		r.Ratio = r.Value / r.Raw
		r.Note = "bare: the same bytes into a file, writers sharing each sync"
		return r, nil
	}
}

// create puts new instances for Env.Time and returns how many in what time.
func (e *Env) create(ctx context.Context, writers int) (n int, elapsed time.Duration, err error) {
	s, err := e.Open(filepath.Join(e.Dir, fmt.Sprintf("create-%d", writers)))
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	svc, c, err := connect(ctx, s)
	if err != nil {
		return 0, 0, err
	}
	var ids atomic.Uint32
	began := time.Now()
	err = parallel(writers, func(int) error {
		for time.Since(began) < e.Time {
			inst, err := newDisk(c, ids.Add(1))
			if err != nil {
				return err
			}
			if _, err := svc.PutInstance(ctx, inst, wbem.Options{Flags: wbem.CreateOnly}); err != nil {
				return err
			}
		}
		return nil
	})
	return int(ids.Load()), time.Since(began), err
}

func getAnywhere(ctx context.Context, e *Env) (Result, error) {
	r, err := get(ctx, e, e.Instances)
	r.Bar, r.Aim = 30, 20
	r.Note = fmt.Sprintf("of %d instances; bar and aim are for a million", e.Instances)
	return r, err
}

func getHot(ctx context.Context, e *Env) (Result, error) {
	r, err := get(ctx, e, min(100, e.Instances))
	r.Bar, r.Aim = 3, 1
	return r, err
}

// get measures gets of a random one of the first n instances.
func get(ctx context.Context, e *Env, n int) (Result, error) {
	f, err := e.fill(ctx)
	if err != nil {
		return Result{}, err
	}
	read := func() error {
		path := cim.Path{Class: diskClass, Keys: []cim.Key{cim.NewKey("Id", cim.Uint32Value(uint32(rand.IntN(n))))}}
		_, err := f.svc.GetInstance(ctx, path, wbem.Options{})
		return err
	}
	for range min(n, 10_000) { // warm up
		if err := read(); err != nil {
			return Result{}, err
		}
	}
	const batch = 64 // gets between two looks at the clock
	began := time.Now()
	gets := 0
	for time.Since(began) < e.Time {
		for range batch {
			if err := read(); err != nil {
				return Result{}, err
			}
		}
		gets += batch
	}
	return Result{Value: float64(time.Since(began).Nanoseconds()) / 1000 / float64(gets), Unit: "µs"}, nil
}

func enumerate(ctx context.Context, e *Env) (Result, error) {
	f, err := e.fill(ctx)
	if err != nil {
		return Result{}, err
	}
	began := time.Now()
	rows := 0
	for time.Since(began) < e.Time {
		for _, err := range f.svc.Instances(ctx, diskClass, wbem.Options{}) {
			if err != nil {
				return Result{}, err
			}
			rows++
		}
	}
	return Result{Value: float64(rows) / time.Since(began).Seconds(), Unit: "rows/s", Note: "every instance is delivered"}, nil
}

// start measures a process that reads one instance of the filled store.
func start(ctx context.Context, e *Env) (Result, error) {
	f, err := e.fill(ctx)
	if err != nil {
		return Result{}, err
	}
	// Only one process can have the store open.
	if err := f.store.Close(); err != nil {
		return Result{}, err
	}
	e.filled = nil
	best := time.Hour
	for range 5 {
		cmd := e.Command(ctx, "--data", f.dir, "-n", namespace, "get", diskClass+".Id=0")
		cmd.Stdout, cmd.Stderr = io.Discard, os.Stderr
		began := time.Now()
		if err := cmd.Run(); err != nil {
			return Result{}, err
		}
		best = min(best, time.Since(began))
	}
	return Result{
		Value: float64(best.Microseconds()) / 1000, Unit: "ms", Bar: 60, Aim: 20,
		Note: fmt.Sprintf("best of five, %d instances stored", e.Instances),
	}, nil
}
