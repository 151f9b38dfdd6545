package jscript

import (
	"errors"
	"strings"

	"github.com/dop251/goja"

	"openwmi/internal/source"
)

// eval runs a text among the globals, or with a second argument among the local
// variables that are the properties of this object.
func (in *Interp) eval(c goja.FunctionCall) goja.Value {
	text := c.Argument(0)
	if !goja.IsString(text) {
		return text
	}
	var locals []string
	scope, inside := c.Argument(1).(*goja.Object)
	if inside {
		locals = scope.GetOwnPropertyNames()
	}
	global := in.js.GlobalObject()
	s := in.compile(text.String(), locals)
	if inside {
		// The text enters its with statement before anything in it can run.
		outer := global.Get(nameScope)
		in.hide(global, nameScope, scope)
		defer in.hide(global, nameScope, outer)
	}
	v, err := in.js.RunProgram(s.prog)
	if err != nil {
		panic(err)
	}
	return v
}

// compile parses a text at run time: a syntax error is one that a script can catch.
func (in *Interp) compile(text string, locals []string) *Script {
	if len(text) > source.MaxFile {
		in.throw(errMemory)
	}
	s, err := parse(source.NewFile("eval", text), locals)
	if err == nil {
		return s
	}
	number, msg := 1002, syntaxTexts[1002]
	if d, ok := errors.AsType[*source.Diagnostic](err); ok {
		number, msg = int(d.Code), d.Msg
	}
	o := in.newError(scode(int32(number)), msg, err)
	in.hide(o, "name", "SyntaxError")
	_ = o.SetPrototype(in.prototype("SyntaxError"))
	panic(o)
}

// installFunction makes Function compile its text as a script.
func (in *Interp) installFunction() {
	f := in.js.ToValue(func(c goja.ConstructorCall) *goja.Object {
		var params []string
		body := ""
		for i, a := range c.Arguments {
			if i < len(c.Arguments)-1 {
				params = append(params, a.String())
			} else {
				body = a.String()
			}
		}
		// Both parts have to be whole on their own.
		for _, part := range append(params, body) {
			list := &source.List{}
			if scan(source.NewFile("Function", part), list).unclosed != 0 || list.Errors() > 0 {
				in.compile("(function () {"+part+"(", nil) // which fails
			}
		}
		s := in.compile("(function anonymous("+strings.Join(params, ",")+"\n) {\n"+body+"\n})", nil)
		v, err := in.js.RunProgram(s.prog)
		if err != nil {
			panic(err)
		}
		return v.(*goja.Object)
	}).(*goja.Object)
	proto := in.functionProto
	_ = f.DefineDataProperty("prototype", proto, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE)
	in.hide(proto, "constructor", f)
	in.hide(in.js.GlobalObject(), "Function", f)
	in.around(proto, "apply", func(c goja.FunctionCall, old native) goja.Value {
		v := c.Argument(1)
		list, ok := v.(*goja.Object)
		switch {
		case ok && in.automation(list) == nil:
			in.fits(in.length(list) * 4 * elementSize)
		case ok || !goja.IsUndefined(v) && !goja.IsNull(v):
			in.throw(errArguments)
		}
		return old(c)
	})
}
