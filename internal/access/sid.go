package access

import (
	"encoding/binary"
	"strconv"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// A SID names a user, a group or another principal. [MS-DTYP] 2.4.2
//
// The zero SID names nobody. SIDs are equal if they are equal with ==.
type SID struct {
	// packet is the binary form, [MS-DTYP] 2.4.2.2:
	//
	//	0  revision, 1
	//	1  number n of sub-authorities, up to 15
	//	2  authority, 6 bytes, most significant first
	//	8  n sub-authorities of 4 bytes, least significant first
	packet string
}

const (
	sidRevision       = 1
	sidHeader         = 8
	maxSubAuthorities = 15

	// MaxSID is the size of the longest binary form of a SID in bytes.
	MaxSID = sidHeader + 4*maxSubAuthorities
)

// NewSID returns the SID with an authority, of which 48 bits count, and up to 15
// sub-authorities. It panics if there are more.
func NewSID(authority uint64, subs ...uint32) SID {
	if len(subs) > maxSubAuthorities {
		panic("access: a SID has up to 15 sub-authorities")
	}
	b := make([]byte, 0, MaxSID)
	b = binary.BigEndian.AppendUint64(b, authority)
	b[0], b[1] = sidRevision, byte(len(subs))
	for _, s := range subs {
		b = binary.LittleEndian.AppendUint32(b, s)
	}
	return SID{string(b)}
}

// DecodeSID returns the SID in binary form that b is, or begins with, and its
// size. The error is InvalidParameter.
func DecodeSID(b []byte) (SID, int, error) {
	if len(b) < sidHeader {
		return SID{}, 0, cim.Errorf(wbem.InvalidParameter, "a SID has at least %d bytes, not %d", sidHeader, len(b))
	}
	n := int(b[1])
	size := sidHeader + 4*n
	switch {
	case b[0] != sidRevision:
		return SID{}, 0, cim.Errorf(wbem.InvalidParameter, "revision %d of a SID is not known", b[0])
	case n > maxSubAuthorities:
		return SID{}, 0, cim.Errorf(wbem.InvalidParameter, "a SID has up to %d sub-authorities, not %d", maxSubAuthorities, n)
	case len(b) < size:
		return SID{}, 0, cim.Errorf(wbem.InvalidParameter, "a SID of %d sub-authorities has %d bytes, not %d", n, size, len(b))
	}
	return SID{string(b[:size])}, size, nil
}

// ParseSID returns the SID in the form S-1-5-32-544. [MS-DTYP] 2.4.2.1. The
// error is InvalidParameter.
func ParseSID(text string) (SID, error) {
	s, rest, ok := cutSID(text)
	if !ok || rest != "" {
		return SID{}, cim.Errorf(wbem.InvalidParameter, "%.100q is not a SID such as S-1-5-18", text)
	}
	return s, nil
}

// cutSID returns the SID that a text begins with, and what follows it.
func cutSID(text string) (s SID, rest string, ok bool) {
	rest, ok = strings.CutPrefix(text, "S-1-")
	if !ok {
		return SID{}, text, false
	}
	var authority uint64
	if hex, isHex := strings.CutPrefix(rest, "0x"); isHex {
		// Twelve digits at most: a D that follows begins something else.
		authority, rest, ok = cutNumber(hex, 16, min(12, len(hex)), 48)
	} else {
		authority, rest, ok = cutNumber(rest, 10, len(rest), 48)
	}
	var subs []uint32
	for ok && strings.HasPrefix(rest, "-") {
		var sub uint64
		sub, rest, ok = cutNumber(rest[1:], 10, len(rest)-1, 32)
		subs = append(subs, uint32(sub))
		ok = ok && len(subs) <= maxSubAuthorities
	}
	if !ok {
		return SID{}, text, false
	}
	return NewSID(authority, subs...), rest, true
}

// cutNumber returns the number of up to that many digits and bits that a text
// begins with, and what follows it.
func cutNumber(text string, base, digits, bits int) (n uint64, rest string, ok bool) {
	i := 0
	for i < digits && isDigit(text[i], base) {
		i++
	}
	n, err := strconv.ParseUint(text[:i], base, bits)
	return n, text[i:], err == nil
}

func isDigit(c byte, base int) bool {
	return '0' <= c && c <= '9' || base == 16 && ('a' <= c && c <= 'f' || 'A' <= c && c <= 'F')
}

// IsZero reports whether s names nobody.
func (s SID) IsZero() bool { return s.packet == "" }

// Bytes returns the binary form, empty for the zero SID. The caller may keep it.
func (s SID) Bytes() []byte { return []byte(s.packet) }

// String returns the form S-1-5-32-544, "" for the zero SID. An authority of
// more than 32 bits is in hexadecimal.
func (s SID) String() string {
	if s.IsZero() {
		return ""
	}
	p := s.packet
	var authority uint64
	for i := 2; i < sidHeader; i++ {
		authority = authority<<8 | uint64(p[i])
	}
	b := append(make([]byte, 0, 48), "S-1-"...)
	if authority>>32 == 0 {
		b = strconv.AppendUint(b, authority, 10)
	} else {
		b = append(b, "0x"...)
		for shift := 44; shift >= 0; shift -= 4 {
			b = append(b, "0123456789ABCDEF"[authority>>shift&15])
		}
	}
	for i := sidHeader; i < len(p); i += 4 {
		b = append(b, '-')
		b = strconv.AppendUint(b, uint64(binary.LittleEndian.Uint32([]byte(p[i:i+4]))), 10)
	}
	return string(b)
}
