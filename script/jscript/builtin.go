package jscript

import (
	"slices"
	"strings"

	"github.com/dop251/goja"
)

// library is what the language has: globals, and the members of those that are objects
// (Array) or prototypes (Array.prototype). What goja has besides goes away.
var library = map[string]string{
	"": "Object Function Array String Boolean Number Date RegExp Error EvalError RangeError ReferenceError SyntaxError TypeError URIError " +
		"Math NaN Infinity undefined parseInt parseFloat isNaN isFinite decodeURI decodeURIComponent encodeURI encodeURIComponent " +
		"escape unescape eval",
	"Object":             "",
	"Object.prototype":   "constructor toString toLocaleString valueOf hasOwnProperty isPrototypeOf propertyIsEnumerable",
	"Function":           "",
	"Function.prototype": "constructor toString apply call",
	"Array":              "",
	"Array.prototype":    "constructor toString toLocaleString concat join pop push reverse shift slice sort splice unshift",
	"String":             "fromCharCode",
	"String.prototype": "constructor toString valueOf charAt charCodeAt concat indexOf lastIndexOf localeCompare match replace search " +
		"slice split substr substring toLowerCase toLocaleLowerCase toUpperCase toLocaleUpperCase",
	"Boolean":           "",
	"Boolean.prototype": "constructor toString valueOf",
	"Number":            "MAX_VALUE MIN_VALUE NaN NEGATIVE_INFINITY POSITIVE_INFINITY",
	"Number.prototype":  "constructor toString toLocaleString valueOf toFixed toExponential toPrecision",
	"Math":              "E LN10 LN2 LOG2E LOG10E PI SQRT1_2 SQRT2 abs acos asin atan atan2 ceil cos exp floor log max min pow random round sin sqrt tan",
	"Date":              "parse UTC",
	"Date.prototype": "constructor toString toDateString toTimeString toLocaleString toLocaleDateString toLocaleTimeString valueOf getTime " +
		"getFullYear getUTCFullYear getMonth getUTCMonth getDate getUTCDate getDay getUTCDay getHours getUTCHours getMinutes getUTCMinutes " +
		"getSeconds getUTCSeconds getMilliseconds getUTCMilliseconds getTimezoneOffset setTime setMilliseconds setUTCMilliseconds " +
		"setSeconds setUTCSeconds setMinutes setUTCMinutes setHours setUTCHours setDate setUTCDate setMonth setUTCMonth setFullYear " +
		"setUTCFullYear toUTCString",
	"RegExp":           "",
	"RegExp.prototype": "constructor exec test toString source global ignoreCase multiline flags sticky unicode compile",
	"Error":            "",
	"Error.prototype":  "constructor name message toString",
}

// builtins are the globals of the language.
var builtins = func() map[string]bool {
	all := map[string]bool{}
	for _, name := range Builtins() {
		all[name] = true
	}
	return all
}()

