package cim

import (
	"strings"
)

// ParsePath reads an object or namespace path (model.md 9.2):
//
//	\\server\root\cimv2:Class.Key1="text",Key2=5
//	root/cimv2:Class        :Class       Class="text"       Class=@
//
// Slashes of both kinds separate, also mixed, but a path with a server does not
// begin with a slash and a backslash. A single name is a class, names with
// slashes between them are a namespace, a server may stand alone. The error is
// InvalidObjectPath and says where the path goes wrong.
func ParsePath(s string) (Path, error) {
	p := pathParser{text: s, rest: s}
	path, err := p.path()
	if err != nil {
		return Path{}, err
	}
	return path, nil
}

// MustParsePath is ParsePath for paths that are known to be good; it panics on
// any other.
func MustParsePath(s string) Path {
	p, err := ParsePath(s)
	if err != nil {
		panic(err)
	}
	return p
}

// ParseNamespace reads the path of a namespace, with or without a server, and
// returns both; the namespace has backslashes. A path without elements is
// returned as "". The error is InvalidNamespace: a leading, doubled or trailing
// slash, or a bad name; or InvalidParameter: more than two leading slashes
// ([MS-WMI] as observed, model.md 9.2).
func ParseNamespace(s string) (server, namespace string, err error) {
	rest := s
	if len(rest) >= 2 && isSlash(rest[0]) && isSlash(rest[1]) {
		rest = rest[2:]
		i := strings.IndexAny(rest, `\/`)
		switch {
		case i == 0:
			return "", "", Errorf(InvalidParameter, "namespace path %.60q begins with more than two slashes", s)
		case rest == "" || rest == ".":
			return "", "", Errorf(InvalidNamespace, "namespace path %q names no namespace", s)
		case i < 0:
			return rest, "", nil
		}
		server, rest = rest[:i], rest[i+1:]
	}
	namespace, ok := normalNamespace(rest)
	if !ok {
		return "", "", Errorf(InvalidNamespace, "namespace path %.60q is not names with single slashes between them", s)
	}
	return server, namespace, nil
}

