package wsman

import (
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/internal/xmltree"
)

// invoke carries out a method: its action is the URI of the class and its name.
// DSP0230 10
func invoke(x *exchange) error {
	i := strings.LastIndexByte(x.action, '/')
	name := x.action[i+1:]
	if i < 0 || !isName(name) || !strings.EqualFold(x.action[:i], x.resource.uri) && !strings.EqualFold(x.action[:i], x.resource.of(x.resource.class)) {
		return newFault(faultActionNotSupported, "", wbem.NotSupported, "action %.200s is not supported", x.action)
	}
	c, err := x.class()
	if err != nil {
		return err
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
	in, err := parameters(m, x.request.body)
	if err != nil {
		return err
	}
	out, err := x.svc.ExecMethod(x.ctx, path, m.Name(), in, wbem.Options{})
	if err != nil {
		return x.missing(err)
	}
	element := m.Name() + "_OUTPUT"
	x.body = append(x.body, "<p:"+element+` xmlns:p="`+x.resource.of(c.Name())+`">`...)
	if out != nil {
		for k, p := range out.Class().Properties() {
			x.body = appendProperty(x.body, x.resource, p.Name(), out.At(k))
		}
	}
	x.body = append(x.body, "</p:"+element+">"...)
	return x.fits()
}

// parameters returns the parameters in a body as an instance of the signature,
// nil for none.
func parameters(m *cim.Method, body *xmltree.Node) (*cim.Instance, error) {
	if body != nil && !strings.EqualFold(body.Local, m.Name()+"_INPUT") {
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
	if err := readProperties(body, in); err != nil {
		return nil, &fault{kind: faultInvalidParameter, err: cim.Errorf(wbem.InvalidMethodParameters, "%v", err)}
	}
	return in, nil
}