// install makes the globals of the language out of those of goja.
func (in *Interp) install() {
	global := in.js.GlobalObject()
	in.trim()
	in.functionProto = in.prototype("Function")
	in.ownProperty = in.prototype("Object").Get("hasOwnProperty").Export().(native)
	in.valueOf = map[string]native{}
	for _, class := range []string{"String", "Number", "Boolean"} {
		in.valueOf[class] = in.prototype(class).Get("valueOf").Export().(native)
	}
	in.installErrors()
	in.installFunction()
	in.installArray()
	in.installNumber()
	in.installString()
	in.installRegExp()
	in.installDate()
	in.installVBArray()
	in.installEnumerator()
	in.limitNesting()
	for name, f := range map[string]func(goja.FunctionCall) goja.Value{
		nameView: func(c goja.FunctionCall) goja.Value {
			if a := in.automation(c.Argument(0)); a != nil {
				return a.onCall()
			}
			return c.Argument(0)
		},
		nameRef:    in.refer,
		nameTypeof: in.typeof,
		nameCaught: func(c goja.FunctionCall) goja.Value {
			in.caught(c.Argument(0))
			return goja.Undefined()
		},
		nameEval: in.eval,
		nameObject: func(c goja.FunctionCall) goja.Value {
			if _, ok := c.Argument(0).(*goja.Object); !ok {
				in.throw(errObject)
			}
			return c.Argument(0)
		},
		nameScope: func(goja.FunctionCall) goja.Value { return goja.Undefined() },
		nameDate:  in.dateArgument,
		"eval": func(c goja.FunctionCall) goja.Value {
			return in.eval(goja.FunctionCall{Arguments: c.Arguments[:min(1, len(c.Arguments))]})
		},
		"GetObject": func(c goja.FunctionCall) goja.Value {
			o, err := in.host.GetObject(in.ctx, in.optional(c, 0), in.optional(c, 1))
			return in.made(o, err)
		},
		"ScriptEngine":             func(goja.FunctionCall) goja.Value { return in.js.ToValue("JScript") },
		"ScriptEngineMajorVersion": func(goja.FunctionCall) goja.Value { return in.js.ToValue(5) },
		"ScriptEngineMinorVersion": func(goja.FunctionCall) goja.Value { return in.js.ToValue(8) },
		"ScriptEngineBuildVersion": func(goja.FunctionCall) goja.Value { return in.js.ToValue(16384) },
		"CollectGarbage":           func(goja.FunctionCall) goja.Value { return goja.Undefined() },
	} {
		in.hide(global, name, f)
	}
	in.hide(global, nameDeep, in.js.NewDynamicObject(in.deep))
	for _, name := range []string{"escape", "encodeURI", "encodeURIComponent"} {
		in.around(global, name, func(c goja.FunctionCall, old native) goja.Value {
			text := in.text(c.Argument(0))
			in.fits(size(text) * 9) // three bytes of three characters each
			if name != "escape" && lone(text) {
				panic(in.named("URIError", errURIEncode))
			}
			return old(goja.FunctionCall{This: c.This, Arguments: []goja.Value{text}})
		})
	}
	in.hide(global, "ActiveXObject", func(c goja.ConstructorCall) *goja.Object {
		call := goja.FunctionCall{Arguments: c.Arguments}
		o, err := in.host.CreateObject(in.ctx, in.optional(call, 0), in.optional(call, 1))
		return in.made(o, err).(*goja.Object)
	})
	for _, name := range global.GetOwnPropertyNames() {
		in.own[name] = true
	}
}

// lone reports whether a text has a surrogate that is not one of a pair.
func lone(s goja.String) bool {
	for i := 0; i < s.Length(); i++ {
		switch c := s.CharAt(i); {
		case c < 0xD800 || c > 0xDFFF:
		case c < 0xDC00 && i+1 < s.Length() && s.CharAt(i+1)&0xFC00 == 0xDC00:
			i++
		default:
			return true
		}
	}
	return false
}

// trim deletes what the language does not have.
func (in *Interp) trim() {
	global := in.js.GlobalObject()
	for path, names := range library {
		o := global
		for part := range strings.SplitSeq(path, ".") {
			if part != "" {
				o = o.Get(part).(*goja.Object)
			}
		}
		keep := append(strings.Fields(names), "prototype", "length", "name")
		for _, name := range o.GetOwnPropertyNames() {
			if !slices.Contains(keep, name) {
				_ = o.Delete(name)
			}
		}
	}
}

// prototype returns the prototype of a class of the language, whatever a script makes of
// the global with its name later: install asks for each that is needed.
func (in *Interp) prototype(class string) *goja.Object {
	p := in.prototypes[class]
	if p == nil {
		p = in.js.GlobalObject().Get(class).(*goja.Object).Get("prototype").(*goja.Object)
		in.prototypes[class] = p
	}
	return p
}

