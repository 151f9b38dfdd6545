package view

import (
	"fmt"

	"openwmi/cim"
	"openwmi/wbem"
)

// wrong is the error of a declaration: it names the class, the qualifier, and
// the entry in it, which counts from 0; -1 is none.
func wrong(status wbem.Status, class, qualifier string, entry int, format string, args ...any) error {
	at := ""
	if entry >= 0 {
		at = fmt.Sprintf(", entry %d", entry+1)
	}
	return cim.Errorf(status, "class %s, qualifier %s%s: %s", class, qualifier, at, fmt.Sprintf(format, args...))
}

// A fitting is a source with the class that it has in a namespace.
type fitting struct {
	source int
	class  *cim.Class
}

// fit checks whether what the view takes from a source is there, and has types
// that fit. It looks once at each class.
func (pl *plan) fit(s *source, c *cim.Class) error {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	key := fitting{s.index, c}
	err, ok := pl.fitted[key]
	if !ok {
		err = pl.check(s, c)
		if len(pl.fitted) >= 2*maxSources {
			clear(pl.fitted) // of classes that were changed
		}
		pl.fitted[key] = err
	}
	return err
}

func (pl *plan) check(s *source, c *cim.Class) error {
	for k, p := range pl.props {
		if p.hidden || p.from[s.index] == "" {
			continue
		}
		name, at := p.from[s.index], "PropertySources of "+p.Name()
		t := typeOf(c, name)
		switch {
		case t == 0 && (pl.kind != union || p.IsKey()):
			return pl.wrong(at, s.index, "class %s has no property %s", c.Name(), name)
		case t == 0: // a source that lacks it shows NULL
		case !compatible(t, p.Type()) && pl.maps(k, s):
			return pl.wrong(at, s.index, "%s.%s is a %v, which cannot be shown as a %v", c.Name(), name, t, p.Type())
		}
	}
	for _, m := range pl.on {
		for _, side := range []operand{m.left, m.right} {
			if side.source != s.index {
				continue
			}
			switch t := typeOf(c, side.name); {
			case t == 0:
				return pl.wrong("JoinOn", -1, "class %s has no property %s", c.Name(), side.name)
			case t.IsArray() || t == cim.TypeObject:
				return pl.wrong("JoinOn", -1, "%s.%s is a %v, which does not compare", c.Name(), side.name, t)
			}
		}
	}
	return nil
}

// typeOf returns the type of a property of a class, or of a system property;
// zero if there is none of that name.
func typeOf(c *cim.Class, name string) cim.Type {
	if cim.IsSystemName(name) {
		return cim.SystemType(name)
	}
	if p := c.Property(name); p != nil {
		return p.Type()
	}
	return 0
}

// compatible reports whether values of one type can be shown as another, perhaps
// not all of them.
func compatible(from, to cim.Type) bool {
	f, t := from.Elem(), to.Elem()
	switch {
	case from == to:
		return true
	case from.IsArray() != to.IsArray():
		return false
	case t.IsReal():
		return f.IsInteger() || f.IsReal()
	case t.IsInteger():
		return f.IsInteger()
	case t == cim.TypeString:
		return f.IsText()
	}
	return t == cim.TypeReference && f == cim.TypeString
}
