package cim

import "slices"

// Localizable texts are qualifiers with the flavor Amended. They are kept apart
// from the class that they describe, in a class of the same name, its
// amendment, in the namespace of their language (localization.md).

// IsMergedView reports whether a definition is that of a class into which the
// texts of a language were merged: it is marked Amendment and has texts.
func (d *ClassDecl) IsMergedView() bool { return d.Qualifiers.True("Amendment") && d.HasAmended() }

// IsText reports whether q is text to be translated: it has the flavor Amended
// and does not make up the structure of a class (localization.md 6).
func (q Qualifier) IsText() bool {
	return q.Flavor&Amended != 0 && !isStructural(q.Name)
}

// split returns the qualifiers that are no texts, and the texts.
func (qs Qualifiers) split() (neutral, texts Qualifiers) {
	for _, q := range qs {
		if q.IsText() {
			texts = append(texts, q)
			continue
		}
		q.Flavor &^= Amended
		neutral = append(neutral, q)
	}
	return neutral, texts
}

// SplitAmendment splits the definition of a class into the neutral part and the
// amendment with its texts, which is nil if there are none. super is the
// superclass, nil if there is none or it is not known: an override that had
// nothing but texts disappears from the neutral part. The amendment is marked
// Amendment and Locale, has the members that have texts, their keys, and whole
// signatures, and no superclass (localization.md 7.2). decl is not changed.
func SplitAmendment(decl *ClassDecl, super *Class, language LCID) (neutral, amendment *ClassDecl) {
	n := decl.Clone()
	a := &ClassDecl{Name: decl.Name}
	n.Qualifiers, a.Qualifiers = n.Qualifiers.split()
	n.Properties = n.Properties[:0]
	for _, p := range decl.Properties {
		own, texts := p.Qualifiers.split()
		if len(texts) > 0 {
			if q, ok := own.Get("Key"); ok {
				texts = append(texts, q)
			}
			a.Properties = append(a.Properties, PropertyDecl{Name: p.Name, Type: p.Type, Class: p.Class, Qualifiers: texts})
			if len(own) == 0 && !p.HasDefault && super != nil && super.Property(p.Name) != nil {
				continue
			}
		}
		p.Qualifiers = own
		n.Properties = append(n.Properties, p)
	}
	n.Methods = n.Methods[:0]
	for _, m := range decl.Methods {
		own, texts := splitMethod(m)
		if texts != nil {
			a.Methods = append(a.Methods, *texts)
			if super != nil && super.Method(m.Name) != nil && bare(own) {
				continue
			}
		}
		n.Methods = append(n.Methods, own)
	}
	if len(a.Qualifiers)+len(a.Properties)+len(a.Methods) == 0 {
		return n, nil
	}
	a.Qualifiers = append(a.Qualifiers,
		Qualifier{Name: "Amendment", Value: BoolValue(true)},
		Qualifier{Name: "Locale", Value: Sint32Value(int32(language))})
	return n, a
}

// splitMethod returns the neutral part of a method, and its texts with the
// whole signature, nil if there are none.
func splitMethod(m MethodDecl) (neutral MethodDecl, texts *MethodDecl) {
	t := m
	neutral = m
	neutral.Qualifiers, t.Qualifiers = m.Qualifiers.split()
	some := len(t.Qualifiers) > 0
	neutral.Parameters = slices.Clone(m.Parameters)
	t.Parameters = slices.Clone(m.Parameters)
	for i := range m.Parameters {
		var own, text Qualifiers
		own, text = m.Parameters[i].Qualifiers.split()
		some = some || len(text) > 0
		neutral.Parameters[i].Qualifiers = own
		p := &t.Parameters[i]
		p.Default, p.HasDefault = Value{}, false
		p.Qualifiers = nil
		for _, q := range own {
			if isSignature(q.Name) {
				p.Qualifiers = append(p.Qualifiers, q)
			}
		}
		p.Qualifiers = append(p.Qualifiers, text...)
	}
	if !some {
		return neutral, nil
	}
	return neutral, &t
}

