package provider

import (
	"context"

	"openwmi/cim"
)

// A MethodExecutor carries out methods.
type MethodExecutor interface {
	// ExecMethod runs a method of r.Class. key has the keys of the instance,
	// nil for a static method; in are the parameters, nil if it has none. The
	// result is an instance of m.Signature(true) with what the method returns,
	// nil if it returns nothing.
	// It is called for providers with a __MethodProviderRegistration.
	// [MS-WMI] 3.1.4.3.22
	ExecMethod(ctx context.Context, r *Request, key *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error)
}
