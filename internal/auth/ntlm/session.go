package ntlm

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rc4"
	"encoding/binary"
	"errors"
)

// A Session protects messages in both directions: RC4 with a key for each, and
// an HMAC-MD5 of the message and its number, which is encrypted too. Messages have
// to be unsealed in the order in which they were sealed; each counts once. After one
// that is not right the session unseals nothing any more. It is not for several
// goroutines at once. [MS-NLMP] 3.4
type Session struct {
	out, in direction
	seals   bool // encryption was agreed about
	broken  bool
}

// A direction is one of the two.
type direction struct {
	sign, seal [16]byte
	stream     *rc4.Cipher
	number     uint32 // of the next message
}

// ErrMessage says of a message that it is not what the peer has sealed or signed,
// not the next one, or that one before was so.
var ErrMessage = errors.New("the message is not what the peer has sent next")

var errSeal = errors.New("the client did not want messages encrypted")

// newSession returns what a client or a server has of a session with a key.
func newSession(key []byte, client, seals bool) *Session {
	s := &Session{seals: seals, out: newDirection(key, "client-to-server"), in: newDirection(key, "server-to-client")}
	if !client {
		s.out, s.in = s.in, s.out
	}
	return s
}

// newDirection derives the keys of a direction. [MS-NLMP] 3.4.5.2, 3.4.5.3
func newDirection(key []byte, name string) (d direction) {
	derive := func(use string) [16]byte {
		return md5.Sum(append(key[:len(key):len(key)], "session key to "+name+" "+use+" key magic constant\x00"...))
	}
	d.sign, d.seal = derive("signing"), derive("sealing")
	d.restart()
	return d
}

func (d *direction) restart() {
	c, err := rc4.NewCipher(d.seal[:])
	if err != nil {
		panic(err) // the length is ours
	}
	d.stream = c
}

// signature returns the signature of the next message, after the message itself
// was encrypted. [MS-NLMP] 2.2.2.9.2
//
//	0 version, 1  4 checksum  12 number
func (d *direction) signature(plain []byte) []byte {
	var number [4]byte
	binary.LittleEndian.PutUint32(number[:], d.number)
	d.number++
	sum := mac(d.sign[:], number[:], plain)[:8]
	d.stream.XORKeyStream(sum, sum)
	b := append(make([]byte, 0, 16), 1, 0, 0, 0)
	b = append(b, sum...)
	return append(b, number[:]...)
}

// Seal encrypts a message and returns it with its signature of 16 bytes.
func (s *Session) Seal(plain []byte) (signature, sealed []byte, err error) {
	if !s.seals {
		return nil, nil, errSeal
	}
	sealed = make([]byte, len(plain))
	s.out.stream.XORKeyStream(sealed, plain)
	return s.out.signature(plain), sealed, nil
}

// Unseal decrypts the next message of the peer: ErrMessage if it is not.
func (s *Session) Unseal(signature, sealed []byte) ([]byte, error) {
	switch {
	case s.broken:
		return nil, ErrMessage
	case !s.seals:
		return nil, errSeal
	}
	plain := make([]byte, len(sealed))
	s.in.stream.XORKeyStream(plain, sealed)
	if err := s.verify(plain, signature); err != nil {
		return nil, err
	}
	return plain, nil
}

// Sign returns the signature of a message that is not encrypted.
func (s *Session) Sign(message []byte) ([]byte, error) { return s.out.signature(message), nil }

// Verify checks the signature of the next message of the peer, which is not
// encrypted: ErrMessage if it is wrong.
func (s *Session) Verify(message, signature []byte) error {
	if s.broken {
		return ErrMessage
	}
	return s.verify(message, signature)
}

func (s *Session) verify(plain, signature []byte) error {
	if !hmac.Equal(s.in.signature(plain), signature) {
		s.broken = true
		return ErrMessage
	}
	return nil
}

// Restart begins again with the key streams of both directions, as SPNEGO does
// after it has signed what was agreed; the numbers go on. [MS-SPNG] 3.3.5.1
func (s *Session) Restart() {
	s.out.restart()
	s.in.restart()
}
