package repository

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"openwmi/cim"
)

// The keys of the two tables of indexes. All values are empty.
//
//	index  table namespace root position value class keys length
//	link   table namespace target class keys position
//
// root and position name the index, class and keys the instance. value is as
// appendIndexValue writes it, length its length, and target a linkTarget.
// position and length have two bytes, target has sixteen.

var indexTables = []byte{tableIndex, tableLink}

const (
	indexHeader = spaceKeySize + 4 + 2      // before the value
	linkHeader  = spaceKeySize + targetSize // before the class
	targetSize  = 16
)

func indexPrefix(ns uint32, x *index) []byte {
	b := appendClassPrefix(make([]byte, 0, 96), tableIndex, ns, x.root)
	return binary.BigEndian.AppendUint16(b, x.at)
}

func indexKey(ns uint32, x *index, v cim.Value, class uint32, keys []byte) []byte {
	b := appendIndexValue(indexPrefix(ns, x), v)
	n := len(b) - indexHeader
	b = append(id32(b, class), keys...)
	return binary.BigEndian.AppendUint16(b, uint16(n))
}

func linkPrefix(ns *Namespace, to target) []byte {
	b := id32(append(make([]byte, 0, 96), tableLink), ns.id)
	return append(b, to[:]...)
}

func linkKey(ns *Namespace, to target, class uint32, keys []byte, at uint16) []byte {
	b := append(id32(linkPrefix(ns, to), class), keys...)
	return binary.BigEndian.AppendUint16(b, at)
}

// An indexEntry is what a key of the tables of indexes says.
type indexEntry struct {
	class uint32
	keys  []byte
	value []byte // nil for a link
	at    uint16 // of a link: position of the property
}

// splitIndexKey takes a key of one of the tables apart. The parts share its
// bytes.
func splitIndexKey(key []byte) (x indexEntry, ok bool) {
	end := len(key) - 2
	if end < 0 {
		return x, false
	}
	last := binary.BigEndian.Uint16(key[end:])
	at := linkHeader
	if key[0] == tableIndex {
		at = indexHeader + int(last)
	}
	if at+4 > end {
		return x, false
	}
	x.class, x.keys = binary.BigEndian.Uint32(key[at:]), key[at+4:end]
	if key[0] == tableIndex {
		x.value = key[indexHeader:at]
	} else {
		x.at = last
	}
	return x, true
}

// maxIndexText is how many bytes of a text are in an index, before those that
// are 0 are doubled.
const maxIndexText = 120

// appendIndexValue appends a value, which is not NULL, so that the bytes order
// as queries compare the values (wql.md 4), and no value begins another:
//
//	integer, char16   big-endian, in the size of the type, the sign turned over
//	boolean           one byte
//	real              eight bytes, big-endian: of a negative number all bits are
//	                  turned over, of others the sign; no difference between
//	                  the zeros
//	string            folded, its UTF-16 units by one to three bytes each as UTF-8
//	                  would write them, cut at maxIndexText; with 0x00 as 0x00
//	                  0xFF, and 0x00 0x01 at the end
//	datetime          point: 1 and microseconds since 1970 in UTC, interval: 2
//	                  and microseconds, like an integer of eight bytes; with open
//	                  fields: 3 and its 25 characters
func appendIndexValue(b []byte, v cim.Value) []byte {
	switch t := v.Type(); {
	case t == cim.TypeDatetime:
		return appendIndexDatetime(b, v)
	case t.IsText():
		return appendEnded(b, indexText(v.Text()))
	case t == cim.TypeReal32, t == cim.TypeReal64:
		bits := math.Float64bits(v.Float() + 0) // -0 + 0 is 0
		if bits>>63 != 0 {
			bits = ^bits
		} else {
			bits |= 1 << 63
		}
		return appendBits(b, bits, 64)
	case t.IsSigned():
		return appendBits(b, v.Bits()^1<<(t.Bits()-1), t.Bits())
	default:
		return appendBits(b, v.Bits(), t.Bits())
	}
}

const (
	indexPoint    = 1
	indexInterval = 2
	indexOpen     = 3
)

func appendIndexDatetime(b []byte, v cim.Value) []byte {
	d, _ := v.Datetime()
	if us, ok := d.Micros(); ok {
		return appendBits(append(b, indexInterval), uint64(us)^1<<63, 64)
	}
	if t, ok := d.Time(); ok {
		return appendBits(append(b, indexPoint), uint64(t.UnixMicro())^1<<63, 64)
	}
	return append(append(b, indexOpen), v.Text()...)
}

// indexText returns the beginning of a text as an index has it.
func indexText(s string) string {
	if len(s) > 4*maxIndexText {
		s = s[:4*maxIndexText] // no character has more than four bytes, or folds to one with fewer units
	}
	s = cim.Fold(s)
	if strings.ContainsFunc(s, func(r rune) bool { return r > 0xFFFF }) {
		s = splitPairs(s)
	}
	if len(s) <= maxIndexText {
		return s
	}
	return s[:maxIndexText]
}

// splitPairs writes characters beyond U+FFFF as the two UTF-16 units that they
// are compared by.
func splitPairs(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r <= 0xFFFF {
			b.WriteString(s[i : i+n])
		} else {
			high, low := utf16.EncodeRune(r)
			for _, u := range []rune{high, low} {
				b.Write([]byte{0xE0 | byte(u>>12), 0x80 | byte(u>>6)&0x3F, 0x80 | byte(u)&0x3F})
			}
		}
		i += n
	}
	return b.String()
}

// A target stands for the objects that a reference may mean.
type target [targetSize]byte

// linkTarget returns the target of a reference. Two references to one object
// have the same, however they are written (model.md 9.2), but that a char16 key
// has to be written in the same way. It does not need the class of the object,
// which may not exist yet, may change, and may be named by a superclass; so
// references to objects of different classes with the same keys, and to objects
// with keys that differ only as "01" and 1 do, share one too. ns is where a
// reference without namespace points to.
func linkTarget(text string, ns *Namespace) target {
	b := appendTarget(make([]byte, 0, 128), text, ns, maxTargetDepth)
	sum := sha256.Sum256(b)
	return target(sum[:])
}

// maxTargetDepth is how deep references in keys of references are looked into.
const maxTargetDepth = 4

func appendTarget(b []byte, text string, ns *Namespace, depth int) []byte {
	p, err := cim.ParsePath(text)
	if err != nil || depth == 0 {
		return append(append(b, '?'), cim.Fold(text)...)
	}
	if p.Namespace == "" {
		p.Namespace = ns.Path()
	}
	b = append(append(b, cim.Fold(p.Namespace)...), 0)
	switch {
	case p.IsClass():
		return append(append(b, ':'), cim.Fold(p.Class)...)
	case p.Singleton:
		return append(b, '@')
	}
	values := make([][]byte, len(p.Keys))
	for i, k := range p.Keys {
		if len(p.Keys) > 1 {
			values[i] = append(append(values[i], cim.Fold(k.Name)...), '=')
		}
		if isInstancePath(k.Text) {
			values[i] = append(values[i], '(')
			values[i] = appendTarget(values[i], k.Text, ns, depth-1)
			values[i] = append(values[i], ')')
			continue
		}
		k.Quoted = false // a number may be written with quotes and without
		values[i] = append(values[i], cim.Fold(k.Normal().Text)...)
	}
	slices.SortFunc(values, bytes.Compare)
	return append(b, bytes.Join(values, []byte{0})...)
}

func isInstancePath(s string) bool {
	if !strings.Contains(s, "=") {
		return false
	}
	p, err := cim.ParsePath(s)
	return err == nil && p.IsInstance()
}
