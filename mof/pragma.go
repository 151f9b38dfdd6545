package mof

import (
	"strings"

	"openwmi/cim"
)

// The methods in this file read the arguments of directives, whose grammar
// allows more than each of them means. Check reports those which they refuse.

// String returns the one string that the directive has as its argument.
func (p *Pragma) String() (string, bool) {
	if len(p.Args) != 1 {
		return "", false
	}
	s, ok := p.Args[0].(*StringLit)
	if !ok {
		return "", false
	}
	return s.Value, true
}

// Locale returns the language in the argument "MS_xxx" of an amendment.
func (p *Pragma) Locale() (lcid cim.LCID, ok bool) {
	s, ok := p.String()
	if !ok || len(s) < 4 || !cim.EqualNames(s[:3], "MS_") {
		return 0, false
	}
	lcid, err := cim.ParseLocale(s)
	return lcid, err == nil
}

// Flags returns the bits which classflags or instanceflags stands for: those of
// WbemChangeFlagEnum. They are given as words, several in one string or each in
// its own, or as a number. Otherwise it returns the argument that is wrong.
func (p *Pragma) Flags() (bits uint32, wrong Value) {
	known := ^uint32(0)
	if p.Kind == InstanceFlagsPragma {
		known = flagWords["updateonly"] | flagWords["createonly"]
	}
	for _, arg := range p.Args {
		switch arg := arg.(type) {
		case *StringLit:
			for word := range strings.SplitSeq(arg.Value, ",") {
				bit, ok := flagWords[strings.ToLower(strings.TrimSpace(word))]
				if !ok || bit&^known != 0 {
					return 0, arg
				}
				bits |= bit
			}
		case *NumberLit:
			negative, n, ok := arg.Int()
			if !ok || negative || uint32(n)&^(known&allFlags) != 0 || n > allFlags {
				return 0, arg
			}
			bits |= uint32(n)
		default:
			return 0, arg
		}
	}
	return bits, nil
}

// flagWords has the flags by their words. No word is no flag.
var flagWords = map[string]uint32{
	"": 0, "updateonly": 1, "createonly": 2, "safeupdate": 0x20, "forceupdate": 0x40,
}

const allFlags = 1 | 2 | 0x20 | 0x40

// Target returns what deleteclass or deleteinstance deletes, and whether it is
// an error if that is not there.
func (p *Pragma) Target() (name string, mustExist, ok bool) {
	if len(p.Args) != 2 {
		return "", false, false
	}
	target, ok := p.Args[0].(*StringLit)
	if !ok {
		return "", false, false
	}
	var word string
	switch arg := p.Args[1].(type) {
	case *Word:
		word = arg.Text
	case *StringLit:
		word = arg.Value
	}
	mustExist = strings.EqualFold(word, "fail")
	return target.Value, mustExist, mustExist || strings.EqualFold(word, "nofail")
}

// Namespace returns the server and the path of a namespace. The server is empty
// for a path without one; the path has a backslash between its elements. A path
// may begin with a single slash.
func (p *Pragma) Namespace() (server, path string, ok bool) {
	s, ok := p.String()
	if !ok {
		return "", "", false
	}
	if len(s) > 1 && isSlash(s[0]) && !isSlash(s[1]) {
		s = s[1:]
	}
	server, path, err := cim.ParseNamespace(s)
	return server, path, err == nil && path != ""
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }
