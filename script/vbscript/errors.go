package vbscript

import (
	"errors"
	"fmt"

	"openwmi/internal/source"
)

// Numbers of errors. The texts are those of the VBScript Language Reference,
// pages "VBScript Run-time Errors" and "VBScript Syntax Errors".
const (
	errCallOrArgument = 5
	errOverflow       = 6
	errMemory         = 7
	errSubscript      = 9
	errFixedArray     = 10
	errDivision       = 11
	errTypeMismatch   = 13
	errStack          = 28
	errNotDefined     = 35
	errNotSet         = 91
	errForLoop        = 92
	errNull           = 94
	errObjectRequired = 424
	errCreateObject   = 429
	errNoMember       = 438
	errAutomation     = 440
	errNoAction       = 445
	errNotOptional    = 449
	errArguments      = 450
	errNotCollection  = 451
	errNoVariant      = 458
	errUndefined      = 500
	errIllegalAssign  = 501
	errUnqualified    = 505
	errClassUnknown   = 506
	errRegExpObject   = 5016
	errRegExpSyntax   = 5017
	errRegExpQuant    = 5018
	errRegExpBracket  = 5019
	errRegExpParen    = 5020
	errRegExpRange    = 5021

	errOutOfMemory     = 1001
	errSyntax          = 1002
	errOpenParen       = 1005
	errCloseParen      = 1006
	errBracket         = 1007
	errIdentifier      = 1010
	errEqual           = 1011
	errIf              = 1012
	errTo              = 1013
	errEnd             = 1014
	errFunction        = 1015
	errSub             = 1016
	errThen            = 1017
	errWend            = 1018
	errExpectedLoop    = 1019
	errExpectedNext    = 1020
	errCase            = 1021
	errSelect          = 1022
	errExpression      = 1023
	errStatement       = 1024
	errEndOfStatement  = 1025
	errIntegerConstant = 1026
	errWhileUntilEnd   = 1028
	errWith            = 1029
	errLongName        = 1030
	errNumber          = 1031
	errInvalidChar     = 1032
	errString          = 1033
	errMe              = 1037
	errLoop            = 1038
	errExit            = 1039
	errLoopVar         = 1040
	errRedefined       = 1041
	errParens          = 1044
	errLiteral         = 1045
	errIn              = 1046
	errClass           = 1047
	errInsideClass     = 1048
	errLetSetGet       = 1049
	errProperty        = 1050
	errPropertyArgs    = 1051
	errTwoDefaults     = 1052
	errClassArgs       = 1053
	errLetArgs         = 1054
	errNext            = 1055
	errDefaultOnly     = 1056
	errDefaultPublic   = 1057
	errDefaultGet      = 1058
)

