package query

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"openwmi/cim"
)

// Patterns of LIKE: wql.md 5.
//
// A pattern is cut at its percent signs into pieces. The first piece stands at
// the beginning of a text that matches, the last one at its end, and each of
// those between where it is found first after the one before: if the pattern
// can match at all, then it does so. Hence nothing is ever tried twice.
//
// A piece of characters alone is found by the method of Knuth, Morris and Pratt
// in time proportional to the text. One with _ or brackets is tried at each
// place, so its length is bounded if it stands between percent signs.
//
// A text of ASCII characters is matched as it is, any other after it was turned
// into UTF-16, because _ is one unit.

// maxPiece is how many units a piece between two percent signs may match that
// has _ or brackets in it.
const maxPiece = 256

// A pattern is compiled. It never changes.
type pattern struct {
	pieces []piece // at least one; the last is also the first if there is no %
	length int     // of all pieces
	prefix bool    // there is a piece, and then a percent sign
}

// A piece is what stands between two percent signs.
type piece struct {
	elems []elem
	plain bool // no elem is any or a set
	// back is, for each elem of a plain piece, the length of the longest
	// beginning of the piece that is also an end of the piece up to there.
	back []int
	sets []set
}

// An elem matches one UTF-16 unit: it is a folded unit, or anyUnit, or firstSet
// and following for the sets of its piece.
type elem uint32

const (
	anyUnit  elem = 0x10000
	firstSet elem = 0x10001
)

// A set is what stands in brackets.
type set struct {
	not    bool
	ascii  [2]uint64 // the folded ASCII characters in the set, without regard to not
	ranges []unitRange
}

type unitRange struct{ low, high uint16 }

// compilePattern reads a pattern. The error is InvalidQuery for a bracket that is
// not closed, QuotaViolation for a piece longer than maxPiece.
func compilePattern(s string) (*pattern, error) {
	r := patternReader{units: foldPairs(s)}
	p := &pattern{}
	for {
		x, err := r.piece()
		if err != nil {
			return nil, err
		}
		last := r.at == len(r.units)
		if between := len(p.pieces) > 0 && !last; between && !x.plain && len(x.elems) > maxPiece {
			return nil, cim.Errorf(cim.QuotaViolation, "more than %d characters between two percent signs, with _ or brackets among them", maxPiece)
		} else if between && len(x.elems) == 0 {
			r.at++
			continue // adjacent percent signs are one
		}
		x.link()
		p.pieces = append(p.pieces, x)
		p.length += len(x.elems)
		if last {
			p.prefix = len(p.pieces) == 2 && len(x.elems) == 0
			return p, nil
		}
		r.at++
	}
}

// foldPairs returns the units of a pattern. Those of characters beyond U+FFFF
// are folded: there is no way to tell what else belongs together.
func foldPairs(s string) []uint16 {
	var out []uint16
	for len(s) > 0 {
		r, n := decodeRune(s)
		s = s[n:]
		if r > 0xFFFF {
			high, low := utf16.EncodeRune(foldRune(r))
			out = append(out, uint16(high), uint16(low))
			continue
		}
		out = append(out, uint16(r))
	}
	return out
}

// hasMeta reports whether a pattern has characters that mean more than
// themselves.
func hasMeta(s string) bool { return strings.ContainsAny(s, "%_[") }

// between returns a text from which on and one up to which all texts are that
// match, NULL if there is none: those that the first characters stand for, and
// the next one that differs in the last of them.
func (p *pattern) between() (low, high cim.Value) {
	var prefix []uint16
	for _, e := range p.pieces[0].elems {
		if e >= 0xD800 { // beyond it, keys and conditions have another order
			break
		}
		prefix = append(prefix, uint16(e))
	}
	if len(prefix) == 0 {
		return cim.Value{}, cim.Value{}
	}
	low = cim.StringValue(cim.FromUTF16(prefix))
	last := &prefix[len(prefix)-1]
	for *last++; foldUnit(*last) != *last; {
		*last++
	}
	if *last < 0xD800 {
		high = cim.StringValue(cim.FromUTF16(prefix))
	}
	return low, high
}

type patternReader struct {
	units []uint16
	at    int
}

// piece reads up to a percent sign or the end.
func (r *patternReader) piece() (piece, error) {
	p := piece{plain: true}
	for r.at < len(r.units) && r.units[r.at] != '%' {
		u := r.units[r.at]
		r.at++
		switch u {
		case '_':
			p.elems = append(p.elems, anyUnit)
			p.plain = false
		case '[':
			s, err := r.set()
			if err != nil {
				return piece{}, err
			}
			if c, ok := s.single(); ok {
				p.elems = append(p.elems, elem(c))
				continue
			}
			p.elems = append(p.elems, firstSet+elem(len(p.sets)))
			p.sets = append(p.sets, s)
			p.plain = false
		default:
			p.elems = append(p.elems, elem(foldUnit(u)))
		}
	}
	return p, nil
}

