package cimxml

import "openwmi/cim"

// Limits of what a client keeps of what a server sends, and a server of what a client
// does, in bytes: those of the document and, as xml.Decoder.Weight says, what they make
// in memory. Exceeding the first two is QuotaViolation.
const (
	MaxObject    = 64 << 20  // of one object: a request has no more
	MaxCollected = 256 << 20 // of a request, or an answer that is looked at as a whole
	MaxClasses   = 128 << 20 // of the classes that are remembered; then all are forgotten
)

// limits are those of a client.
type limits struct {
	object, collected int64
}

// weights are what the parts of a class take besides their texts and values.
const (
	classWeight     = 1024
	memberWeight    = 512 // a property or method, as it is declared and as it takes effect
	parameterWeight = 256
	qualifierWeight = 160 // as it is declared and as it takes effect
	pointerWeight   = 8
	derivedWeight   = 32 // for each superclass
)

// weigh returns about how many bytes of memory a class takes without its
// superclasses.
func weigh(c *cim.Class) int {
	n := weighDecl(c.Decl()) + pointerWeight*(len(c.Properties())+len(c.Methods())) + qualifierWeight/2*len(c.Qualifiers())
	for s := c.Super(); s != nil; s = s.Super() {
		n += derivedWeight
	}
	return n
}

// weighDecl returns what the own definition of a class takes.
func weighDecl(d *cim.ClassDecl) int {
	n := classWeight + len(d.Name) + len(d.Super) + weighQualifiers(d.Qualifiers)
	for i := range d.Properties {
		p := &d.Properties[i]
		n += memberWeight + len(p.Name) + len(p.Class) + weighQualifiers(p.Qualifiers) + weighValue(p.Default)
	}
	for i := range d.Methods {
		m := &d.Methods[i]
		n += memberWeight + len(m.Name) + len(m.ReturnClass) + weighQualifiers(m.Qualifiers)
		for j := range m.Parameters {
			p := &m.Parameters[j]
			n += parameterWeight + len(p.Name) + len(p.Class) + weighQualifiers(p.Qualifiers) + weighValue(p.Default)
		}
	}
	return n
}

func weighQualifiers(quals cim.Qualifiers) int {
	n := 0
	for _, q := range quals {
		n += qualifierWeight + len(q.Name) + weighValue(q.Value)
	}
	return n
}

// weighValue returns what a value takes besides itself.
func weighValue(v cim.Value) int {
	switch t := v.Type(); {
	case v.IsNull():
		return 0
	case t.Elem() == cim.TypeObject:
		n := 0
		for _, o := range v.Elems() {
			n += weighObject(o.Object())
		}
		return n
	case t.IsArray() && t.Elem().IsText():
		n := 0
		for _, text := range v.Texts() {
			n += 2*pointerWeight + len(text)
		}
		return n
	case t.IsArray():
		return pointerWeight * v.Len()
	}
	return len(v.Text())
}

func weighObject(o cim.Object) int {
	switch o := o.(type) {
	case *cim.Class:
		return weigh(o)
	case *cim.Instance:
		n := classWeight
		for k := range o.Class().Properties() {
			n += 6*pointerWeight + weighValue(o.At(k))
		}
		return n
	}
	return 0
}

// weighed are classes of which somebody knows what they take all together, each
// superclass once, since that is kept as well.
type weighed struct {
	classes map[*cim.Class]bool
	weight  int
}

// add adds a class, and reports whether all together take no more than max.
func (w *weighed) add(c *cim.Class, max int) bool {
	if w.classes == nil {
		w.classes = map[*cim.Class]bool{}
	}
	for ; c != nil && !w.classes[c]; c = c.Super() {
		w.classes[c] = true
		if w.weight += weigh(c); w.weight > max {
			return false
		}
		if of, _ := c.Projected(); of != nil && !w.add(of, max) {
			return false
		}
	}
	return true
}
