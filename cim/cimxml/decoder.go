package cimxml

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"openwmi/cim"
)

// Limits of what a Decoder reads. Exceeding one is QuotaViolation.
const (
	MaxDepth = 4*cim.MaxNesting + 64 // elements inside each other
	MaxTag   = 1 << 20               // bytes of a start tag
	MaxAttrs = 32                    // attributes of an element
	MaxText  = 16 << 20              // bytes of the text of an element

	// A class, instance, method, property or parameter has at most so many
	// qualifiers; a class has at most cim.MaxProperties properties
	// (TooManyProperties) and cim.MaxMethods methods, a method as many
	// parameters, and a path cim.MaxKeys keys.
	MaxQualifiers = 1024
)

// A ClassFunc returns the class of that name. If it returns nil, a class is made
// up from what an element says; if it returns an error, decoding ends with it.
type ClassFunc func(name string) (*cim.Class, error)

// A Decoder reads elements from a document in UTF-8. Its fields may be set before
// the first call. It must not be used by several goroutines.
//
// The first error ends it: every later call returns the same one.
type Decoder struct {
	// DTD tells how to read what the two DTDs say differently.
	DTD DTD
	// Classes returns the classes of instances. Nil makes all of them up.
	Classes ClassFunc
	// Embedded makes members of classes objects that are declared as strings
	// with the qualifier EmbeddedInstance or EmbeddedObject, as DMTF does it.
	Embedded bool
	// SkipQualifiers leaves out the qualifiers that an element has for an
	// instance whose class is known.
	SkipQualifiers bool

	// buf holds what was read from src and not dropped yet. What comes next is
	// at pos; base is the position of its first byte in the document.
	src     io.Reader
	buf     []byte
	pos     int
	base    position
	readErr error // of src, when it has no more

	weight  int64 // see Weight
	allowed int64 // up to where it may grow, if that is bounded
	bounded bool

	// The element that was begun last: its start in buf, or where it was if
	// mark is negative, and its attributes, which point into buf.
	mark   int
	markAt position
	attrs  []attr

	names   []byte // those of the open elements, one after the other; nil before the first
	starts  []int  // where each name begins in names
	empty   bool   // the current element has an empty-element tag, and ends next
	began   bool   // the byte order mark and the XML declaration are read
	scratch []byte // text that is not in buf as it is meant
	nest    int    // objects around this one
	around  int    // bytes of text of those of them that are text
	madeUp  *madeUp
	origin  *cim.Origin // of the last object, as the next is mostly there too
	inName  int         // INSTANCENAME elements around this one
	keys    []cim.Type  // of the outermost of them, as far as it says
	err     error

	room struct { // for what most documents need of the slices above
		names  [192]byte
		starts [12]int
		attrs  [6]attr
	}
}

// An attr is an attribute: where the name, and the value without quotes, begin
// and end.
type attr struct{ name, nameEnd, from, to int }

const bufferSize = 64 << 10

// NewDecoder returns a decoder that reads a document from r. It reads ahead.
func NewDecoder(r io.Reader) *Decoder {
	return newDecoder(r, make([]byte, 0, bufferSize))
}

// NewDecoderBytes returns a decoder of a document, which must not be changed
// while it is being read.
func NewDecoderBytes(document []byte) *Decoder {
	return newDecoder(nil, document)
}

func newDecoder(r io.Reader, buf []byte) *Decoder {
	d := &Decoder{}
	d.begins(r, buf)
	return d
}

// Reset makes a decoder of another document of d, as NewDecoderBytes returns one.
func (d *Decoder) Reset(document []byte) { d.begins(nil, document) }

func (d *Decoder) begins(r io.Reader, buf []byte) {
	*d = Decoder{src: r, buf: buf, base: position{1, 1}, mark: -1}
	d.starts, d.attrs = d.room.starts[:0], d.room.attrs[:0]
}

// Err returns the error that ended decoding, an *Error, or nil.
func (d *Decoder) Err() error { return d.err }

// Weight returns about how many bytes of memory is taken by what was read so far: what
// the document has, and the properties of instances, which their class says and not
// the document. So a short text may be a large object.
func (d *Decoder) Weight() int64 { return d.weight }

// Allow lets the weight grow by n bytes from now on; more is QuotaViolation. Without
// it nothing bounds how large a document is. Of the document some more may have been
// read ahead.
func (d *Decoder) Allow(n int64) { d.allowed, d.bounded = d.weight+n, true }

// charge adds to the weight, and reports whether that is allowed.
func (d *Decoder) charge(n int) bool {
	if d.weight += int64(n); d.bounded && d.weight > d.allowed {
		d.fail(errHeavy)
		return false
	}
	return true
}

