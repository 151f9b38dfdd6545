package cimom

import (
	"strings"

	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// Names of the values that make a put partial (put.md 8.1).
const (
	putExtensions    = "__PUT_EXTENSIONS"
	putClientRequest = "__PUT_EXT_CLIENT_REQUEST"
	putProperties    = "__PUT_EXT_PROPERTIES"
	putStrictNulls   = "__PUT_EXT_STRICT_NULLS"
	putAtomic        = "__PUT_EXT_ATOMIC"

	putExtensionPrefix = "__PUT_EXT_" // of those and of what we do not know
)

// partial returns what a context asks for besides a full put, nil if nothing.
// The error is InvalidContext (put.md 8.2, rules 0 to 4); the repository has the
// rules that need the class and the flags.
func partial(c *wbem.Context) (*repository.Partial, error) {
	var p repository.Partial
	extended, err := truth(c, putExtensions)
	if err != nil {
		return nil, err
	}
	if _, err := truth(c, putClientRequest); err != nil {
		return nil, err
	}
	asked := 0
	if v, ok := c.Get(putProperties); ok {
		if v.Type() != cim.TypeString|cim.TypeArray || v.Len() == 0 {
			return nil, cim.Errorf(wbem.InvalidContext, "%s is not a list of names", putProperties)
		}
		p.Properties = v.Texts()
		asked++
	}
	for v := range c.All() {
		name := cim.Fold(v.Name)
		if strings.HasPrefix(name, putExtensionPrefix) && name != putClientRequest && name != putProperties {
			asked++
		}
	}
	if p.StrictNulls, err = truth(c, putStrictNulls); err != nil {
		return nil, err
	}
	// The repository changes all or nothing anyway (P-26).
	if _, err = truth(c, putAtomic); err != nil {
		return nil, err
	}
	switch {
	case asked == 0 && !extended:
		return nil, nil
	case asked == 0:
		return nil, cim.Errorf(wbem.InvalidContext, "%s is there but nothing that it extends", putExtensions)
	case !extended:
		return nil, cim.Errorf(wbem.InvalidContext, "%s is not TRUE", putExtensions)
	}
	return &p, nil
}

// reentrant returns the context of a put that a provider makes while it serves
// a request. Unless it says that this very put is meant, what made the
// request partial does not make the put partial (put.md 8.2, Decision P-25).
func reentrant(c *wbem.Context) *wbem.Context {
	if meant, _ := truth(c, putClientRequest); meant || c.Len() == 0 {
		return c
	}
	c = c.Clone()
	c.Delete(putExtensions)
	for v := range c.All() {
		if strings.HasPrefix(cim.Fold(v.Name), putExtensionPrefix) {
			c.Delete(v.Name)
		}
	}
	return c
}

// truth returns a boolean of the context, false if it is absent.
func truth(c *wbem.Context, name string) (bool, error) {
	v, ok := c.Get(name)
	if ok && v.Type() != cim.TypeBoolean {
		return false, cim.Errorf(wbem.InvalidContext, "%s is not a boolean", name)
	}
	return v.Bool(), nil
}
