// Package kerberos lets somebody prove to a service who he is by a ticket of a key
// distribution centre, and protects messages with the key in it: Kerberos 5 under
// GSS-API, RFC 4120 and RFC 4121, for both sides.
//
// Tickets, their keys and the talk with the centre are of gokrb5, which nothing
// outside of this package sees; what GSS-API adds is here. Only AES is spoken: the
// older kinds of encryption have other messages, and are broken.
package kerberos

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"

	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/types"
	"golang.org/x/crypto/cryptobyte"
	cryptobyteasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oid   = asn1.ObjectIdentifier{1, 2, 840, 113554, 1, 2, 2}
	oidMS = asn1.ObjectIdentifier{1, 2, 840, 48018, 1, 2, 2}
)

// maxToken is how many bytes a token of a peer has at most. Tickets of users with
// many groups have 64 KiB.
const maxToken = 128 << 10

// Kinds of tokens of a handshake. RFC 4121 4.1
const (
	tokenRequest = 0x0100 // AP-REQ
	tokenReply   = 0x0200 // AP-REP
)

const application = cryptobyteasn1.Tag(0x60)

var errToken = errors.New("no token of Kerberos")

// wrapToken puts what GSS-API wants around a message of Kerberos. RFC 2743 3.1
func wrapToken(kind uint16, message []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(application, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		b.AddUint16(kind)
		b.AddBytes(message)
	})
	return b.Bytes()
}

func unwrapToken(kind uint16, token []byte) ([]byte, error) {
	s := cryptobyte.String(token)
	var inner cryptobyte.String
	var mechanism asn1.ObjectIdentifier
	var k uint16
	if len(token) > maxToken || !s.ReadASN1(&inner, application) || !s.Empty() || !inner.ReadASN1ObjectIdentifier(&mechanism) ||
		!mechanism.Equal(oid) && !mechanism.Equal(oidMS) || !inner.ReadUint16(&k) || k != kind {
		return nil, errToken
	}
	return inner, nil
}

// Flags that a client has in the checksum of its authenticator. RFC 4121 4.1.1.1
const (
	flagMutual       = 1 << 1
	flagReplay       = 1 << 2
	flagSequence     = 1 << 3
	flagConfidential = 1 << 4
	flagIntegrity    = 1 << 5
	flagDCE          = 1 << 12 // three tokens instead of two, [MS-KILE] 3.2.5.2
)

// checksumGSS says that a checksum is none, but flags and channel bindings:
//
//	0 length of the bindings, 16  4 bindings  20 flags  24 delegated credentials
const checksumGSS = 0x8003

// strong reports whether a kind of encryption is AES.
func strong(etype int32) bool {
	return slices.Contains([]int32{
		etypeID.AES128_CTS_HMAC_SHA1_96, etypeID.AES256_CTS_HMAC_SHA1_96,
		etypeID.AES128_CTS_HMAC_SHA256_128, etypeID.AES256_CTS_HMAC_SHA384_192,
	}, etype)
}

// checkKey refuses keys that are not of AES.
func checkKey(k types.EncryptionKey) error {
	if !strong(k.KeyType) {
		return fmt.Errorf("a key of encryption type %d is too weak", k.KeyType)
	}
	return nil
}

// guard calls what reads a message of a peer with gokrb5, which panics for some
// that are damaged: that is the peer's mistake, and no reason to end.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("damaged message of Kerberos: %v", r)
		}
	}()
	return f()
}
