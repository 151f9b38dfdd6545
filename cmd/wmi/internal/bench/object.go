package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/wbem"
)

const namespace = `root\default`

// diskClass has instances of about 1 kB with ten properties.
const diskClass = "Bench_Disk"

func disk() *cim.ClassDecl {
	property := func(name string, t cim.Type) cim.PropertyDecl { return cim.PropertyDecl{Name: name, Type: t} }
	d := &cim.ClassDecl{Name: diskClass, Properties: []cim.PropertyDecl{
		property("Id", cim.TypeUint32),
		property("Caption", cim.TypeString),
		property("Size", cim.TypeUint64),
		property("Free", cim.TypeUint64),
		property("State", cim.TypeUint16),
		property("Online", cim.TypeBoolean),
		property("Load", cim.TypeReal64),
		property("Changed", cim.TypeDatetime),
		property("Tags", cim.TypeString.ArrayOf()),
		property("Note", cim.TypeString),
	}}
	d.Properties[0].Qualifiers = cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}
	return d
}

var note = strings.Repeat("The quick brown fox jumps over the lazy dog. ", 19)

// newDisk returns the instance with that key.
func newDisk(c *cim.Class, id uint32) (*cim.Instance, error) {
	changed, err := cim.ParseDatetime("20260301080000.000000+000")
	if err != nil {
		return nil, err
	}
	inst := cim.NewInstance(c)
	set := func(name string, v cim.Value) {
		if err == nil {
			err = inst.Set(name, v)
		}
	}
	set("Id", cim.Uint32Value(id))
	set("Caption", cim.StringValue(fmt.Sprintf("Disk %d", id)))
	set("Size", cim.Uint64Value(uint64(id)<<20))
	set("Free", cim.Uint64Value(uint64(id)<<10))
	set("State", cim.Uint16Value(uint16(id%7)))
	set("Online", cim.BoolValue(id%3 != 0))
	set("Load", cim.Real64Value(float64(id%100)/100))
	set("Changed", cim.DatetimeValue(changed))
	set("Tags", cim.StringsValue([]string{"ssd", "raid", "backup"}))
	set("Note", cim.StringValue(note))
	return inst, err
}

// recordSize is about what an instance takes: its texts and numbers, and its
// key.
const recordSize = 1000

// connect opens a session in which Bench_Disk exists.
func connect(ctx context.Context, s Store) (wbem.Services, *cim.Class, error) {
	svc, err := s.Connect(ctx, namespace, wbem.ConnectOptions{})
	if err != nil {
		return nil, nil, err
	}
	if err := svc.PutClass(ctx, disk(), wbem.Options{}); err != nil {
		return nil, nil, err
	}
	c, err := svc.GetClass(ctx, diskClass, wbem.Options{})
	return svc, c, err
}

// filled is the store that reads work on.
type filled struct {
	dir   string
	store Store
	svc   wbem.Services
}

// fill returns the store with Env.Instances instances, which is made when it is
// first needed.
func (e *Env) fill(ctx context.Context) (*filled, error) {
	if e.filled != nil {
		return e.filled, nil
	}
	f := &filled{dir: filepath.Join(e.Dir, "filled")}
	var err error
	if f.store, err = e.Open(f.dir); err != nil {
		return nil, err
	}
	e.filled = f
	var c *cim.Class
	if f.svc, c, err = connect(ctx, f.store); err != nil {
		return nil, err
	}
	const writers = 16
	var done atomic.Int64
	err = parallel(writers, func(w int) error {
		for id := w; id < e.Instances; id += writers {
			inst, err := newDisk(c, uint32(id))
			if err != nil {
				return err
			}
			if _, err := f.svc.PutInstance(ctx, inst, wbem.Options{Lazy: true}); err != nil {
				return err
			}
			if n := done.Add(1); n%1000 == 0 || n == int64(e.Instances) {
				e.progress("storing instances to read", int(n), e.Instances)
			}
		}
		return nil
	})
	if flusher, ok := f.svc.(wbem.Flusher); ok && err == nil {
		err = flusher.Flush(ctx)
	}
	return f, err
}

// parallel runs fn in n goroutines and returns their errors.
func parallel(n int, fn func(worker int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for w := range n {
		wg.Go(func() { errs[w] = fn(w) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
