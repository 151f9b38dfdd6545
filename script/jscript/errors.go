package jscript

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/file"

	"openwmi/internal/source"
	"openwmi/script/vbscript"
)

// Numbers of run-time errors. Errors have them with the facility of scripts in the
// upper half: e.number & 0xFFFF.
const (
	errCall        = 5
	errMemory      = 7
	errMismatch    = 13
	errStack       = 28
	errInternal    = 51
	errCreate      = 429
	errMember      = 438
	errAutomation  = 440
	errAction      = 445
	errCollection  = 451
	errException   = 507
	errNumber      = 5001
	errFunction    = 5002
	errResult      = 5003
	errObject      = 5007
	errAssign      = 5008
	errUndefined   = 5009
	errString      = 5005
	errDate        = 5006
	errBoolean     = 5010
	errVBArray     = 5013
	errEnumerator  = 5015
	errRegExp      = 5017
	errNotCaught   = 5022
	errURIEncode   = 5024
	errURIDecode   = 5025
	errFraction    = 5026
	errPrecision   = 5027
	errArguments   = 5028
	errArrayLength = 5029
	errSubscript   = 9
	facility       = 0x800A0000
	runtimeSource  = "Microsoft JScript runtime error"
	compileSource  = "Microsoft JScript compilation error"
)

// runtimeTexts are the texts of errors that VBScript does not have, or has another text
// for. JScript Reference, "JScript Run-time Errors".
var runtimeTexts = map[int]string{
	errNumber: "Number expected", errString: "String expected", errBoolean: "Boolean expected", 5016: "Regular Expression object expected",
	errCreate: "Automation server can't create object", errFunction: "Function expected",
	errResult: "Cannot assign to a function result", errDate: "Date object expected", errObject: "Object expected",
	errAssign: "Illegal assignment", errUndefined: "Undefined identifier", errVBArray: "VBArray expected",
	errEnumerator: "Enumerator object expected", errRegExp: "Syntax error in regular expression",
	errNotCaught: "Exception thrown and not caught", errURIEncode: "The URI to be encoded contains an invalid character",
	errURIDecode: "The URI to be decoded is not a valid encoding", errFraction: "The number of fractional digits is out of range",
	errPrecision: "The precision is out of range", errArguments: "Array or arguments object expected",
	errArrayLength: "Array length must be a finite positive integer",
}

func runtimeText(n int) string {
	if s := runtimeTexts[n]; s != "" {
		return s
	}
	return vbscript.NewError(n, "").Description
}

// scode returns the number that scripts see.
func scode(n int32) int32 {
	if n > 0 && n <= 0xFFFF {
		return int32(facility | uint32(n))
	}
	return n
}

// cause is where an Error object keeps the Go error that it came from.
type cause struct{ err error }

// newError makes an Error object.
func (in *Interp) newError(number int32, text string, err error) *goja.Object {
	o, e := in.js.New(in.errorType, in.js.ToValue(text))
	if e != nil {
		panic(e)
	}
	in.describe(o, number, text)
	if err != nil {
		_ = o.SetSymbol(in.causeKey, in.js.ToValue(&cause{err}))
	}
	return o
}

