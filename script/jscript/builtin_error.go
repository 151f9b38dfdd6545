package jscript

import (
	"github.com/dop251/goja"

	"openwmi/script/vbscript"
)

// installErrors gives the constructors of errors JScript's arguments: a number and a
// description, or a description.
func (in *Interp) installErrors() {
	global := in.js.GlobalObject()
	in.errorType = global.Get("Error")
	in.hide(in.prototype("Error"), "toString", func(goja.FunctionCall) goja.Value { return in.js.ToValue("[object Error]") })
	for _, name := range []string{"Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"} {
		old := global.Get(name).(*goja.Object)
		proto := in.prototype(name)
		f := in.js.ToValue(func(c goja.ConstructorCall) *goja.Object {
			var number int32
			text := ""
			if args := c.Arguments; len(args) > 0 && goja.IsNumber(args[0]) {
				number = int32(args[0].ToInteger())
				text = textOf(c.Argument(1))
			} else {
				text = textOf(c.Argument(0))
			}
			o, err := in.js.New(old)
			if err != nil {
				panic(err)
			}
			in.describe(o, number, text)
			return o
		}).(*goja.Object)
		_ = f.DefineDataProperty("prototype", proto, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE)
		in.hide(proto, "constructor", f)
		in.hide(global, name, f)
	}
}

// made is what the functions that make objects return.
func (in *Interp) made(o vbscript.Object, err error) goja.Value {
	in.hostEnded()
	if err != nil {
		in.throwErr(err)
	}
	if o == nil {
		in.throw(errCreate)
	}
	return in.toJS(vbscript.FromObject(o))
}
