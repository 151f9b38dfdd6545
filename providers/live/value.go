package live

import (
	"strings"
	"time"

	"openwmi/cim"
)

// Text returns a string value, NULL for "". What is not UTF-8 becomes U+FFFD.
func Text(s string) cim.Value {
	if s == "" {
		return cim.Value{}
	}
	return cim.StringValue(strings.ToValidUTF8(s, "\uFFFD"))
}

// Texts returns an array of strings, NULL for none.
func Texts(s []string) cim.Value {
	if len(s) == 0 {
		return cim.Value{}
	}
	valid := make([]string, len(s))
	for i := range s {
		valid[i] = strings.ToValidUTF8(s[i], "\uFFFD")
	}
	return cim.StringsValue(valid)
}

// Time returns a point in time, NULL for the zero Time and for one that has no
// text.
func Time(t time.Time) cim.Value {
	if t.IsZero() {
		return cim.Value{}
	}
	d, err := cim.NewDatetime(t)
	if err != nil {
		return cim.Value{}
	}
	return cim.DatetimeValue(d)
}
