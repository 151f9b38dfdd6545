package jscript

import (
	"strings"

	"openwmi/internal/source"
)

// syntaxTexts are the texts of syntax errors. JScript Reference, "JScript Syntax Errors".
var syntaxTexts = map[int]string{
	1001: "Out of memory", 1002: "Syntax error", 1003: "Expected ':'", 1004: "Expected ';'", 1005: "Expected '('",
	1006: "Expected ')'", 1007: "Expected ']'", 1008: "Expected '{'", 1009: "Expected '}'", 1010: "Expected identifier",
	1011: "Expected '='", 1012: "Expected '/'", 1013: "Invalid number", 1014: "Invalid character",
	1015: "Unterminated string constant", 1016: "Unterminated comment", 1018: "'return' statement outside of function",
	1019: "Can't have 'break' outside of loop", 1020: "Can't have 'continue' outside of loop",
	1023: "Expected hexadecimal digit", 1024: "Expected 'while'", 1025: "Label redefined", 1026: "Label not found",
	1027: "'default' can only appear once in a 'switch' statement", 1028: "Expected identifier, string or number",
	1033: "Expected 'catch'", 1035: "Throw must be followed by an expression on the same source line",
	5003: "Cannot assign to a function result", 5008: "Illegal assignment", 5017: "Syntax error in regular expression",
}

// diagnostic returns a syntax error; detail may say more.
func diagnostic(file *source.File, pos, end, code int, detail string) source.Diagnostic {
	msg := syntaxTexts[code]
	if detail != "" {
		msg += ": " + detail
	}
	return source.Diagnostic{
		File: file, Span: source.Span{Pos: source.Pos(pos + 1), End: source.Pos(end + 1)}, Code: uint32(code), Msg: msg,
	}
}

// syntaxCodes are the numbers of what goja's parser and compiler say.
var syntaxCodes = []struct {
	text string
	code int
}{
	{"Unexpected end of input", 1002},
	{"Illegal return", 1018},
	{"Illegal break", 1019},
	{"Could not find label", 1026},
	{"Undefined label", 1026},
	{"Illegal continue", 1020},
	{"Already saw a default", 1027},
	{"already exists", 1025},
	{"Illegal newline after throw", 1035},
	{"Unexpected end of line after throw", 1035},
	{"Missing catch or finally", 1033},
	{"Invalid left-hand side", 5008},
	{"Invalid regular expression", 5017},
	{"Invalid flags", 5017},
	{"Unexpected token ILLEGAL", 1014},
}

// syntaxCode returns the number of a message of goja, and what to say besides its text.
func syntaxCode(msg string) (code int, detail string) {
	for _, c := range syntaxCodes {
		if strings.Contains(msg, c.text) {
			return c.code, ""
		}
	}
	if rest, ok := strings.CutPrefix(msg, "Unexpected "); ok {
		return 1002, "unexpected " + rest
	}
	return 1002, ""
}
