package wbem

import (
	"context"

	"openwmi/cim"
)

// ExecMethod runs a method of the class or instance at a path like
// Services.ExecMethod. A path that is malformed or names a namespace is
// InvalidObjectPath.
func ExecMethod(ctx context.Context, s Services, path, method string, in *cim.Instance, o Options) (*cim.Instance, error) {
	p, err := cim.ParsePath(path)
	if err != nil {
		return nil, NewError(opExecMethod, path, err)
	}
	out, err := s.ExecMethod(ctx, p, method, in, o)
	return out, NewError(opExecMethod, path, err)
}

// ExecMethodAsync runs a method of the class or instance at a path: an OnObject
// with what it returns, none if it returns nothing. The parameters are copied
// before ExecMethodAsync returns. To cancel the call does not stop the method.
// [MS-WMI] 3.1.4.3.23
func ExecMethodAsync(ctx context.Context, s Services, sink *Sink, path, method string, in *cim.Instance, o Options, asyncContext any) error {
	in = cloneInstance(in)
	o.Context = o.Context.Clone()
	return Start(ctx, sink, opExecMethod, path, asyncContext, func(ctx context.Context, c *Call) error {
		out, err := ExecMethod(ctx, s, path, method, in, c.options(o))
		if err != nil || out == nil {
			return err
		}
		return c.Object(out)
	})
}

// BeginExecMethod runs a method of the class or instance at a path:
// ResultObject is what it returns, nil if it returns nothing. The parameters are
// copied before BeginExecMethod returns. [MS-WMI] 3.1.4.3.22
func BeginExecMethod(ctx context.Context, s Services, path, method string, in *cim.Instance, o Options) (*CallResult, error) {
	in = cloneInstance(in)
	return semisync(ctx, opExecMethod, path, resultObject, o, func(ctx context.Context, r *CallResult, o Options) error {
		out, err := ExecMethod(ctx, s, path, method, in, o)
		if out != nil {
			r.object = out
		}
		return err
	})
}

func cloneInstance(inst *cim.Instance) *cim.Instance {
	if inst == nil {
		return nil
	}
	return inst.Clone()
}