var errHeavy = cim.Errorf(cim.QuotaViolation, "the document, or an object in it, is too large")

// What an instance weighs besides what the document says: itself, and each property
// that its class has.
const (
	instanceWeight = 128
	slotWeight     = 48
)

// fill reads more of the document behind buf, and drops what was read before
// pos. It reports whether there is more.
func (d *Decoder) fill() bool {
	if d.src == nil || d.readErr != nil || d.err != nil {
		return false
	}
	if d.pos > 0 {
		if d.mark >= 0 {
			if d.mark < d.pos {
				d.markAt = d.base.plus(d.buf[:d.mark])
				d.mark = -1
			} else {
				d.mark -= d.pos
			}
		}
		d.base = d.base.plus(d.buf[:d.pos])
		d.buf = d.buf[:copy(d.buf, d.buf[d.pos:])]
		d.pos = 0
	}
	if len(d.buf) == cap(d.buf) {
		d.buf = append(make([]byte, 0, 2*cap(d.buf)), d.buf...)
	}
	for range 100 {
		n, err := d.src.Read(d.buf[len(d.buf):cap(d.buf)])
		d.buf = d.buf[:len(d.buf)+n]
		d.readErr = err
		if d.weight += int64(n); d.bounded && d.weight > d.allowed {
			d.readErr = errHeavy
			return false
		}
		if n > 0 || err != nil {
			return n > 0
		}
	}
	d.readErr = io.ErrNoProgress
	return false
}

// need reports whether there are n more bytes.
func (d *Decoder) need(n int) bool {
	for len(d.buf)-d.pos < n {
		if !d.fill() {
			return false
		}
	}
	return true
}

// truncated records that the document ends too early.
func (d *Decoder) truncated() {
	switch {
	case d.readErr != nil && d.readErr != io.EOF:
		d.fail(d.readErr)
	case len(d.starts) == 0:
		d.malformed("the document ends where an element is expected")
	default:
		d.malformed("the document ends inside %s", d.Name())
	}
}

// Name returns the name of the current element, which is valid until the next
// call.
func (d *Decoder) Name() []byte {
	if len(d.starts) == 0 {
		return nil
	}
	return d.names[d.starts[len(d.starts)-1]:]
}

// Next goes on to the next child of the current element, or to the root element,
// and makes it the current one. At the end of the current element it returns
// false, and makes the parent the current one; so a loop over Next must run until
// it returns false, and its body must read each child to its end, with a loop of
// its own, Text, Skip, or one of the methods that read an object. At the end of
// the document Next returns false as well, also when there is an error.
func (d *Decoder) Next() bool { return d.step(false) }

// Skip reads the current element to its end.
func (d *Decoder) Skip() {
	for open := 1; open > 0 && d.err == nil; {
		if d.step(true) {
			open++
		} else {
			open--
		}
	}
}

// step goes on to the next tag and reports whether it begins an element. If text
// is false only white space may stand before it.
func (d *Decoder) step(text bool) bool {
	if d.err != nil {
		return false
	}
	if d.empty {
		d.empty = false
		d.pop()
		return false
	}
	if !d.began {
		d.began = true
		d.begin()
	}
	for d.err == nil {
		if text {
			if i := bytes.IndexByte(d.buf[d.pos:], '<'); i >= 0 {
				d.pos += i
			} else {
				d.pos = len(d.buf)
			}
		}
		for d.pos < len(d.buf) && isSpace(d.buf[d.pos]) {
			d.pos++
		}
		switch {
		case d.pos == len(d.buf):
			if d.fill() {
				continue
			}
			if len(d.starts) > 0 || d.names == nil || d.readErr != nil && d.readErr != io.EOF {
				d.truncated()
			}
			return false
		case d.buf[d.pos] != '<':
			d.mark = d.pos
			if len(d.starts) == 0 {
				d.malformed("text stands outside the root element")
			} else {
				d.invalid("text stands in %s where only elements may", d.Name())
			}
			return false
		case !d.need(2):
			d.truncated()
			return false
		}
		switch d.buf[d.pos+1] {
		case '/':
			d.endTag()
			return false
		case '?':
			d.skipPast("?>")
		case '!':
			switch cdata := d.declaration(); {
			case cdata && text:
				d.skipPast("]]>")
			case cdata:
				d.mark = d.pos
				d.invalid("text stands in %s where only elements may", d.Name())
			}
		default:
			return d.startTag()
		}
	}
	return false
}

