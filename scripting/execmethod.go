package scripting

import (
	"cmp"

	"openwmi/cim"
	"openwmi/wbem"
)

// ExecMethod runs a method of the instance or, if the method is static, the
// class at a path, and returns an object with its out-parameters and
// ReturnValue; nil for a method that has neither. inParameters is an instance
// spawned from Method.InParameters, nil for a method without. Flags are 0.
//
// What the method says of its own success is ReturnValue and no error. The error
// is ErrInvalidMethod, ErrMethodNotImplemented, ErrMethodDisabled,
// ErrInvalidMethodParameters, ErrNotFound for no such instance, ErrInvalidClass,
// ErrAccessDenied, or that of the provider.
// ("SWbemServices.ExecMethod method"; scripting-api.md 5.10)
func (s *Services) ExecMethod(path, methodName string, inParameters *Object, flags Flags, values *NamedValueSet) (*Object, error) {
	return s.execMethod("SWbemServices.ExecMethod", path, methodName, inParameters, flags, values)
}

func (s *Services) execMethod(source, path, method string, in *Object, flags Flags, values *NamedValueSet) (*Object, error) {
	o, args, err := s.methodCall(source, in, flags, 0, values)
	if err != nil {
		return nil, err
	}
	out, err := wbem.ExecMethod(s.ctx, s.svc, path, method, args, o)
	if err != nil {
		return nil, s.fail(source, err)
	}
	if out == nil {
		return nil, nil
	}
	return newObject(s, s.security, out), nil
}

// ExecMethodAsync runs a method like ExecMethod: OnObjectReady with the
// out-parameters, if there are any. OnCompleted says whether the method could be
// run, and not what it returned. The parameters are copied before
// ExecMethodAsync returns. It knows FlagSendStatus. To cancel the call does not
// stop the method. ("SWbemServices.ExecMethodAsync method")
func (s *Services) ExecMethodAsync(sink *Sink, path, methodName string, inParameters *Object, flags Flags, values, asyncContext *NamedValueSet) error {
	return s.execMethodAsync("SWbemServices.ExecMethodAsync", sink, path, methodName, inParameters, flags, values, asyncContext)
}

func (s *Services) execMethodAsync(source string, sink *Sink, path, method string, in *Object, flags Flags, values, asyncContext *NamedValueSet) error {
	o, args, err := s.methodCall(source, in, flags, FlagSendStatus, values)
	if err != nil {
		return err
	}
	return s.fail(source, wbem.ExecMethodAsync(s.ctx, s.svc, sink.wbem(), path, method, args, o, s.call(asyncContext)))
}

// methodCall returns what goes with the call of a method, and its parameters.
func (s *Services) methodCall(source string, in *Object, flags, known Flags, values *NamedValueSet) (wbem.Options, *cim.Instance, error) {
	o, err := s.options(source, flags, known, values)
	switch {
	case err != nil || in == nil:
		return o, nil, err
	case in.inst == nil:
		return o, nil, fail(source, ErrInvalidMethodParameters, "the parameters are a class: spawn an instance of it")
	}
	return o, in.inst, nil
}

// ExecMethod runs a method of the object (SWbemObject.ExecMethod_), see
// Services.ExecMethod.
func (o *Object) ExecMethod(methodName string, inParameters *Object, flags Flags, values *NamedValueSet) (*Object, error) {
	const source = "SWbemObject.ExecMethod_"
	s, path, err := o.place(source)
	if err != nil {
		return nil, err
	}
	return s.execMethod(source, path, methodName, inParameters, flags, values)
}

// ExecMethodAsync runs a method of the object as a call whose outcome goes to a
// sink (SWbemObject.ExecMethodAsync_), see Services.ExecMethodAsync.
func (o *Object) ExecMethodAsync(sink *Sink, methodName string, inParameters *Object, flags Flags, values, asyncContext *NamedValueSet) error {
	const source = "SWbemObject.ExecMethodAsync_"
	s, path, err := o.place(source)
	if err != nil {
		return err
	}
	return s.execMethodAsync(source, sink, path, methodName, inParameters, flags, values, asyncContext)
}

// Call runs a method of the object as object.Method(a, b, out) does in a script,
// and returns ReturnValue, nil for a method without. There is an argument for
// each parameter, in the order of their IDs; those at the end may be left out.
// For an in-parameter it is the value, nil for NULL, or a *any with the value; for
// an out-parameter a *any, which is where its value is put, or nil if nobody wants
// it; for one that is both, a *any with the value.
//
// The error is wbem.UnknownName if there is no such method, ErrInvalidParameter
// for too many arguments or one that is no *any, that of Property.SetValue for a
// value that does not fit, and those of ExecMethod (scripting-api.md 1.6).
func (o *Object) Call(name string, args ...any) (any, error) {
	const source = "SWbemObject"
	m, err := o.Methods().Item(name, 0)
	if err != nil {
		return nil, fail(source, wbem.UnknownName, "class %s has no method %.60q", o.className(), name)
	}
	params := m.method.Parameters()
	if len(args) > len(params) {
		return nil, fail(source, ErrInvalidParameter, "method %s has %d parameters, and not %d", m.Name(), len(params), len(args))
	}
	in, err := m.arguments(source, args)
	if err != nil {
		return nil, err
	}
	out, err := o.ExecMethod(name, in, 0, nil)
	if out == nil || err != nil {
		return nil, err
	}
	for i, arg := range args {
		if to, _ := arg.(*any); to != nil && params[i].Out() {
			value, e := out.Get(params[i].Name())
			err = cmp.Or(err, e)
			*to = value
		}
	}
	if t, _ := m.method.Return(); t == 0 || err != nil {
		return nil, err
	}
	return out.Get("ReturnValue")
}

// arguments returns the in-parameters of a call, nil if the method has none.
func (m *Method) arguments(source string, args []any) (*Object, error) {
	var in *Object
	if c := m.InParameters(); c != nil {
		var err error
		if in, err = c.SpawnInstance(0); err != nil {
			return nil, err
		}
	}
	for i, arg := range args {
		p := &m.method.Parameters()[i]
		place, _ := arg.(*any)
		if place != nil {
			arg = *place
		} else if p.Out() && arg != nil {
			return nil, fail(source, ErrInvalidParameter, "argument %d, for the out-parameter %s, is no *any", i+1, p.Name())
		}
		if p.In() {
			if err := in.Set(p.Name(), arg); err != nil {
				return nil, err
			}
		}
	}
	return in, nil
}