// describe gives an Error object the number and texts that scripts read.
func (in *Interp) describe(o *goja.Object, number int32, text string) {
	for name, v := range map[string]any{"number": number, "description": text, "message": text} {
		_ = o.DefineDataProperty(name, in.js.ToValue(v), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	}
}

// throw ends the native function that runs with an error of JScript.
func (in *Interp) throw(n int) {
	panic(in.newError(scode(int32(n)), runtimeText(n), nil))
}

// named makes an error of JScript of a class.
func (in *Interp) named(class string, n int) *goja.Object {
	o := in.newError(scode(int32(n)), runtimeText(n), nil)
	in.hide(o, "name", class)
	_ = o.SetPrototype(in.prototype(class))
	return o
}

// throwErr ends the native function that runs with the error of a host.
func (in *Interp) throwErr(err error) {
	if e, ok := errors.AsType[*vbscript.Error](err); ok {
		text := e.Description
		if e.Number == errCreate || text == "" && e.Number > 0 {
			text = runtimeText(int(e.Number))
		}
		panic(in.newError(scode(e.Number), text, err))
	}
	panic(in.newError(scode(errAutomation), err.Error(), err))
}

// nativeErrors are the errors of goja, by their message, and their numbers in JScript.
var nativeErrors = []struct {
	pattern *regexp.Regexp
	number  int
	text    string // "" for the usual one
}{
	{regexp.MustCompile(`^(\S+) is not defined$`), errUndefined, "'$1' is undefined"},
	{regexp.MustCompile(`^Cannot (read|set) property|^Cannot convert undefined or null|^Cannot assign to property|of undefined or null$`), errObject, ""},
	{regexp.MustCompile(`^Object has no member`), errMember, ""},
	{regexp.MustCompile(`^Method Date\.`), errDate, ""},
	{regexp.MustCompile(`^Method Number\.|^Value is not a number`), errNumber, ""},
	{regexp.MustCompile(`^Method String\.|^String\.prototype`), errString, ""},
	{regexp.MustCompile(`^Method Boolean\.`), errBoolean, ""},
	{regexp.MustCompile(`^Method RegExp\.`), 5016, ""},
	{regexp.MustCompile(`^Value is not an object|not a function|is not callable`), errFunction, ""},
	{regexp.MustCompile(`Not a constructor|is not a constructor`), errFunction, ""},
	{regexp.MustCompile(`^Invalid regular expression|^Invalid flags|^Invalid regexp|^Unmatched|[Uu]nterminated|regexp2`), errRegExp, ""},
	{regexp.MustCompile(`[Ii]nvalid array length`), errArrayLength, ""},
	{regexp.MustCompile(`toFixed|toExponential`), errFraction, ""},
	{regexp.MustCompile(`toPrecision`), errPrecision, ""},
	{regexp.MustCompile(`^Malformed URI|URI malformed`), errURIDecode, ""},
	{regexp.MustCompile(`CreateListFromArrayLike|object expected|not an object`), errArguments, ""},
	{regexp.MustCompile(`this time value is not finite|is not a date|not a Date`), errDate, ""},
}

// caught gives an Error object of goja the number and text of JScript; others have
// theirs already.
func (in *Interp) caught(v goja.Value) {
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() != "Error" || in.hasOwn(o, "number") {
		return
	}
	msg := textOf(o.Get("message"))
	for _, n := range nativeErrors {
		m := n.pattern.FindStringSubmatchIndex(msg)
		if m == nil {
			continue
		}
		number := n.number
		switch {
		case number == errUndefined:
			_ = o.SetPrototype(in.prototype("TypeError")) // JScript has no ReferenceError of its own
			if in.stands(o, "(") {
				number = errObject // something is called that is not there
			}
		case number == errFunction && strings.HasPrefix(msg, "Value is not an object") && in.stands(o, "new"):
			number = errAction
		}
		text := runtimeText(number)
		if number == n.number && n.text != "" {
			text = string(n.pattern.ExpandString(nil, n.text, msg, m))
		}
		in.describe(o, scode(int32(number)), text)
		return
	}
	number := errCall
	if textOf(o.Get("name")) == "TypeError" {
		number = errMismatch
	}
	in.describe(o, scode(int32(number)), runtimeText(number))
}

// stands reports whether a text stands where an error of goja has its place: that of a call
// is the parenthesis.
func (in *Interp) stands(o *goja.Object, text string) bool {
	m := stackPlace.FindStringSubmatch(textOf(o.Get("stack")))
	if m == nil {
		return false
	}
	s := in.scripts[m[1]]
	if s == nil {
		return false
	}
	line, _ := strconv.Atoi(m[2])
	column, _ := strconv.Atoi(m[3])
	at := s.offset(file.Position{Line: line, Column: column})
	return strings.HasPrefix(s.File.Text()[at:], text)
}

// stackPlace is where the stack of an error of goja says that it happened.
var stackPlace = regexp.MustCompile(`\n\tat (?:.*\()?(0x[0-9a-f]+):(\d+):(\d+)\(`)

func (in *Interp) hasOwn(o *goja.Object, name string) bool {
	return in.ownProperty(goja.FunctionCall{This: o, Arguments: []goja.Value{in.js.ToValue(name)}}).ToBoolean()
}

func textOf(v goja.Value) string {
	if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
		return ""
	}
	return v.String()
}

