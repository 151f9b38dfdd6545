package cimom_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/provider"
	"openwmi/wbem"
)

type twoInstances struct{}

func (twoInstances) Instances(_ context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		inst := cim.NewInstance(r.Class)
		if err := inst.Set("Id", cim.StringValue("a")); err != nil || !yield(inst, nil) {
			return
		}
		yield(nil, errors.New("broken"))
	}
}

// The observer is told of operations, of those that fail, and of providers.
func TestObserver(t *testing.T) {
	type seen struct {
		Operation, Namespace, Provider string
		Status                         wbem.Status
	}
	type place struct{}
	var mu sync.Mutex
	var got []seen
	m, err := cimom.OpenMemory(cimom.Options{
		Providers: map[string]any{"two": twoInstances{}},
		Observer: func(ctx context.Context, o cimom.Observation) {
			if ctx.Value(place{}) == nil {
				return
			}
			if o.Began.IsZero() || o.Ended.Before(o.Began) || (o.ID == 0) != (o.Operation == "") {
				t.Errorf("observation %+v", o)
			}
			mu.Lock()
			defer mu.Unlock()
			got = append(got, seen{o.Operation, o.Namespace, o.Provider, o.Status})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	p, err := compile.ParseText(t.Context(), compile.Options{Namespace: `root\cimv2`}, "test", []byte(`
		instance of __Win32Provider as $P { Name = "two"; };
		instance of __InstanceProviderRegistration { Provider = $P; SupportsEnumeration = TRUE; SupportsGet = TRUE; };
		[dynamic, provider("two")] class Dynamic { [key] string Id; };
		class Plain { [key] string Id; };`))
	if err == nil {
		_, err = p.Store(t.Context(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
	svc, err := m.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer svc.Close()
	ctx := context.WithValue(t.Context(), place{}, true)
	for range svc.Instances(ctx, "Plain", wbem.Options{}) {
	}
	if _, err := svc.GetInstance(ctx, cim.MustParsePath(`Plain.Id="x"`), wbem.Options{}); err == nil {
		t.Error("there is no such instance")
	}
	for range svc.Instances(ctx, "Dynamic", wbem.Options{}) {
	}
	want := []seen{
		{"CreateInstanceEnum", `root\cimv2`, "", wbem.OK},
		{"GetObject", `root\cimv2`, "", wbem.NotFound},
		{"", `root\cimv2`, "two", wbem.ProviderFailure},
		{"CreateInstanceEnum", `root\cimv2`, "", wbem.ProviderFailure},
	}
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}
