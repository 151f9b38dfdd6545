package ntlm

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rc4"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	//lint:ignore SA1019 the NT hash is MD4, whatever one thinks of it ([MS-NLMP] 3.3.1)
	"golang.org/x/crypto/md4"
)

// A Hash is the NT hash of a password. Whoever has it needs no password.
type Hash [16]byte

// HashOf returns the NT hash of a password. [MS-NLMP] 3.3.1, NTOWFv1
func HashOf(password string) (h Hash) {
	m := md4.New()
	m.Write(encode(password))
	m.Sum(h[:0])
	return h
}

// A response is what a client sends for a challenge: the proof, and what it
// proves besides the challenge. [MS-NLMP] 2.2.2.7
//
//	0 type 1, highest type 1  2 reserved  8 time  16 random  24 reserved  28 pairs
type response struct {
	proof []byte
	blob  []byte
	pairs map[uint16][]byte
}

const blobHeader = 28

func parseResponse(nt []byte) (r response, err error) {
	if len(nt) == 24 {
		return r, errors.New("the client speaks version 1 of NTLM")
	}
	if len(nt) < 16+blobHeader+4 || nt[16] != 1 || nt[17] != 1 {
		return r, errors.New("the client does not speak version 2 of NTLM")
	}
	r.proof, r.blob = nt[:16], nt[16:]
	r.pairs, err = pairs(r.blob[blobHeader:])
	return r, err
}

// newBlob returns what a client proves besides the challenge.
func newBlob(at [8]byte, random [8]byte, info []byte) []byte {
	b := append(make([]byte, 0, blobHeader+len(info)+4), 1, 1, 0, 0, 0, 0, 0, 0)
	b = append(b, at[:]...)
	b = append(b, random[:]...)
	b = append(b, 0, 0, 0, 0)
	b = append(b, info...)
	return append(b, 0, 0, 0, 0)
}

// proofKeys returns the proof for a challenge and the key that comes of it.
// [MS-NLMP] 3.3.2, NTOWFv2 and ComputeResponse
func proofKeys(h Hash, user, domain string, random [8]byte, blob []byte) (proof, base []byte) {
	key := mac(h[:], encode(strings.ToUpper(user)+domain))
	proof = mac(key, random[:], blob)
	return proof, mac(key, proof)
}

// filetime is a time in units of 100 ns since 1601.
func filetime(t time.Time) (b [8]byte) {
	const epoch = 11644473600 // of Unix, in seconds since 1601
	binary.LittleEndian.PutUint64(b[:], uint64(t.Unix()+epoch)*1e7+uint64(t.Nanosecond()/100))
	return b
}

// mac is HMAC-MD5.
func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// encryptKey encrypts a key with another one, and decrypts it.
func encryptKey(key, with []byte) []byte {
	c, err := rc4.NewCipher(with)
	if err != nil {
		panic(err) // the length is ours
	}
	out := make([]byte, len(key))
	c.XORKeyStream(out, key)
	return out
}
