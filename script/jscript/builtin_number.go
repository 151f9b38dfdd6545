package jscript

import (
	"math"
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

// installNumber gives numbers the text that JScript shows to people.
func (in *Interp) installNumber() {
	in.hide(in.prototype("Number"), "toLocaleString", func(c goja.FunctionCall) goja.Value {
		return in.js.ToValue(localNumber(in.valueOf["Number"](c).ToFloat()))
	})
}

// localNumber writes a number with two decimals and its thousands apart, as a computer
// that is set up for the United States does.
func localNumber(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	whole, decimals, _ := strings.Cut(strconv.FormatFloat(math.Abs(f), 'f', 2, 64), ".")
	var b strings.Builder
	if f < 0 && (whole != "0" || decimals != "00") {
		b.WriteByte('-')
	}
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String() + "." + decimals
}
