package cim

import (
	"slices"
	"strconv"
	"strings"
)

// A Path addresses a namespace, a class, or an instance (model.md 9). Its zero
// value is the empty path.
type Path struct {
	Server    string // "" if not given, "." for this computer
	Namespace string // elements joined by backslashes, "" if not given
	Class     string // "" for the path of a namespace
	Keys      []Key  // of an instance
	Singleton bool   // the one instance of a singleton class
}

// A Key is a key name and a value as they stand in a path.
type Key struct {
	Name   string // "" in the short form Class=value
	Text   string // the content of a quoted value, or the literal itself
	Quoted bool
}

// IsClass reports whether p addresses a class.
func (p Path) IsClass() bool { return p.Class != "" && len(p.Keys) == 0 && !p.Singleton }

// IsInstance reports whether p addresses an instance.
func (p Path) IsInstance() bool { return len(p.Keys) > 0 || p.Singleton }

// String returns the path with every part that it has, in normal form:
// backslashes, keys by name, quoted values in double quotes.
func (p Path) String() string {
	b := make([]byte, 0, 64)
	if p.Server != "" {
		b = append(b, `\\`...)
		b = append(b, p.Server...)
		if p.Namespace != "" {
			b = append(b, '\\')
		}
	}
	b = append(b, p.Namespace...)
	if p.Class == "" {
		return string(b)
	}
	if len(b) > 0 {
		b = append(b, ':')
	}
	return string(p.appendRel(b))
}

// RelPath returns the part after the namespace in normal form, "" for the path
// of a namespace.
func (p Path) RelPath() string { return string(p.appendRel(make([]byte, 0, 64))) }

func (p Path) appendRel(b []byte) []byte {
	b = append(b, p.Class...)
	if p.Singleton {
		return append(b, "=@"...)
	}
	keys := p.Keys
	if !slices.IsSortedFunc(keys, compareKeys) {
		keys = slices.SortedFunc(slices.Values(keys), compareKeys)
	}
	for i, k := range keys {
		switch {
		case k.Name == "":
		case i == 0:
			b = append(b, '.')
		default:
			b = append(b, ',')
		}
		b = append(b, k.Name...)
		b = append(b, '=')
		b = k.appendValue(b)
	}
	return b
}

func compareKeys(a, b Key) int { return CompareNames(a.Name, b.Name) }

func (k Key) appendValue(b []byte) []byte {
	if !k.Quoted {
		return append(b, k.Text...)
	}
	b = append(b, '"')
	for i := 0; i < len(k.Text); i++ {
		if c := k.Text[i]; c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, k.Text[i])
	}
	return append(b, '"')
}

// NewKey returns the key with that name and value as a path shows it: text,
// datetimes, references and 64-bit integers quoted, other numbers in decimal,
// char16 as its character. The value must not be NULL.
func NewKey(name string, v Value) Key {
	switch t := v.Type(); {
	case t == TypeSint64 || t == TypeUint64:
		return Key{name, string(v.AppendNumber(nil)), true}
	case t.IsInteger() || t == TypeBoolean:
		return Key{name, v.String(), false}
	}
	return Key{name, v.String(), true}
}

// Normal returns the key in the form that every way of writing the same value
// shares, as far as that can be said without its type: a number is decimal, in
// quotes as 64-bit numbers are, without sign or zeros that mean nothing, and
// TRUE and FALSE are the numbers 1 and 0, as which they may be written too. It
// is for comparing paths as text; a class whose keys they are is not needed.
func (k Key) Normal() Key {
	switch {
	case k.Quoted:
		return k
	case EqualNames(k.Text, "TRUE"):
		return Key{k.Name, "1", true}
	case EqualNames(k.Text, "FALSE"):
		return Key{k.Name, "0", true}
	case !isNumber(k.Text):
		k.Text = Fold(k.Text)
		return k
	}
	k.Quoted = true
	if isHex(k.Text) {
		if u, err := strconv.ParseUint(k.Text[2:], 16, 64); err == nil {
			k.Text = strconv.FormatUint(u, 10)
		}
		return k
	}
	digits := strings.TrimLeft(strings.TrimLeft(k.Text, "+-"), "0")
	switch {
	case digits == "":
		digits = "0"
	case k.Text[0] == '-':
		digits = "-" + digits
	}
	k.Text = digits
	return k
}

// RelPath returns the path of an object without server and namespace. ok is
// false if it has none: a class without a name, an instance of which a key is
// NULL or whose class has no key, or the zero Instance.
func RelPath(o Object) (p Path, ok bool) {
	c := definition(o)
	if c == nil {
		return Path{}, false
	}
	p.Class = c.Name()
	inst, isInstance := o.(*Instance)
	switch {
	case !isInstance:
		return p, p.Class != ""
	case c.singleton:
		p.Singleton = true
		return p, true
	case len(c.keys) == 0:
		return Path{}, false
	}
	p.Keys = make([]Key, len(c.keys))
	for i, k := range c.keys {
		v := inst.At(k)
		if v.IsNull() {
			return Path{}, false
		}
		p.Keys[i] = NewKey(c.props[k].Name(), v)
	}
	return p, true
}

