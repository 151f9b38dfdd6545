package cimom

import (
	"context"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// ExecMethod implements wbem.Services.
func (s *session) ExecMethod(ctx context.Context, path cim.Path, method string, in *cim.Instance, o wbem.Options) (*cim.Instance, error) {
	const op = "ExecMethod"
	if err := checkMethodCall(path, method); err != nil {
		return nil, s.fail(op, path.String(), err)
	}
	a := admission{op: op, flags: o.Flags, relPath: path.RelPath(), need: methodRight(path, method), kind: methodKind(path, method), method: method, target: path}
	run, err := s.admit(ctx, a)
	if err != nil {
		return nil, err
	}
	defer run.end()
	s = run.s
	out, err := s.execMethod(ctx, path, method, in, o)
	if err = run.fail(path.String(), err); err != nil {
		return nil, err
	}
	return out, nil
}

// checkMethodCall is what comes before the start of a method.
func checkMethodCall(path cim.Path, method string) error {
	switch {
	case path.Class == "":
		return cim.Errorf(wbem.InvalidObjectPath, "it names a namespace")
	case method == "":
		return cim.Errorf(wbem.InvalidParameter, "no method is named")
	}
	return nil
}

func (s *session) execMethod(ctx context.Context, path cim.Path, name string, in *cim.Instance, o wbem.Options) (*cim.Instance, error) {
	if err := wbem.CheckPlace(s, path); err != nil {
		return nil, err
	}
	if err := checkArchitecture(o.Context); err != nil {
		return nil, err
	}
	c, key, err := s.methodTarget(ctx, path, name, o)
	if err != nil {
		return nil, err
	}
	c, m, err := implementation(c, name)
	if err != nil {
		return nil, err
	}
	if in, err = checkIn(m, in); err != nil {
		return nil, err
	}
	if c.Name() == systemSecurity {
		return s.securityMethod(ctx, m, in, o)
	}
	reg, err := s.methodProvider(ctx, c)
	if err != nil {
		return nil, err
	}
	stopping := s.m.providers.stopping
	out, err := call(ctx, s, reg, c, o, func(ctx context.Context, p provider.MethodExecutor, r *provider.Request) (*cim.Instance, error) {
		// What a method has begun it brings to its end, even if nobody waits
		// for it any more (async-and-security.md 3.1, rule 7).
		ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
		defer cancel(context.Canceled)
		defer context.AfterFunc(stopping, func() { cancel(wbem.ShuttingDown) })()
		return p.ExecMethod(ctx, r, key, m, in)
	})
	if err != nil {
		return nil, err
	}
	return s.checkOut(reg, m, out)
}

// methodTarget returns the class whose method a call means and, unless the
// method is static, the keys of the instance. An instance has the methods of its
// actual class, for which it is looked up (model.md 7.2).
func (s *session) methodTarget(ctx context.Context, path cim.Path, name string, o wbem.Options) (*cim.Class, *cim.Instance, error) {
	c, err := s.ns.Class(path.Class)
	if err != nil {
		return nil, nil, unknownClass(err)
	}
	m := declaration(c, name)
	switch {
	case m != nil && m.Qualifiers().True("Static"):
		return c, nil, nil // also by the path of an instance
	case m == nil && !path.IsInstance():
		return nil, nil, noMethod(c, name)
	case !path.IsInstance():
		return nil, nil, cim.Errorf(wbem.InvalidMethod, "method %s.%s is not static: it needs the path of an instance", c.Name(), m.Name())
	case m == nil || !m.Qualifiers().True("Bypass_GetObject"):
		inst, err := s.find(ctx, c, path, wbem.Options{Context: o.Context, Impersonation: o.Impersonation})
		if err != nil {
			return nil, nil, err
		}
		c = inst.Class()
	}
	key, err := keyInstance(c, path)
	return c, key, err
}

// declaration returns a method as the nearest class declares it, from c upwards,
// nil if there is none. The qualifiers that matter to a call do not pass to
// subclasses by themselves.
func declaration(c *cim.Class, name string) *cim.Method {
	for ; c != nil; c = c.Super() {
		if m := c.Method(name); m == nil || m.IsLocal() {
			return m
		}
	}
	return nil
}

func noMethod(c *cim.Class, name string) error {
	return cim.Errorf(wbem.InvalidMethod, "class %s has no method %.100s", c.Name(), name)
}

// implementation returns the class, from c upwards, that implements a method,
// and the method as that class has it (model.md 7.2).
func implementation(c *cim.Class, name string) (*cim.Class, *cim.Method, error) {
	if c.Method(name) == nil {
		return nil, nil, noMethod(c, name)
	}
	for k := c; k != nil; k = k.Super() {
		m := k.Method(name)
		if m == nil || !m.IsLocal() {
			continue
		}
		if m.Qualifiers().True("Disabled") {
			return nil, nil, cim.Errorf(wbem.MethodDisabled, "method %s.%s is disabled", k.Name(), m.Name())
		}
		// What a class has inherited says nothing of its own code.
		if k.Decl().Method(name).Qualifiers.True("Implemented") {
			return k, m, nil
		}
	}
	return nil, nil, cim.Errorf(wbem.MethodNotImplemented, "neither class %s nor a superclass implements method %s", c.Name(), name)
}

// methodProvider returns the registration of the provider that carries out the
// methods of a class.
func (s *session) methodProvider(ctx context.Context, c *cim.Class) (*registration, error) {
	r, err := s.m.providers.registration(ctx, s.ns, c.Provider())
	switch {
	case cim.StatusOf(err) == wbem.ProviderNotFound:
		return nil, cim.Errorf(wbem.ProviderNotFound, "class %s implements methods and its provider %q is not registered", c.Name(), c.Provider())
	case err != nil:
		return nil, err
	case r.err != nil:
		return nil, r.err
	case !r.methods:
		return nil, cim.Errorf(wbem.InvalidProviderRegistration, "provider %s is not registered as a method provider", r.name)
	}
	return r, nil
}

// checkIn returns the parameters of a call as an instance of the in-parameters
// of its method, nil if that has none: InvalidMethodParameters (model.md 7.2).
func checkIn(m *cim.Method, in *cim.Instance) (*cim.Instance, error) {
	sig := m.Signature(false)
	if in == nil {
		in = cim.NewInstance(noParameters)
	}
	invalid := func(format string, args ...any) (*cim.Instance, error) {
		return nil, cim.Errorf(wbem.InvalidMethodParameters, "method "+m.Name()+": "+format, args...)
	}
	given := in.Class()
	switch {
	case given == nil || !cim.EqualNames(given.Name(), noParameters.Name()):
		return invalid("the parameters are an instance of %.100s, not of %s", in.ClassName(), noParameters.Name())
	case sig == nil && len(given.Properties()) > 0:
		return invalid("it has no in-parameters")
	case sig == nil:
		return nil, nil
	}
	for _, p := range given.Properties() {
		want := sig.Property(p.Name())
		if want == nil {
			return invalid("there is no in-parameter %s", p.Name())
		}
		id, had := p.Qualifiers().Get("ID")
		if wanted := want.Qualifiers().Value("ID"); had && !id.Value.Equal(wanted) {
			return invalid("the ID of parameter %s is %v, not %v", p.Name(), wanted, id.Value)
		}
	}
	args, err := in.Clone().As(sig)
	if err != nil {
		return invalid("%v", err)
	}
	for k, p := range sig.Properties() {
		if given.Property(p.Name()) == nil && args.At(k).IsNull() && !p.Qualifiers().True("Optional") {
			return invalid("parameter %s is missing", p.Name())
		}
	}
	return args, nil
}

// noParameters is the class of in-parameters of a caller who passes none.
var noParameters = func() *cim.Class {
	c, err := cim.Derive(nil, &cim.ClassDecl{Name: "__PARAMETERS"})
	if err != nil {
		panic(err)
	}
	return c
}()

// checkOut returns what a provider has returned for a method as an instance of
// its out-parameters that callers can rely on, nil if it has none.
func (s *session) checkOut(reg *registration, m *cim.Method, out *cim.Instance) (*cim.Instance, error) {
	lies := s.m.providers.lies
	sig := m.Signature(true)
	switch {
	case sig == nil && out == nil:
		return nil, nil
	case sig == nil:
		return nil, lies(reg, "method %s returned something, and has no out-parameters", m.Name())
	case out == nil || out.Class() == nil:
		return nil, lies(reg, "method %s returned nothing, and has out-parameters", m.Name())
	case !cim.EqualNames(out.ClassName(), sig.Name()):
		return nil, lies(reg, "method %s returned an instance of %.100s", m.Name(), out.ClassName())
	}
	checked, err := out.As(sig)
	if err != nil {
		return nil, lies(reg, "what method %s returned is not valid: %v", m.Name(), err)
	}
	return checked, nil
}
