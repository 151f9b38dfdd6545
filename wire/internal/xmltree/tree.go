// Package xmltree reads XML documents with namespaces as trees, and appends text
// to documents. It is for small messages, which are looked at in any order.
//
// It is strict: UTF-8 only, no document type, no entities but the five predefined
// ones and character references, every prefix bound; and depth and number are
// bounded, so that time and memory are proportional to the length of a document.
package xmltree

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a document.
const (
	MaxDepth  = 256
	MaxNodes  = 1 << 18 // elements and attributes, which take some 30 MB
	MaxAttrs  = 256     // of an element
	MaxSpaces = 256     // prefixes bound at one place, among which each name is looked for
)

// A Name is a name in a namespace.
type Name struct{ Space, Local string }

// A Node is an element.
type Node struct {
	Name
	Attrs    []Attr
	Children []*Node
	Text     string // all that stands between the children, as one
}

// An Attr is an attribute that declares no namespace.
type Attr struct {
	Name
	Value string
}

// Attr returns the value of an attribute, "" if it is not there.
func (n *Node) Attr(space, local string) string {
	for _, a := range n.Attrs {
		if a.Space == space && a.Local == local {
			return a.Value
		}
	}
	return ""
}

// Child returns the first child of that name, nil if there is none or n is nil.
func (n *Node) Child(space, local string) *Node {
	if n != nil {
		for _, c := range n.Children {
			if c.Space == space && c.Local == local {
				return c
			}
		}
	}
	return nil
}

// Value returns the text without blanks around it, "" for nil.
func (n *Node) Value() string {
	if n == nil {
		return ""
	}
	return strings.TrimSpace(n.Text)
}

// An Error says what is wrong with a document, and where.
type Error struct {
	Line, Column int // from 1; columns count bytes
	Msg          string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Msg) }

// Parse reads a document. The error is an *Error.
func Parse(document []byte) (*Node, error) {
	p := &parser{b: bytes.TrimPrefix(document, []byte("\xEF\xBB\xBF"))}
	p.scopes = []scope{{"xml", "http://www.w3.org/XML/1998/namespace"}, {"", ""}}
	root, err := p.document()
	if err != nil {
		text := p.b[:min(p.i, len(p.b))]
		line := bytes.Count(text, []byte{'\n'})
		return nil, &Error{line + 1, len(text) - bytes.LastIndexByte(text, '\n'), err.Error()}
	}
	return root, nil
}

// A scope binds a prefix.
type scope struct{ prefix, space string }

type parser struct {
	b      []byte
	i      int
	scopes []scope
	nodes  int
}

