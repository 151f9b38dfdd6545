package wsman

import (
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// invoke carries out a method: its action is the URI of the class and its name.
// DSP0230 10
func invoke(x *exchange) error {
	i := strings.LastIndexByte(x.action, '/')
	name := x.action[i+1:]
	of, err := parseResource(x.action[:max(i, 0)])
	if err != nil || !isName(name) {
		return newFault(faultActionNotSupported, "", wbem.NotSupported, "action %.200s is not supported", x.action)
	}
	c, err := x.class()
	if err != nil {
		return err
	}
	if !c.IsA(of.class) { // a superclass may have declared it
		return newFault(faultActionNotSupported, "", wbem.InvalidMethod, "class %s has no method of class %s", c.Name(), of.class)
	}
	m := c.Method(name)
	if m == nil {
		return newFault(faultActionNotSupported, "", wbem.InvalidMethod, "class %s has no method %.60s", c.Name(), name)
	}
	path := cim.Path{Class: c.Name()}
	if named := pathOf(x.resource, x.selectors); len(named.Keys) > 0 || c.IsSingleton() && !m.Qualifiers().True("static") {
		if path, err = x.path(c); err != nil {
			return err
		}
	}
	in, err := x.parameters(m)
	if err != nil {
		return err
	}
	out, err := x.svc.ExecMethod(x.ctx, path, m.Name(), in, x.options(0))
	if err != nil {
		return x.missing(err)
	}
	element := m.Name() + "_OUTPUT"
	x.body = append(x.body, "<p:"+element...)
	x.body = appendBinding(x.body, outer, x.resource.of(c.Name()))
	x.body = append(x.body, '>')
	if out != nil {
		x.body = appendProperties(x.body, x.resource, outer, out)
	}
	x.body = append(x.body, "</p:"+element+">"...)
	return x.fits("UnreportableSuccess")
}

// parameters returns the parameters in the body as an instance of the signature,
// nil for none. libmi gives the body the name of the method alone.
func (x *exchange) parameters(m *cim.Method) (*cim.Instance, error) {
	body := x.request.body
	if body != nil && !strings.EqualFold(body.Local, m.Name()) && !strings.EqualFold(body.Local, m.Name()+"_INPUT") {
		return nil, newFault(faultInvalidRepresentation, "", wbem.InvalidMethodParameters, "the body is %.60s, not %s_INPUT", body.Local, m.Name())
	}
	sig := m.Signature(false)
	switch {
	case sig == nil && (body == nil || len(body.Children) == 0):
		return nil, nil
	case sig == nil:
		return nil, newFault(faultInvalidParameter, "", wbem.InvalidMethodParameters, "method %s has no parameters", m.Name())
	}
	in := cim.NewInstance(sig)
	if body == nil {
		return in, nil
	}
	if err := x.reader().properties(body, in); err != nil {
		return nil, newFault(faultInvalidParameter, "", wbem.InvalidMethodParameters, "%s", detailOf(err))
	}
	return in, nil
}