// begin reads the byte order mark and checks the encoding in the XML
// declaration.
func (d *Decoder) begin() {
	if d.need(3) && string(d.buf[d.pos:d.pos+3]) == "\uFEFF" {
		d.pos += 3
	}
	if !d.at("<?xml") || !d.need(6) || !isSpace(d.buf[d.pos+5]) {
		return
	}
	n := 0
	for n <= 0 {
		n = bytes.Index(d.buf[d.pos:], []byte("?>"))
		switch {
		case n > maxDeclaration, n < 0 && len(d.buf)-d.pos > maxDeclaration:
			d.malformed("the XML declaration has more than %d bytes", maxDeclaration)
			return
		case n < 0 && !d.fill():
			d.truncated()
			return
		}
	}
	_, rest, ok := bytes.Cut(d.buf[d.pos:d.pos+n], []byte("encoding"))
	rest = bytes.TrimLeft(rest, "= \t\r\n")
	if ok && len(rest) > 0 {
		name, _, _ := bytes.Cut(rest[1:], rest[:1])
		if s := strings.ToLower(string(name)); s != "utf-8" && s != "utf8" && s != "us-ascii" {
			d.malformed("encoding %.40q is not UTF-8", s)
			return
		}
	}
	d.pos += n + len("?>")
}

// maxDeclaration bounds the XML declaration, which has 40 bytes or so.
const maxDeclaration = 1024

// at reports whether s comes next.
func (d *Decoder) at(s string) bool {
	return d.need(len(s)) && string(d.buf[d.pos:d.pos+len(s)]) == s
}

// skipPast skips what comes next up to and including s.
func (d *Decoder) skipPast(s string) {
	for {
		if i := bytes.Index(d.buf[d.pos:], []byte(s)); i >= 0 {
			d.pos += i + len(s)
			return
		}
		d.pos = max(d.pos, len(d.buf)-len(s)+1)
		if !d.fill() {
			d.truncated()
			return
		}
	}
}

// declaration skips a comment, reports whether a CDATA section comes next, and
// refuses everything else that begins with <!.
func (d *Decoder) declaration() (cdata bool) {
	switch {
	case d.at("<!--"):
		d.pos += len("<!--")
		d.skipPast("-->")
	case d.at("<![CDATA["):
		if len(d.starts) > 0 {
			return true
		}
		d.malformed("text stands outside the root element")
	case d.at("<!DOCTYPE"):
		d.malformed("a document type declaration is not allowed")
	default:
		d.malformed("<! begins neither a comment nor a CDATA section")
	}
	return false
}

// startTag reads
//
//	"<" Name { Space Name "=" Quote Value Quote } [ "/" ] ">"
func (d *Decoder) startTag() bool {
	d.mark = d.pos
	if len(d.starts) == 0 && d.names != nil {
		d.malformed("a second root element")
		return false
	}
	n := d.tagLen()
	if n < 0 {
		return false
	}
	tag := d.buf[d.pos : d.pos+n]
	i := 1
	for isName[tag[i]] {
		i++
	}
	if i == 1 || !(tag[i] == '>' || tag[i] == '/' || isSpace(tag[i])) {
		d.malformed("< begins no element")
		return false
	}
	if len(d.starts) == MaxDepth {
		d.failf(cim.QuotaViolation, "elements are nested more than %d deep", MaxDepth)
		return false
	}
	if d.names == nil {
		d.names = d.room.names[:0]
	}
	d.starts = append(d.starts, len(d.names))
	d.names = append(d.names, tag[1:i]...)
	d.attrs = d.attrs[:0]
	for {
		j := i
		for isSpace(tag[i]) {
			i++
		}
		switch {
		case tag[i] == '>':
			d.pos += n
			return true
		case tag[i] == '/' && tag[i+1] == '>':
			d.empty = true
			d.pos += n
			return true
		case i == j:
			d.malformed("a space is missing in the tag of %s", d.Name())
			return false
		}
		if i = d.attribute(tag, i); i < 0 {
			return false
		}
	}
}

// tagLen returns the length of the start tag at pos, and makes sure that all of
// it is in buf.
func (d *Decoder) tagLen() int {
	quote := byte(0)
	for i := 1; ; {
		rest := d.buf[d.pos+i:]
		if quote != 0 {
			n := bytes.IndexByte(rest, quote)
			if n >= 0 {
				quote = 0
				i += n + 1
				continue
			}
			i += len(rest)
		} else {
			n := 0
			for n < len(rest) && rest[n] != '>' && rest[n] != '"' && rest[n] != '\'' && rest[n] != '<' {
				n++
			}
			i += n
			if n < len(rest) {
				i++
				switch rest[n] {
				case '>':
					return i
				case '<':
					d.malformed("< stands inside a tag")
					return -1
				}
				quote = rest[n]
				continue
			}
		}
		if i > MaxTag {
			d.failf(cim.QuotaViolation, "a tag has more than %d bytes", MaxTag)
			return -1
		}
		if !d.fill() {
			d.truncated()
			return -1
		}
	}
}

