package ntlm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"
)

// Every message begins with the signature and its type. What has no fixed length
// stands behind the fixed part, and is referred to by eight bytes: its length,
// twice, and where it begins. Numbers are little-endian. [MS-NLMP] 2.2.1
const signature = "NTLMSSP\x00"

const (
	typeNegotiate    = 1
	typeChallenge    = 2
	typeAuthenticate = 3
)

// maxMessage is how many bytes a message has at most; real ones stay below one
// thousand.
const maxMessage = 16 << 10

// maxName is how many bytes of UTF-16 a name has at most.
const maxName = 1024

var errForm = errors.New("no message of NTLM")

// IsMessage reports whether a token is NTLM by itself, not wrapped in anything.
func IsMessage(token []byte) bool {
	return len(token) >= 12 && string(token[:8]) == signature
}

// IsNegotiate reports whether a token is the first message of a client.
func IsNegotiate(token []byte) bool {
	return IsMessage(token) && binary.LittleEndian.Uint32(token[8:]) == typeNegotiate
}

// check checks what all messages have in common.
func check(m []byte, kind uint32, least int) error {
	switch {
	case len(m) > maxMessage:
		return fmt.Errorf("a message of NTLM has %d bytes, more than %d", len(m), maxMessage)
	case len(m) < least || !IsMessage(m):
		return errForm
	case binary.LittleEndian.Uint32(m[8:]) != kind:
		return fmt.Errorf("message %d of NTLM instead of %d", binary.LittleEndian.Uint32(m[8:]), kind)
	}
	return nil
}

// field returns what the eight bytes at an offset refer to.
func field(m []byte, at int) ([]byte, error) {
	n, begin := int(binary.LittleEndian.Uint16(m[at:])), binary.LittleEndian.Uint32(m[at+4:])
	if n == 0 {
		return nil, nil
	}
	if uint64(begin)+uint64(n) > uint64(len(m)) {
		return nil, fmt.Errorf("the field at %d of a message of NTLM ends behind it", at)
	}
	return m[begin:][:n], nil
}

// appendField writes the eight bytes for data that stands at an offset.
func appendField(b []byte, data []byte, at int) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(len(data)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(data)))
	return binary.LittleEndian.AppendUint32(b, uint32(at))
}

// appendHeader begins a message.
func appendHeader(b []byte, kind uint32) []byte {
	return binary.LittleEndian.AppendUint32(append(b, signature...), kind)
}

// encode writes text as UTF-16.
func encode(s string) []byte {
	var b []byte
	for _, c := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return b
}

// decode reads the text of a name. A client that cannot write Unicode is
// understood as far as it writes ASCII: nobody knows what it means by more.
func decode(b []byte, unicode bool) (string, error) {
	if len(b) > maxName {
		return "", fmt.Errorf("a name in a message of NTLM has more than %d bytes", maxName)
	}
	if !unicode {
		for _, c := range b {
			if c == 0 || c >= 0x80 {
				return "", errors.New("a name in a message of NTLM is neither Unicode nor ASCII")
			}
		}
		return string(b), nil
	}
	if len(b)%2 != 0 {
		return "", errors.New("a name in a message of NTLM is no UTF-16")
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		if units[i] = binary.LittleEndian.Uint16(b[2*i:]); units[i] == 0 {
			return "", errors.New("a name in a message of NTLM has a zero")
		}
	}
	return string(utf16.Decode(units)), nil
}

// A negotiate is the first message. Its other fields are for nothing.
// [MS-NLMP] 2.2.1.1
//
//	0 signature  8 type  12 flags  16 domain  24 workstation  32 version
type negotiate struct{ flags flags }

func parseNegotiate(m []byte) (n negotiate, err error) {
	if err := check(m, typeNegotiate, 16); err != nil {
		return n, err
	}
	n.flags = flags(binary.LittleEndian.Uint32(m[12:]))
	return n, nil
}

