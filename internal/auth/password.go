package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"openwmi/cim"
	"openwmi/wbem"
)

// The length of passwords: MinPassword characters (NIST SP 800-63B, 5.1.1.1) to
// MaxPassword bytes.
const (
	MinPassword = 8
	MaxPassword = 1024
)

// checkPassword returns what forbids a password of a user.
func checkPassword(user, password string) error {
	bad := func(format string, args ...any) error {
		return cim.Errorf(wbem.InvalidParameter, "the password "+format, args...)
	}
	switch {
	case !utf8.ValidString(password) || strings.ContainsAny(password, "\x00\r\n"):
		return bad("is no text of one line")
	case utf8.RuneCountInString(password) < MinPassword:
		return bad("has less than %d characters", MinPassword)
	case len(password) > MaxPassword:
		return bad("has more than %d bytes", MaxPassword)
	case cim.EqualNames(password, user):
		return bad("is the name of the user")
	}
	return nil
}

// A phc is a hash of a password with argon2id, as text in the form of the
// Password Hashing Competition:
//
//	$argon2id$v=19$m=65536,t=3,p=4$SALT$HASH
//
// The parameters are those of each hash, so that others can be chosen for new
// ones.
type phc struct {
	memory, time uint32 // KiB, passes
	threads      uint8
	salt, hash   []byte
}

// strength is that of new hashes: the second recommendation of RFC 9106, 4. A
// check takes about 0.1 s and 64 MiB.
var strength = phc{memory: 64 << 10, time: 3, threads: 4}

// Bounds of the parameters of a hash that somebody else has made.
const (
	maxMemory = 256 << 10
	maxPasses = 16
	saltBytes = 16
	hashBytes = 32
)

// throwaway is that of NewUser.Throwaway.
var throwaway = phc{memory: 64, time: 1, threads: 1}

func newPHC(password string, cost phc) string {
	h := cost
	h.salt = make([]byte, saltBytes)
	rand.Read(h.salt)
	h.hash = h.of(password, hashBytes)
	return h.String()
}

// of returns the hash that a password has with the salt and parameters of h.
func (h *phc) of(password string, size int) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, uint32(size))
}

// matches reports whether h is of that password, in a time that does not depend
// on where they differ.
func (h *phc) matches(password string) bool {
	return subtle.ConstantTimeCompare(h.of(password, len(h.hash)), h.hash) == 1
}

func (h *phc) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.threads, b64(h.salt), b64(h.hash))
}

var phcForm = regexp.MustCompile(`^\$argon2id\$v=19\$m=([0-9]{1,9}),t=([0-9]{1,9}),p=([0-9]{1,3})\$([A-Za-z0-9+/]{1,128})\$([A-Za-z0-9+/]{1,128})$`)

// parsePHC reads a hash. The error does not show it.
func parsePHC(text string) (*phc, error) {
	m := phcForm.FindStringSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("its password is no hash of argon2id")
	}
	memory, _ := strconv.ParseUint(m[1], 10, 32)
	time, _ := strconv.ParseUint(m[2], 10, 32)
	threads, _ := strconv.ParseUint(m[3], 10, 32)
	if threads < 1 || threads > 64 || time < 1 || time > maxPasses || memory < 8*threads || memory > maxMemory {
		return nil, fmt.Errorf("the parameters m=%d,t=%d,p=%d of its password are out of bounds", memory, time, threads)
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(m[4])
	hash, err2 := base64.RawStdEncoding.DecodeString(m[5])
	if err1 != nil || err2 != nil || len(salt) < 8 || len(hash) < 16 || len(hash) > 64 {
		return nil, fmt.Errorf("salt or hash of its password are damaged")
	}
	return &phc{memory: uint32(memory), time: uint32(time), threads: uint8(threads), salt: salt, hash: hash}, nil
}
