package jscript

import (
	"math"
	"time"

	"github.com/dop251/goja"

	"openwmi/script/vbscript"
)

// dateFormats are the texts of dates, as layouts of package time.
var dateFormats = map[string]string{
	"toString": "Mon Jan 2 15:04:05 UTC-0700 2006", "toDateString": "Mon Jan 2 2006", "toTimeString": "15:04:05 UTC-0700",
	"toLocaleString": "Monday, January 2, 2006 3:04:05 PM", "toLocaleDateString": "Monday, January 2, 2006",
	"toLocaleTimeString": "3:04:05 PM",
	"toUTCString":        "Mon, 2 Jan 2006 15:04:05 UTC", "toGMTString": "Mon, 2 Jan 2006 15:04:05 UTC",
}

// formatDate formats milliseconds since 1970 as a method of Date does.
func formatDate(ms float64, method string) string {
	if math.IsNaN(ms) {
		return "NaN"
	}
	t := time.UnixMilli(int64(ms))
	if method == "toUTCString" || method == "toGMTString" {
		t = t.UTC()
	} else {
		t = t.In(time.Local)
	}
	return t.Format(dateFormats[method])
}

// installDate gives Date the texts and the further methods of JScript, and dates of
// automation their methods.
func (in *Interp) installDate() {
	proto := in.prototype("Date")
	value := proto.Get("valueOf").Export().(native)
	full := proto.Get("setFullYear").Export().(native)
	for method := range dateFormats {
		in.hide(proto, method, func(c goja.FunctionCall) goja.Value {
			return in.js.ToValue(formatDate(value(c).ToFloat(), method))
		})
	}
	in.hide(proto, "getYear", func(c goja.FunctionCall) goja.Value {
		ms := value(c).ToFloat()
		if math.IsNaN(ms) {
			return in.js.ToValue(ms)
		}
		year := time.UnixMilli(int64(ms)).In(time.Local).Year()
		if year >= 1900 && year < 2000 {
			year -= 1900
		}
		return in.js.ToValue(year)
	})
	in.hide(proto, "setYear", func(c goja.FunctionCall) goja.Value {
		if y := c.Argument(0).ToFloat(); y >= 0 && y < 100 {
			c.Arguments = []goja.Value{in.js.ToValue(1900 + int(y))}
		}
		return full(c)
	})
	in.hide(proto, "getVarDate", func(c goja.FunctionCall) goja.Value {
		ms := value(c).ToFloat()
		if math.IsNaN(ms) {
			in.throw(errCall)
		}
		return in.box(vbscript.Time(time.UnixMilli(int64(ms)).In(time.Local)), in.dateProto)
	})

	in.dateProto = in.js.NewObject()
	text := func(c goja.FunctionCall) goja.Value {
		return in.js.ToValue(formatDate(in.automationDate(c.This), "toString"))
	}
	number := func(c goja.FunctionCall) goja.Value { return in.js.ToValue(in.automationDate(c.This)) }
	in.hide(in.dateProto, "toString", text)
	in.hide(in.dateProto, "valueOf", number)
	_ = in.dateProto.SetSymbol(goja.SymToPrimitive, func(c goja.FunctionCall) goja.Value {
		if c.Argument(0).String() == "number" {
			return number(c)
		}
		return text(c)
	})
}

// automationDate returns the milliseconds of a date of automation.
func (in *Interp) automationDate(v goja.Value) float64 {
	kept, ok := in.unbox(v)
	if !ok || kept.Type() != vbscript.TypeDate {
		in.throw(errDate)
	}
	return milliseconds(kept)
}

// dateArgument makes what new Date was given something that it takes.
func (in *Interp) dateArgument(c goja.FunctionCall) goja.Value {
	v := c.Argument(0)
	if kept, ok := in.unbox(v); ok && kept.Type() == vbscript.TypeDate {
		return in.js.ToValue(milliseconds(kept))
	}
	if o, ok := v.(*goja.Object); ok && o.ClassName() == "Date" {
		// Its text has no milliseconds.
		return in.js.ToValue(o.ToNumber())
	}
	return v
}