func (n negotiate) encode() []byte {
	b := appendHeader(make([]byte, 0, 40), typeNegotiate)
	b = binary.LittleEndian.AppendUint32(b, uint32(n.flags))
	b = appendField(b, nil, 40)
	b = appendField(b, nil, 40)
	return append(b, version[:]...)
}

// version says that the revision of NTLM is 15, as all since Windows Server 2003
// do, and makes up the rest. [MS-NLMP] 2.2.2.10
var version = [8]byte{10, 0, 0, 0, 0, 0, 0, 15}

// A challenge is the second message. [MS-NLMP] 2.2.1.2
//
//	0 signature  8 type  12 target  20 flags  24 challenge  32 reserved
//	40 target info  48 version  56 what the fields refer to
type challenge struct {
	flags  flags
	random [8]byte
	target string // name of the server
	info   []byte // pairs
}

const challengeHeader = 56

func parseChallenge(m []byte) (c challenge, err error) {
	if err := check(m, typeChallenge, 48); err != nil {
		return c, err
	}
	c.flags = flags(binary.LittleEndian.Uint32(m[20:]))
	copy(c.random[:], m[24:])
	target, err := field(m, 12)
	if err == nil {
		c.target, err = decode(target, c.flags.has(flagUnicode))
	}
	if err == nil {
		c.info, err = field(m, 40)
	}
	return c, err
}

func (c challenge) encode() []byte {
	target := encode(c.target)
	b := appendHeader(make([]byte, 0, challengeHeader+len(target)+len(c.info)), typeChallenge)
	b = appendField(b, target, challengeHeader)
	b = binary.LittleEndian.AppendUint32(b, uint32(c.flags))
	b = append(b, c.random[:]...)
	b = append(b, make([]byte, 8)...)
	b = appendField(b, c.info, challengeHeader+len(target))
	b = append(b, version[:]...)
	b = append(b, target...)
	return append(b, c.info...)
}

// An authenticate is the third message. [MS-NLMP] 2.2.1.3
//
//	0 signature  8 type  12 LM response  20 NT response  28 domain  36 user
//	44 workstation  52 session key  60 flags  64 version  72 MIC
//	88 what the fields refer to
//
// Version and MIC are not there in messages of old clients.
type authenticate struct {
	flags                     flags
	lm, nt                    []byte
	domain, user, workstation string
	key                       []byte // of the session, encrypted
	mic                       []byte // nil if there is no room for one
}

const (
	micOffset          = 72
	authenticateHeader = micOffset + 16
)

func parseAuthenticate(m []byte) (a authenticate, err error) {
	if err := check(m, typeAuthenticate, 64); err != nil {
		return a, err
	}
	a.flags = flags(binary.LittleEndian.Uint32(m[60:]))
	begin := len(m) // of what the fields refer to
	var fields [6][]byte
	for i := range fields {
		at := 12 + 8*i
		if fields[i], err = field(m, at); err != nil {
			return a, err
		}
		if len(fields[i]) > 0 {
			begin = min(begin, int(binary.LittleEndian.Uint32(m[at+4:])))
		}
	}
	if begin < 64 {
		return a, errForm
	}
	if begin >= authenticateHeader {
		a.mic = m[micOffset:authenticateHeader]
	}
	a.lm, a.nt, a.key = fields[0], fields[1], fields[5]
	for i, name := range []*string{&a.domain, &a.user, &a.workstation} {
		if *name, err = decode(fields[2+i], a.flags.has(flagUnicode)); err != nil {
			return a, err
		}
	}
	return a, nil
}

func (a authenticate) encode() []byte {
	data := [][]byte{a.lm, a.nt, encode(a.domain), encode(a.user), encode(a.workstation), a.key}
	b := appendHeader(make([]byte, 0, 1024), typeAuthenticate)
	at := authenticateHeader
	for _, d := range data {
		b = appendField(b, d, at)
		at += len(d)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(a.flags))
	b = append(b, version[:]...)
	b = append(b, make([]byte, 16)...) // MIC
	for _, d := range data {
		b = append(b, d...)
	}
	return b
}
