// Package sealed writes and reads messages of WS-Management that are encrypted
// with the session of NTLM or Kerberos which has authenticated the connection, as
// clients send them where there is no TLS: multipart/encrypted of [MS-WSMV]
// 2.2.9.1.
//
// A message is one or more chunks, and the boundary with two hyphens behind it:
//
//	--Encrypted Boundary
//		Content-Type: application/HTTP-SPNEGO-session-encrypted
//		OriginalContent: type=application/soap+xml;charset=UTF-8;Length=1234
//	--Encrypted Boundary
//		Content-Type: application/octet-stream
//	(length of the signature, 4 bytes, little-endian; signature; 1234 bytes encrypted)
//
// It looks like MIME and is not: nothing separates the bytes from the boundary
// that follows, so that only the length says where they end.
package sealed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"mime"
	"strconv"
	"strings"
)

// A Session encrypts messages and decrypts those of the other side, in the order
// in which they are sent.
type Session interface {
	Seal(plain []byte) (signature, sealed []byte, err error)
	Unseal(signature, sealed []byte) (plain []byte, err error)
}

// Protocols say what kind of session it is. Both sides take either for either.
const (
	Negotiate = "application/HTTP-SPNEGO-session-encrypted"
	Kerberos  = "application/HTTP-Kerberos-session-encrypted"
)

// Limits of what is read. A signature of Kerberos has 60 to 72 bytes.
const (
	maxLine      = 512
	maxSignature = 1024
	maxBoundary  = 70 // RFC 2046 5.1.1
)

const boundary = "Encrypted Boundary"

// A Message is one that is encrypted on its way.
type Message struct {
	Protocol string // Negotiate or Kerberos
	Type     string // as Content-Type has it
	// Flush says that no tab is in front of the lines about a chunk. Some clients
	// read answers only if these are written as their requests: pywinrm with
	// tabs, libmi without.
	Flush bool
	Body  []byte
}

// Is reports whether a Content-Type is that of such a message.
func Is(contentType string) bool {
	t, _, _ := strings.Cut(contentType, ";")
	t = strings.TrimSpace(t)
	return strings.EqualFold(t, "multipart/encrypted") || strings.EqualFold(t, "multipart/x-multi-encrypted")
}

// Opening is what the body of such a message begins with. Clients built on CXF
// type only the first message of a connection as what it is, and the others as
// what is in them.
const Opening = "--" + boundary

// typeOf returns the Content-Type of messages of a protocol.
func typeOf(protocol string) string {
	return `multipart/encrypted;protocol="` + protocol + `";boundary="` + boundary + `"`
}

// Seal encrypts a message as one chunk, and returns what to send as Content-Type
// and as body.
func (m Message) Seal(s Session) (contentType string, body []byte, err error) {
	signature, data, err := s.Seal(m.Body)
	if err != nil {
		return "", nil, err
	}
	if len(data) != len(m.Body) {
		return "", nil, errors.New("the session changes the length of messages")
	}
	tab := "\t"
	if m.Flush {
		tab = ""
	}
	b := make([]byte, 0, len(data)+len(signature)+512)
	b = append(b, "--"+boundary+"\r\n"+tab+"Content-Type: "+m.Protocol+"\r\n"+tab+"OriginalContent: type="...)
	b = append(b, strings.ReplaceAll(m.Type, " ", "")...)
	b = append(b, ";Length="...)
	b = strconv.AppendInt(b, int64(len(data)), 10)
	b = append(b, "\r\n--"+boundary+"\r\n"+tab+"Content-Type: application/octet-stream\r\n"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(signature)))
	b = append(b, signature...)
	b = append(b, data...)
	b = append(b, "--"+boundary+"--\r\n"...)
	return typeOf(m.Protocol), b, nil
}

// Open decrypts a message. One of another type has to begin with Opening. The
// error says what is wrong with its form, or is that of the session; the session
// may be of no use after either.
func Open(s Session, contentType string, body []byte) (m Message, err error) {
	if !Is(contentType) {
		contentType = typeOf(Negotiate)
	}
	_, params, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
		return m, fmt.Errorf("the type of the message: %w", err)
	case params["boundary"] == "" || len(params["boundary"]) > maxBoundary:
		return m, errors.New("the type of the message has no boundary")
	case strings.EqualFold(params["protocol"], Negotiate):
		m.Protocol = Negotiate
	case strings.EqualFold(params["protocol"], Kerberos):
		m.Protocol = Kerberos
	default:
		return m, fmt.Errorf("messages of protocol %.60q are not known", params["protocol"])
	}
	r := &reader{rest: body, boundary: []byte(params["boundary"])}
	if end, err := r.delimiter(); err != nil || end {
		return m, r.wrong("it does not begin with a boundary")
	}
	m.Flush = !bytes.HasPrefix(r.rest, []byte("\t"))
	for {
		end, err := r.chunk(s, &m)
		if err != nil {
			return Message{}, err
		}
		if end {
			return m, nil
		}
	}
}

