package cimom

import (
	"os"
	"slices"
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
	// dayFirst reads 1/2/2024 in queries as a day in February, because the
	// caller has named a language that does.
	dayFirst bool
}

// A negotiation is what came of a list of languages. Most callers have the same.
type negotiation struct {
	list, system string
	locales      locales
}

// negotiate returns the languages that a caller asks for (localization.md 3.1).
func (m *Manager) negotiate(list string) (locales, error) {
	system := os.Getenv("LC_ALL") + "\x00" + os.Getenv("LC_MESSAGES") + "\x00" + os.Getenv("LANG")
	if n := m.negotiated.Load(); n != nil && n.list == list && n.system == system {
		return n.locales, nil
	}
	found, err := m.findLocales(list)
	if err == nil {
		m.negotiated.Store(&negotiation{list, system, found})
	}
	return found, err
}

func (m *Manager) findLocales(list string) (locales, error) {
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
		// Callers who name no language have dates in the order of the United
		// States, wherever the service runs (wql.md 4.4, Decision).
		dayFirst: list != "" && dayFirst(wanted[0]),
	}, nil
}

// dayFirst reports whether a language writes the day before the month; the
// others begin with the month or with the year.
func dayFirst(l cim.LCID) bool {
	switch l & 0xFFFF {
	case 0x0009, 0x0409, 0x3409, 0x0464, 0x500A, 0x540A, // English, en-US, en-PH, fil-PH, es-PR, es-US
		0x1009, 0x0C0C, 0x1C09, 0x0436, // en-CA, fr-CA, en-ZA, af-ZA
		0x0004, 0x0404, 0x0804, 0x0011, 0x0411, 0x0012, 0x0412, // Chinese, Japanese, Korean
		0x000E, 0x040E, 0x001D, 0x041D, 0x0027, 0x0427, 0x002D, 0x042D, 0x0050, 0x0450: // Hungarian, Swedish, Lithuanian, Basque, Mongolian
		return false
	}
	return true
}

func systemLocale() string {
	return cim.SystemLocale(os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG")).String()
}

// A viewer shows classes and instances as an operation asked for them: with
// the texts of the session's languages, or as they are. It is made once for
// each operation, so that all its results are in the same languages.
type viewer struct {
	cache *viewCache // nil for objects as they are
	texts texts
}

func (s *session) viewer(flags wbem.Flags) (viewer, error) {
	if flags&wbem.UseAmendedQualifiers == 0 {
		return viewer{}, nil
	}
	t, err := s.texts()
	if err != nil || len(t.spaces) == 0 {
		return viewer{}, err
	}
	return viewer{s.m.views, t}, nil
}

// class returns the view of a class.
func (v viewer) class(c *cim.Class) (*cim.Class, error) {
	if v.cache == nil {
		return c, nil
	}
	return v.cache.localize(c, v.texts)
}

// instance gives an instance the view of its class.
func (v viewer) instance(inst *cim.Instance) error {
	c, err := v.class(inst.Class())
	if err == nil && c != inst.Class() {
		inst.SetClass(c)
	}
	return err
}

// texts are the locale namespaces that a caller may read, the preferred one
// first, at one moment.
type texts struct {
	spaces      []*repository.Namespace
	generations []uint64 // of the classes in each
}

func (t texts) equal(u texts) bool {
	return slices.Equal(t.spaces, u.spaces) && slices.Equal(t.generations, u.generations)
}

// texts returns those of the session that exist. One that the caller may not
// read is as good as absent (localization.md 9).
func (s *session) texts() (texts, error) {
	var t texts
	for _, name := range s.locales.search {
		ns, err := s.m.repo.Namespace(s.ns.Path() + `\` + name)
		var generation uint64
		if err == nil {
			if s.allowIn(ns, access.Enable) != nil {
				continue
			}
			generation, err = ns.Generation()
		}
		if cim.StatusOf(err) == wbem.InvalidNamespace {
			continue
		}
		if err != nil {
			return t, err
		}
		t.spaces = append(t.spaces, ns)
		t.generations = append(t.generations, generation)
	}
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
// and what an entry was made from is kept with it and compared, so nothing in
// the cache is ever wrong.
type viewCache struct {
	mu    sync.Mutex // guards views
	views map[viewKey]view
}

type viewKey struct {
	class *cim.Class
	first *repository.Namespace // of the texts; sessions of other languages have others
}

type view struct {
	class *cim.Class
	texts texts
}

// maxViews bounds the cache; when it is full it starts anew.
const maxViews = 4096

func newViewCache() *viewCache { return &viewCache{views: map[viewKey]view{}} }

func (v *viewCache) localize(c *cim.Class, t texts) (*cim.Class, error) {
	key := viewKey{c, t.spaces[0]}
	v.mu.Lock()
	known := v.views[key]
	v.mu.Unlock()
	if known.class != nil && known.texts.equal(t) {
		return known.class, nil
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
	localized, err := cim.Localize(c, super, a)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.views) >= maxViews {
		clear(v.views)
	}
	v.views[key] = view{localized, t}
	return localized, nil
}
