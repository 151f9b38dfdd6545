package cim

// SystemProperties are the names of the system properties in the order in which
// they are enumerated ("WMI System Properties").
var SystemProperties = []string{
	"__GENUS", "__CLASS", "__SUPERCLASS", "__DYNASTY", "__RELPATH", "__PROPERTY_COUNT",
	"__DERIVATION", "__SERVER", "__NAMESPACE", "__PATH",
}

// SystemType returns the type of the named system property, zero if there is
// none of that name.
func SystemType(name string) Type {
	for _, s := range SystemProperties {
		if EqualNames(s, name) {
			switch s {
			case "__GENUS", "__PROPERTY_COUNT":
				return TypeSint32
			case "__DERIVATION":
				return TypeString | TypeArray
			}
			return TypeString
		}
	}
	return 0
}

// System returns the value of the named system property of o, and whether there
// is a system property of that name. Those that say where an object is stored
// are NULL if it is stored nowhere (model.md 10).
func System(o Object, name string) (Value, bool) {
	if len(name) < 2 || name[0] != '_' {
		return Value{}, false
	}
	c := o.Definition()
	switch Fold(name) {
	case "__GENUS":
		return Sint32Value(int32(o.Genus())), true
	case "__CLASS":
		return orNull(c.Name()), true
	case "__SUPERCLASS":
		return orNull(c.SuperName()), true
	case "__DYNASTY":
		return orNull(c.Dynasty()), true
	case "__RELPATH":
		if p, ok := RelPath(o); ok {
			return StringValue(p.RelPath()), true
		}
		return Value{}, true
	case "__PROPERTY_COUNT":
		return Sint32Value(int32(len(c.props))), true
	case "__DERIVATION":
		return StringsValue(c.Derivation()), true
	case "__SERVER":
		if at := o.Origin(); at != nil {
			return StringValue(at.Server), true
		}
		return Value{}, true
	case "__NAMESPACE":
		if at := o.Origin(); at != nil {
			return StringValue(at.Namespace), true
		}
		return Value{}, true
	case "__PATH":
		if p, ok := RelPath(o); ok && o.Origin() != nil {
			p.Server, p.Namespace = o.Origin().Server, o.Origin().Namespace
			return StringValue(p.String()), true
		}
		return Value{}, true
	}
	return Value{}, false
}

func orNull(s string) Value {
	if s == "" {
		return Value{}
	}
	return StringValue(s)
}
