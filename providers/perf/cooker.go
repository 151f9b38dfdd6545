package perf

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// CookerName is that under which MOF registers the provider of the formatted
// classes, and documentation the classes that somebody makes himself.
const CookerName = "HiPerfCooker_v1"

// A Cooker supplies the instances of classes that are computed from those of raw
// classes of the namespace, whoever supplies these. Qualifiers say how:
//
//	AutoCook_RawClass  on the class: the name of the raw class
//	PerfSysTimeStamp, PerfSysTimeFreq, Perf100NSTimeStamp, Perf100NSTimeFreq,
//	PerfObjTimeStamp, PerfObjTimeFreq
//	                   on the class: the properties of the raw class that have the
//	                   times, if they are not those of Win32_Perf
//	Counter            on a property: the name of that in the raw class, if it is
//	                   another one; its base is the one with _Base behind it
//	CookingType        on a property: the name of the formula, if it is not that of
//	                   the CounterType of the counter, such as PERF_COUNTER_RAWCOUNT;
//	                   or COOKER_AVERAGE, _MIN, _MAX, _RANGE or _VARIANCE of what that
//	                   came to the last times
//	SampleWindow       on such a property: how many times, 10 if it is not there
//
// Keys, and properties without a CounterType in the raw class, are copied; what
// nothing can be computed for is NULL. The times are not: they are about the raw
// instance.
//
// The samples belong to the namespace and the class that was asked for. Those of
// instances that an enumeration does not find any more are forgotten.
type Cooker struct {
	mu    sync.Mutex
	kinds map[kind]*kept // guarded by mu
}

// A kind is a class of a namespace, folded.
type kind struct{ namespace, class string }

// maxKinds bounds the classes whose samples are kept.
const maxKinds = 1 << 10

// A kept is what is remembered of a class. The recipe never changes.
type kept struct {
	*recipe
	mu        sync.Mutex // guards the rest
	scans     uint64     // enumerations that have begun
	histories map[string]*history
}

var _ interface {
	provider.InstanceEnumerator
	provider.InstanceGetter
	provider.InstanceQuerier
} = (*Cooker)(nil)

// NewCooker returns a Cooker that remembers nothing.
func NewCooker() *Cooker { return &Cooker{kinds: map[kind]*kept{}} }

// open returns what is remembered of the class of a request. A class that has
// changed is another one.
func (c *Cooker) open(ctx context.Context, r *provider.Request) (*kept, error) {
	name := r.Class.Qualifiers().Value("AutoCook_RawClass").Text()
	if name == "" {
		return nil, cim.Errorf(wbem.ProviderNotCapable, "class %s has no qualifier AutoCook_RawClass", r.Class.Name())
	}
	raw, err := r.Services.GetClass(ctx, name, wbem.Options{})
	if cim.StatusOf(err) == wbem.NotFound {
		return nil, cim.Errorf(wbem.InvalidClass, "the raw class %s of %s does not exist", name, r.Class.Name())
	}
	if err != nil {
		return nil, err
	}
	id := kind{cim.Fold(r.Namespace), cim.Fold(r.Class.Name())}
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.kinds[id]; k != nil && k.class == r.Class && k.raw == raw {
		return k, nil
	}
	if len(c.kinds) >= maxKinds {
		clear(c.kinds)
	}
	k := &kept{recipe: newRecipe(r.Class, raw), histories: map[string]*history{}}
	c.kinds[id] = k
	return k, nil
}

// Instances implements provider.InstanceEnumerator.
func (c *Cooker) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return c.QueryInstances(ctx, r, &provider.Query{})
}

// QueryInstances implements provider.InstanceQuerier.
func (c *Cooker) QueryInstances(ctx context.Context, r *provider.Request, q *provider.Query) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		k, err := c.open(ctx, r)
		if err != nil {
			yield(nil, err)
			return
		}
		if keys := r.Class.Keys(); len(keys) == 1 {
			if values, ok := q.Values(r.Class.Properties()[keys[0]].Name()); ok {
				k.some(ctx, r, keys[0], values, yield)
				return
			}
		}
		scan := k.begin()
		for inst, err := range r.Services.Instances(ctx, k.raw.Name(), wbem.Options{Flags: wbem.Shallow}) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(k.cook(inst, scan), nil) {
				return
			}
		}
		k.end(scan)
	}
}

// some yields the instances that have some keys.
func (k *kept) some(ctx context.Context, r *provider.Request, key int, values []cim.Value, yield func(*cim.Instance, error) bool) {
	for i, v := range values {
		if slices.ContainsFunc(values[:i], v.EqualFold) {
			continue
		}
		want := cim.NewInstance(r.Class)
		want.Put(key, v)
		inst, err := k.get(ctx, r, want)
		if cim.StatusOf(err) == wbem.NotFound {
			continue
		}
		if !yield(inst, err) || err != nil {
			return
		}
	}
}

// GetInstance implements provider.InstanceGetter.
func (c *Cooker) GetInstance(ctx context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	k, err := c.open(ctx, r)
	if err != nil {
		return nil, err
	}
	return k.get(ctx, r, key)
}

func (k *kept) get(ctx context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	path, ok := cim.RelPath(key)
	if !ok {
		return nil, wbem.NotFound
	}
	path.Class = k.raw.Name()
	inst, err := r.Services.GetInstance(ctx, path, wbem.Options{})
	if err != nil {
		return nil, err
	}
	return k.cook(inst, 0), nil
}

// begin starts an enumeration, end forgets what it did not find.
func (k *kept) begin() (scan uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.scans++
	return k.scans
}

func (k *kept) end(scan uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, h := range k.histories {
		if h.seen < scan {
			delete(k.histories, id)
		}
	}
}

// cook computes an instance, and remembers what it was computed from. scan is the
// enumeration that has found it, 0 for none.
func (k *kept) cook(raw *cim.Instance, scan uint64) *cim.Instance {
	id := ""
	if path, ok := cim.RelPath(raw); ok {
		id = cim.Fold(path.String())
	}
	s := k.take(raw)
	k.mu.Lock()
	defer k.mu.Unlock()
	h := k.histories[id]
	if h == nil {
		h = &history{}
		if len(k.histories) < maxKept {
			k.histories[id] = h
		}
	}
	// What one caller asks for by its name counts for the enumeration of
	// another that has passed it by.
	h.seen = max(h.seen, cmp.Or(scan, k.scans))
	return k.instance(raw, h, s)
}