// objectString returns the path of an object for people to read, and where it
// has none, which of its keys are NULL.
func objectString(o Object) string {
	c := definition(o)
	if c == nil {
		return ""
	}
	p := Path{Class: c.Name()}
	if at := o.Origin(); at != nil {
		p.Server, p.Namespace = at.Server, at.Namespace
	}
	inst, isInstance := o.(*Instance)
	if p.Singleton = isInstance && c.singleton; !isInstance || p.Singleton {
		return p.String()
	}
	for _, k := range c.keys {
		key := Key{Name: c.props[k].Name(), Text: "NULL"}
		if v := inst.at(k); !v.IsNull() {
			key = NewKey(key.Name, v)
		}
		p.Keys = append(p.Keys, key)
	}
	return p.String()
}

// Value returns the value of the key as one of type t (model.md 9.2): decimal
// or hexadecimal for integers up to 32 bits; for 64 bits decimal, quoted if it
// does not fit 32 bits; TRUE, FALSE, 1 and 0 for booleans; quoted text for all
// else. The error is InvalidObjectPath.
func (k Key) Value(t Type) (Value, error) {
	v, ok := k.value(t)
	if !ok {
		return Value{}, Errorf(InvalidObjectPath, "key %s: %.60s is not a %v", k.Name, string(k.appendValue(nil)), t)
	}
	return v, nil
}

func (k Key) value(t Type) (Value, bool) {
	switch t.info().kind {
	case kindText:
		if !k.Quoted {
			return Value{}, false
		}
		if t == TypeDatetime {
			d, err := ParseDatetime(k.Text)
			return DatetimeValue(d), err == nil
		}
		return text(t, k.Text), true
	case kindBool:
		switch {
		case EqualNames(k.Text, "TRUE"), k.Text == "1":
			return BoolValue(true), true
		case EqualNames(k.Text, "FALSE"), k.Text == "0":
			return BoolValue(false), true
		}
		return Value{}, false
	case kindSigned, kindUnsigned:
		return k.integer(t)
	}
	return Value{}, false
}

func (k Key) integer(t Type) (Value, bool) {
	if t == TypeChar16 && k.Quoted {
		u, ok := singleUnit(k.Text)
		return Char16Value(u), ok
	}
	if t.Bits() == 64 {
		v, err := ParseInteger(k.Text, t)
		if err != nil || !k.Quoted && !inRange(TypeSint32, v.num, t == TypeSint64) && !inRange(TypeUint32, v.num, t == TypeSint64) {
			return Value{}, false
		}
		return v, true
	}
	if isHex(k.Text) {
		u, err := strconv.ParseUint(k.Text[2:], 16, 64)
		if err != nil {
			return Value{}, false
		}
		v, err := UintValue(t, u)
		return v, err == nil
	}
	v, err := ParseInteger(k.Text, t)
	return v, err == nil
}

// KeyValues returns the values of the keys of class c that p binds, in the
// order of c.Keys; there are none for the one instance of a singleton. The error
// is InvalidObjectPath: p has other keys than the class, or a value of another
// type, or only one of them is a singleton.
func KeyValues(c *Class, p Path) ([]Value, error) {
	if len(p.Keys) != len(c.keys) || p.Singleton != c.singleton {
		return nil, Errorf(InvalidObjectPath, "%s: class %s has %s", p.RelPath(), c.Name(), keyNames(c))
	}
	out := make([]Value, len(c.keys))
	for i, k := range c.keys {
		prop := c.props[k]
		j := 0
		if p.Keys[0].Name != "" {
			j = slices.IndexFunc(p.Keys, func(k Key) bool { return EqualNames(k.Name, prop.Name()) })
		}
		if j < 0 || p.Keys[j].Name == "" && len(c.keys) > 1 {
			return nil, Errorf(InvalidObjectPath, "%s: class %s has %s", p.RelPath(), c.Name(), keyNames(c))
		}
		v, err := p.Keys[j].Value(prop.Type())
		if err != nil {
			return nil, Errorf(InvalidObjectPath, "%s: %v", p.RelPath(), err)
		}
		out[i] = v
	}
	return out, nil
}

func keyNames(c *Class) string {
	switch {
	case c.singleton:
		return "one instance only, " + c.Name() + "=@"
	case len(c.keys) == 0:
		return "no keys"
	}
	names := make([]string, len(c.keys))
	for i, k := range c.keys {
		names[i] = c.props[k].Name()
	}
	if len(names) == 1 {
		return "the key " + names[0]
	}
	return "the keys " + strings.Join(names, ", ")
}
