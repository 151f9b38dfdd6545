package vbscript

import (
	"maps"
	"strings"
)

// A builtin is a function or constant of the language.
type builtin struct {
	name     string
	min, max int
	fn       builtinFn
	constant *Value
	noCall   bool // error 458 when it is called as a statement
	noValue  bool // error 13 when it is called in an expression
}

type builtinFn func(fr *frame, a []Value) Value

var builtins map[string]*builtin

// Made once: the functions of Execute reach the compiler, which reads the table.
func init() {
	builtins = make(map[string]*builtin)
	for _, list := range [][]builtin{stringFunctions, byteFunctions, numberFunctions, convertFunctions, arrayFunctions, dateFunctions, formatFunctions, systemFunctions} {
		for _, b := range list {
			builtins[fold(b.name)] = &b
		}
	}
	for name, v := range maps.All(constants) {
		builtins[fold(name)] = &builtin{name: name, constant: &v}
	}
}

// opt returns argument i, or the preset when it was left out.
func opt(a []Value, i int, preset Value) Value {
	if i >= len(a) || a[i].IsMissing() {
		return preset
	}
	return a[i]
}

func given(a []Value, i int) bool { return i < len(a) && !a[i].IsMissing() }

// textCompare reads a compare argument and reports whether case does not matter.
func textCompare(fr *frame, a []Value, i int) bool {
	n := fr.in.toLong(opt(a, i, Integer(0)))
	if n != 0 && n != 1 {
		raise(errCallOrArgument)
	}
	return n == 1
}

var constants = map[string]Value{
	"vbCr": String("\r"), "vbCrLf": String("\r\n"), "vbFormFeed": String("\f"), "vbLf": String("\n"), "vbNewLine": String("\r\n"),
	"vbNullChar": String("\x00"), "vbNullString": String(""), "vbTab": String("\t"), "vbVerticalTab": String("\v"),
	"vbBlack": Long(0), "vbRed": Long(0xFF), "vbGreen": Long(0xFF00), "vbYellow": Long(0xFFFF), "vbBlue": Long(0xFF0000),
	"vbMagenta": Long(0xFF00FF), "vbCyan": Long(0xFFFF00), "vbWhite": Long(0xFFFFFF),
	"vbBinaryCompare": Integer(0), "vbTextCompare": Integer(1), "vbDatabaseCompare": Integer(2),
	"vbSunday": Integer(1), "vbMonday": Integer(2), "vbTuesday": Integer(3), "vbWednesday": Integer(4), "vbThursday": Integer(5),
	"vbFriday": Integer(6), "vbSaturday": Integer(7), "vbUseSystem": Integer(0), "vbUseSystemDayOfWeek": Integer(0),
	"vbFirstJan1": Integer(1), "vbFirstFourDays": Integer(2), "vbFirstFullWeek": Integer(3),
	"vbGeneralDate": Integer(0), "vbLongDate": Integer(1), "vbShortDate": Integer(2), "vbLongTime": Integer(3), "vbShortTime": Integer(4),
	"vbObjectError": Long(-2147221504),
	"vbOKOnly":      Integer(0), "vbOKCancel": Integer(1), "vbAbortRetryIgnore": Integer(2), "vbYesNoCancel": Integer(3), "vbYesNo": Integer(4),
	"vbRetryCancel": Integer(5), "vbCritical": Integer(16), "vbQuestion": Integer(32), "vbExclamation": Integer(48), "vbInformation": Integer(64),
	"vbDefaultButton1": Integer(0), "vbDefaultButton2": Integer(256), "vbDefaultButton3": Integer(512), "vbDefaultButton4": Integer(768),
	"vbApplicationModal": Integer(0), "vbSystemModal": Integer(4096), "vbMsgBoxHelpButton": Long(16384),
	"vbMsgBoxSetForeground": Long(65536), "vbMsgBoxRight": Long(524288), "vbMsgBoxRtlReading": Long(1048576),
	"vbOK": Integer(1), "vbCancel": Integer(2), "vbAbort": Integer(3), "vbRetry": Integer(4), "vbIgnore": Integer(5), "vbYes": Integer(6), "vbNo": Integer(7),
	"vbTrue": Integer(-1), "vbFalse": Integer(0), "vbUseDefault": Integer(-2),
	"vbEmpty": Integer(0), "vbNull": Integer(1), "vbInteger": Integer(2), "vbLong": Integer(3), "vbSingle": Integer(4), "vbDouble": Integer(5),
	"vbCurrency": Integer(6), "vbDate": Integer(7), "vbString": Integer(8), "vbObject": Integer(9), "vbError": Integer(10),
	"vbBoolean": Integer(11), "vbVariant": Integer(12), "vbDataObject": Integer(13), "vbDecimal": Integer(14), "vbByte": Integer(17),
	"vbArray": Integer(8192),
}

// Builtins returns the names of the functions and constants of the language, which
// a prompt can complete.
func Builtins() []string {
	names := make([]string, 0, len(builtins))
	for _, b := range builtins {
		names = append(names, b.name)
	}
	return names
}

// makeText accounts for a string of n bytes before it is made.
func (in *Interp) makeText(n int64) {
	if n > in.memory {
		raise(errMemory)
	}
	in.charge(n + textSize)
}

func (in *Interp) newString(s string) Value {
	in.makeText(int64(len(s)))
	return String(s)
}

func repeated(in *Interp, n int, s string) Value {
	if n < 0 {
		raise(errCallOrArgument)
	}
	in.makeText(int64(n) * int64(len(s)))
	return String(strings.Repeat(s, n))
}
