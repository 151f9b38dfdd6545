package jscript

import (
	"context"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"

	"openwmi/script/vbscript"
)

// boxed is where objects that stand for dates and arrays of automation keep them.
type boxed struct {
	value vbscript.Value

	// Of an array that is a global of another engine: this one, and the name.
	of   *automation
	name string
}

// box makes an object that stands for a value which JScript has no type for.
func (in *Interp) box(v vbscript.Value, proto *goja.Object) *goja.Object {
	o := in.js.CreateObject(proto)
	_ = o.SetSymbol(in.valueKey, in.js.ToValue(&boxed{value: v}))
	return o
}

// unbox returns what box was given.
func (in *Interp) unbox(v goja.Value) (vbscript.Value, bool) {
	if b := in.boxed(v); b != nil {
		return b.value, true
	}
	return vbscript.Empty, false
}

// boxed returns what box has made of a value, nil for other objects.
func (in *Interp) boxed(v goja.Value) *boxed {
	if o, ok := v.(*goja.Object); ok {
		if kept := o.GetSymbol(in.valueKey); kept != nil {
			b, _ := kept.Export().(*boxed)
			return b
		}
	}
	return nil
}

// toJS returns a value as scripts see it.
func (in *Interp) toJS(v vbscript.Value) goja.Value {
	switch v.Type() {
	case vbscript.TypeEmpty:
		return goja.Undefined()
	case vbscript.TypeNull:
		return goja.Null()
	case vbscript.TypeString:
		s, _ := v.Text()
		return in.toString(s)
	case vbscript.TypeBoolean:
		return in.js.ToValue(v == vbscript.True)
	case vbscript.TypeDate:
		return in.box(v, in.dateProto)
	case vbscript.TypeArray:
		return in.box(v, in.arrayProto)
	case vbscript.TypeError:
		code, _ := v.SCode()
		if v.IsMissing() {
			return goja.Undefined()
		}
		return in.js.ToValue(int32(code))
	case vbscript.TypeObject:
		o := v.Object()
		if o == nil {
			return goja.Null()
		}
		if own, ok := o.(object); ok && own.in == in {
			return own.js
		}
		return in.wrap(o)
	}
	f, _ := vbscript.ToDouble(context.Background(), v)
	return in.js.ToValue(f)
}

// toString returns a string of scripts. Lone surrogates, which WTF-8 has and UTF-8 has
// not, stay what they are.
func (in *Interp) toString(s string) goja.Value {
	if utf8.ValidString(s) {
		return in.js.ToValue(s)
	}
	units := make([]uint16, 0, len(s))
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 && len(s) >= 3 && s[0] == 0xED && s[1] >= 0xA0 {
			r, n = 0xD000|rune(s[1]&0x3F)<<6|rune(s[2]&0x3F), 3
			units = append(units, uint16(r))
		} else {
			units = utf16.AppendRune(units, r)
		}
		s = s[n:]
	}
	return goja.StringFromUTF16(units)
}

// text returns a value as a string, as scripts convert it.
func (in *Interp) text(v goja.Value) goja.String {
	if s, ok := v.(goja.String); ok {
		return s
	}
	return in.js.ToValue(v.String()).(goja.String)
}

// fromString returns a string of a script as WTF-8.
func fromString(v goja.Value) string {
	s := v.String()
	if !strings.ContainsRune(s, utf8.RuneError) {
		return s
	}
	js, ok := v.(goja.String)
	if !ok {
		return s
	}
	var b strings.Builder
	for i := 0; i < js.Length(); i++ {
		r := rune(js.CharAt(i))
		if utf16.IsSurrogate(r) {
			if i+1 < js.Length() {
				if pair := utf16.DecodeRune(r, rune(js.CharAt(i+1))); pair != utf8.RuneError {
					b.WriteRune(pair)
					i++
					continue
				}
			}
			b.Write([]byte{0xE0 | byte(r>>12), 0x80 | byte(r>>6)&0x3F, 0x80 | byte(r)&0x3F})
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// fromJS returns a value of a script as automation sees it.
func (in *Interp) fromJS(v goja.Value) vbscript.Value {
	switch {
	case v == nil || goja.IsUndefined(v):
		return vbscript.Empty
	case goja.IsNull(v):
		return vbscript.Null
	case goja.IsString(v):
		return vbscript.String(fromString(v))
	case goja.IsNumber(v):
		return fromNumber(v)
	}
	o, ok := v.(*goja.Object)
	if !ok {
		return vbscript.Bool(v.ToBoolean())
	}
	if a := in.automation(o); a != nil {
		return vbscript.FromObject(a.obj)
	}
	if kept, ok := in.unbox(o); ok {
		return kept
	}
	switch o.ClassName() {
	case "String", "Number", "Boolean":
		// No method of the script's own: this may be outside of a run.
		var inner goja.Value
		if in.guard(func() { inner = in.valueOf[o.ClassName()](goja.FunctionCall{This: o}) }) == nil {
			return in.fromJS(inner)
		}
	}
	return vbscript.FromObject(object{in, o})
}

func fromNumber(v goja.Value) vbscript.Value {
	f := v.ToFloat()
	if n := int32(f); float64(n) == f && !(n == 0 && math.Signbit(f)) {
		return vbscript.Long(n)
	}
	return vbscript.Double(f)
}

func (in *Interp) fromAll(list []goja.Value) []vbscript.Value {
	out := make([]vbscript.Value, len(list))
	for i, v := range list {
		out[i] = in.fromJS(v)
	}
	return out
}

// milliseconds returns a date as JScript counts it; NaN for what is none.
func milliseconds(v vbscript.Value) float64 {
	t, ok := v.GoTime(time.Local)
	if !ok {
		return math.NaN()
	}
	return float64(t.UnixMilli())
}

var proxyType = reflect.TypeFor[goja.Proxy]()

// automation returns the automation object that o stands for, or nil.
func (in *Interp) automation(v goja.Value) *automation {
	o, ok := v.(*goja.Object)
	if !ok || o.ExportType() != proxyType {
		return nil
	}
	// Scripts cannot make proxies: every one is ours.
	if kept := o.Export().(goja.Proxy).Target().GetSymbol(in.valueKey); kept != nil {
		a, _ := kept.Export().(*automation)
		return a
	}
	return nil // that of Import
}

// sorted returns a list in order.
func sorted(list []string) []string {
	slices.Sort(list)
	return list
}
