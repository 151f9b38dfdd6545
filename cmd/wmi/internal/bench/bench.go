// Package bench measures what must be fast and tells it in ratios: how fast it
// is, how fast the bare work is on the same machine in the same run, and what
// the project wants to reach. Crash proves that nothing acknowledged is lost
// when the process is killed.
//
// Figures are for comparison, not for tests: they depend on the machine and
// its load.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"time"

	"openwmi/wbem"
)

// A Store is an open object manager.
type Store interface {
	wbem.Locator
	io.Closer
}

// An Env is what benchmarks need from their caller.
type Env struct {
	// Dir is an empty directory for stores.
	Dir string

	// Open opens the store in a directory, which is created if it does not
	// exist.
	Open func(dir string) (Store, error)

	// Command returns the program itself, to be started with those arguments.
	Command func(ctx context.Context, args ...string) *exec.Cmd

	// Raw writes so many records of size bytes to a file in dir as fast as
	// the disk can make them durable, writers sharing each sync, and returns
	// records a second.
	Raw func(dir string, writers, records, size int) (float64, error)

	// Time is how long one measurement runs.
	Time time.Duration

	// Instances is how many instances reads choose from.
	Instances int

	// Stored is how many instances a server has, 1 to 1<<24: those that are
	// created have further numbers.
	Stored int

	// Schema is the MOF file whose compiling is measured; "" skips that.
	Schema string

	// Progress, if not nil, is called with what goes on: done of total.
	Progress func(what string, done, total int)

	filled *filled
	served *served
}

// A Benchmark measures one kind of work.
type Benchmark struct {
	Name string // such as create/16
	What string // one line for people
	run  func(ctx context.Context, e *Env) (Result, error)
}

// A Result is a measurement: a rate, of which more is better, or a time.
type Result struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"` // op/s, rows/s, s, ms, or µs
	// Raw is the same figure for the bare work, 0 if it was not measured, and
	// Ratio is Value to Raw.
	Raw   float64 `json:"raw,omitempty"`
	Ratio float64 `json:"ratio,omitempty"`
	// Bar and Aim are what the project wants: ratios of a benchmark that has a
	// Raw, else in Unit. 0 if nothing is set.
	Bar float64 `json:"bar,omitempty"`
	Aim float64 `json:"aim,omitempty"`
	// Note says what the figure depends on.
	Note string `json:"note,omitempty"`
}

// Met reports whether the figure reaches its bar. Without a bar known is false.
func (r Result) Met() (met, known bool) {
	switch {
	case r.Bar == 0:
		return false, false
	case r.Raw != 0:
		return r.Ratio >= r.Bar, true
	case r.Unit == "op/s" || r.Unit == "rows/s":
		return r.Value >= r.Bar, true
	}
	return r.Value <= r.Bar, true
}

// All returns the benchmarks in the order in which they run.
func All() []Benchmark {
	return append([]Benchmark{
		{"compile", "compile a schema into an empty store, from start to exit of a process", compile},
		{"create/1", "durable creates by 1 writer", creator(1, 0.7, 0.9)},
		{"create/16", "durable creates by 16 writers", creator(16, 0.4, 0.8)},
		{"create/256", "durable creates by 256 writers", creator(256, 0.12, 0.3)},
		{"get", "get of one instance by its path, anywhere in the store", getAnywhere},
		{"get/hot", "get of one of a hundred instances", getHot},
		{"enumerate", "deliver every instance of a class", enumerate},
		{"query/scan", "read a class and compare two properties", queryScan},
		{"query/key", "query by the key, anywhere in the store", queryKey},
		{"event", "from a durable put to its event at the subscriber", eventLatency},
		{"start", "start of a process to its first answer from that store", start},
	}, append(cimBenchmarks(), soapBenchmarks()...)...)
}

// Find returns the benchmarks with those names, all for none. A name without a
// slash stands for those below it too.
func Find(names []string) ([]Benchmark, error) {
	if len(names) == 0 {
		return All(), nil
	}
	var out []Benchmark
	for _, name := range names {
		n := len(out)
		for _, b := range All() {
			if ok, _ := filepath.Match(name+"/*", b.Name); b.Name == name || ok {
				out = append(out, b)
			}
		}
		if len(out) == n {
			return nil, fmt.Errorf("there is no benchmark %q", name)
		}
	}
	return out, nil
}

// errSkipped says that a benchmark lacks what it measures.
var errSkipped = errors.New("skipped")

// Run runs benchmarks one after the other and calls report with each result.
// It leaves out those for which Env has not what they need.
func Run(ctx context.Context, e *Env, benchmarks []Benchmark, report func(Result) error) (err error) {
	defer func() {
		if e.filled != nil {
			err = errors.Join(err, e.filled.store.Close())
		}
		if e.served != nil {
			err = errors.Join(err, e.served.stop())
		}
	}()
	for i, b := range benchmarks {
		e.progress("measuring "+b.Name, i, len(benchmarks))
		r, err := b.run(ctx, e)
		if errors.Is(err, errSkipped) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", b.Name, err)
		}
		r.Name = b.Name
		if err := report(r); err != nil {
			return err
		}
	}
	return nil
}

func (e *Env) progress(what string, done, total int) {
	if e.Progress != nil {
		e.Progress(what, done, total)
	}
}
