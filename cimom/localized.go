package cimom

import (
	"maps"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// carriesTexts reports whether an instance has texts that the stored class,
// nil if there is none, does not have as well: it was made from a localized
// class, or texts were put on it (localization.md 5.2).
func carriesTexts(inst *cim.Instance, stored *cim.Class) bool {
	if inst.HasAmended() {
		return true
	}
	c := inst.Class()
	if c == stored {
		return false
	}
	if stored == nil {
		return len(textsOf(c)) > 0
	}
	known := textsOf(stored)
	for place := range textsOf(c) {
		if _, ok := known[place]; !ok {
			return true
		}
	}
	return false
}

// A place is where a text stands: on the class, a property, a method or one of
// its parameters. Names are folded.
type place struct {
	kind              byte // 0 for the class, 'p', 'm'
	member, parameter string
	qualifier         string
}

// textsOf returns all texts of a class, inherited ones included.
func textsOf(c *cim.Class) map[place]cim.Value {
	texts := map[place]cim.Value{}
	add := func(at place, qs cim.Qualifiers) {
		for _, q := range qs {
			if q.IsText() {
				at.qualifier = cim.Fold(q.Name)
				texts[at] = q.Value
			}
		}
	}
	add(place{}, c.Qualifiers())
	for _, p := range c.Properties() {
		add(place{kind: 'p', member: cim.Fold(p.Name())}, p.Qualifiers())
	}
	for _, m := range c.Methods() {
		at := place{kind: 'm', member: cim.Fold(m.Name())}
		add(at, m.Qualifiers())
		params := m.Parameters()
		for i := range params {
			at.parameter = cim.Fold(params[i].Name())
			add(at, params[i].Qualifiers())
		}
	}
	return texts
}

// withoutTexts returns the instance without texts of its own.
func withoutTexts(inst *cim.Instance) *cim.Instance {
	if !inst.HasAmended() {
		return inst
	}
	inst = inst.Clone()
	// Fewer qualifiers than were allowed before are allowed.
	_ = inst.SetLocalQualifiers(inst.LocalQualifiers().Neutral())
	for k := range inst.Class().Properties() {
		if qs := inst.LocalPropertyQualifiers(k); len(qs) > 0 {
			_ = inst.SetLocalPropertyQualifiers(k, qs.Neutral())
		}
	}
	return inst
}

// A classPut is tx.PutClass or, for a put that is only planned, tx.PlanClass.
type classPut func(*repository.Namespace, *cim.ClassDecl, wbem.Flags) (*wbem.ClassPlan, error)

// putClass goes through steps 7 to 17 of put.md 3, of which the repository has
// most, for a class and, if the flags say so, its texts: both parts are written
// (the specification's README, decision 3). The declaration now belongs to the
// repository.
func (s *session) putClass(tx *repository.Tx, decl *cim.ClassDecl, flags wbem.Flags, put classPut) (*wbem.ClassPlan, error) {
	if err := cim.CheckClassName(decl.Name); err != nil {
		return nil, err
	}
	localized := flags&wbem.UseAmendedQualifiers != 0
	flags &^= wbem.UseAmendedQualifiers
	inLocale := cim.IsLocaleNamespace(s.ns.Path())
	if decl.IsMergedView() && !localized && !inLocale {
		return nil, cim.Errorf(wbem.AmendedObject, "it carries localized texts, which need the flag UseAmendedQualifiers")
	}
	stored, err := tx.Class(s.ns, decl.Name)
	if cim.StatusOf(err) == wbem.NotFound {
		stored = nil
	} else if err != nil {
		return nil, err
	}
	if err := s.allowClass(stored, decl); err != nil {
		return nil, err
	}
	switch {
	case !localized || inLocale:
		return put(s.ns, decl, flags)
	case !s.keepTexts && !decl.IsMergedView() && stored == nil:
		return put(s.ns, decl, flags) // not stripped when it is created (localization.md 5.1)
	}
	return s.putLocalized(tx, decl, stored, flags, put)
}

// allowClass checks the right to write a class, for what it is and for what it
// becomes (put.md 12).
func (s *session) allowClass(stored *cim.Class, decl *cim.ClassDecl) error {
	need := access.FullWrite
	if decl.Qualifiers.True("Dynamic") {
		need = access.WriteProvider
	}
	if stored != nil {
		need |= classRight(stored)
	}
	return s.allow(need)
}

// putLocalized stores the neutral part of a class in the namespace and, unless
// the session strips them, its texts in the namespace of its language.
func (s *session) putLocalized(tx *repository.Tx, decl *cim.ClassDecl, stored *cim.Class, flags wbem.Flags, put classPut) (*wbem.ClassPlan, error) {
	var super *cim.Class
	if decl.Super != "" {
		super, _ = tx.Class(s.ns, decl.Super) // an unknown one is for the repository to report
	}
	isView := decl.Qualifiers.True("Amendment")
	neutral, texts := cim.SplitAmendment(decl, super, s.locales.own)
	if isView {
		restoreMarks(neutral, stored)
	}
	plan, err := put(s.ns, neutral, flags)
	if err != nil || !s.keepTexts || texts == nil && !isView {
		return plan, err
	}
	plan.Amendment, err = s.putTexts(tx, decl.Name, texts, put)
	if err != nil {
		return nil, err
	}
	return plan, nil
}

// putTexts stores the texts of a class, nil for none, in the namespace of the
// session's language, which is created if need be, and returns its path. Texts
// that the session would read just so from the namespace of another of its
// languages are not written again: they would hide that one's.
func (s *session) putTexts(tx *repository.Tx, class string, texts *cim.ClassDecl, put classPut) (string, error) {
	shown, in, err := s.shownAmendment(tx, class)
	if err != nil {
		return "", err
	}
	if shown == nil && texts == nil || shown != nil && sameTexts(shown, texts) {
		return "", nil
	}
	path := s.ns.Path() + `\` + s.locales.own.Namespace()
	ns, err := tx.Namespace(path)
	if cim.StatusOf(err) == wbem.InvalidNamespace {
		if texts == nil {
			return "", nil // those of another language are not ours to delete
		}
		if err := s.allow(access.FullWrite); err != nil {
			return "", err
		}
		ns, err = tx.CreateNamespace(path)
	}
	if err != nil {
		return "", err
	}
	if err := s.allowIn(ns, access.FullWrite); err != nil {
		return "", err
	}
	switch {
	case in == ns && texts == nil:
		// The view came back without texts: the amendment loses its own.
		texts = &cim.ClassDecl{Name: class, Super: shown.SuperName(), Qualifiers: shown.Decl().Qualifiers.Neutral()}
	case texts == nil:
		return "", nil
	case in == ns:
		texts.Super = shown.SuperName()
	}
	if _, err := put(ns, texts, wbem.UpdateForceMode); err != nil {
		return "", err
	}
	return ns.Path(), nil
}

// shownAmendment returns the amendment that the session reads, and where it is.
func (s *session) shownAmendment(tx *repository.Tx, class string) (*cim.Class, *repository.Namespace, error) {
	for _, name := range s.locales.search {
		ns, err := tx.Namespace(s.ns.Path() + `\` + name)
		if err == nil {
			var a *cim.Class
			if a, err = tx.Class(ns, class); err == nil {
				return a, ns, nil
			}
		}
		if st := cim.StatusOf(err); st != wbem.InvalidNamespace && st != wbem.NotFound {
			return nil, nil, err
		}
	}
	return nil, nil, nil
}

// sameTexts reports whether an amendment has just the texts of a declaration.
func sameTexts(a *cim.Class, texts *cim.ClassDecl) bool {
	if texts == nil {
		return len(textsOf(a)) == 0
	}
	c, err := cim.Derive(nil, texts.Clone())
	return err == nil && maps.EqualFunc(textsOf(a), textsOf(c), cim.Value.Equal)
}

// restoreMarks gives the neutral part of a merged view the qualifiers
// Amendment and Locale of the stored class, because those of the view say which
// texts were merged.
func restoreMarks(neutral *cim.ClassDecl, stored *cim.Class) {
	for _, name := range []string{"Amendment", "Locale"} {
		neutral.Qualifiers.Delete(name)
		if stored == nil {
			continue
		}
		if q, ok := stored.Decl().Qualifiers.Get(name); ok {
			neutral.Qualifiers.Set(q)
		}
	}
}
