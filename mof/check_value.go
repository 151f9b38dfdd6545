package mof

import "openwmi/cim"

// initializer checks the default of a property, parameter or qualifier.
// mof.md 4.1
func (c *checker) initializer(t cim.Type, array bool, v Value) {
	list, isList := v.(*ArrayLit)
	switch {
	case isList && !array:
		c.errorf(v.Range(), cim.MOFUnexpectedArrayInit, "braces around the value of what is not an array")
	case isList:
		for _, e := range list.Elems {
			if c.element(e) {
				c.scalar(t, e)
			}
		}
	default:
		c.scalar(t, v) // one value without braces is an array of one
	}
}

// element reports whether v may be an element of an array.
func (c *checker) element(v Value) bool {
	if _, null := v.(*NullLit); null {
		c.errorf(v.Range(), cim.MOFNullArrayElem, "an element of an array cannot be NULL")
		return false
	}
	return true
}

func (c *checker) scalar(t cim.Type, v Value) {
	switch v := v.(type) {
	case *AliasRef:
		c.aliasUses = append(c.aliasUses, aliasUse{c.file, v})
		switch t {
		case cim.TypeReference:
		case cim.TypeObject:
			c.errorf(v.Span, cim.MOFAliasesInEmbedded, "an alias stands for a path, not for an embedded object")
		default:
			c.errorf(v.Span, cim.MOFUnexpectedAlias, "an alias can only be the value of a reference")
		}
	case *InstanceDecl, *ClassDecl:
		c.embedded(v)
		if t != cim.TypeObject {
			c.errorf(v.Range(), cim.MOFTypeMismatch, "an object cannot become %v", t)
		}
	default:
		if _, err := Literal(v, t); err != nil {
			c.errorf(v.Range(), cim.StatusOf(err), "%v", err)
		}
	}
}

// untyped checks a value whose type is not known here.
func (c *checker) untyped(v Value) {
	switch v := v.(type) {
	case *ArrayLit:
		for _, e := range v.Elems {
			if c.element(e) {
				c.untyped(e)
			}
		}
	case *AliasRef:
		c.aliasUses = append(c.aliasUses, aliasUse{c.file, v})
	case *InstanceDecl, *ClassDecl:
		c.embedded(v)
	}
}
