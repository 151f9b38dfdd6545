package view

import (
	"context"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// A place is a namespace of a computer.
type place struct{ server, namespace string }

func placeOf(s wbem.Services) place { return place{s.Server(), s.Namespace()} }

// isHere reports whether a path with that server means the computer of the place.
func (at place) isHere(server string) bool {
	return server == "" || server == "." || cim.EqualNames(server, "localhost") || cim.EqualNames(server, at.server)
}

// qualify returns a path as it is written elsewhere: with server and namespace.
// A text that is no path stays as it is.
func (at place) qualify(text string) string {
	p, err := cim.ParsePath(text)
	if err != nil {
		return text
	}
	return at.path(p).String()
}

func (at place) path(p cim.Path) cim.Path {
	if at.isHere(p.Server) {
		p.Server = at.server
		if p.Namespace == "" {
			p.Namespace = at.namespace
		}
	}
	return p
}

// normal returns the form in which all ways to write a path, seen from the
// place, are equal.
func (at place) normal(text string) string {
	p, err := cim.ParsePath(text)
	if err != nil {
		return cim.Fold(text)
	}
	p = at.path(p)
	for i := range p.Keys {
		p.Keys[i] = p.Keys[i].Normal()
	}
	if len(p.Keys) == 1 {
		p.Keys[0].Name = ""
	}
	return cim.Fold(p.String())
}

// keysOf returns the keys that a path has for a class, as conditions. Numbers may
// stand in quotes, as they do in normal forms.
func keysOf(c *cim.Class, p cim.Path) ([]provider.Condition, error) {
	values, err := cim.KeyValues(c, p)
	if err != nil {
		bare := p
		bare.Keys = nil
		for _, k := range p.Keys {
			isText := false
			for _, at := range c.Keys() {
				q := c.Properties()[at]
				if k.Name == "" || cim.EqualNames(k.Name, q.Name()) {
					isText = q.Type().IsText() || q.Type() == cim.TypeChar16
				}
			}
			k.Quoted = k.Quoted && isText
			bare.Keys = append(bare.Keys, k)
		}
		if values, err = cim.KeyValues(c, bare); err != nil {
			return nil, err
		}
	}
	var conds []provider.Condition
	for i, k := range c.Keys() {
		conds = append(conds, provider.Condition{Property: c.Properties()[k].Name(), In: []cim.Value{values[i]}})
	}
	return conds, nil
}

// A frame says within which views an operation is.
type frame struct {
	namespace, class string // folded
	outer            *frame
}

type frameKey struct{}

// within returns the context of what is asked for a view: a view that needs
// itself is CircularReference.
func within(ctx context.Context, at place, c *cim.Class) (context.Context, error) {
	f := &frame{namespace: cim.Fold(at.namespace), class: cim.Fold(c.Name())}
	f.outer, _ = ctx.Value(frameKey{}).(*frame)
	for o := f.outer; o != nil; o = o.outer {
		if o.class == f.class && o.namespace == f.namespace {
			return nil, cim.Errorf(wbem.CircularReference, "view %s of %s is made of itself", c.Name(), at.namespace)
		}
	}
	return context.WithValue(ctx, frameKey{}, f), nil
}
