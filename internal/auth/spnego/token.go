package spnego

import (
	encoding "encoding/asn1"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Limits of what is read. A ticket of Kerberos with many groups has 64 KiB.
const (
	maxToken      = 128 << 10
	maxMechanisms = 32
)

var errToken = errors.New("no token of SPNEGO")

const application = asn1.Tag(0x60) // [APPLICATION 0], constructed

// tag returns the tag [n] around a value.
func tag(n uint8) asn1.Tag { return asn1.Tag(n).Constructed().ContextSpecific() }

// states of a negotiation. RFC 4178 4.2.2
const (
	acceptCompleted  = 0
	acceptIncomplete = 1
	rejected         = 2
	requestMIC       = 3
	noState          = -1
)

// An initial is the first token of a client. RFC 4178 4.2.1, and 4.1 of RFC 2743
// for what is around it.
type initial struct {
	list       []byte // the mechanisms as they were written, for signatures
	mechanisms []encoding.ObjectIdentifier
	token, mic []byte
}

// mechanism returns what stands in front of a first token, as all mechanisms of
// GSS-API have it.
func mechanism(b []byte) (oid encoding.ObjectIdentifier, inner cryptobyte.String, err error) {
	s := cryptobyte.String(b)
	if len(b) > maxToken || !s.ReadASN1(&inner, application) || !s.Empty() || !inner.ReadASN1ObjectIdentifier(&oid) {
		return nil, nil, errToken
	}
	return oid, inner, nil
}

func parseInitial(s cryptobyte.String) (t initial, err error) {
	var choice, fields, list cryptobyte.String
	if !s.ReadASN1(&choice, tag(0)) || !choice.ReadASN1(&fields, asn1.SEQUENCE) || !fields.ReadASN1(&list, tag(0)) {
		return t, errToken
	}
	t.list = list
	var oids cryptobyte.String
	if !list.ReadASN1(&oids, asn1.SEQUENCE) || !list.Empty() {
		return t, errToken
	}
	for !oids.Empty() {
		var oid encoding.ObjectIdentifier
		if !oids.ReadASN1ObjectIdentifier(&oid) || len(t.mechanisms) == maxMechanisms {
			return t, errToken
		}
		t.mechanisms = append(t.mechanisms, oid)
	}
	if !fields.SkipOptionalASN1(tag(1)) || !octets(&fields, 2, &t.token) {
		return t, errToken
	}
	// What Windows adds for servers that speak first has tag 3, and moves the
	// signature. [MS-SPNG] 2.2.1
	var hints cryptobyte.String
	if rest := fields; rest.ReadASN1(&hints, tag(3)) && hints.PeekASN1Tag(asn1.SEQUENCE) {
		fields = rest
		if !octets(&fields, 4, &t.mic) {
			return t, errToken
		}
		return t, nil
	}
	if !octets(&fields, 3, &t.mic) {
		return t, errToken
	}
	return t, nil
}

// octets reads an optional octet string.
func octets(s *cryptobyte.String, n uint8, out *[]byte) bool {
	var present bool
	return s.ReadOptionalASN1OctetString(out, &present, tag(n))
}

func (t initial) encode() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(application, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSPNEGO)
		b.AddASN1(tag(0), func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(tag(0), func(b *cryptobyte.Builder) { b.AddBytes(t.list) })
				addOctets(b, 2, t.token)
			})
		})
	})
	return b.Bytes()
}

// encodeList writes a list of mechanisms as it is signed.
func encodeList(oids []encoding.ObjectIdentifier) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, oid := range oids {
			b.AddASN1ObjectIdentifier(oid)
		}
	})
	return b.Bytes()
}

func addOctets(b *cryptobyte.Builder, n uint8, value []byte) {
	if value != nil {
		b.AddASN1(tag(n), func(b *cryptobyte.Builder) { b.AddASN1OctetString(value) })
	}
}

// A response is each token after the first one. RFC 4178 4.2.2
type response struct {
	state      int
	mechanism  encoding.ObjectIdentifier // nil if it does not say
	token, mic []byte
}

func parseResponse(b []byte) (t response, err error) {
	t.state = noState
	s := cryptobyte.String(b)
	var choice, fields, field cryptobyte.String
	if len(b) > maxToken || !s.ReadASN1(&choice, tag(1)) || !s.Empty() || !choice.ReadASN1(&fields, asn1.SEQUENCE) {
		return t, errToken
	}
	var present bool
	if !fields.ReadOptionalASN1(&field, &present, tag(0)) || present && !field.ReadASN1Enum(&t.state) {
		return t, errToken
	}
	if !fields.ReadOptionalASN1(&field, &present, tag(1)) || present && !field.ReadASN1ObjectIdentifier(&t.mechanism) {
		return t, errToken
	}
	if !octets(&fields, 2, &t.token) || !octets(&fields, 3, &t.mic) {
		return t, errToken
	}
	return t, nil
}

func (t response) encode() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(tag(1), func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			if t.state != noState {
				b.AddASN1(tag(0), func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(t.state)) })
			}
			if t.mechanism != nil {
				b.AddASN1(tag(1), func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(t.mechanism) })
			}
			addOctets(b, 2, t.token)
			addOctets(b, 3, t.mic)
		})
	})
	return b.Bytes()
}
