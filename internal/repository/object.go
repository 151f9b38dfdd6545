package repository

import (
	"encoding/binary"

	"openwmi/cim"
)

// An embedded object carries the definitions of its class and all superclasses,
// because it was stored by value and must stay readable whatever becomes of
// them:
//
//	object = 1 origin classes                    a class
//	       | 2 origin classes record             an instance
//	origin = 0 | 1 server namespace              texts
//	classes = origin count definition...         the topmost superclass first,
//	                                             of a localized class the neutral ones
//	record = length bytes                        record.go, with class id 0

const (
	genusClass    = 1
	genusInstance = 2
)

func appendOrigin(b []byte, o *cim.Origin) []byte {
	if o == nil {
		return append(b, 0)
	}
	return appendText(appendText(append(b, 1), o.Server), o.Namespace)
}

func (d *decoder) origin() *cim.Origin {
	if d.byte() == 0 {
		return nil
	}
	return &cim.Origin{Server: d.text(), Namespace: d.text()}
}

func appendObject(b []byte, o cim.Object) []byte {
	b = appendOrigin(append(b, byte(o.Genus())), o.Origin())
	c := o.Definition().Neutral() // texts are kept elsewhere, see cim.Localize
	var chain []*cim.ClassDecl
	for s := c; s != nil; s = s.Super() {
		chain = append(chain, s.Decl())
	}
	b = appendOrigin(b, c.Origin())
	b = binary.AppendUvarint(b, uint64(len(chain)))
	for i := len(chain) - 1; i >= 0; i-- {
		b = appendDefinition(b, chain[i])
	}
	if inst, ok := o.(*cim.Instance); ok {
		l := newLayout(c, 0)
		b = appendText(b, view(l.append(nil, inst)))
	}
	return b
}

// object reads an embedded object. It is nil after an error.
func (d *decoder) object() cim.Object {
	if d.depth++; d.depth > cim.MaxNesting+1 {
		d.fail("objects are nested too deeply")
	}
	defer func() { d.depth-- }()
	genus := d.byte()
	origin := d.origin()
	c := d.classes()
	switch {
	case d.err != nil:
		return nil
	case genus == genusClass:
		return c.At(origin)
	case genus != genusInstance:
		d.fail("an object is neither a class nor an instance")
		return nil
	}
	n := d.count(1)
	sub := decoder{in: d.take(n), depth: d.depth}
	l := newLayout(c, 0)
	inst := l.decode(&sub)
	if sub.err != nil {
		d.fail("an embedded instance is damaged: " + sub.err.Error())
		return nil
	}
	inst.SetOrigin(origin)
	return inst
}

func (d *decoder) classes() *cim.Class {
	origin := d.origin()
	n := d.count(5)
	if n == 0 || n > cim.MaxDerivation {
		d.fail("an object has no class")
		return nil
	}
	var c *cim.Class
	for range n {
		decl := d.definition()
		if d.err != nil {
			return nil
		}
		next, err := cim.Restore(c, decl)
		if err != nil {
			d.fail("the class of an object: " + err.Error())
			return nil
		}
		c = next
		if c.Super() == nil {
			c = c.At(origin)
		}
	}
	return c
}
