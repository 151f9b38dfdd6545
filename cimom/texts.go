package cimom

import (
	"fmt"
	"os"
	"sync"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// locales are the languages of a session.
type locales struct {
	text   string   // as Locale reports them: the preferred language
	own    cim.LCID // the preferred language, which localized puts write
	search []string // names of the namespaces that localized reads look in
}

// negotiate returns the languages that a caller asks for (localization.md 3.1).
func (m *Manager) negotiate(list string) (locales, error) {
	fallback := m.opts.Locale
	if fallback == "" {
		fallback = systemLocale()
	}
	def, err := cim.ParseLocale(fallback)
	if err != nil {
		return locales{}, err
	}
	if def == 0 {
		def = cim.EnglishUS
	}
	wanted, err := cim.ParseLocales(list, def)
	if err != nil {
		return locales{}, err
	}
	return locales{
		text:   wanted[0].Namespace(),
		own:    wanted[0],
		search: cim.SearchLocales(wanted, m.opts.StrictLocales),
	}, nil
}

func systemLocale() string {
	return cim.SystemLocale(os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG")).String()
}

// localized returns class c with the texts of the session's languages.
func (s *session) localized(c *cim.Class) (*cim.Class, error) {
	t, err := s.texts()
	if err != nil {
		return nil, err
	}
	return s.m.views.localize(c, t)
}

func (s *session) localizeInstance(inst *cim.Instance) error {
	c, err := s.localized(inst.Class())
	if err != nil {
		return err
	}
	inst.SetClass(c)
	return nil
}

// texts are the locale namespaces that a caller may read, the preferred one
// first, at one moment.
type texts struct {
	spaces []*repository.Namespace
	state  string // changes when a class in one of them does
}

// texts returns those of the session that exist. One that the caller may not
// read is as good as absent (localization.md 9).
func (s *session) texts() (texts, error) {
	var t texts
	var state []byte
	for _, name := range s.locales.search {
		ns, err := s.m.repo.Namespace(s.ns.Path() + `\` + name)
		if cim.StatusOf(err) == wbem.InvalidNamespace {
			continue
		}
		if err != nil {
			return t, err
		}
		if s.m.policy.Check(s.caller, ns.Path(), access.Enable) != nil {
			continue
		}
		generation, err := ns.Generation()
		if cim.StatusOf(err) == wbem.InvalidNamespace {
			continue // deleted just now
		}
		if err != nil {
			return t, err
		}
		t.spaces = append(t.spaces, ns)
		state = fmt.Appendf(state, "%p %d ", ns, generation)
	}
	t.state = string(state)
	return t, nil
}

// amendment returns the first amendment of a class, nil if there is none. Two
// languages are never mixed in one class.
func (t texts) amendment(name string) (*cim.Class, error) {
	if cim.IsSystemName(name) {
		return nil, nil
	}
	for _, ns := range t.spaces {
		a, err := ns.Class(name)
		switch cim.StatusOf(err) {
		case wbem.OK:
			return a, nil
		case wbem.NotFound, wbem.InvalidNamespace:
		default:
			return nil, err
		}
	}
	return nil, nil
}

// A viewCache keeps localized classes. A class that changes is another class,
// and texts that change have another state, so nothing in it is ever wrong;
// what is no longer asked for goes when it is full.
type viewCache struct {
	mu    sync.Mutex // guards views
	views map[viewKey]*cim.Class
}

type viewKey struct {
	class *cim.Class
	state string
}

// maxViews bounds the cache; when it is full it starts anew.
const maxViews = 4096

func newViewCache() *viewCache { return &viewCache{views: map[viewKey]*cim.Class{}} }

func (v *viewCache) localize(c *cim.Class, t texts) (*cim.Class, error) {
	if len(t.spaces) == 0 {
		return c, nil
	}
	key := viewKey{c, t.state}
	v.mu.Lock()
	view := v.views[key]
	v.mu.Unlock()
	if view != nil {
		return view, nil
	}
	super := c.Super()
	if super != nil {
		var err error
		if super, err = v.localize(super, t); err != nil {
			return nil, err
		}
	}
	a, err := t.amendment(c.Name())
	if err != nil {
		return nil, err
	}
	if view, err = cim.Localize(c, super, a); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.views) >= maxViews {
		clear(v.views)
	}
	v.views[key] = view
	return view, nil
}

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
	var theirs cim.Qualifiers
	if stored != nil {
		theirs = stored.Qualifiers()
	}
	if moreTexts(c.Qualifiers(), theirs) {
		return true
	}
	for _, p := range c.Properties() {
		theirs = nil
		if stored != nil && stored.Property(p.Name()) != nil {
			theirs = stored.Property(p.Name()).Qualifiers()
		}
		if moreTexts(p.Qualifiers(), theirs) {
			return true
		}
	}
	return false
}

// moreTexts reports whether qs has a text that is none in stored.
func moreTexts(qs, stored cim.Qualifiers) bool {
	for _, q := range qs {
		if q.Flavor&cim.Amended == 0 {
			continue
		}
		if s, ok := stored.Get(q.Name); !ok || s.Flavor&cim.Amended == 0 {
			return true
		}
	}
	return false
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

// putClass puts a class and, if the flags say so, its texts (put.md 9 with the
// spec's decision that both parts are written). The declaration now belongs to
// the repository.
func (s *session) putClass(tx *repository.Tx, decl *cim.ClassDecl, flags wbem.Flags, put classPut) (*wbem.ClassPlan, error) {
	localized := flags&wbem.UseAmendedQualifiers != 0
	flags &^= wbem.UseAmendedQualifiers
	merged := decl.IsMergedView()
	if merged && !localized && !cim.IsLocaleNamespace(s.ns.Path()) {
		return nil, cim.Errorf(wbem.AmendedObject, "it carries localized texts, which need the flag UseAmendedQualifiers")
	}
	stored, err := tx.Class(s.ns, decl.Name)
	if cim.StatusOf(err) == wbem.NotFound {
		stored = nil
	} else if err != nil {
		return nil, err
	}
	if err := s.policy(classRight(stored)); err != nil {
		return nil, err
	}
	if !localized || cim.IsLocaleNamespace(s.ns.Path()) {
		return put(s.ns, decl, flags)
	}
	if !s.keepTexts && !merged && stored == nil {
		return put(s.ns, decl, flags) // localization.md 5.1: not stripped when created
	}
	return s.putLocalized(tx, decl, stored, flags, merged, put)
}

// putLocalized stores the neutral part of a class in the namespace and, unless
// the session strips them, its texts in the namespace of its language.
func (s *session) putLocalized(tx *repository.Tx, decl *cim.ClassDecl, stored *cim.Class, flags wbem.Flags, merged bool, put classPut) (*wbem.ClassPlan, error) {
	var super *cim.Class
	if decl.Super != "" {
		// An unknown superclass is for the repository to report.
		super, _ = tx.Class(s.ns, decl.Super)
	}
	neutral, texts := cim.SplitAmendment(decl, super, s.locales.own)
	if merged {
		restoreMarks(neutral, stored)
	}
	plan, err := put(s.ns, neutral, flags)
	if err != nil || !s.keepTexts {
		return plan, err
	}
	path := s.ns.Path() + `\` + s.locales.own.Namespace()
	ns, err := tx.Namespace(path)
	if cim.StatusOf(err) == wbem.InvalidNamespace {
		if texts == nil {
			return plan, nil
		}
		ns, err = tx.CreateNamespace(path)
	}
	if err != nil {
		return nil, err
	}
	old, err := tx.Class(ns, decl.Name)
	switch {
	case err == nil && texts == nil:
		// The view came back without texts: the amendment loses its own.
		texts = &cim.ClassDecl{Name: decl.Name, Qualifiers: old.Decl().Qualifiers.Neutral()}
		fallthrough
	case err == nil:
		texts.Super = old.SuperName()
	case cim.StatusOf(err) != wbem.NotFound:
		return nil, err
	case texts == nil:
		return plan, nil
	}
	if err := s.m.policy.Check(s.caller, ns.Path(), access.FullWrite); err != nil {
		return nil, err
	}
	if _, err := put(ns, texts, wbem.UpdateForceMode); err != nil {
		return nil, err
	}
	plan.Amendment = ns.Path()
	return plan, nil
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
