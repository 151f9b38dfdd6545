package main

import (
	"context"
	"errors"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// A teller is a provider of methods which return what they were told.
type teller struct{}

var _ provider.MethodExecutor = teller{}

func (teller) ExecMethod(_ context.Context, r *provider.Request, key *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error) {
	r.Progress(wbem.Progress{Total: 2, Done: 1, Message: "telling"})
	sig := m.Signature(true)
	switch {
	case m.Name() == "Fail":
		return nil, cim.Errorf(wbem.OutOfMemory, "it has forgotten everything")
	case sig == nil:
		return nil, nil
	}
	out := cim.NewInstance(sig)
	told := ""
	if key != nil {
		id, _ := key.Get("Id")
		told = id.Text() + ":"
	}
	for i, p := range in.Class().Properties() {
		if v := in.At(i); !v.IsNull() {
			told += " " + p.Name() + "=" + v.String()
		}
	}
	return out, errors.Join(out.Set("Told", cim.StringValue(told)), out.Set("ReturnValue", cim.Uint32Value(7)))
}