var errorTexts = map[int]string{
	5: "Invalid procedure call or argument", 6: "Overflow", 7: "Out of memory", 9: "Subscript out of range",
	10: "This array is fixed or temporarily locked", 11: "Division by zero", 13: "Type mismatch",
	14: "Out of string space", 17: "Can't perform requested operation", 28: "Out of stack space",
	35: "Sub or Function not defined", 48: "Error in loading DLL", 51: "Internal error",
	52: "Bad file name or number", 53: "File not found", 54: "Bad file mode", 55: "File already open",
	57: "Device I/O error", 58: "File already exists", 61: "Disk full", 62: "Input past end of file",
	67: "Too many files", 68: "Device unavailable", 70: "Permission denied", 71: "Disk not ready",
	74: "Can't rename with different drive", 75: "Path/File access error", 76: "Path not found",
	91: "Object variable not set", 92: "For loop not initialized", 93: "Invalid pattern string",
	94: "Invalid use of Null", 322: "Can't create necessary temporary file", 424: "Object required",
	429: "ActiveX component can't create object", 430: "Class doesn't support Automation",
	432:  "File name or class name not found during Automation operation",
	438:  "Object doesn't support this property or method",
	440:  "Automation error",
	445:  "Object doesn't support this action",
	446:  "Object doesn't support named arguments",
	447:  "Object doesn't support current locale setting",
	448:  "Named argument not found",
	449:  "Argument not optional",
	450:  "Wrong number of arguments or invalid property assignment",
	451:  "Object not a collection",
	453:  "Specified DLL function not found",
	455:  "Code resource lock error",
	457:  "This key is already associated with an element of this collection",
	458:  "Variable uses an Automation type not supported in VBScript",
	462:  "The remote server machine does not exist or is unavailable",
	481:  "Invalid picture",
	500:  "Variable is undefined",
	501:  "Illegal assignment",
	502:  "Object not safe for scripting",
	503:  "Object not safe for initializing",
	504:  "Object not safe for creating",
	505:  "Invalid or unqualified reference",
	506:  "Class not defined",
	507:  "An exception occurred",
	1001: "Out of memory", 1002: "Syntax error", 1003: "Expected ':'", 1005: "Expected '('",
	1006: "Expected ')'", 1007: "Expected ']'", 1010: "Expected identifier", 1011: "Expected '='",
	1012: "Expected 'If'", 1013: "Expected 'To'", 1014: "Expected 'End'", 1015: "Expected 'Function'",
	1016: "Expected 'Sub'", 1017: "Expected 'Then'", 1018: "Expected 'Wend'", 1019: "Expected 'Loop'",
	1020: "Expected 'Next'", 1021: "Expected 'Case'", 1022: "Expected 'Select'", 1023: "Expected expression",
	1024: "Expected statement", 1025: "Expected end of statement", 1026: "Expected integer constant",
	1027: "Expected 'While' or 'Until'", 1028: "Expected 'While', 'Until' or end of statement",
	1029: "Expected 'With'", 1030: "Identifier too long", 1031: "Invalid number", 1032: "Invalid character",
	1033: "Unterminated string constant", 1034: "Unterminated comment", 1037: "Invalid use of 'Me' keyword",
	1038: "'loop' without 'do'", 1039: "Invalid 'exit' statement", 1040: "Invalid 'for' loop control variable",
	1041: "Name redefined", 1042: "Must be first statement on the line", 1043: "Cannot assign to non-ByVal argument",
	1044: "Cannot use parentheses when calling a Sub", 1045: "Expected literal constant", 1046: "Expected 'In'",
	1047: "Expected 'Class'", 1048: "Must be defined inside a Class",
	1049: "Expected Let or Set or Get in property declaration", 1050: "Expected 'Property'",
	1051: "Number of arguments must be consistent across properties specification",
	1052: "Cannot have multiple default property/method in a Class",
	1053: "Class initialize or terminate do not have arguments",
	1054: "Property set or let must have at least one argument", 1055: "Unexpected 'Next'",
	1056: "'Default' can be specified only on 'Property' or 'Function' or 'Sub'",
	1057: "'Default' specification must also specify 'Public'",
	1058: "'Default' specification can only be on Property Get",
	5008: "Illegal assignment", 5016: "Regular Expression object expected",
	5017: "Syntax error in regular expression", 5018: "Unexpected quantifier",
	5019: "Expected ']' in regular expression", 5020: "Expected ')' in regular expression",
	5021: "Invalid range in character set", 32811: "Element not found",
}

func errorText(n int) string {
	if s := errorTexts[n]; s != "" {
		return s
	}
	return "Unknown runtime error"
}

// Sources of errors, as Err.Source tells them.
const (
	runtimeSource = "Microsoft VBScript runtime error"
	compileSource = "Microsoft VBScript compilation error"
)

// An Error is a run-time error, or a syntax error in the text of Execute and its like.
type Error struct {
	Number      int32 // VBScript's number, or an HRESULT
	Source      string
	Description string
	Detail      string // the name or value that the error is about, which Err.Description lacks
	HelpFile    string
	HelpContext int32
	Position    source.Position // of the statement; zero when the error has no place
	Err         error           // the cause, of an error of a host or a limit; else nil

	final bool // a limit: On Error Resume Next does not catch it
	pos   source.Pos
	file  *source.File
}

// Error returns the error as the script host prints it.
func (e *Error) Error() string {
	msg := e.Source + ": " + e.Description
	if e.Detail != "" {
		msg += ": '" + e.Detail + "'"
	}
	if e.Position.Line != 0 {
		return fmt.Sprintf("%s(%d, %d) %s", e.Position.File, e.Position.Line, e.Position.Column, msg)
	}
	return msg
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// NewError returns an error with a number of VBScript and its text, for a Host or an
// Object to return. The detail, if any, follows the text in quotes where the error is
// shown; scripts do not see it.
func NewError(number int, detail string) *Error {
	return &Error{Number: int32(number), Source: runtimeSource, Description: errorText(number), Detail: detail}
}

// raise ends the statement with an error. Inside of the package errors travel as
// panics, so that evaluating an expression costs no checks; every entry recovers them.
func raise(number int) { panic(NewError(number, "")) }

func raiseName(number int, name string) { panic(NewError(number, name)) }

// raiseErr ends the statement with the error of a host.
func raiseErr(err error) {
	if e, ok := errors.AsType[*Error](err); ok {
		c := *e
		if c.Position.Line != 0 {
			// Of a script that the host called, whose own place stays as the cause.
			c.Err = e
		}
		c.Position = source.Position{}
		c.file = nil
		c.adopt()
		panic(&c)
	}
	panic(&Error{Number: errAutomation, Source: runtimeSource, Description: err.Error(), Err: err})
}

// raiseFinal ends the script with an error that it cannot catch.
func raiseFinal(number int, err error) {
	panic(&Error{Number: int32(number), Source: runtimeSource, Description: errorText(number) + ": " + err.Error(), Err: err, final: true})
}