// fail turns what goja returns into the error of the package.
func (in *Interp) fail(ctx context.Context, err error) *vbscript.Error {
	var e *vbscript.Error
	if ex, ok := errors.AsType[*goja.Exception](err); ok {
		e = in.thrown(ctx, ex)
	} else if stop, ok := errors.AsType[*goja.InterruptedError](err); ok {
		e = &vbscript.Error{Number: scode(errException), Source: runtimeSource, Position: in.place(stop.Stack())}
		reason, _ := stop.Value().(error)
		if reason == nil {
			reason = ctx.Err()
		}
		if reason == nil && in.tooMuch.Load() {
			reason = errTooMuch
		}
		switch {
		case reason == errTooMuch:
			e.Number, e.Description = scode(errMemory), runtimeText(errMemory)
		case reason != nil:
			e.Description = runtimeText(errException) + ": " + reason.Error()
		}
		e.Err = reason
	} else if over, ok := errors.AsType[*goja.StackOverflowError](err); ok {
		e = &vbscript.Error{Number: scode(errStack), Source: runtimeSource, Description: runtimeText(errStack), Position: in.place(over.Stack())}
	} else if own, ok := errors.AsType[*vbscript.Error](err); ok {
		e = own
	} else {
		e = &vbscript.Error{Number: scode(errAutomation), Source: runtimeSource, Description: err.Error(), Err: err}
	}
	return e
}

// thrown describes what a script threw and did not catch.
func (in *Interp) thrown(ctx context.Context, ex *goja.Exception) *vbscript.Error {
	e := &vbscript.Error{Number: scode(errNotCaught), Source: runtimeSource, Description: runtimeText(errNotCaught), Position: in.place(ex.Stack())}
	o, ok := ex.Value().(*goja.Object)
	if !ok {
		e.Description += ": " + textOf(ex.Value())
		return e
	}
	var host *vbscript.Error
	err := in.guard(func() {
		in.caught(o)
		if c := o.GetSymbol(in.causeKey); c != nil {
			if c, ok := c.Export().(*cause); ok {
				e.Err = c.err
				host, _ = errors.AsType[*vbscript.Error](c.err)
				switch {
				case host == nil:
				case host.Position.Line != 0: // in a script of another engine
					e.Source, e.Position = host.Source, host.Position
				case host.Source != "" && !strings.HasPrefix(host.Source, "Microsoft VBScript"):
					e.Source = host.Source
				}
			}
		}
		if textOf(o.Get("name")) == "SyntaxError" && e.Err != nil {
			e.Source = compileSource
		}
		if n := o.Get("number"); n != nil && goja.IsNumber(n) {
			e.Number = int32(n.ToInteger())
			if host != nil && host.Position.Line != 0 && host.Source != runtimeSource && scode(host.Number) == e.Number {
				e.Number = host.Number // as its language has it
			}
		}
		switch d := textOf(o.Get("description")); {
		case d != "":
			e.Description = d
		case o.ClassName() == "Error":
			e.Description = textOf(o.Get("message"))
		default:
			e.Description += ": " + o.String()
		}
	})
	if err == nil {
		return e
	}
	if _, again := errors.AsType[*goja.Exception](err); again {
		return e
	}
	stopped := in.fail(ctx, err)
	stopped.Position = e.Position
	return stopped
}

// place returns where the innermost call of a script stands.
func (in *Interp) place(stack []goja.StackFrame) source.Position {
	for _, f := range stack {
		if s := in.scripts[f.SrcName()]; s != nil {
			return s.position(f.Position())
		}
	}
	return source.Position{}
}

// guard runs f, which touches objects of scripts outside of a run, and returns what it
// throws.
func (in *Interp) guard(f func()) error {
	call, _ := goja.AssertFunction(in.js.ToValue(func(goja.FunctionCall) goja.Value {
		f()
		return nil
	}))
	_, err := call(goja.Undefined())
	return err
}

// hostEnded ends the run when its context has ended, or its memory, while a host or a
// built-in function worked. No script can catch this.
func (in *Interp) hostEnded() {
	if in.ctx.Err() != nil || in.tooMuch.Load() {
		panic(&goja.InterruptedError{})
	}
}
