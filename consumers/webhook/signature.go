package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

// SignatureField is the field of the header that has the signature.
const SignatureField = "OpenWMI-Signature"

// EventField is the field of the header that has the ID of the event.
const EventField = "OpenWMI-Event-Id"

// Sign returns the value of SignatureField for a body that is posted at a time.
func Sign(key []byte, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(sum(key, seconds, body))
}

func sum(key []byte, seconds string, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(seconds + "."))
	h.Write(body)
	return h.Sum(nil)
}

// Why Verify refuses a signature.
var (
	ErrSignature = errors.New("webhook: the signature is not that of the body")
	ErrTime      = errors.New("webhook: the signature is too old or from the future")
)

// Verify is for servers: it returns nil if value, of SignatureField, is the
// signature of a body that was posted no longer than tolerance before or after
// now, so that what somebody has recorded is of no use later.
func Verify(key []byte, value string, body []byte, now time.Time, tolerance time.Duration) error {
	stamp, signature, _ := strings.Cut(value, ",")
	stamp, isTime := strings.CutPrefix(stamp, "t=")
	signature, isSignature := strings.CutPrefix(signature, "v1=")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	mac, hexErr := hex.DecodeString(signature)
	if !isTime || !isSignature || err != nil || hexErr != nil || !hmac.Equal(mac, sum(key, stamp, body)) {
		return ErrSignature
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return ErrTime
	}
	return nil
}
