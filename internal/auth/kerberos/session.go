package kerberos

import (
	"bytes"
	"crypto/hmac"
	"encoding/binary"
	"errors"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/crypto/etype"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/types"
)

// A Session protects messages with the key that both sides have. Messages have to
// be unsealed in the order in which they were sealed; each counts once. After one
// that is not right the session unseals nothing any more. It is not for several
// goroutines at once.
//
// An encrypted token has a header of 16 bytes, and then random bytes, the message,
// fillers and the header again, encrypted, and a checksum. All that is turned to
// the right, so that what follows the message comes to stand in front of it: then
// a signature is what stands before the message, which itself keeps its length.
// RFC 4121 4.2.4, 4.2.5
//
//	0 05 04  2 flags  3 FF  4 count of fillers  6 count of turns  8 number
type Session struct {
	etype  etype.EType
	key    []byte
	flags  byte // of the tokens of this side
	out    uint64
	in     uint64
	broken bool
}

const (
	header          = 16
	flagAcceptor    = 1 << 0 // the token is of the server
	flagSealed      = 1 << 1
	flagAcceptorKey = 1 << 2 // the key is one that the server has made
)

// Key usages. RFC 4121 2
const (
	usageAcceptorSeal  = 22
	usageAcceptorSign  = 23
	usageInitiatorSeal = 24
	usageInitiatorSign = 25
)

// ErrMessage says of a message that it is not what the peer has sealed or signed,
// not the next one, or that one before was so.
var ErrMessage = errors.New("the message is not what the peer has sent next")

func newSession(key types.EncryptionKey, flags byte, out, in uint64) (*Session, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	e, err := crypto.GetEtype(key.KeyType)
	if err != nil {
		return nil, err
	}
	size := e.GetKeyByteSize()
	if key.KeyType == etypeID.AES256_CTS_HMAC_SHA384_192 {
		size = 32 // gokrb5 says how long the one for checksums is
	}
	if len(key.KeyValue) != size {
		return nil, errors.New("a key has another length than its kind")
	}
	return &Session{etype: e, key: key.KeyValue, flags: flags, out: out, in: in}, nil
}

// usage returns which of two usages is that of a token.
func usage(flags byte, acceptor, initiator uint32) uint32 {
	if flags&flagAcceptor != 0 {
		return acceptor
	}
	return initiator
}

// checksum is how many bytes of checksum there are.
func (s *Session) checksum() int { return s.etype.GetHMACBitLength() / 8 }

// Seal encrypts a message and returns it with its signature of 60 to 72 bytes.
func (s *Session) Seal(plain []byte) (signature, sealed []byte, err error) {
	h := []byte{5, 4, s.flags | flagSealed, 0xFF, 0, 0, 0, 0}
	h = binary.BigEndian.AppendUint64(h, s.out)
	_, data, err := s.etype.EncryptMessage(s.key, append(bytes.Clone(plain), h...), usage(s.flags, usageAcceptorSeal, usageInitiatorSeal))
	if err != nil {
		return nil, nil, err
	}
	s.out++
	tail := header + s.checksum() // what follows the message
	binary.BigEndian.PutUint16(h[6:], uint16(tail))
	random := len(data) - tail - len(plain)
	signature = append(h, data[len(data)-tail:]...)
	return append(signature, data[:random]...), data[random : random+len(plain)], nil
}

// Unseal decrypts the next message of the peer: ErrMessage if it is not.
func (s *Session) Unseal(signature, sealed []byte) (plain []byte, err error) {
	if s.broken {
		return nil, ErrMessage
	}
	s.broken = true // until it is right
	token := append(bytes.Clone(signature), sealed...)
	theirs := s.flags ^ flagAcceptor | flagSealed
	if len(token) < 2*header+s.etype.GetConfounderByteSize()+s.checksum() || !s.isNext(token, []byte{5, 4, theirs, 0xFF}) {
		return nil, ErrMessage
	}
	h, data := token[:header], token[header:]
	fillers, turns := int(binary.BigEndian.Uint16(h[4:])), int(binary.BigEndian.Uint16(h[6:]))%len(data)
	data = append(data[turns:len(data):len(data)], data[:turns]...)
	err = guard(func() (err error) {
		plain, err = s.etype.DecryptMessage(s.key, data, usage(theirs, usageAcceptorSeal, usageInitiatorSeal))
		return err
	})
	clear(h[6:8]) // the turns are not in the copy
	if n := len(plain) - header - fillers; err == nil && n >= 0 && hmac.Equal(plain[len(plain)-header:], h) {
		s.in++
		s.broken = false
		return plain[:n], nil
	}
	return nil, ErrMessage
}

// isNext reports whether a token begins as it should and has the next number.
func (s *Session) isNext(token, begin []byte) bool {
	return bytes.HasPrefix(token, begin) && binary.BigEndian.Uint64(token[8:]) == s.in
}

// Sign returns the signature of a message that is not encrypted. RFC 4121 4.2.6.1
func (s *Session) Sign(message []byte) ([]byte, error) {
	h := binary.BigEndian.AppendUint64([]byte{4, 4, s.flags, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, s.out)
	sum, err := s.etype.GetChecksumHash(s.key, append(bytes.Clone(message), h...), usage(s.flags, usageAcceptorSign, usageInitiatorSign))
	if err != nil {
		return nil, err
	}
	s.out++
	return append(h, sum...), nil
}

// Verify checks the signature of the next message of the peer, which is not
// encrypted: ErrMessage if it is wrong.
func (s *Session) Verify(message, signature []byte) error {
	if s.broken {
		return ErrMessage
	}
	s.broken = true // until it is right
	theirs := s.flags ^ flagAcceptor
	if len(signature) != header+s.checksum() || !s.isNext(signature, []byte{4, 4, theirs, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}) {
		return ErrMessage
	}
	h, sum := signature[:header], signature[header:]
	want, err := s.etype.GetChecksumHash(s.key, append(bytes.Clone(message), h...), usage(theirs, usageAcceptorSign, usageInitiatorSign))
	if err != nil || !hmac.Equal(sum, want) {
		return ErrMessage
	}
	s.in++
	s.broken = false
	return nil
}
