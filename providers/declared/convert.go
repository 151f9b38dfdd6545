package declared

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// instance returns the instance that a row is.
func (d *declaration) instance(r row) (*cim.Instance, error) {
	inst := cim.NewInstance(d.class)
	for i := range d.fields {
		f := &d.fields[i]
		found, at, ok := r.value(f)
		if ok {
			v, err := f.convert(found)
			if err == nil {
				err = inst.SetIndex(f.at, v)
			}
			if err != nil {
				return nil, at.fail("property %s: %w", f.prop.Name(), err)
			}
		}
		if f.prop.IsKey() && inst.At(f.at).IsNull() {
			return nil, at.fail("property %s: there is no value, and it is a key", f.prop.Name())
		}
	}
	return inst, nil
}

// convert returns the value that a property has: NULL for none.
func (f *field) convert(found any) (cim.Value, error) {
	t := f.prop.Type()
	if !t.IsArray() {
		return f.scalar(t, found)
	}
	var list []any
	switch v := found.(type) {
	case nil:
		return cim.Value{}, nil
	case []any:
		list = v
	case string:
		if slices.Contains(f.null, v) || v == "" {
			return cim.Value{}, nil
		}
		if f.split == "" {
			return cim.Value{}, cim.Errorf(wbem.TypeMismatch, "%.60q is no array", v)
		}
		for part := range strings.SplitSeq(v, f.split) {
			list = append(list, part)
		}
	default:
		return cim.Value{}, cim.Errorf(wbem.TypeMismatch, "%.60v is no array", v)
	}
	elems := make([]cim.Value, len(list))
	for i, e := range list {
		v, err := f.scalar(t.Elem(), e)
		if err != nil {
			return cim.Value{}, err
		}
		if v.IsNull() {
			return cim.Value{}, cim.Errorf(wbem.IllegalNull, "element %d of the array is NULL", i)
		}
		elems[i] = v
	}
	return cim.ArrayValue(t.Elem(), elems...)
}

func (f *field) scalar(t cim.Type, found any) (cim.Value, error) {
	switch v := found.(type) {
	case nil:
		return cim.Value{}, nil
	case bool:
		return cim.Convert(cim.BoolValue(v), t)
	case json.Number:
		return f.number(t, v.String())
	case string:
		return f.text(t, v)
	}
	return cim.Value{}, cim.Errorf(wbem.TypeMismatch, "an array or object is not a %v", t)
}

func (f *field) text(t cim.Type, s string) (cim.Value, error) {
	if slices.Contains(f.null, s) {
		return cim.Value{}, nil
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	if t == cim.TypeString {
		return cim.StringValue(s), nil
	}
	if t != cim.TypeChar16 {
		s = strings.TrimSpace(s)
	}
	switch {
	case s == "":
		return cim.Value{}, nil
	case f.time != "":
		return f.instant(s)
	}
	return cim.ParseText(t, s)
}

// number returns what a number of JSON is, which may be an integer with an
// exponent.
func (f *field) number(t cim.Type, s string) (cim.Value, error) {
	if f.time != "" {
		return f.instant(s)
	}
	if t.IsInteger() && strings.ContainsAny(s, ".eE") {
		r, err := cim.ParseText(cim.TypeReal64, s)
		if err != nil {
			return cim.Value{}, err
		}
		return cim.Convert(r, t)
	}
	return cim.ParseText(t, s)
}

// instant reads a point in time that is not in the form of CIM.
func (f *field) instant(s string) (cim.Value, error) {
	var at time.Time
	var err error
	if f.time == "unix" {
		at, err = unixTime(s)
	} else {
		at, err = time.Parse(time.RFC3339, s)
	}
	var d cim.Datetime
	if err == nil {
		d, err = cim.NewDatetime(at)
	}
	if err != nil {
		return cim.Value{}, cim.Errorf(wbem.TypeMismatch, "%.60q is no time of the form %s", s, f.time)
	}
	return cim.DatetimeValue(d), nil
}

// unixTime reads seconds since 1970, with up to nine digits of a fraction.
func unixTime(s string) (time.Time, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || fraction == "" {
		return time.Unix(sec, 0), err
	}
	nsec, err := strconv.ParseUint((fraction + "000000000")[:9], 10, 32)
	if strings.HasPrefix(whole, "-") {
		return time.Unix(sec, -int64(nsec)), err
	}
	return time.Unix(sec, int64(nsec)), err
}
