package repository

import (
	"openwmi/cim"
	"openwmi/wbem"
)

// A Partial is what a caller asks for that changes some properties of an
// instance only (put.md 8). Nil is a full update.
type Partial struct {
	// Properties are the names of the properties to write; nil means all.
	Properties []string
	// StrictNulls says that NULL is meant: otherwise a property that is NULL
	// stays as it is stored.
	StrictNulls bool
}

// Names of context values that ask for a partial update (put.md 8.1).
const (
	putExtensions    = "__PUT_EXTENSIONS"
	putClientRequest = "__PUT_EXT_CLIENT_REQUEST"
	putProperties    = "__PUT_EXT_PROPERTIES"
	putStrictNulls   = "__PUT_EXT_STRICT_NULLS"
	putAtomic        = "__PUT_EXT_ATOMIC"
)

// PartialFrom returns the partial update that a context asks for, nil if it
// asks for none. The error is InvalidContext for what put.md 8.2, rules 1 to 4,
// forbid. __PUT_EXT_ATOMIC has no effect: every put is atomic.
func PartialFrom(c *wbem.Context, flags wbem.Flags) (*Partial, error) {
	p := &Partial{}
	any, extensions, useful := false, false, false
	for v := range c.All() {
		ok := v.Value.Type() == cim.TypeBoolean
		switch cim.Fold(v.Name) {
		case putExtensions:
			extensions = v.Value.Bool()
		case putClientRequest:
		case putProperties:
			ok = v.Value.Type() == cim.TypeString.ArrayOf() && v.Value.Len() > 0
			p.Properties, useful = v.Value.Texts(), true
		case putStrictNulls:
			p.StrictNulls, useful = v.Value.Bool(), true
		case putAtomic:
			useful = true
		default:
			continue
		}
		any = any || !cim.EqualNames(v.Name, putClientRequest)
		if !ok {
			return nil, cim.Errorf(wbem.InvalidContext, "context value %s: %v is of the wrong type or empty", v.Name, v.Value)
		}
	}
	switch {
	case !any:
		return nil, nil
	case !extensions:
		return nil, cim.Errorf(wbem.InvalidContext, "the context asks for a partial update without %s", putExtensions)
	case !useful:
		return nil, cim.Errorf(wbem.InvalidContext, "the context does not say what to update")
	case flags&wbem.UpdateOnly == 0:
		return nil, cim.Errorf(wbem.InvalidContext, "a partial update needs the flag UpdateOnly")
	}
	return p, nil
}

func (p *Partial) check(c *cim.Class, flags wbem.Flags) error {
	if p == nil {
		return nil
	}
	if flags&wbem.UpdateOnly == 0 {
		return cim.Errorf(wbem.InvalidContext, "a partial update needs the flag UpdateOnly")
	}
	for _, name := range p.Properties {
		if c.PropertyIndex(name) < 0 {
			return cim.Errorf(wbem.InvalidProperty, "class %s has no property %.100s", c.Name(), name)
		}
	}
	return nil
}

// apply returns the stored instance with the properties that p takes from the
// one given (put.md 8.2, Decision P-26).
func (p *Partial) apply(s *schema, put *instancePut) (*cim.Instance, error) {
	out, err := s.instance(put.place, put.old)
	if err != nil {
		return nil, err
	}
	take := func(k int) {
		if v := put.inst.At(k); !v.IsNull() || p.StrictNulls {
			if put.inst.IsSet(k) {
				out.Put(k, v)
			} else {
				out.Reset(k)
			}
		}
	}
	for _, name := range p.Properties {
		take(put.class.PropertyIndex(name))
	}
	if p.Properties == nil {
		for k := range put.class.Properties() {
			take(k)
		}
	}
	return out, nil
}
