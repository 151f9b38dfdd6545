package perf

import (
	"openwmi/cim"
)

// Samples that are closer together than 1/closer of a second count as one.
const closer = 10

// maxKept bounds the instances of a class whose samples are kept. Others are always
// computed since they began.
const maxKept = 1 << 16

// A sample is what the raw instance said at one time.
type sample struct {
	clocks [clocks]clockTime
	n      []uint64 // by property of the raw class
	known  []bool   // which are not NULL
}

// A clockTime is a time stamp; freq is how many of its units a second has, 0 if it
// is not known.
type clockTime struct{ at, freq uint64 }

// since returns how much more a counter says than it said before, modulo its
// width; ok is false if it went backwards, and for what there is no telling.
func since(before, now uint64, bits int) (more uint64, ok bool) {
	more = (now - before) & (1<<bits - 1)
	return more, more>>(bits-1) == 0
}

// take reads a raw instance.
func (r *recipe) take(inst *cim.Instance) *sample {
	s := &sample{n: make([]uint64, len(r.bits)), known: make([]bool, len(r.bits))}
	for i, bits := range r.bits {
		if v := inst.At(i); bits > 0 && !v.IsNull() {
			s.n[i], s.known[i] = v.Bits(), true
		}
	}
	for c := range s.clocks {
		at, freq := r.stamps[c], r.frequencies[c]
		if at >= 0 && freq >= 0 && s.known[at] && s.known[freq] {
			s.clocks[c] = clockTime{s.n[at], s.n[freq]}
		}
	}
	return s
}

// origin returns the sample that there would have been when the instance began:
// all counters are zero, except that of one of 32 bits nothing is known, as it may
// have wrapped since then.
func (r *recipe) origin(s *sample) *sample {
	o := &sample{clocks: s.clocks, n: make([]uint64, len(r.bits)), known: make([]bool, len(r.bits))}
	old := s.clocks[perfTime] // which was 0 when the system was started
	if began, ok := r.start(s); ok {
		old = s.clocks[objectTime]
		old.at -= min(began, old.at)
	}
	for c, t := range s.clocks {
		ago, ok := scale(old.at, t.freq, old.freq)
		if !ok || ago > t.at {
			o.clocks[c] = clockTime{}
			continue
		}
		o.clocks[c].at = t.at - ago
	}
	for i, bits := range r.bits {
		o.known[i] = s.known[i] && bits == 64
	}
	return o
}

// start returns when the instance began, by the clock of the object.
func (r *recipe) start(s *sample) (at uint64, ok bool) {
	if r.began < 0 || !s.known[r.began] || s.clocks[objectTime].freq == 0 {
		return 0, false
	}
	return s.n[r.began], true
}

// isSame reports whether two samples are of the same instance, and not of two that
// had its name one after the other. The clock may have been set by a little.
func (r *recipe) isSame(a, b *sample) bool {
	x, ok := r.start(a)
	y, ok2 := r.start(b)
	return ok == ok2 && (!ok || max(x, y)-min(x, y) <= 2*b.clocks[objectTime].freq)
}

// A history is what is remembered of an instance.
type history struct {
	last *sample // not too close to base
	base *sample // the one before, nil if none
	seen uint64  // the enumeration that found it last

	series [][]uint64 // the last values of columns that are statistics
}

// add returns the sample with which a new one is to be compared; fresh reports
// whether it counts as one by itself.
func (h *history) add(r *recipe, s *sample) (old *sample, fresh bool) {
	switch distance := h.last.distance(s); {
	case h.last == nil, distance < -1, !r.isSame(h.last, s):
		*h, fresh = history{last: s, seen: h.seen, series: make([][]uint64, r.series)}, true
	case distance >= 1:
		h.base, h.last, fresh = h.last, s, true
	}
	if h.base == nil {
		return r.origin(s), fresh
	}
	return h.base, fresh
}

// distance returns how much later another sample is, in parts of a second by which
// samples are different ones: 1 and more, or if it is earlier -1 and less.
func (s *sample) distance(t *sample) int {
	if s == nil {
		return 0
	}
	for c, old := range s.clocks {
		now := t.clocks[c]
		if old.freq == 0 || now.freq == 0 {
			continue
		}
		apart, ok := scale(max(old.at, now.at)-min(old.at, now.at), closer, now.freq)
		if !ok || apart > 2 {
			apart = 2
		}
		if now.at < old.at {
			return -int(apart)
		}
		return int(apart)
	}
	return 0
}
