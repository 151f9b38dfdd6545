package repository

import (
	"slices"
	"strings"

	"openwmi/cim"
)

// isLocale reports whether the namespace holds texts of one language
// (localization.md 2): its name is ms_ and a hexadecimal number.
func (ns *Namespace) isLocale() bool {
	name := strings.ToLower(ns.name)
	digits, ok := strings.CutPrefix(name, "ms_")
	return ok && ns.parent != nil && digits != "" && strings.Trim(digits, "0123456789abcdef") == ""
}

// amendsClass reports whether a class in a locale namespace is the amendment of
// another (localization.md 2, rule 4).
func amendsClass(c *cim.Class) bool { return c.IsAmendment() || hasAmended(c, nil) }

// hasAmended reports whether a class has a localizable qualifier anywhere that
// the other class, which may be nil, does not have as well.
func hasAmended(c, but *cim.Class) bool {
	more := func(qs cim.Qualifiers, known func() cim.Qualifiers) bool {
		return qs.HasAmended() && slices.ContainsFunc(qs, func(q cim.Qualifier) bool {
			return q.Flavor&cim.Amended != 0 && (but == nil || known().Index(q.Name) < 0)
		})
	}
	if more(c.Qualifiers(), func() cim.Qualifiers { return but.Qualifiers() }) {
		return true
	}
	for _, p := range c.Properties() {
		if more(p.Qualifiers(), func() cim.Qualifiers {
			if q := but.Property(p.Name()); q != nil {
				return q.Qualifiers()
			}
			return nil
		}) {
			return true
		}
	}
	for _, m := range c.Methods() {
		if more(m.Qualifiers(), func() cim.Qualifiers {
			if n := but.Method(m.Name()); n != nil {
				return n.Qualifiers()
			}
			return nil
		}) {
			return true
		}
	}
	return false
}

// amendedInstance reports whether an instance carries localized texts, so that
// it may be put only with UseAmendedQualifiers (localization.md 5.2): its own,
// or those of a class that was read with them.
func amendedInstance(inst *cim.Instance, stored *derived) bool {
	if inst.HasAmended() {
		return true
	}
	c := inst.Class()
	switch {
	case stored != nil && stored.class == c || !c.IsAmendment():
		return false
	case stored == nil:
		return hasAmended(c, nil)
	}
	return hasAmended(c, stored.class)
}

func withoutAmended(qs cim.Qualifiers) cim.Qualifiers {
	if !qs.HasAmended() {
		return qs
	}
	return slices.DeleteFunc(slices.Clone(qs), func(q cim.Qualifier) bool { return q.Flavor&cim.Amended != 0 })
}

// stripAmended removes all localizable qualifiers from a definition that was
// read with the texts of a locale, and gives Amendment and Locale the values
// that the stored definition has, which is nil for a new class (localization.md
// 5.1).
func stripAmended(d, stored *cim.ClassDecl) {
	d.Qualifiers = withoutAmended(d.Qualifiers)
	for i := range d.Properties {
		d.Properties[i].Qualifiers = withoutAmended(d.Properties[i].Qualifiers)
	}
	for i := range d.Methods {
		m := &d.Methods[i]
		m.Qualifiers = withoutAmended(m.Qualifiers)
		for j := range m.Parameters {
			m.Parameters[j].Qualifiers = withoutAmended(m.Parameters[j].Qualifiers)
		}
	}
	if !d.Qualifiers.True("Amendment") {
		return
	}
	d.Qualifiers = slices.Clone(d.Qualifiers)
	for _, name := range []string{"Amendment", "Locale"} {
		d.Qualifiers.Delete(name)
		if stored != nil {
			if q, ok := stored.Qualifiers.Get(name); ok {
				d.Qualifiers.Set(q)
			}
		}
	}
}
