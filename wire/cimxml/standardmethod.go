package cimxml

import (
	"context"
	"strconv"
	"strings"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
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
	c, err := s.class(ctx, path.Class)
	if err != nil {
		return nil, err
	}
	m := c.Method(method)
	if m == nil {
		return nil, cim.Errorf(wbem.InvalidMethod, "class %s has no method %.60q", c.Name(), method)
	}
	path.Server, path.Namespace = "", s.namespace
	a, err := s.client.send(ctx, m.Name(), object(path), s.methodCall(ctx, path, m, in))
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

// methodCall returns a message that asks for a method.
func (s *standardSession) methodCall(ctx context.Context, path cim.Path, m *cim.Method, in *cim.Instance) []byte {
	e := s.encoder(ctx)
	b := []byte(`<?xml version="1.0" encoding="utf-8" ?>` + "\n" + `<CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE`)
	b = xml.AppendAttr(b, "ID", strconv.FormatUint(s.client.last.Add(1), 10))
	b = append(b, ` PROTOCOLVERSION="1.0"><SIMPLEREQ><METHODCALL`...)
	b = xml.AppendAttr(b, "NAME", m.Name())
	b = e.AppendPath(append(b, '>'), path)
	if in != nil {
		for k, p := range in.Class().Properties() {
			if in.IsSet(k) || !in.At(k).IsNull() {
				b = e.AppendParamValue(b, p.Name(), p.Type(), p.Class(), in.At(k))
			}
		}
	}
	return append(b, "</METHODCALL></SIMPLEREQ></MESSAGE></CIM>\n"...)
}

// object returns the path of a class or an instance as CIMObject has it.
func object(path cim.Path) string {
	return strings.ReplaceAll(path.Namespace, `\`, "/") + ":" + path.RelPath()
}
