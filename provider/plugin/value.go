package plugin

import (
	"math"
	"unicode/utf8"

	"openwmi/cim"
	"openwmi/provider/plugin/pluginpb"
	"openwmi/wbem"
)

// A coder translates between the objects of the model and those of the protocol,
// for one call. The two sides differ in how they speak of classes only.
type coder struct {
	// refer writes which class an object is of.
	refer func(o *pluginpb.Object, c *cim.Class)
	// find returns the class that an object, so deep in others, says it is of.
	find func(o *pluginpb.Object, depth int) (*cim.Class, error)
	// strict says that the peer is not trusted to keep to the types of a class.
	strict bool
}

// value returns what stands for v.
func (c *coder) value(v cim.Value) *pluginpb.Value {
	if v.IsNull() {
		return &pluginpb.Value{}
	}
	t := v.Type()
	p := &pluginpb.Value{Type: uint32(t)}
	if t == cim.TypeUint8.ArrayOf() {
		b := v.Bytes()
		p.Uints = make([]uint64, len(b))
		for i := range b {
			p.Uints[i] = uint64(b[i])
		}
		return p
	}
	if !t.IsArray() {
		c.element(p, v)
		return p
	}
	for i := range v.Len() {
		c.element(p, v.Index(i))
	}
	return p
}

// element appends a scalar to the list of its type.
func (c *coder) element(p *pluginpb.Value, v cim.Value) {
	t := v.Type()
	switch {
	case t.IsSigned():
		p.Ints = append(p.Ints, v.Int())
	case t == cim.TypeBoolean:
		p.Bools = append(p.Bools, v.Bool())
	case t.IsReal():
		p.Reals = append(p.Reals, v.Float())
	case t == cim.TypeObject:
		p.Objects = append(p.Objects, c.object(v.Object()))
	case t.IsText():
		c.text(p, v.Text())
	default:
		p.Uints = append(p.Uints, v.Bits())
	}
}

// text appends a text. When the first comes that is no UTF-8 all of them move.
func (c *coder) text(p *pluginpb.Value, s string) {
	if len(p.Wtf8) == 0 && utf8.ValidString(s) {
		p.Texts = append(p.Texts, s)
		return
	}
	for _, t := range p.Texts {
		p.Wtf8 = append(p.Wtf8, []byte(t))
	}
	p.Texts = nil
	p.Wtf8 = append(p.Wtf8, []byte(s))
}

// fromValue returns what p stands for, NULL for nil. The error is TypeMismatch or
// ValueOutOfRange, or that of an object in it.
func (c *coder) fromValue(p *pluginpb.Value, depth int) (cim.Value, error) {
	if p.GetType() == 0 {
		return cim.Value{}, nil
	}
	t := cim.Type(p.Type)
	if p.Type > math.MaxUint16 || !t.IsValid() {
		return cim.Value{}, cim.Errorf(wbem.TypeMismatch, "there is no type %d", p.Type)
	}
	texts := len(p.Texts) + len(p.Wtf8)
	elem := t.Elem()
	n := 0
	switch {
	case elem.IsSigned():
		n = len(p.Ints)
	case elem == cim.TypeBoolean:
		n = len(p.Bools)
	case elem.IsReal():
		n = len(p.Reals)
	case elem == cim.TypeObject:
		n = len(p.Objects)
	case elem.IsText():
		n = texts
	default:
		n = len(p.Uints)
	}
	if sum := len(p.Ints) + len(p.Bools) + len(p.Reals) + len(p.Objects) + texts + len(p.Uints); sum != n {
		return cim.Value{}, cim.Errorf(wbem.TypeMismatch, "a value of type %v has elements of another type", t)
	}
	if !t.IsArray() {
		if n != 1 {
			return cim.Value{}, cim.Errorf(wbem.TypeMismatch, "a value of type %v has %d elements", t, n)
		}
		return c.fromElement(p, elem, 0, depth)
	}
	elems := make([]cim.Value, n)
	for i := range elems {
		var err error
		if elems[i], err = c.fromElement(p, elem, i, depth); err != nil {
			return cim.Value{}, err
		}
	}
	return cim.ArrayValue(elem, elems...)
}

// fromElement returns the element at position i of the list for t.
func (c *coder) fromElement(p *pluginpb.Value, t cim.Type, i, depth int) (cim.Value, error) {
	switch {
	case t.IsSigned():
		return cim.IntValue(t, p.Ints[i])
	case t == cim.TypeBoolean:
		return cim.BoolValue(p.Bools[i]), nil
	case t == cim.TypeReal64:
		return cim.Real64Value(p.Reals[i]), nil
	case t == cim.TypeReal32:
		f := float32(p.Reals[i])
		if float64(f) != p.Reals[i] && !math.IsNaN(p.Reals[i]) {
			return cim.Value{}, cim.Errorf(wbem.ValueOutOfRange, "%v is no real32", p.Reals[i])
		}
		return cim.Real32Value(f), nil
	case t == cim.TypeObject:
		o, err := c.fromObject(p.Objects[i], depth+1)
		if err != nil {
			return cim.Value{}, err
		}
		return cim.ObjectValue(o), nil
	case t.IsText():
		if i < len(p.Texts) {
			return cim.TextValue(t, p.Texts[i]), nil
		}
		return cim.TextValue(t, string(p.Wtf8[i-len(p.Texts)])), nil
	}
	return cim.UintValue(t, p.Uints[i])
}

// path returns a path as a reference, nil for the empty path.
func (c *coder) path(p cim.Path) *pluginpb.Value {
	if p.Class == "" {
		return nil
	}
	return c.value(cim.ReferenceValue(p.String()))
}

// fromPath returns the path in a reference, the empty one for nil.
func (c *coder) fromPath(p *pluginpb.Value) (cim.Path, error) {
	v, err := c.fromValue(p, 0)
	switch {
	case err != nil || v.IsNull():
		return cim.Path{}, err
	case v.Type() != cim.TypeReference && v.Type() != cim.TypeString:
		return cim.Path{}, cim.Errorf(wbem.TypeMismatch, "a path is a %v", v.Type())
	}
	return cim.ParsePath(v.Text())
}
