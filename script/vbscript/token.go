package vbscript

import "openwmi/internal/source"

// A token is one word of a script. Keywords are names whose key is in keywords;
// the parser decides, since members after a point may have any name.
type token struct {
	kind  tokenKind
	space bool   // blanks stand before it
	quote bool   // a name in brackets, never a keyword
	key   string // of a literal: the text of a date without a year
	text  string // a name as written; the value of a string
	val   Value  // of a literal
	pos   source.Pos
	end   source.Pos
}

type tokenKind uint8

const (
	tEOF     tokenKind = iota
	tNewline           // the end of a line
	tColon             // between statements of a line
	tName
	tLiteral // number, string, date
	tOp      // key is the operator
)

// maxIdentifier is the greatest length of a name, in characters.
const maxIdentifier = 255

// reserved are the words that cannot be names without brackets.
var reserved = words(`and byref byval call case class const dim do each else elseif empty end eqv erase
execute exit false for function get goto if imp in is let loop me mod new next not nothing null on
option or private public redim rem resume select set stop sub then to true until wend while with xor`)

func words(text string) map[string]bool {
	m := make(map[string]bool)
	start := -1
	for i := 0; i <= len(text); i++ {
		if i < len(text) && text[i] > ' ' {
			if start < 0 {
				start = i
			}
		} else if start >= 0 {
			m[text[start:i]] = true
			start = -1
		}
	}
	delete(m, "execute") // a statement only where a call can stand
	delete(m, "get")
	return m
}