// attribute reads the attribute at i of a tag and returns where it ends. The tag
// is whole, so every loop ends at its > at the latest.
func (d *Decoder) attribute(tag []byte, i int) int {
	a := attr{name: d.pos + i}
	name := i
	for isName[tag[i]] {
		i++
	}
	end := i
	a.nameEnd = d.pos + end
	for isSpace(tag[i]) {
		i++
	}
	if name == end || tag[i] != '=' {
		d.malformed("an attribute of %s is not of the form name=\"value\"", d.Name())
		return -1
	}
	i++
	for isSpace(tag[i]) {
		i++
	}
	quote := tag[i]
	if quote != '"' && quote != '\'' {
		d.malformed("attribute %s of %s has no quotes", tag[name:end], d.Name())
		return -1
	}
	i++
	a.from = d.pos + i
	i += bytes.IndexByte(tag[i:], quote)
	a.to = d.pos + i
	for _, other := range d.attrs {
		if string(d.buf[other.name:other.nameEnd]) == string(tag[name:end]) {
			d.malformed("%s has attribute %s twice", d.Name(), tag[name:end])
			return -1
		}
	}
	if len(d.attrs) == MaxAttrs {
		d.failf(cim.QuotaViolation, "%s has more than %d attributes", d.Name(), MaxAttrs)
		return -1
	}
	d.attrs = append(d.attrs, a)
	return i + 1
}

// endTag reads "</" Name { Space } ">", which must be that of the current
// element.
func (d *Decoder) endTag() {
	if name := d.Name(); len(name) > 0 {
		end := d.pos + len("</") + len(name)
		if end < len(d.buf) && d.buf[end] == '>' && string(d.buf[d.pos+2:end]) == string(name) {
			d.pos = end + 1
			d.pop()
			return
		}
	}
	for i := 2; ; i++ {
		if !d.need(i + 1) {
			d.truncated()
			return
		}
		if d.buf[d.pos+i] != '>' {
			if i > MaxTag {
				d.failf(cim.QuotaViolation, "a tag has more than %d bytes", MaxTag)
				return
			}
			continue
		}
		tag := bytes.TrimRight(d.buf[d.pos+2:d.pos+i], " \t\r\n")
		if len(d.starts) == 0 || !bytes.Equal(tag, d.Name()) {
			d.malformed("</%.60s> ends nothing that is open", tag)
			return
		}
		d.pos += i + 1
		d.pop()
		return
	}
}

func (d *Decoder) pop() {
	last := len(d.starts) - 1
	d.names = d.names[:d.starts[last]]
	d.starts = d.starts[:last]
	d.attrs = d.attrs[:0]
}

// attr returns the value of an attribute of the current element, nil if it does
// not have it. It is valid until the next call that reads on.
func (d *Decoder) attr(name string) []byte {
	for _, a := range d.attrs {
		if string(d.buf[a.name:a.nameEnd]) != name {
			continue
		}
		value := d.buf[a.from:a.to:a.to]
		if plain(value) == len(value) {
			return value
		}
		value = append(make([]byte, 0, len(value)), value...)
		for i, c := range value {
			switch c {
			case '\t', '\n', '\r':
				value[i] = ' '
			case '<':
				d.malformed("< stands in attribute %s of %s", name, d.Name())
				return nil
			}
		}
		return d.unescape(value, 0, true)
	}
	return nil
}

// Attr returns the value of an attribute of the current element, before anything
// of its content was read, and whether the element has the attribute.
func (d *Decoder) Attr(name string) (string, bool) {
	value := d.attr(name)
	return string(value), value != nil
}

// isTrue reports whether an attribute is there and true.
func (d *Decoder) isTrue(name string) bool {
	return bytes.EqualFold(d.attr(name), []byte("true"))
}

// require returns the value of an attribute that the current element must have.
func (d *Decoder) require(name string) string { return d.requireLike(name, "") }

// requireLike is require for a value that is probably the same as a string which
// exists already.
func (d *Decoder) requireLike(name, like string) string {
	value := d.attr(name)
	if string(value) == like && like != "" {
		return like
	}
	if len(value) == 0 {
		d.invalid("%s has no attribute %s", d.Name(), name)
	}
	return string(value)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// isName has the bytes of names.
var isName = func() (t [256]bool) {
	for c := range t {
		t[c] = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
			c == '.' || c == '-' || c == '_' || c == ':' || c >= utf8.RuneSelf
	}
	return t
}()
