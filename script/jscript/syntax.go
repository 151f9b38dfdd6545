package jscript

import (
	"strings"

	"openwmi/internal/source"
)

// syntaxTexts are the texts of syntax errors. JScript Reference, "JScript Syntax Errors".
var syntaxTexts = map[int]string{
	errInternal: "Internal error", 1001: "Out of memory", 1002: "Syntax error", 1003: "Expected ':'", 1004: "Expected ';'", 1005: "Expected '('",
	1006: "Expected ')'", 1007: "Expected ']'", 1008: "Expected '{'", 1009: "Expected '}'", 1010: "Expected identifier",
	1011: "Expected '='", 1012: "Expected '/'", 1013: "Invalid number", 1014: "Invalid character",
	1015: "Unterminated string constant", 1016: "Unterminated comment", 1018: "'return' statement outside of function",
	1019: "Can't have 'break' outside of loop", 1020: "Can't have 'continue' outside of loop",
	1023: "Expected hexadecimal digit", 1024: "Expected 'while'", 1025: "Label redefined", 1026: "Label not found",
	1027: "'default' can only appear once in a 'switch' statement", 1028: "Expected identifier, string or number",
	1029: "Expected '@end'", 1030: "Conditional compilation is turned off", 1033: "Expected 'catch'", 1035: "Throw must be followed by an expression on the same source line",
	5003: "Cannot assign to a function result", 5008: "Illegal assignment", 5017: "Syntax error in regular expression",
	5019: "Expected ']' in regular expression", 5020: "Expected ')' in regular expression",
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
	{"Illegal return", 1018},
	{"Illegal break", 1019},
	{"Could not find label", 1026},
	{"Undefined label", 1026},
	{"Illegal continue", 1020},
	{"Already saw a default", 1027},
	{"already exists", 1025},
	{"Illegal newline after throw", 1035},
	{"Missing catch or finally", 1033},
	{"Invalid left-hand side", 5008},
	{"Unterminated group", 5020},
	{"Unterminated character class", 5019},
	{"Unmatched ')'", 5017},
	{"Invalid group", 5017},
	{"egular expression", 5017},
	{"regexp", 5017},
	{"Invalid flags", 5017},
	{"loop variable declaration may not have an initializer", 1004},
	{"reserved word", 1010},
	{"Maximum nesting level", 1001},
	{"Not a valid left-value", 5008},
	{"Unexpected token ILLEGAL", 1014},
}

// endOfInput is what goja says at the end of a text, where it may say it often.
const endOfInput = "Unexpected end of input"

// syntaxCode returns the number of a message of goja about what follows a text, and
// what to say besides its own text.
func syntaxCode(msg, before string) (code int, detail string) {
	for _, c := range syntaxCodes {
		if strings.Contains(msg, c.text) {
			return c.code, ""
		}
	}
	switch msg {
	case "Unexpected identifier", "Unexpected number", "Unexpected string":
		// An operand follows an operand.
		switch openBracket(before) {
		case '(':
			return 1006, ""
		case '[':
			return 1007, ""
		}
		return 1004, ""
	}
	if rest, ok := strings.CutPrefix(msg, "Unexpected "); ok && msg != endOfInput {
		return 1002, "unexpected " + rest
	}
	return 1002, ""
}

// openBracket returns the innermost bracket that is open after a text; 0 when none is.
func openBracket(text string) byte {
	s := &scanner{file: source.NewFile("", text), list: &source.List{}, src: text}
	s.out.puts, s.out.events, s.out.values = map[int]int{}, map[int]string{}, map[int]float64{}
	s.run()
	if len(s.open) == 0 {
		return 0
	}
	return s.open[len(s.open)-1].char
}
