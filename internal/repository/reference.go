package repository

import (
	"openwmi/cim"
	"openwmi/internal/kv"
)

// checkReference refuses a key of an association that no object can have as its
// path, since the association would be found from its other end alone (model.md
// 4.2, Decision). Whether there is such an object, or its class, does not matter.
// The error is InvalidObjectPath.
func (s *schema) checkReference(text string, from kv.Reader) error {
	if text == "" {
		return nil
	}
	p, err := cim.ParsePath(text)
	if err != nil {
		return err
	}
	var c *cim.Class
	if e := s.find(p.Class); e != nil && s.isHere(p) {
		d, err := s.derive(e, from)
		if err != nil {
			return err
		}
		c = d.class
	}
	for _, k := range p.Keys {
		if t := keyType(c, k); t != 0 {
			_, err = k.Value(t)
		} else if !k.Quoted {
			// Integers of up to 32 bits, and booleans as numbers; longer ones
			// stand in quotes (model.md 9.2, rule 9).
			k := k.Normal()
			if _, err = k.Value(cim.TypeUint32); err != nil {
				_, err = k.Value(cim.TypeSint32)
			}
		}
		if err != nil {
			return cim.Errorf(cim.InvalidObjectPath, "%s: %v", text, err)
		}
	}
	return nil
}

// isHere reports whether a path leads into the namespace. What the classes of
// others are is not for everyone to know who may write here.
func (s *schema) isHere(p cim.Path) bool {
	o := s.ns.origin
	return (p.Server == "" || p.Server == "." || cim.EqualNames(p.Server, o.Server)) &&
		(p.Namespace == "" || cim.EqualNames(p.Namespace, o.Namespace))
}

// keyType returns the type of a key of a class that may be nil, 0 if it is not
// known: a subclass may have keys that the class has not.
func keyType(c *cim.Class, k cim.Key) cim.Type {
	switch {
	case c == nil:
		return 0
	case k.Name != "":
		if p := c.Property(k.Name); p != nil && p.IsKey() {
			return p.Type()
		}
	case len(c.Keys()) == 1:
		return c.Properties()[c.Keys()[0]].Type()
	}
	return 0
}
