package smtp

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/internal/logical"
	"openwmi/provider"
	"openwmi/wbem"
)

// Limits of a message: RFC 5321 4.5.3.1.8 has the recipients which every server
// must take, RFC 5322 2.1.1 the length of a line.
const (
	maxRecipients = 100
	maxLine       = 998
	maxAddress    = 900 // so that it fits a line
)

// A message is a mail with its envelope.
type message struct {
	from string
	to   []string
	text []byte // header and body, lines end in CR LF
}

// A letter is what messages are made from.
type letter struct {
	name                                      string // of the consumer
	computer                                  string
	subject, from, replyTo, text, to, cc, bcc *consumers.Template // nil is NULL
	fields                                    []string            // of the header
}

func (c *Consumer) letter(consumer *cim.Instance) (*letter, error) {
	get := func(name string) *consumers.Template { return logical.Template(c.log, consumer, name) }
	l := &letter{
		name: logical.Describe(consumer), computer: c.computer,
		subject: get("Subject"), from: get("FromLine"), replyTo: get("ReplyToLine"), text: get("Message"),
		to: get("ToLine"), cc: get("CcLine"), bcc: get("BccLine"),
		fields: logical.Property(consumer, "HeaderFields").Texts(),
	}
	if l.to == nil && l.cc == nil && l.bcc == nil {
		return nil, cim.Errorf(wbem.InvalidParameter, "ToLine, CcLine and BccLine are NULL")
	}
	for _, f := range l.fields {
		if err := checkField(f); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// ownFields are written from properties and from what the message is.
var ownFields = []string{"From", "To", "Cc", "Bcc", "Reply-To", "Subject", "Content-Transfer-Encoding"}

// checkField refuses a line of the header that would be more or less than one.
func checkField(field string) error {
	name, _, ok := strings.Cut(field, ":")
	ok = ok && name != "" && len(field) <= maxLine
	for i, c := range []byte(field) {
		ok = ok && (' ' < c && c < 0x7F || i > len(name) && (c == ' ' || c == '\t'))
	}
	if !ok {
		return cim.Errorf(wbem.InvalidParameter, "HeaderFields has %.100q, which is no line of a header", field)
	}
	if hasName(ownFields, name) {
		return cim.Errorf(wbem.InvalidParameter, "HeaderFields has %s, which a property or the text decides", name)
	}
	return nil
}

func hasName(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// message returns the mail for an event.
func (l *letter) message(e *provider.Event) (*message, error) {
	w := &writer{event: e.Instance}
	sender := w.addresses("FromLine", l.from)
	if l.from == nil {
		sender = []*mail.Address{{Address: "WinMgmt@" + l.computer}}
	}
	to, cc, bcc := w.addresses("ToLine", l.to), w.addresses("CcLine", l.cc), w.addresses("BccLine", l.bcc)
	replyTo := w.addresses("ReplyToLine", l.replyTo)
	subject, text := line(w.expand(l.subject)), w.expand(l.text)
	switch {
	case w.err != nil:
		return nil, w.err
	case len(sender) != 1:
		return nil, cim.Errorf(wbem.InvalidParameter, "FromLine has %d addresses, not one", len(sender))
	case len(to)+len(cc)+len(bcc) == 0:
		return nil, cim.Errorf(wbem.InvalidParameter, "ToLine, CcLine and BccLine have no address for this event")
	case len(to)+len(cc)+len(bcc) > maxRecipients || len(replyTo) > maxRecipients:
		return nil, cim.Errorf(wbem.QuotaViolation, "a mail has up to %d recipients", maxRecipients)
	}
	m := &message{from: sender[0].Address}
	for _, list := range [][]*mail.Address{to, cc, bcc} {
		for _, a := range list {
			m.to = append(m.to, a.Address)
		}
	}
	w.list("From", sender)
	w.list("To", to)
	w.list("Cc", cc)
	w.list("Reply-To", replyTo)
	if l.subject != nil {
		w.field("Subject", encodeWords(subject))
	}
	l.describe(w, e)
	m.text = w.body(text)
	return m, nil
}

// describe writes the fields that say what the message is, unless HeaderFields
// has them.
func (l *letter) describe(w *writer, e *provider.Event) {
	var names []string
	for _, f := range l.fields {
		name, _, _ := strings.Cut(f, ":")
		names = append(names, name)
		w.b.WriteString(f + "\r\n")
	}
	// The same event has the same ID, by which mail servers and readers find
	// repeats.
	id := sha256.Sum256([]byte(l.name + "\x00" + e.ID))
	for _, f := range []struct{ name, value string }{
		{"Date", time.Now().Format(time.RFC1123Z)},
		{"Message-ID", "<" + hex.EncodeToString(id[:16]) + "@" + l.computer + ">"},
		{"Auto-Submitted", "auto-generated"}, // RFC 3834: nobody answers it by a program
		{"MIME-Version", "1.0"},
	} {
		if !hasName(names, f.name) {
			w.field(f.name, f.value)
		}
	}
	w.typed = hasName(names, "Content-Type")
}

// A writer writes a message. After an error it does nothing of use.
type writer struct {
	event *cim.Instance
	b     bytes.Buffer
	typed bool // has a Content-Type
	err   error
}

func (w *writer) field(name, value string) { w.b.WriteString(name + ": " + value + "\r\n") }

func (w *writer) expand(t *consumers.Template) string {
	if t == nil || w.err != nil {
		return ""
	}
	text, err := t.Expand(w.event)
	w.err = err
	return text
}

// line returns a text without what would end a line or hide in it.
func line(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' {
			return -1
		}
		return r
	}, text)
}