// set reads up to the closing bracket:
//
//	set  = [ "^" ] { item } "]" | "^" "]"
//	item = unit | unit ( "-" | "=" ) unit
//
// The second unit of a range is not the closing bracket.
func (r *patternReader) set() (set, error) {
	var s set
	rest := r.units[r.at:]
	end := 0
	if len(rest) > 1 && rest[0] == '^' && rest[1] != ']' {
		s.not = true
		end++
	}
	for ; end < len(rest) && rest[end] != ']'; end++ {
		x := unitRange{rest[end], rest[end]}
		if end+2 < len(rest) && (rest[end+1] == '-' || rest[end+1] == '=') && rest[end+2] != ']' {
			x.high = rest[end+2]
			end += 2
		}
		s.ranges = append(s.ranges, x)
	}
	if end >= len(rest) {
		return set{}, cim.Errorf(cim.InvalidQuery, "a bracket is not closed")
	}
	r.at += end + 1
	for c := range uint16(utf8.RuneSelf) {
		if foldUnit(c) == c && s.holds(c) {
			s.ascii[c/64] |= 1 << (c % 64)
		}
	}
	return s, nil
}

// single returns the folded unit that is all that the set has.
func (s *set) single() (uint16, bool) {
	if s.not || len(s.ranges) != 1 || s.ranges[0].low != s.ranges[0].high {
		return 0, false
	}
	return foldUnit(s.ranges[0].low), true
}

// holds reports whether a unit or one that differs from it in case is in one of
// the ranges.
func (s *set) holds(u uint16) bool {
	for r := rune(u); ; {
		for _, x := range s.ranges {
			if rune(x.low) <= r && r <= rune(x.high) {
				return true
			}
		}
		if r = unicode.SimpleFold(r); r == rune(u) {
			return false
		}
	}
}

// match reports whether the set matches a folded unit.
func (s *set) match(u uint16) bool {
	if u < utf8.RuneSelf {
		return s.ascii[u/64]>>(u%64)&1 != 0 != s.not
	}
	return s.holds(u) != s.not
}

func foldUnit(u uint16) uint16 { return uint16(foldRune(rune(u))) }

// link prepares a plain piece for being searched.
func (p *piece) link() {
	if !p.plain || len(p.elems) == 0 {
		return
	}
	p.back = make([]int, len(p.elems))
	n := 0
	for i := 1; i < len(p.elems); i++ {
		for n > 0 && p.elems[i] != p.elems[n] {
			n = p.back[n-1]
		}
		if p.elems[i] == p.elems[n] {
			n++
		}
		p.back[i] = n
	}
}

// match reports whether a text matches the pattern.
func (p *pattern) match(s string) bool {
	// Most texts do not match, and differ at once.
	first := &p.pieces[0]
	i := 0
	for ; i < len(first.elems) && i < len(s) && s[i] < utf8.RuneSelf; i++ {
		if !first.matchUnit(first.elems[i], uint16(upper[s[i]])) {
			return false
		}
	}
	switch {
	case i == len(first.elems) && p.prefix:
		return true
	case isASCII(s):
		return matchPieces(p, unsafe.Slice(unsafe.StringData(s), len(s)))
	}
	var buf [256]uint16
	return matchPieces(p, appendUnits(buf[:0], s))
}

// A unit is an ASCII character or a folded UTF-16 unit.
type unit interface{ ~uint8 | ~uint16 }

func matchPieces[U unit](p *pattern, text []U) bool {
	if len(text) < p.length {
		return false
	}
	first, last := &p.pieces[0], &p.pieces[len(p.pieces)-1]
	if len(p.pieces) == 1 {
		return len(text) == p.length && matchAt(first, text)
	}
	end := len(text) - len(last.elems)
	if !matchAt(first, text) || !matchAt(last, text[end:]) {
		return false
	}
	text = text[len(first.elems):end]
	for i := 1; i < len(p.pieces)-1; i++ {
		n := find(&p.pieces[i], text)
		if n < 0 {
			return false
		}
		text = text[n:]
	}
	return true
}

// matchAt reports whether a text, which is long enough, begins with a piece.
func matchAt[U unit](p *piece, text []U) bool {
	for i, e := range p.elems {
		if !p.matchUnit(e, fold(text[i])) {
			return false
		}
	}
	return true
}

func fold[U unit](u U) uint16 {
	if u < utf8.RuneSelf {
		return uint16(upper[u])
	}
	return uint16(u)
}

func (p *piece) matchUnit(e elem, u uint16) bool {
	return e == elem(u) || e >= anyUnit && (e == anyUnit || p.sets[e-firstSet].match(u))
}

// find returns where a piece ends that is found first, -1 if it is not found.
func find[U unit](p *piece, text []U) int {
	if p.plain {
		n := 0
		for i, u := range text {
			c := elem(fold(u))
			if n == 0 && c != p.elems[0] {
				continue
			}
			for n > 0 && p.elems[n] != c {
				n = p.back[n-1]
			}
			if p.elems[n] == c {
				if n++; n == len(p.elems) {
					return i + 1
				}
			}
		}
		return -1
	}
	for i := 0; i+len(p.elems) <= len(text); i++ {
		if matchAt(p, text[i:]) {
			return i + len(p.elems)
		}
	}
	return -1
}
