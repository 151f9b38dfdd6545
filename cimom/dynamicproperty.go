package cimom

import (
	"context"
	"slices"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/repository"
	"openwmi/provider"
	"openwmi/wbem"
	"openwmi/wql"
)

// A dynamicProperty is one of a stored instance whose value a property provider
// has, and the repository has not. The class or the instance is marked with
// DynProps, and the property, there or here, with dynamic and provider
// (model.md 12.4):
//
//	[DynProps] class Switch { [key] string Id; boolean On; };
//	[DynProps] instance of Switch { Id = "a"; [dynamic, provider("P"), PropertyContext("gpio|4")] On; };
type dynamicProperty struct {
	at       int // its position in the class
	provider string
	provider.PropertyRequest
}

// hasDynProps reports whether an instance may have dynamic properties. It costs
// a few nanoseconds for one that has not, as nearly all.
func hasDynProps(inst *cim.Instance) bool {
	return inst.Class().HasDynProps() || inst.LocalQualifiers().True("DynProps")
}

// dynamicProperties returns those that an instance has, as far as names names
// them; nil means all.
func (s *session) dynamicProperties(inst *cim.Instance, names []string) []dynamicProperty {
	var list []dynamicProperty
	class := inst.Class()
	for k, p := range class.Properties() {
		qualifier := func(name string) cim.Value {
			if q, ok := inst.LocalPropertyQualifiers(k).Get(name); ok {
				return q.Value
			}
			return p.Qualifiers().Value(name)
		}
		if !qualifier("Dynamic").Bool() || names != nil && !containsName(names, p.Name()) {
			continue
		}
		list = append(list, dynamicProperty{at: k, provider: qualifier("Provider").Text(), PropertyRequest: provider.PropertyRequest{
			Property:        p,
			ClassContext:    class.Qualifiers().Value("ClassContext").Text(),
			InstanceContext: inst.LocalQualifiers().Value("InstanceContext").Text(),
			PropertyContext: qualifier("PropertyContext").Text(),
		}})
	}
	return list
}

func containsName(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return cim.EqualNames(n, name) })
}

// propertyProvider returns the registration of the provider of a property:
// ProviderNotFound, InvalidProviderRegistration.
func (s *session) propertyProvider(ctx context.Context, p *dynamicProperty) (*registration, error) {
	r, err := s.m.providers.registration(ctx, s.ns, p.provider)
	switch {
	case cim.StatusOf(err) == wbem.ProviderNotFound:
		return nil, cim.Errorf(wbem.ProviderNotFound, "property %s is dynamic and its provider %q is not registered", p.Property.Name(), p.provider)
	case err != nil:
		return nil, err
	case r.err != nil:
		return nil, r.err
	case r.properties == nil:
		return nil, cim.Errorf(wbem.InvalidProviderRegistration, "provider %s is not registered as a property provider", r.name)
	}
	return r, nil
}

// complete gives a stored instance the values that property providers have, of
// the named properties or, with nil, of all.
func (s *session) complete(ctx context.Context, inst *cim.Instance, names []string, o wbem.Options) error {
	if !hasDynProps(inst) {
		return nil
	}
	list := s.dynamicProperties(inst, names)
	if len(list) == 0 {
		return nil
	}
	path, _ := cim.RelPath(inst)
	path.Server, path.Namespace = s.Server(), s.Namespace()
	for i := range list {
		p := &list[i]
		p.Path = path
		v, err := s.getProperty(ctx, inst.Class(), p, o)
		if err != nil {
			return err
		}
		inst.Put(p.at, v)
	}
	return nil
}

// getProperty asks a provider for a property.
func (s *session) getProperty(ctx context.Context, c *cim.Class, p *dynamicProperty, o wbem.Options) (cim.Value, error) {
	reg, err := s.propertyProvider(ctx, p)
	if err == nil && !reg.properties.get {
		err = reg.incapable(c)
	}
	if err != nil {
		return cim.Value{}, err
	}
	v, err := call(ctx, s, reg, c, o, func(ctx context.Context, f provider.PropertyGetter, r *provider.Request) (cim.Value, error) {
		return f.GetProperty(ctx, r, p.PropertyRequest)
	})
	if err == nil && !v.IsNull() && v.Type() != p.Property.Type() {
		err = s.m.providers.lies(reg, "property %s is a %v, not a %v", p.Property.Name(), p.Property.Type(), v.Type())
	}
	if err != nil || v.IsNull() {
		return cim.Value{}, err
	}
	// What the value says of itself is true only if it can be set.
	probe := cim.NewInstance(c)
	if err := probe.SetIndex(p.at, v); err != nil {
		return cim.Value{}, s.m.providers.lies(reg, "its value is not valid: %v", err)
	}
	return v, nil
}

// completer returns complete for what a query reads and looks at.
func (s *session) completer(q wql.Query, o wbem.Options) func(context.Context, *cim.Instance) error {
	var names []string
	if sel, ok := q.(*wql.Select); ok {
		names = looked(sel)
	}
	return func(ctx context.Context, inst *cim.Instance) error {
		if !hasDynProps(inst) {
			return nil
		}
		s := s
		if at := inst.Origin(); at != nil && !cim.EqualNames(at.Namespace, s.Namespace()) {
			// The other end of a link, which the caller may see.
			ns, err := s.enter(at.Namespace)
			if err != nil {
				return err
			}
			s = s.again()
			s.ns = ns
		}
		return s.complete(ctx, inst, names, o)
	}
}

// propertyWrites are what a put of an instance hands to property providers, once
// the rest is stored.
type propertyWrites struct {
	class  *cim.Class
	all    []dynamicProperty // also those that are not written
	values map[int]cim.Value // by position in the class
	regs   map[int]*registration
}

