package cimxml

import (
	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
)

// invoke carries out an extrinsic method. DSP0200 5.4
func (x *exchange) invoke(c *call, r *result) error {
	svc, err := x.session(c.namespace)
	if err != nil {
		return err
	}
	class, err := x.classes(c.namespace)(c.target.Class)
	if err != nil {
		return err
	}
	m := class.Method(c.method)
	if m == nil {
		return coded(MethodNotFound, "class %s has no method %.60q", class.Name(), c.method)
	}
	in, err := inParameters(m, c.params)
	if err != nil {
		return err
	}
	path := c.target
	path.Namespace, path.Server = "", ""
	out, err := svc.ExecMethod(x.ctx, path, m.Name(), in, wbem.Options{})
	if unavailable(err) {
		err = &codedError{MethodNotAvailable, err}
	}
	if err != nil || out == nil {
		return err
	}
	e := &xml.Encoder{Classes: x.classes(c.namespace)}
	ret := out.Class().PropertyIndex("ReturnValue")
	if ret >= 0 {
		p := out.Class().Properties()[ret]
		r.out.b = e.AppendReturnValue(r.out.b, p.Type(), p.Class(), out.At(ret))
	}
	for k, p := range out.Class().Properties() {
		if k != ret {
			r.out.b = e.AppendParamValue(r.out.b, p.Name(), p.Type(), p.Class(), out.At(k))
		}
	}
	return r.out.flush()
}

// inParameters returns the parameters of a method as an instance of its signature,
// nil for none.
func inParameters(m *cim.Method, params []param) (*cim.Instance, error) {
	sig := m.Signature(false)
	if sig == nil {
		if len(params) > 0 {
			return nil, coded(InvalidParameter, "method %s has no parameter %.60q", m.Name(), params[0].name)
		}
		return nil, nil
	}
	in := cim.NewInstance(sig)
	for _, p := range params {
		k := sig.PropertyIndex(p.name)
		if k < 0 {
			return nil, coded(InvalidParameter, "method %s has no parameter %.60q", m.Name(), p.name)
		}
		if in.IsSet(k) {
			return nil, coded(InvalidParameter, "parameter %s stands there twice", p.name)
		}
		if err := in.SetIndex(k, p.value); err != nil {
			return nil, err
		}
	}
	return in, nil
}