// hide defines a member that for in does not show.
func (in *Interp) hide(o *goja.Object, name string, v any) {
	value := in.js.ToValue(v)
	if f, ok := value.(*goja.Object); ok {
		if _, ok := goja.AssertFunction(f); ok {
			_ = f.DefineDataProperty("name", in.js.ToValue(name), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
		}
	}
	_ = o.DefineDataProperty(name, value, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// native is a function of goja.
type native = func(goja.FunctionCall) goja.Value

// around replaces a method of goja by one that may call it.
func (in *Interp) around(o *goja.Object, name string, f func(c goja.FunctionCall, old native) goja.Value) {
	was := o.Get(name).(*goja.Object)
	old := was.Export().(native)
	in.hide(o, name, func(c goja.FunctionCall) goja.Value { return f(c, old) })
	_ = o.Get(name).(*goja.Object).DefineDataProperty("length", was.Get("length"), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// maxNested bounds the native methods that call each other without a function of a script
// between them, which goja would not: o.toString = String.prototype.trim.
const maxNested = 5000

// nest calls f one level deeper: error 28 says that it is too deep.
func (in *Interp) nest(f func() goja.Value) goja.Value {
	in.deep.check()
	if in.nested >= maxNested {
		in.throw(errStack)
	}
	in.nested++
	defer func() { in.nested-- }()
	return f()
}

// limitNesting bounds the methods that ask what they are called on for its text or its
// length, or call it, and the conversion of objects, by which goja's own exec asks.
func (in *Interp) limitNesting() {
	for _, class := range []string{"Object", "Function", "Array", "String", "RegExp"} {
		proto := in.prototype(class)
		for _, name := range proto.GetOwnPropertyNames() {
			if name == "exec" { // by which goja knows that it need not call it
				continue
			}
			if f, ok := proto.Get(name).(*goja.Object); !ok || f.ClassName() != "Function" || name == "constructor" {
				continue
			}
			in.around(proto, name, func(c goja.FunctionCall, old native) goja.Value {
				if _, ok := c.This.(*goja.Object); !ok { // nothing is asked
					return old(c)
				}
				return in.nest(func() goja.Value { return old(c) })
			})
		}
	}
	_ = in.prototype("Object").SetSymbol(goja.SymToPrimitive, func(c goja.FunctionCall) goja.Value {
		return in.nest(func() goja.Value { return in.primitive(c.This, c.Argument(0).String()) })
	})
}

// primitive is the primitive value of an object. [MS-ES3] 8.6.2.6
func (in *Interp) primitive(v goja.Value, hint string) goja.Value {
	names := []string{"valueOf", "toString"}
	if hint == "string" {
		slices.Reverse(names)
	}
	o := v.ToObject(in.js)
	for _, name := range names {
		f, ok := goja.AssertFunction(o.Get(name))
		if !ok {
			continue
		}
		v, err := f(o)
		if err != nil {
			panic(err)
		}
		if _, ok := v.(*goja.Object); !ok {
			return v
		}
	}
	in.throw(errMember)
	return nil
}

// optional returns the text of an argument, "" when it is left out.
func (in *Interp) optional(c goja.FunctionCall, i int) string { return textOf(c.Argument(i)) }

// typeof is the operator, for what is declared.
func (in *Interp) typeof(c goja.FunctionCall) goja.Value {
	v := c.Argument(0)
	kind := "object"
	o, ok := v.(*goja.Object)
	switch {
	case goja.IsUndefined(v):
		kind = "undefined"
	case goja.IsNull(v):
	case goja.IsString(v):
		kind = "string"
	case goja.IsNumber(v):
		kind = "number"
	case !ok:
		kind = "boolean"
	case in.automation(o) != nil:
	default:
		if _, ok := goja.AssertFunction(o); ok {
			if kind = "function"; o.GetSymbol(in.valueKey) != nil {
				kind = "unknown" // a method of an automation object
			}
		} else if kept, ok := in.unbox(o); ok {
			if kind = "unknown"; kept.Array() == nil {
				kind = "date"
			}
		}
	}
	return in.js.ToValue(kind)
}

// Builtins returns the names of the functions and objects of the language, which a
// prompt can complete, in order.
func Builtins() []string {
	return sorted(slices.Concat(strings.Fields(library[""]), []string{
		"ActiveXObject", "CollectGarbage", "Enumerator", "GetObject", "ScriptEngine", "ScriptEngineBuildVersion",
		"ScriptEngineMajorVersion", "ScriptEngineMinorVersion", "VBArray",
	}))
}