// bare reports whether a method declaration says nothing but the signature.
func bare(m MethodDecl) bool {
	for i := range m.Parameters {
		p := &m.Parameters[i]
		if p.HasDefault || slices.ContainsFunc(p.Qualifiers, func(q Qualifier) bool { return !isSignature(q.Name) }) {
			return false
		}
	}
	return len(m.Qualifiers) == 0
}

// Localize returns class c with the texts of its amendment, nil if it has none,
// below super, which is the localized superclass (localization.md 4.3). The
// result is a view and never stored.
//
// A text replaces a qualifier of the same name and type that the class itself
// has, even one that must not be overridden: that restricts subclasses, not
// translations. Members that the class does not have, or has with another type,
// are ignored.
func Localize(c, super, amendment *Class) (*Class, error) {
	if amendment == nil && super == c.super {
		return c, nil
	}
	d := c.decl.Clone()
	if amendment != nil {
		mergeClass(d, c, amendment.decl)
	}
	return derive(&Class{decl: d, super: super, origin: c.origin, depth: c.depth, neutral: c.Neutral(), lenient: true})
}

// Neutral returns the class of which c is a view, made by Localize, and c
// itself if it is none. Both have the same properties in the same order.
func (c *Class) Neutral() *Class {
	if c.neutral != nil {
		return c.neutral
	}
	return c
}

// mergeClass writes the texts of an amendment into d, a copy of the definition
// of c.
func mergeClass(d *ClassDecl, c *Class, a *ClassDecl) {
	mergeTexts(&d.Qualifiers, a.Qualifiers, c.quals)
	d.Qualifiers.Set(Qualifier{Name: "Amendment", Value: BoolValue(true)})
	if q, ok := a.Qualifiers.Get("Locale"); ok {
		d.Qualifiers.Set(Qualifier{Name: "Locale", Value: q.Value})
	}
	for i := range a.Properties {
		from := &a.Properties[i]
		p := c.Property(from.Name)
		if p == nil || p.Type() != from.Type || !from.Qualifiers.HasAmended() {
			continue
		}
		to := d.Property(from.Name)
		if to == nil {
			d.Properties = append(d.Properties, PropertyDecl{Name: p.Name(), Type: p.Type(), Class: p.Class()})
			to = &d.Properties[len(d.Properties)-1]
		}
		mergeTexts(&to.Qualifiers, from.Qualifiers, p.quals)
	}
	for i := range a.Methods {
		from := &a.Methods[i]
		if m := c.Method(from.Name); m != nil && m.decl.Return == from.Return && from.hasAmended() {
			to := d.Method(from.Name)
			if to == nil {
				d.Methods = append(d.Methods, m.signature())
				to = &d.Methods[len(d.Methods)-1]
			}
			mergeMethod(to, m, from)
		}
	}
}

func mergeMethod(d *MethodDecl, m *Method, a *MethodDecl) {
	mergeTexts(&d.Qualifiers, a.Qualifiers, m.quals)
	for i := range m.params {
		p := &m.params[i]
		from := a.Parameter(p.Name())
		if from == nil || from.Type != p.Type() || from.In() != p.In() || from.Out() != p.Out() {
			continue
		}
		mergeTexts(&d.Parameter(p.Name()).Qualifiers, from.Qualifiers, p.quals)
	}
}

// signature returns a declaration that overrides m and says nothing else.
func (m *Method) signature() MethodDecl {
	d := MethodDecl{Name: m.decl.Name, Return: m.decl.Return, ReturnClass: m.decl.ReturnClass}
	d.Parameters = slices.Clone(m.decl.Parameters)
	for i := range d.Parameters {
		p := &d.Parameters[i]
		p.Qualifiers = slices.DeleteFunc(slices.Clone(p.Qualifiers), func(q Qualifier) bool { return !isSignature(q.Name) })
	}
	return d
}

// mergeTexts puts the texts among from into to. One of another type than the
// qualifier of that name in effect is ignored.
func mergeTexts(to *Qualifiers, from, effect Qualifiers) {
	own, above := to.finder(), effect.finder()
	for _, q := range from {
		if !q.IsText() {
			continue
		}
		if i := above.index(q.Name); i >= 0 && !sameKind(effect[i].Value, q.Value) {
			continue
		}
		if i := own.index(q.Name); i >= 0 {
			(*to)[i] = q
		} else {
			*to = append(*to, q)
		}
	}
}
