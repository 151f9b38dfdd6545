package perf

import (
	"math"

	"openwmi/cim"
)

// A recipe says how the instances of a class are made of those of a raw class. It
// never changes.
type recipe struct {
	class, raw          *cim.Class
	columns             []column
	bits                []int // of each property of the raw class, 0 if it is no integer
	stamps, frequencies [clocks]int
	began               int // the property of the raw class that says when an instance began, -1 if none
	series              int // how many columns are statistics
}

// A column is a property. The numbers are places in the lists of properties.
type column struct {
	at      int      // in the class
	counter int      // in the raw class
	base    int      // in the raw class, -1 if there is none
	formula *formula // nil copies the value

	statistic statistic // nil if it is none
	window    int       // of how many values
	series    int       // among those that are statistics
}

func newRecipe(class, raw *cim.Class) *recipe {
	r := &recipe{
		class: class, raw: raw, began: -1,
		stamps: [clocks]int{
			place(class, raw, "PerfSysTimeStamp", "Timestamp_PerfTime"),
			place(class, raw, "Perf100NSTimeStamp", "Timestamp_Sys100NS"),
			place(class, raw, "PerfObjTimeStamp", "Timestamp_Object"),
		},
		frequencies: [clocks]int{
			place(class, raw, "PerfSysTimeFreq", "Frequency_PerfTime"),
			place(class, raw, "Perf100NSTimeFreq", "Frequency_Sys100NS"),
			place(class, raw, "PerfObjTimeFreq", "Frequency_Object"),
		},
	}
	for i, p := range raw.Properties() {
		r.bits = append(r.bits, width(p.Type()))
		if v := p.Qualifiers().Value("CounterType"); !v.IsNull() && uint32(v.Int()) == elapsed && r.bits[i] > 0 {
			r.began = i
		}
	}
	for at, p := range class.Properties() {
		c := column{at: at, counter: raw.PropertyIndex(p.Name())}
		if name := p.Qualifiers().Value("Counter").Text(); name != "" {
			c.counter = raw.PropertyIndex(name)
		}
		if c.counter < 0 {
			continue
		}
		counter := raw.Properties()[c.counter]
		c.base = raw.PropertyIndex(counter.Name() + "_Base")
		if f, ok := formulaOf(p, counter); ok && r.bits[c.counter] > 0 && width(p.Type()) > 0 {
			c.formula = &f
			if c.statistic = statistics[cookingType(p)]; c.statistic != nil {
				c.window, c.series = window(p), r.series
				r.series++
			}
		} else if !isCopied(p, counter) {
			continue
		}
		r.columns = append(r.columns, c)
	}
	return r
}

// cookingType returns the qualifier of that name, folded.
func cookingType(p *cim.Property) string { return cim.Fold(p.Qualifiers().Value("CookingType").Text()) }

// formulaOf returns the formula for a property.
func formulaOf(p, counter *cim.Property) (formula, bool) {
	if name := cookingType(p); name != "" && statistics[name] == nil {
		f, ok := named[name]
		return f, ok
	}
	v := counter.Qualifiers().Value("CounterType")
	f, ok := formulas[uint32(v.Int())]
	return f, ok && !v.IsNull()
}

// isCopied reports whether a property says the same of both instances: the key, or
// a text.
func isCopied(p, counter *cim.Property) bool {
	return p.Type() == counter.Type() && (p.IsKey() || p.Type() == cim.TypeString)
}

// width returns how many bits an integer that counts has; 0 for any other type.
func width(t cim.Type) int {
	switch t {
	case cim.TypeUint32, cim.TypeSint32:
		return 32
	case cim.TypeUint64, cim.TypeSint64:
		return 64
	}
	return 0
}

// place returns where a property of the raw class is, -1 if there is none: the one
// that a qualifier of the class names, or else that of Win32_Perf.
func place(class, raw *cim.Class, qualifier, name string) int {
	if other := class.Qualifiers().Value(qualifier).Text(); other != "" {
		name = other
	}
	return raw.PropertyIndex(name)
}

// instance computes the instance that a new sample and what is remembered come to.
// It takes texts from the raw one. What is not known is NULL, not the default.
func (r *recipe) instance(raw *cim.Instance, h *history, s *sample) *cim.Instance {
	old, fresh := h.add(r, s)
	inst := cim.NewInstance(r.class)
	for _, c := range r.columns {
		if c.formula == nil {
			if v := raw.At(c.counter); !v.IsNull() {
				inst.Put(c.at, v)
			}
			continue
		}
		t := r.class.Properties()[c.at].Type()
		n, ok := r.value(c, old, s)
		if c.statistic != nil {
			n, ok = h.summarize(c, n, ok, fresh)
		}
		v := cim.Value{}
		if ok && n <= largest(t) {
			v = cim.NumberValue(t, n)
		}
		inst.Put(c.at, v)
	}
	return inst
}

// largest returns the largest number of a type that has a width.
func largest(t cim.Type) uint64 {
	switch t {
	case cim.TypeUint32:
		return math.MaxUint32
	case cim.TypeSint32:
		return math.MaxInt32
	case cim.TypeSint64:
		return math.MaxInt64
	}
	return math.MaxUint64
}

// value computes a column.
func (r *recipe) value(c column, old, s *sample) (n uint64, ok bool) {
	f := c.formula
	var in reading
	if f.clock != timeless {
		at, before := s.clocks[f.clock], old.clocks[f.clock]
		in.t, in.f = at.at, at.freq
		switch {
		case at.freq == 0, f.n == change && (before.freq != at.freq || before.at >= at.at):
			return 0, false
		case f.n == change:
			in.t -= before.at
		}
	}
	if in.n, ok = r.use(f.n, c.counter, old, s); !ok {
		return 0, false
	}
	if in.b, ok = r.use(f.b, c.base, old, s); !ok {
		return 0, false
	}
	return f.cook(in)
}

// use returns what a formula needs of a property of the raw class.
func (r *recipe) use(u use, property int, old, s *sample) (n uint64, ok bool) {
	switch {
	case u == unused:
		return 0, true
	case property < 0 || !s.known[property]:
		return 0, false
	case u == now:
		return s.n[property], true
	case !old.known[property]:
		return 0, false
	}
	return since(old.n[property], s.n[property], r.bits[property])
}
