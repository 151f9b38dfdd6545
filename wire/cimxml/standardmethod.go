package cimxml

import (
	"context"

	"openwmi/cim"
	"openwmi/wbem"
)

// ExecMethod implements wbem.Services. DSP0200 5.4
func (s *standardSession) ExecMethod(ctx context.Context, path cim.Path, method string, in *cim.Instance, o wbem.Options) (*cim.Instance, error) {
	out, err := s.execMethod(ctx, path, method, in, o)
	if err != nil {
		return nil, wbem.NewError(opExecMethod, path.String(), err)
	}
	return out, nil
}

func (s *standardSession) execMethod(ctx context.Context, path cim.Path, method string, in *cim.Instance, o wbem.Options) (*cim.Instance, error) {
	if err := s.check(o, 0, path); err != nil {
		return nil, err
	}
	m, err := s.method(ctx, path.Class, method)
	if err != nil {
		return nil, err
	}
	a, err := s.client.send(ctx, s.methodCall(ctx, path, m, in))
	sig := m.Signature(true)
	var out *cim.Instance
	typeOf := func(string) cim.Type { return 0 }
	if sig != nil {
		out = cim.NewInstance(sig)
		typeOf = func(name string) cim.Type {
			if name == "" {
				name = "ReturnValue"
			}
			if p := sig.Property(name); p != nil {
				return p.Type()
			}
			return 0
		}
	}
	err = s.read(ctx, a, err, func(a *answer, tag string) (bool, error) {
		if tag != "RETURNVALUE" && tag != "PARAMVALUE" {
			return skip(a, tag)
		}
		name, v, err := a.d.ParamValue(typeOf)
		if err != nil || out == nil {
			return true, err
		}
		if tag == "RETURNVALUE" {
			name = "ReturnValue"
		}
		k := sig.PropertyIndex(name)
		if k < 0 {
			return true, nil // the class says nothing of it
		}
		return true, out.SetIndex(k, v)
	})
	return out, err
}

// method returns a method of a class, InvalidMethod if it has none of that name now.
func (s *standardSession) method(ctx context.Context, class, name string) (*cim.Method, error) {
	c, err := s.class(ctx, class)
	if err == nil && c.Method(name) == nil {
		c, err = s.derived(ctx, class, true, s.lineage())
	}
	if err != nil {
		return nil, err
	}
	if m := c.Method(name); m != nil {
		return m, nil
	}
	return nil, cim.Errorf(wbem.InvalidMethod, "class %s has no method %.60q", c.Name(), name)
}

// methodCall returns a question for a method.
func (s *standardSession) methodCall(ctx context.Context, path cim.Path, m *cim.Method, in *cim.Instance) *question {
	path.Server, path.Namespace = "", s.namespace
	e := s.encoder(ctx)
	q := s.client.ask("METHODCALL", m.Name(), e, path)
	if in != nil {
		for k, p := range in.Class().Properties() {
			if in.IsSet(k) || !in.At(k).IsNull() {
				q.text = e.AppendParamValue(q.text, p.Name(), p.Type(), p.Class(), in.At(k))
			}
		}
	}
	return q
}