// addresses returns those that a template expands to, separated by commas or
// semicolons.
func (w *writer) addresses(property string, t *consumers.Template) []*mail.Address {
	var list []*mail.Address
	for _, part := range splitAddresses(line(w.expand(t))) {
		a, err := mail.ParseAddress(part)
		if w.err == nil && (err != nil || !isASCII(a.Address) || len(a.String()) > maxAddress) {
			w.err = cim.Errorf(wbem.InvalidParameter, "%s has %.100q, which is no address of mail", property, part)
		}
		list = append(list, a)
	}
	return list
}

// splitAddresses splits a list at commas and semicolons that are not in quotes,
// comments or angle brackets.
func splitAddresses(text string) []string {
	var parts []string
	from := 0
	quoted, depth := false, 0
	add := func(to int) {
		if part := strings.TrimSpace(text[from:to]); part != "" {
			parts = append(parts, part)
		}
		from = to + 1
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '<':
			depth++
		case c == ')' || c == '>':
			depth--
		case (c == ',' || c == ';') && depth <= 0:
			add(i)
		}
	}
	add(len(text))
	return parts
}

// list writes a field with an address on each line.
func (w *writer) list(name string, list []*mail.Address) {
	if len(list) == 0 {
		return
	}
	var texts []string
	for _, a := range list {
		texts = append(texts, a.String())
	}
	w.field(name, strings.Join(texts, ",\r\n "))
}

// maxPlain is the length of the longest text that stands in a header as it is:
// anything longer is folded, which encoded words allow everywhere.
const maxPlain = 200

// encodeWords returns a text as it stands in a header: one with other characters
// than ASCII as encoded words (RFC 2047), of up to 75 characters each, on lines
// of their own.
func encodeWords(text string) string {
	if isASCII(text) && len(text) <= maxPlain {
		return text
	}
	const maxBytes = 45 // 60 characters in base64, and 12 around them
	var words []string
	for text != "" {
		n := 0
		for n < len(text) {
			_, size := utf8.DecodeRuneInString(text[n:])
			if n+size > maxBytes {
				break
			}
			n += size
		}
		words = append(words, "=?UTF-8?B?"+base64.StdEncoding.EncodeToString([]byte(text[:n]))+"?=")
		text = text[n:]
	}
	return strings.Join(words, "\r\n ")
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// body ends the header, writes the text and returns the message.
func (w *writer) body(text string) []byte {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	charset, encoding := "us-ascii", "7bit"
	plain := isASCII(text) && !strings.Contains(text, "\x00")
	for l := range strings.Lines(text) {
		plain = plain && len(l) <= maxLine
	}
	if !plain {
		charset, encoding = "utf-8", "quoted-printable"
	}
	if !w.typed {
		w.field("Content-Type", "text/plain; charset="+charset)
	}
	w.field("Content-Transfer-Encoding", encoding)
	w.b.WriteString("\r\n")
	text = strings.ReplaceAll(text, "\n", "\r\n")
	if plain {
		w.b.WriteString(text)
	} else {
		q := quotedprintable.NewWriter(&w.b)
		_, _ = q.Write([]byte(text)) // a buffer takes everything
		_ = q.Close()
	}
	return w.b.Bytes()
}
