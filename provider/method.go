package provider

import (
	"context"

	"openwmi/cim"
)

// A MethodExecutor carries out methods.
type MethodExecutor interface {
	// ExecMethod runs a method that r.Class implements. key is an instance of
	// the actual class, r.Class or one below, with the keys alone; it is nil
	// for a static method. in are the parameters, an instance of
	// m.Signature(false), in which what the caller left out has its default;
	// nil if there are none. The result is an instance of m.Signature(true),
	// nil if the method returns nothing. A method that could be run and had no
	// success says so in it; an error says that it could not be run.
	//
	// ctx does not end when the caller gives up: a method comes to its end.
	// It is called for providers with a __MethodProviderRegistration.
	// [MS-WMI] 3.1.4.3.22
	ExecMethod(ctx context.Context, r *Request, key *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error)
}