// propertyWrites returns what is stored of an instance that is put, and what
// property providers get; that is nil as a rule. Nobody is asked to write yet, but
// the error is that of a provider which is known to refuse.
//
// A property that is NULL is left as it is, unless NULL is meant
// (put.md 8.1), and so is one that cannot be written and has the value already
// (put.md 7.2). A key cannot be dynamic, nor what is indexed: queries look for
// that in what is stored.
func (s *session) propertyWrites(ctx context.Context, c *cim.Class, inst *cim.Instance, o wbem.Options) (*cim.Instance, *propertyWrites, error) {
	if c == nil || o.Context.Len() == 0 && !c.HasDynProps() && !hasDynProps(inst) {
		return inst, nil, nil
	}
	part, err := partial(o.Context)
	if err != nil || part.Check(c, o.Flags) != nil {
		return inst, nil, nil // which the put itself reports
	}
	path, _ := cim.RelPath(inst)
	marked := inst
	if part != nil {
		// A partial put changes no qualifiers.
		if stored, err := s.ns.Instance(path, true); err == nil {
			marked = stored
		}
	}
	if !c.HasDynProps() && !hasDynProps(marked) {
		return inst, nil, nil
	}
	if marked, err = marked.As(c); err != nil {
		return inst, nil, nil
	}
	rest, err := inst.As(c)
	if err != nil {
		return inst, nil, nil
	}
	rest = rest.Clone() // inst stays as it is
	if _, err := s.checkPut(inst, c, o); err != nil {
		return nil, nil, err // before a provider is asked
	}
	w := &propertyWrites{class: c, all: s.dynamicProperties(marked, nil), values: map[int]cim.Value{}, regs: map[int]*registration{}}
	if part == nil {
		if err := s.allowMarks(w.all, c, path); err != nil {
			return nil, nil, err
		}
	}
	path.Server, path.Namespace = s.Server(), s.Namespace()
	for i := range w.all {
		p := &w.all[i]
		p.Path = path
		if p.Property.IsKey() || p.Property.IsIndexed() {
			return nil, nil, cim.Errorf(wbem.InvalidQualifier, "property %s is a key or indexed and cannot be dynamic", p.Property.Name())
		}
		v, given := rest.At(p.at), rest.IsSet(p.at)
		rest.Reset(p.at)
		if part != nil && part.Properties != nil && !containsName(part.Properties, p.Property.Name()) {
			continue
		}
		if !given || v.IsNull() && (part == nil || !part.StrictNulls) {
			continue
		}
		reg, err := s.propertyProvider(ctx, p)
		if err != nil {
			return nil, nil, err
		}
		if !reg.properties.put {
			if old, err := s.getProperty(ctx, c, p, o); err != nil || !old.Equal(v) {
				return nil, nil, reg.incapable(c)
			}
			continue
		}
		w.values[p.at], w.regs[p.at] = v, reg
	}
	if len(w.values) > 0 {
		err = s.allow(access.WriteProvider)
	}
	return rest, w, err
}

// allowMarks returns AccessDenied for who has an instance ask providers for what
// neither its class nor what is stored at its path has them asked for, unless he may
// write classes, which could have as well: a provider is asked with the rights of
// those who read the instance, and its contexts say what for.
func (s *session) allowMarks(marks []dynamicProperty, c *cim.Class, path cim.Path) error {
	known := s.dynamicProperties(cim.NewInstance(c), nil)
	if stored, err := s.ns.Instance(path, true); err == nil && hasDynProps(stored) {
		known = append(known, s.dynamicProperties(stored, nil)...)
	}
	for i := range marks {
		if !slices.ContainsFunc(known, func(k dynamicProperty) bool { return k.asks(&marks[i]) }) {
			return s.allow(access.FullWrite)
		}
	}
	return nil
}

// asks reports whether two properties are the same for a provider.
func (p *dynamicProperty) asks(q *dynamicProperty) bool {
	return cim.EqualNames(p.Property.Name(), q.Property.Name()) && cim.EqualNames(p.provider, q.provider) &&
		p.ClassContext == q.ClassContext && p.InstanceContext == q.InstanceContext && p.PropertyContext == q.PropertyContext
}

// without returns what is stored of a partial put.
func (w *propertyWrites) without(part *repository.Partial) *repository.Partial {
	if w == nil || part == nil {
		return part
	}
	stored := &repository.Partial{Properties: []string{}, StrictNulls: part.StrictNulls}
	for _, p := range w.class.Properties() {
		dynamic := slices.ContainsFunc(w.all, func(d dynamicProperty) bool { return d.Property.Name() == p.Name() })
		if !dynamic && (part.Properties == nil || containsName(part.Properties, p.Name())) {
			stored.Properties = append(stored.Properties, p.Name())
		}
	}
	return stored
}

// putProperties hands property providers what they have to write, of an instance
// that is stored. Nothing is undone when one fails, as with providers of
// instances (put.md 7.2, Decision P-22), and the others are not called.
func (s *session) putProperties(ctx context.Context, w *propertyWrites, path cim.Path, o wbem.Options) error {
	if w == nil {
		return nil
	}
	for i := range w.all {
		p := &w.all[i]
		v, ok := w.values[p.at]
		if !ok {
			continue
		}
		p.Path = path
		_, err := call(ctx, s, w.regs[p.at], w.class, o, func(ctx context.Context, f provider.PropertyPutter, r *provider.Request) (struct{}, error) {
			return struct{}{}, f.PutProperty(ctx, r, p.PropertyRequest, v)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