// A reader is what is left of a message.
type reader struct {
	rest     []byte
	boundary []byte
	read     int
}

// wrong says what is wrong where the reader stands.
func (r *reader) wrong(format string, args ...any) error {
	return fmt.Errorf("sealed message, byte %d: "+format, append([]any{r.read}, args...)...)
}

func (r *reader) skip(n int) []byte {
	b := r.rest[:n]
	r.rest, r.read = r.rest[n:], r.read+n
	return b
}

// line returns the next line without what ends it and without space around it.
func (r *reader) line() (string, error) {
	n := bytes.Index(r.rest[:min(len(r.rest), maxLine)], []byte("\r\n"))
	if n < 0 {
		return "", r.wrong("a line does not end")
	}
	return strings.TrimSpace(string(r.skip(n + 2)[:n])), nil
}

// delimiter reads a boundary, and says whether it is the last one. There may be a
// space in front of its name: Exchange writes one.
func (r *reader) delimiter() (end bool, err error) {
	if rest, ok := bytes.CutPrefix(r.rest, []byte("\r\n")); ok {
		r.skip(len(r.rest) - len(rest))
	}
	line, err := r.line()
	if err != nil {
		return false, err
	}
	name, ok := strings.CutPrefix(line, "--")
	name, ok2 := strings.CutPrefix(strings.TrimSpace(name), string(r.boundary))
	if !ok || !ok2 || name != "" && name != "--" {
		return false, r.wrong("%.80q is not the boundary", line)
	}
	return name == "--", nil
}

// header reads header fields up to a boundary, which is not the last one.
func (r *reader) header(field func(name, value string) error) error {
	for {
		if bytes.HasPrefix(r.rest, []byte("--")) {
			if end, err := r.delimiter(); err != nil || end {
				return r.wrong("there is no encrypted part")
			}
			return nil
		}
		line, err := r.line()
		if err != nil {
			return err
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return r.wrong("%.80q is no header field", line)
		}
		if err := field(strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			return err
		}
	}
}

// chunk reads and decrypts one chunk and the boundary behind it.
func (r *reader) chunk(s Session, m *Message) (end bool, err error) {
	length := -1
	err = r.header(func(name, value string) error {
		switch {
		case strings.EqualFold(name, "Content-Type") && !strings.EqualFold(value, Negotiate) && !strings.EqualFold(value, Kerberos):
			return r.wrong("%.80q is not what is expected", value)
		case strings.EqualFold(name, "OriginalContent"):
			t, n, err := originalContent(value)
			if err != nil {
				return r.wrong("%w", err)
			}
			if length = n; m.Type == "" {
				m.Type = t
			}
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	if length < 0 {
		return false, r.wrong("it has no length")
	}
	if line, err := r.line(); err != nil || !strings.EqualFold(strings.ReplaceAll(line, " ", ""), "Content-Type:application/octet-stream") {
		return false, r.wrong("there are no encrypted bytes")
	}
	if len(r.rest) < 4 {
		return false, r.wrong("it ends early")
	}
	n := binary.LittleEndian.Uint32(r.skip(4))
	if n > maxSignature || int(n) > len(r.rest) || length > len(r.rest)-int(n) {
		return false, r.wrong("there are fewer bytes than announced")
	}
	plain, err := s.Unseal(r.skip(int(n)), r.skip(length))
	if err != nil {
		return false, err
	}
	if m.Body == nil {
		m.Body = plain
	} else {
		m.Body = append(m.Body, plain...)
	}
	if end, err = r.delimiter(); err != nil {
		return false, err
	}
	if end && len(r.rest) > 0 {
		return false, r.wrong("something follows the last boundary")
	}
	return end, nil
}

// originalContent reads what is said of the message: its type, without the
// length, and that.
func originalContent(s string) (contentType string, length int, err error) {
	length = -1
	var kept []string
	for _, p := range strings.Split(s, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		switch {
		case strings.EqualFold(name, "type"):
			kept = append(kept, value)
		case strings.EqualFold(name, "length"):
			n, err := strconv.ParseUint(value, 10, 31)
			if err != nil {
				return "", 0, fmt.Errorf("%.40q is no length", value)
			}
			length = int(n)
		default:
			kept = append(kept, strings.TrimSpace(p))
		}
	}
	return strings.Join(kept, ";"), length, nil
}
