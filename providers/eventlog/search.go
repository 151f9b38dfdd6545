package eventlog

import (
	"context"
	"iter"
	"math"
	"slices"
	"strconv"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/internal/journal"
	"openwmi/providers/live"
)

// A search says which entries are read.
type search struct {
	filter  journal.Filter
	numbers []uint32 // those alone, nil for any
	first   uint32   // the least and the greatest number
	last    uint32   // 0 for any
	none    bool
}

// searchFor returns what a query can be content with.
func searchFor(q *provider.Query) search {
	var s search
	for _, c := range q.Conditions {
		s.narrow(c)
	}
	return s
}

// narrow takes a condition into account if that helps.
func (s *search) narrow(c provider.Condition) {
	is := func(name string) bool { return cim.EqualNames(c.Property, name) }
	switch {
	case is("RecordNumber"):
		s.narrowNumber(c)
	case is("TimeWritten"), is("TimeGenerated"):
		s.narrowTime(c)
	case is("EventType"):
		s.narrowType(c)
	case c.In == nil:
	case is("Logfile"):
		s.through(inLog(c.In))
	case is("Type"):
		var values []cim.Value
		for n, text := range types {
			if n > 0 && contains(c.In, cim.StringValue(text)) {
				values = append(values, cim.Uint8Value(uint8(n)))
			}
		}
		s.narrowType(provider.Condition{In: values})
	case is("SourceName"):
		fits := func(name string) bool { return contains(c.In, live.Text(name)) }
		s.through(journal.Values{{Field: "SYSLOG_IDENTIFIER", Fits: fits}, {Field: "_COMM", Fits: fits}})
	case is("Category"):
		s.through(one("SYSLOG_FACILITY", func(n uint64) bool { return contains(c.In, cim.Uint16Value(uint16(n))) }, math.MaxUint16))
	}
}

func contains(values []cim.Value, v cim.Value) bool {
	return slices.ContainsFunc(values, func(w cim.Value) bool { return v.EqualFold(w) })
}

// one returns a way to the entries in which a field is a number that fits.
func one(field string, fits func(uint64) bool, max uint64) journal.Values {
	return journal.Values{{Field: field, Fits: func(text string) bool {
		n, err := strconv.ParseUint(text, 10, 64)
		return err == nil && n <= max && fits(n)
	}}}
}

// through adds a way to the entries; nil is none.
func (s *search) through(v journal.Values) {
	if v != nil {
		s.filter.Any = append(s.filter.Any, v)
	}
}

func (s *search) narrowNumber(c provider.Condition) {
	if c.In != nil {
		s.numbers = []uint32{}
		for _, v := range c.In {
			s.numbers = append(s.numbers, uint32(v.Uint()))
		}
		return
	}
	if !c.Low.IsNull() {
		s.first = uint32(c.Low.Uint())
	}
	if !c.High.IsNull() {
		s.last = uint32(c.High.Uint())
		s.none = s.none || s.last == 0 // the first number is 1
	}
}

func (s *search) narrowTime(c provider.Condition) {
	low, high := c.Low, c.High
	if len(c.In) == 1 {
		low, high = c.In[0], c.In[0]
	}
	if us, ok := micros(low); ok {
		s.filter.Since = max(s.filter.Since, us)
	}
	if us, ok := micros(high); ok {
		if s.filter.Until != 0 {
			us = min(us, s.filter.Until)
		}
		s.filter.Until = max(us, 1)
	}
}

// micros returns a point in time in µs since 1970, 0 for one before; ok is false for
// one that is not known, or has open fields.
func micros(v cim.Value) (us uint64, ok bool) {
	d, ok := v.Datetime()
	if !ok || d.IsInterval() {
		return 0, false
	}
	t, ok := d.Time()
	return uint64(max(t.UnixMicro(), 0)), ok
}

func (s *search) narrowType(c provider.Condition) {
	wanted := func(t uint8) bool {
		if c.In != nil {
			return contains(c.In, cim.Uint8Value(t))
		}
		return (c.Low.IsNull() || uint64(t) >= c.Low.Uint()) && (c.High.IsNull() || uint64(t) <= c.High.Uint())
	}
	values := journal.Values{}
	if wanted(auditSuccess) || wanted(auditFailure) {
		values = append(values, journal.Value{Field: "_TRANSPORT", Is: "audit"})
	}
	values = append(values, one("PRIORITY", func(n uint64) bool { return wanted(typeOf(n)) }, 7)...)
	s.through(values)
}

// search yields the entries, the newest first. They can be used until the loop goes
// on, and those that were asked for by number longer than that.
func (p *Provider) search(ctx context.Context, s search) iter.Seq2[*record, error] {
	return func(yield func(*record, error) bool) {
		if s.none {
			return
		}
		set, err := p.open()
		if err != nil {
			yield(nil, err)
			return
		}
		defer set.Close()
		dir, users := set.Dir(), map[string]string{}
		for _, f := range s.filters(set.Last()) {
			for e, err := range set.Entries(ctx, f) {
				if err != nil {
					yield(nil, err)
					return
				}
				r := &record{entry: e, dir: dir, users: users}
				if s.numbers != nil {
					r.keep()
				}
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}

// filters returns what to look for in a journal whose last number is known. Numbers
// of 32 bits say nothing where there are greater ones.
func (s *search) filters(last uint64) []journal.Filter {
	if last > math.MaxUint32 {
		return []journal.Filter{s.filter}
	}
	f := s.filter
	f.First, f.Last = uint64(s.first), uint64(s.last)
	if s.numbers == nil {
		return []journal.Filter{f}
	}
	var all []journal.Filter
	f.Any = nil // nothing is found faster than a number
	for _, n := range s.numbers {
		if n != 0 {
			f.First, f.Last = uint64(n), uint64(n)
			all = append(all, f)
		}
	}
	return all
}