// normalNamespace returns the namespace with backslashes.
func normalNamespace(s string) (string, bool) {
	if s == "" {
		return "", false
	}
	from := 0
	changed := false
	for i := 0; i <= len(s); i++ {
		if i < len(s) && !isSlash(s[i]) {
			continue
		}
		if !IsIdentifier(s[from:i]) {
			return "", false
		}
		changed = changed || i < len(s) && s[i] == '/'
		from = i + 1
	}
	if changed {
		s = strings.ReplaceAll(s, "/", `\`)
	}
	return s, true
}

func isSlash(c byte) bool { return c == '\\' || c == '/' }

// pathParser reads text; rest is what has not been read yet.
type pathParser struct {
	text, rest string
}

func (p *pathParser) fail(why string) error {
	at := len(p.text) - len(p.rest)
	return Errorf(InvalidObjectPath, "object path %.120q: %s at character %d", p.text, why, at+1)
}

func (p *pathParser) path() (Path, error) {
	var path Path
	if p.text == "" {
		return path, p.fail("a path is expected")
	}
	if len(p.rest) >= 2 && isSlash(p.rest[0]) && isSlash(p.rest[1]) && p.rest[:2] != `/\` {
		p.rest = p.rest[2:]
		i := serverEnd(p.rest)
		if i == 0 {
			return path, p.fail("a server name is expected")
		}
		path.Server, p.rest = p.rest[:i], p.rest[i:]
		if p.rest != "" && !isSlash(p.rest[0]) {
			return path, p.fail("a slash and a namespace are expected")
		}
		if len(p.rest) <= 1 {
			return path, nil
		}
		p.rest = p.rest[1:]
	} else if isSlash(p.rest[0]) {
		p.rest = p.rest[1:]
	}
	// What comes next up to a colon outside quotes is the namespace.
	end := strings.IndexAny(p.rest, `:="'.`)
	switch {
	case end >= 0 && p.rest[end] == ':':
		if end > 0 {
			ns, ok := normalNamespace(p.rest[:end])
			if !ok {
				return path, p.fail("a namespace is expected")
			}
			path.Namespace = ns
		} else if path.Server != "" {
			return path, p.fail("a namespace is expected")
		}
		p.rest = p.rest[end+1:]
	case path.Server != "" || end < 0 && strings.ContainsAny(p.rest, `\/`):
		ns, ok := normalNamespace(p.rest)
		if !ok {
			return path, p.fail("a namespace is expected")
		}
		path.Namespace = ns
		return path, nil
	}
	return path, p.object(&path)
}

// serverEnd returns the length of the server name with which s begins. It may be
// an IPv6 address in brackets.
func serverEnd(s string) int {
	if s != "" && s[0] == '[' {
		if end := strings.IndexByte(s, ']'); end > 0 && strings.Trim(s[1:end], "0123456789abcdefABCDEF:.%") == "" {
			return end + 1
		}
	}
	if end := strings.IndexAny(s, `\/:`); end >= 0 {
		return end
	}
	return len(s)
}

func (p *pathParser) object(path *Path) error {
	end := strings.IndexAny(p.rest, ".=")
	if end < 0 {
		end = len(p.rest)
	}
	if !IsIdentifier(p.rest[:end]) {
		return p.fail("a class name is expected")
	}
	path.Class, p.rest = p.rest[:end], p.rest[end:]
	switch {
	case p.rest == "":
		return nil
	case p.rest == "=@":
		path.Singleton = true
		return nil
	case p.rest[0] == '=':
		p.rest = p.rest[1:]
		k, err := p.value()
		if err != nil {
			return err
		}
		path.Keys = []Key{k}
		if p.rest != "" {
			return p.fail("the end is expected")
		}
		return nil
	}
	return p.bindings(path)
}

func (p *pathParser) bindings(path *Path) error {
	for p.rest != "" {
		p.rest = p.rest[1:] // the point or comma
		eq := strings.IndexByte(p.rest, '=')
		if eq < 0 || !IsIdentifier(p.rest[:eq]) {
			return p.fail("a key name and = are expected")
		}
		name := p.rest[:eq]
		for _, k := range path.Keys {
			if EqualNames(k.Name, name) {
				return p.fail("key " + name + " stands there twice")
			}
		}
		if len(path.Keys) == MaxKeys {
			return p.fail("no more than 256 keys are possible")
		}
		p.rest = p.rest[eq+1:]
		k, err := p.value()
		if err != nil {
			return err
		}
		k.Name = name
		if path.Keys == nil {
			path.Keys = make([]Key, 0, 2)
		}
		path.Keys = append(path.Keys, k)
		if p.rest != "" && p.rest[0] != ',' {
			return p.fail("a comma or the end is expected")
		}
	}
	return nil
}

// value reads a constant up to a comma or the end.
func (p *pathParser) value() (Key, error) {
	if p.rest == "" {
		return Key{}, p.fail("a value is expected")
	}
	if q := p.rest[0]; q == '"' || q == '\'' {
		return p.quoted(q)
	}
	end := strings.IndexByte(p.rest, ',')
	if end < 0 {
		end = len(p.rest)
	}
	text := p.rest[:end]
	if !isNumber(text) && !EqualNames(text, "TRUE") && !EqualNames(text, "FALSE") {
		return Key{}, p.fail("a number, TRUE, FALSE, or a value in quotes is expected")
	}
	p.rest = p.rest[end:]
	return Key{Text: text}, nil
}

func (p *pathParser) quoted(quote byte) (Key, error) {
	escaped := false
	for i := 1; i < len(p.rest); i++ {
		switch p.rest[i] {
		case quote:
			text := p.rest[1:i]
			if escaped {
				text = unescape(text)
			}
			p.rest = p.rest[i+1:]
			return Key{Text: text, Quoted: true}, nil
		case '\\':
			i++
			escaped = true
		}
	}
	return Key{}, p.fail("a value without closing quote begins")
}

// unescape removes the backslashes that stand before a quote or another one. All others
// mean themselves: many scripts ask for Win32_Directory.Name='C:\Scripts'.
func unescape(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && strings.IndexByte(`\"'`, s[i+1]) >= 0 {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}

func isNumber(s string) bool {
	if isHex(s) {
		return strings.Trim(s[2:], "0123456789abcdefABCDEF") == ""
	}
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func isHex(s string) bool { return len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') }