// characters goes through the whole document, which must be of characters that
// XML has.
func (p *parser) characters() error {
	for i := 0; i < len(p.b); {
		if c := p.b[i]; ' ' <= c && c < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(p.b[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			p.i = i
			return fmt.Errorf("the document is not in UTF-8")
		case !isChar(r):
			p.i = i
			return fmt.Errorf("%U is no character of XML", r)
		}
		i += n
	}
	return nil
}

func (p *parser) document() (*Node, error) {
	if err := p.characters(); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(p.b, []byte("<?xml")) {
		end := bytes.Index(p.b, []byte("?>"))
		if end < 0 {
			return nil, fmt.Errorf("the XML declaration has no end")
		}
		p.i = end + 2
	}
	var root *Node
	for {
		p.space()
		switch {
		case p.i == len(p.b):
			if root == nil {
				return nil, fmt.Errorf("there is no element")
			}
			return root, nil
		case p.has("<!--"), p.has("<?"):
			if err := p.skip(); err != nil {
				return nil, err
			}
		case p.b[p.i] != '<' || root != nil:
			return nil, fmt.Errorf("something stands outside the root element")
		default:
			var err error
			if root, err = p.element(0); err != nil {
				return nil, err
			}
		}
	}
}

func (p *parser) has(s string) bool { return bytes.HasPrefix(p.b[p.i:], []byte(s)) }

func (p *parser) space() {
	for p.i < len(p.b) && isSpace(p.b[p.i]) {
		p.i++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// skip skips a comment or processing instruction.
func (p *parser) skip() error {
	end := "?>"
	if p.has("<!--") {
		p.i += 4
		end = "-->"
	}
	n := bytes.Index(p.b[p.i:], []byte(end))
	if n < 0 {
		return fmt.Errorf("a comment or instruction has no end")
	}
	p.i += n + len(end)
	return nil
}

// name reads a name with its prefix.
func (p *parser) name() (prefix, local string, err error) {
	start := p.i
	for p.i < len(p.b) && isName(p.b[p.i]) {
		p.i++
	}
	text := string(p.b[start:p.i])
	prefix, local, ok := strings.Cut(text, ":")
	if !ok {
		prefix, local = "", text
	}
	if local == "" || ok && prefix == "" || strings.Contains(local, ":") || local[0] == '-' || local[0] == '.' || '0' <= local[0] && local[0] <= '9' {
		return "", "", fmt.Errorf("%.40q is not a name", text)
	}
	return prefix, local, nil
}

func isName(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == ':' || c == '_' || c == '-' || c == '.' || c >= utf8.RuneSelf
}

func (p *parser) lookup(prefix string) (string, error) {
	for i := len(p.scopes) - 1; i >= 0; i-- {
		if p.scopes[i].prefix == prefix {
			return p.scopes[i].space, nil
		}
	}
	return "", fmt.Errorf("prefix %.40q is not bound", prefix)
}

// count counts an element or attribute.
func (p *parser) count() error {
	if p.nodes++; p.nodes > MaxNodes {
		return fmt.Errorf("the document has more than %d elements and attributes", MaxNodes)
	}
	return nil
}

// element reads an element, at whose < the parser is.
func (p *parser) element(depth int) (*Node, error) {
	if err := p.count(); err != nil {
		return nil, err
	}
	if depth == MaxDepth {
		return nil, fmt.Errorf("elements stand more than %d deep", MaxDepth)
	}
	p.i++ // <
	prefix, local, err := p.name()
	if err != nil {
		return nil, err
	}
	mark := len(p.scopes)
	defer func() { p.scopes = p.scopes[:mark] }()
	n := &Node{}
	empty, err := p.attributes(n, mark)
	if err != nil {
		return nil, err
	}
	n.Local = local
	if n.Space, err = p.lookup(prefix); err != nil {
		return nil, err
	}
	if empty {
		return n, nil
	}
	var text []byte
	for {
		next := bytes.IndexByte(p.b[p.i:], '<')
		if next < 0 {
			p.i = len(p.b)
			return nil, fmt.Errorf("element %.40s has no end", local)
		}
		if text, err = appendUnescaped(text, p.b[p.i:p.i+next], false); err != nil {
			return nil, err
		}
		p.i += next
		switch {
		case p.has("</"):
			p.i += 2
			endPrefix, endLocal, err := p.name()
			if err != nil {
				return nil, err
			}
			p.space()
			if endPrefix != prefix || endLocal != local || p.i == len(p.b) || p.b[p.i] != '>' {
				return nil, fmt.Errorf("element %.40s ends with %.40s", local, endLocal)
			}
			p.i++
			n.Text = string(text)
			return n, nil
		case p.has("<![CDATA["):
			p.i += 9
			end := bytes.Index(p.b[p.i:], []byte("]]>"))
			if end < 0 {
				return nil, fmt.Errorf("a CDATA section has no end")
			}
			text = appendLines(text, p.b[p.i:p.i+end])
			p.i += end + 3
		case p.has("<!--"), p.has("<?"):
			if err := p.skip(); err != nil {
				return nil, err
			}
		case p.has("<!"):
			return nil, fmt.Errorf("declarations are not allowed")
		default:
			child, err := p.element(depth + 1)
			if err != nil {
				return nil, err
			}
			n.Children = append(n.Children, child)
		}
	}
}

// attributes reads the rest of a start tag. The scopes from mark on are those of
// the element.
func (p *parser) attributes(n *Node, mark int) (empty bool, err error) {
	type raw struct{ prefix, local, value string }
	var all []raw
	for {
		spaced := p.i < len(p.b) && isSpace(p.b[p.i])
		p.space()
		switch {
		case p.i == len(p.b):
			return false, fmt.Errorf("a tag has no end")
		case p.b[p.i] == '>':
			p.i++
		case p.has("/>"):
			p.i += 2
			empty = true
		case !spaced:
			return false, fmt.Errorf("a blank is missing before an attribute")
		case len(all) == MaxAttrs:
			return false, fmt.Errorf("a tag has more than %d attributes", MaxAttrs)
		default:
			prefix, local, err := p.name()
			if err != nil {
				return false, err
			}
			value, err := p.attributeValue()
			if err == nil {
				err = p.count()
			}
			switch {
			case err != nil:
			case prefix == "xmlns":
				if value == "" || local == "xmlns" || local == "xml" {
					err = fmt.Errorf("prefix %.40q cannot be bound so", local)
				} else {
					err = p.bind(local, value, mark)
				}
			case prefix == "" && local == "xmlns":
				err = p.bind("", value, mark)
			default:
				all = append(all, raw{prefix, local, value})
			}
			if err != nil {
				return false, err
			}
			continue
		}
		break
	}
	for _, a := range all {
		attr := Attr{Name{"", a.local}, a.value}
		if a.prefix != "" {
			if attr.Space, err = p.lookup(a.prefix); err != nil {
				return false, err
			}
		}
		for _, b := range n.Attrs {
			if b.Name == attr.Name {
				return false, fmt.Errorf("attribute %.40s stands there twice", a.local)
			}
		}
		n.Attrs = append(n.Attrs, attr)
	}
	return empty, nil
}

// bind binds a prefix in an element whose scopes begin at mark.
func (p *parser) bind(prefix, space string, mark int) error {
	if len(p.scopes) == MaxSpaces {
		return fmt.Errorf("more than %d prefixes are bound", MaxSpaces)
	}
	for _, s := range p.scopes[mark:] {
		if s.prefix == prefix {
			return fmt.Errorf("prefix %.40q is bound twice", prefix)
		}
	}
	p.scopes = append(p.scopes, scope{prefix, space})
	return nil
}

func (p *parser) attributeValue() (string, error) {
	p.space()
	if p.i == len(p.b) || p.b[p.i] != '=' {
		return "", fmt.Errorf("an attribute has no value")
	}
	p.i++
	p.space()
	if p.i == len(p.b) || p.b[p.i] != '"' && p.b[p.i] != '\'' {
		return "", fmt.Errorf("the value of an attribute is not quoted")
	}
	quote := p.b[p.i]
	p.i++
	end := bytes.IndexByte(p.b[p.i:], quote)
	if end < 0 {
		return "", fmt.Errorf("the value of an attribute has no end")
	}
	text := p.b[p.i : p.i+end]
	if bytes.IndexByte(text, '<') >= 0 {
		return "", fmt.Errorf("the value of an attribute has a <")
	}
	value, err := appendUnescaped(nil, text, true)
	p.i += end + 1
	return string(value), err
}

// appendLines appends text with its lines ended as XML has them. XML 1.0 2.11
func appendLines(b, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '\r')
		if i < 0 {
			return append(b, text...)
		}
		b = append(append(b, text[:i]...), '\n')
		text = bytes.TrimPrefix(text[i+1:], []byte{'\n'})
	}
}

// appendUnescaped appends text with what its references mean. White space in an
// attribute is blanks. XML 1.0 3.3.3
func appendUnescaped(b, text []byte, attribute bool) ([]byte, error) {
	for {
		i := bytes.IndexByte(text, '&')
		more := text
		if i >= 0 {
			more = text[:i]
		}
		start := len(b)
		b = appendLines(b, more)
		if attribute {
			for k, c := range b[start:] {
				if isSpace(c) {
					b[start+k] = ' '
				}
			}
		}
		if i < 0 {
			return b, nil
		}
		text = text[i+1:]
		end := bytes.IndexByte(text[:min(len(text), 12)], ';')
		if end < 0 {
			return nil, fmt.Errorf("a reference has no end")
		}
		ref := string(text[:end])
		text = text[end+1:]
		if c, ok := entities[ref]; ok {
			b = append(b, c)
			continue
		}
		if !strings.HasPrefix(ref, "#") {
			return nil, fmt.Errorf("entity %.12q is not known", ref)
		}
		digits, base := ref[1:], 10
		if strings.HasPrefix(digits, "x") {
			digits, base = digits[1:], 16
		}
		n, err := strconv.ParseUint(digits, base, 32)
		if err != nil || !isChar(rune(n)) || n > utf8.MaxRune {
			return nil, fmt.Errorf("%.12q is no character", ref)
		}
		b = utf8.AppendRune(b, rune(n))
	}
}

var entities = map[string]byte{"lt": '<', "gt": '>', "amp": '&', "apos": '\'', "quot": '"'}

// isChar reports whether XML 1.0 can have a character.
func isChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || 0x20 <= r && r <= 0xD7FF || 0xE000 <= r && r <= 0xFFFD || 0x10000 <= r && r <= utf8.MaxRune
}
