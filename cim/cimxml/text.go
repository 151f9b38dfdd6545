package cimxml

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"openwmi/cim"
)

// Text returns the character data of the current element, which has no child
// elements, and reads it to its end.
func (d *Decoder) Text() (string, error) {
	s := string(d.chars())
	return s, d.err
}

// chars is Text; what it returns is valid until the next call that reads on.
func (d *Decoder) chars() []byte {
	if d.err != nil {
		return nil
	}
	if d.empty {
		d.empty = false
		d.pop()
		return nil
	}
	// Mostly the text is in the buffer as it is meant, with its end tag.
	rest := d.buf[d.pos:]
	if i := bytes.IndexByte(rest, '<'); i >= 0 && plain(rest[:i]) == i {
		name := d.Name()
		if end := i + len("</") + len(name); end < len(rest) &&
			rest[i+1] == '/' && rest[end] == '>' && string(rest[i+2:end]) == string(name) {
			d.pos += end + 1
			d.pop()
			return rest[:i:i]
		}
	}
	return d.slowChars()
}

func (d *Decoder) slowChars() []byte {
	d.scratch = d.scratch[:0]
	for d.err == nil {
		from := len(d.scratch)
		d.readUntil("<")
		d.scratch = d.unescape(d.scratch, from, true)
		if !d.need(2) {
			d.truncated()
		}
		if d.err != nil {
			break
		}
		switch d.buf[d.pos+1] {
		case '/':
			d.endTag()
			return d.scratch
		case '?':
			d.skipPast("?>")
		case '!':
			if d.declaration() {
				d.pos += len("<![CDATA[")
				from := len(d.scratch)
				d.readUntil("]]>")
				d.scratch = d.unescape(d.scratch, from, false)
				d.pos += len("]]>")
			}
		default:
			d.mark = d.pos
			d.invalid("an element stands in %s where only text may", d.Name())
		}
	}
	return nil
}

// readUntil appends what comes next up to s to scratch.
func (d *Decoder) readUntil(s string) {
	for d.err == nil {
		i := bytes.Index(d.buf[d.pos:], []byte(s))
		n := i
		if i < 0 {
			n = max(0, len(d.buf)-d.pos-len(s)+1)
		}
		d.scratch = append(d.scratch, d.buf[d.pos:d.pos+n]...)
		d.pos += n
		switch {
		case i >= 0:
			return
		case len(d.scratch) > MaxText:
			d.failf(cim.QuotaViolation, "%s has more than %d bytes of text", d.Name(), MaxText)
		case !d.fill():
			d.truncated()
		}
	}
}

// unescape replaces what stands for something else in b from an offset on, in
// place: ends of lines and, if there are any, entities and character references.
// It checks that all of it is characters.
func (d *Decoder) unescape(b []byte, from int, entities bool) []byte {
	w := from
	for r := from; r < len(b); {
		n := plain(b[r:])
		if w != r {
			copy(b[w:], b[r:r+n])
		}
		w += n
		r += n
		if r == len(b) {
			break
		}
		switch c := b[r]; {
		case c == '&' && entities:
			char, size := entity(b[r:])
			if size == 0 {
				d.malformed("& begins no known entity or character reference before here, in %s", d.Name())
				return nil
			}
			w += utf8.EncodeRune(b[w:r+size], char)
			r += size
		case c == '\r':
			b[w] = '\n'
			w++
			r++
			if r < len(b) && b[r] == '\n' {
				r++
			}
		case c >= utf8.RuneSelf:
			char, size := utf8.DecodeRune(b[r:])
			if char == utf8.RuneError && size == 1 {
				d.malformed("bytes that are not UTF-8 before here, in %s", d.Name())
				return nil
			}
			copy(b[w:], b[r:r+size])
			w += size
			r += size
		case c < ' ' && c != '\t' && c != '\n':
			d.malformed("control character %#x before here, in %s", c, d.Name())
			return nil
		default:
			b[w] = c
			w++
			r++
		}
	}
	return b[:w]
}

// entity returns the character that s begins with and its length there, which is
// 0 if there is none. References to control characters are not XML, but servers
// send them; U+0000 and surrogates are refused.
func entity(s []byte) (rune, int) {
	i := bytes.IndexByte(s[:min(len(s), len("&#x0010FFFF;"))], ';')
	if i < 0 {
		return 0, 0
	}
	name := string(s[1:i])
	var n uint64
	var err error
	switch {
	case name == "lt":
		return '<', i + 1
	case name == "gt":
		return '>', i + 1
	case name == "amp":
		return '&', i + 1
	case name == "quot":
		return '"', i + 1
	case name == "apos":
		return '\'', i + 1
	case len(name) > 2 && name[:2] == "#x":
		n, err = strconv.ParseUint(name[2:], 16, 32)
	case len(name) > 1 && name[0] == '#':
		n, err = strconv.ParseUint(name[1:], 10, 32)
	default:
		return 0, 0
	}
	if err != nil || n == 0 || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return 0, 0
	}
	return rune(n), i + 1
}
