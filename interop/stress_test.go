//go:build interop

package interop

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/provider"
)

// stress provides TST_ResponseStressTestCxx of testdata/stress.mof.
type stress struct{ count, size atomic.Uint64 }

var (
	_ provider.InstanceEnumerator = (*stress)(nil)
	_ provider.InstanceGetter     = (*stress)(nil)
	_ provider.MethodExecutor     = (*stress)(nil)
)

func (s *stress) instance(class *cim.Class, n uint64) (*cim.Instance, error) {
	inst := cim.NewInstance(class)
	for name, v := range map[string]cim.Value{
		"Id":                    cim.StringValue(fmt.Sprint(n)),
		"SequenceNumber":        cim.Uint64Value(n),
		"ResponseCount":         cim.Uint64Value(s.count.Load()),
		"RequestedInstanceSize": cim.Uint64Value(s.size.Load()),
		"S1":                    cim.StringValue(strings.Repeat("x", int(s.size.Load()))),
	} {
		if err := inst.Set(name, v); err != nil {
			return nil, err
		}
	}
	return inst, nil
}

func (s *stress) Instances(_ context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		for n := range s.count.Load() {
			inst, err := s.instance(r.Class, n)
			if !yield(inst, err) || err != nil {
				return
			}
		}
	}
}

func (s *stress) GetInstance(_ context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	var n uint64
	id, _ := key.Get("Id")
	if _, err := fmt.Sscan(id.Text(), &n); err != nil || n >= s.count.Load() {
		return nil, cim.NotFound
	}
	return s.instance(r.Class, n)
}

func (s *stress) ExecMethod(_ context.Context, _ *provider.Request, _ *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error) {
	count, _ := in.Get("ResponseCount")
	size, _ := in.Get("Size")
	s.count.Store(count.Uint())
	s.size.Store(size.Uint())
	out := cim.NewInstance(m.Signature(true))
	return out, out.Set("ReturnValue", cim.Uint32Value(0))
}
