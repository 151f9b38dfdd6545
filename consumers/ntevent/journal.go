package ntevent

import (
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode"

	"openwmi/cim"
	"openwmi/wbem"
)

// maxRecord is how many bytes a record has in the journal: what one message to a
// socket holds where nobody has changed that.
const maxRecord = 128 << 10

// encodeJournal returns the message of a record ("Native Journal Protocol" in
// the documentation of systemd): each field is NAME=value and a line end, or, if
// there is a line end in the value, the name, a line end, the length of the
// value in 8 bytes, least significant first, the value and a line end.
func encodeJournal(r *record) ([]byte, error) {
	var b []byte
	add := func(name, value string) {
		b = append(b, name...)
		if strings.Contains(value, "\n") {
			b = append(b, '\n')
			b = binary.LittleEndian.AppendUint64(b, uint64(len(value)))
		} else {
			b = append(b, '=')
		}
		b = append(append(b, value...), '\n')
	}
	add("MESSAGE", r.message)
	for _, f := range r.fields {
		add(f.name, f.value)
	}
	if len(b) > maxRecord {
		return nil, cim.Errorf(wbem.QuotaViolation, "the record has %d bytes, and the journal takes %d", len(b), maxRecord)
	}
	return b, nil
}

// maxLine is how many bytes of a text go to the system logger, which cuts longer
// ones.
const maxLine = 7 << 10

// daemon is the facility of services. RFC 3164 4.1.1
const daemon = 3

// encodeSyslog returns the line of a record in the form that system loggers take
// from their own computer: RFC 3164 4.1 without the name of the computer. A text
// that is too long ends in an ellipsis.
func encodeSyslog(r *record) ([]byte, error) {
	text := strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, r.message)
	if len(text) > maxLine {
		text = strings.ToValidUTF8(text[:maxLine], "") + "…"
	}
	return fmt.Appendf(nil, "<%d>%s %s[%d]: %d: %s", daemon<<3|r.priority, time.Now().Format(time.Stamp), r.source, os.Getpid(), r.id, text), nil
}
