package view

import (
	"context"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// ExecMethod implements provider.MethodExecutor: it runs the method that
// MethodSource names for the source on the object of which that of a union is
// made. A static method runs on the class of the one source that has it.
func (p *Provider) ExecMethod(ctx context.Context, r *provider.Request, key *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error) {
	class := r.Class
	if key != nil {
		class = key.Class()
	}
	pl, err := p.plan(class)
	if err != nil {
		return nil, err
	}
	at := "MethodSource of " + m.Name()
	names, ok := texts(m.Qualifiers(), "MethodSource")
	switch {
	case pl.kind != union:
		return nil, cim.Errorf(wbem.MethodNotImplemented, "class %s is a view that is no union: it has no methods", pl.class.Name())
	case !ok || len(names) != len(pl.sources):
		return nil, pl.wrong(at, -1, "it has to be a list of %d names, one for each query in ViewSources", len(pl.sources))
	}
	c := newCall(p, r)
	defer c.close()
	l, path, err := c.methodTarget(ctx, pl, key, names)
	if err != nil {
		return nil, err
	}
	name := names[l.source.index]
	if name == "" {
		return nil, cim.Errorf(wbem.MethodNotImplemented, "objects from %s do not have method %s", l.class.Name(), m.Name())
	}
	source := l.class.Method(name)
	switch decl := r.Class.Decl().Method(m.Name()); {
	case source == nil:
		return nil, pl.wrong(at, l.source.index, "class %s has no method %.100s", l.class.Name(), name)
	case decl == nil || !decl.CanOverride(source):
		return nil, pl.wrong(at, l.source.index, "method %s.%s has another signature than %s.%s", l.class.Name(), source.Name(), r.Class.Name(), m.Name())
	}
	o := c.options()
	o.Progress = r.Progress
	return l.services.ExecMethod(ctx, path, source.Name(), in, o)
}

// methodTarget returns on which object of a source a method runs.
func (c *call) methodTarget(ctx context.Context, pl *plan, key *cim.Instance, names []string) (*leaf, cim.Path, error) {
	if key != nil {
		r, _, err := c.locate(ctx, pl, key)
		if err != nil {
			return nil, cim.Path{}, err
		}
		path, ok := r.path()
		if !ok {
			return nil, cim.Path{}, cim.Errorf(wbem.InvalidObject, "an instance of %s without keys has no methods", r.class.Name())
		}
		return r.leaf, path, nil
	}
	leaves, err := c.bind(ctx, pl)
	if err != nil {
		return nil, cim.Path{}, err
	}
	var found *leaf
	for i, of := range leaves {
		for _, l := range of {
			switch {
			case names[i] == "":
			case found != nil:
				return nil, cim.Path{}, cim.Errorf(wbem.MethodNotImplemented, "a static method of several sources is none of a view")
			default:
				found = l
			}
		}
	}
	if found == nil {
		return nil, cim.Path{}, cim.Errorf(wbem.MethodNotImplemented, "no source has the method")
	}
	return found, cim.Path{Class: found.class.Name()}, nil
}
