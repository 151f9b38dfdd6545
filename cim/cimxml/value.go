package cimxml

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf8"

	"openwmi/cim"
)

// AppendValue appends VALUE, VALUE.ARRAY, VALUE.REFERENCE or VALUE.REFARRAY; in
// the WMI DTD VALUE.OBJECT or VALUE.OBJECTARRAY for embedded objects. NULL is the
// absence of an element, so nothing is appended for it.
func (e *Encoder) AppendValue(b []byte, v cim.Value) []byte {
	t := v.Type()
	switch {
	case v.IsNull():
		return b
	case t.Elem() == cim.TypeObject:
		return e.appendEmbedded(b, v)
	case t == cim.TypeReference:
		return e.appendReference(b, v.Text())
	case t == cim.TypeReference.ArrayOf():
		b = append(b, "<VALUE.REFARRAY>"...)
		for _, text := range v.Texts() {
			b = e.appendReference(b, text)
		}
		return append(b, "</VALUE.REFARRAY>"...)
	case t.IsArray():
		return appendArray(b, v)
	}
	b = append(b, "<VALUE>"...)
	b = appendScalar(b, v)
	return append(b, "</VALUE>"...)
}

func appendArray(b []byte, v cim.Value) []byte {
	b = append(b, "<VALUE.ARRAY>"...)
	for i := range v.Len() {
		b = append(b, "<VALUE>"...)
		b = appendScalar(b, v.Index(i))
		b = append(b, "</VALUE>"...)
	}
	return append(b, "</VALUE.ARRAY>"...)
}

// appendScalar appends the text of a value that is neither an array nor an
// object: model.md 2.2.
func appendScalar(b []byte, v cim.Value) []byte {
	switch t := v.Type(); {
	case t.IsText():
		return AppendText(b, v.Text())
	case t == cim.TypeBoolean:
		return v.AppendText(b)
	case t == cim.TypeChar16:
		return AppendText(b, v.String())
	case t.IsReal():
		switch f := v.Float(); {
		case math.IsInf(f, 1):
			return append(b, "INF"...)
		case math.IsInf(f, -1):
			return append(b, "-INF"...)
		}
	}
	return v.AppendNumber(b)
}

// appendEmbedded appends embedded objects: as escaped text in VALUE, or in
// VALUE.OBJECT. Those beyond cim.MaxNesting are left out.
func (e *Encoder) appendEmbedded(b []byte, v cim.Value) []byte {
	if e.depth == cim.MaxNesting {
		return b
	}
	e.depth++
	one, many := "VALUE", "VALUE.ARRAY"
	if e.DTD == WMI {
		one, many = "VALUE.OBJECT", "VALUE.OBJECTARRAY"
	}
	array := v.Type().IsArray()
	if array {
		b = open(b, many)
	}
	for _, o := range v.Elems() {
		b = open(b, one)
		start := len(b)
		b = e.appendObject(b, o.Object())
		if e.DTD == CIM {
			e.scratch = append(e.scratch[:0], b[start:]...)
			b = appendMarkup(b[:start], e.scratch)
		}
		b = shut(b, one)
	}
	if array {
		b = shut(b, many)
	}
	e.depth--
	return b
}

// appendMarkup appends elements that an Encoder has made as character data.
func appendMarkup(b, xml []byte) []byte {
	for {
		n := plain(xml)
		b = append(b, xml[:n]...)
		if n == len(xml) {
			return b
		}
		switch c := xml[n]; c {
		case '&':
			b = append(b, "&amp;"...)
		case '<':
			b = append(b, "&lt;"...)
		case '>':
			b = append(b, "&gt;"...)
		default:
			b = append(b, c)
		}
		xml = xml[n+1:]
	}
}

// typeOf returns the type that an attribute names, zero for none.
func typeOf(name []byte) cim.Type {
	switch string(name) {
	case "string":
		return cim.TypeString
	case "uint16":
		return cim.TypeUint16
	case "uint32":
		return cim.TypeUint32
	case "boolean":
		return cim.TypeBoolean
	case "":
		return 0
	case "reference":
		return cim.TypeReference
	case "instance":
		return cim.TypeObject
	}
	t, _ := cim.ParseType(string(name))
	return t
}

// requireType returns the type in an attribute that the element must have.
func (d *Decoder) requireType(attr string) cim.Type {
	name := d.attr(attr)
	t := typeOf(name)
	if t == 0 && d.err == nil {
		if name == nil {
			d.invalid("%s has no attribute %s", d.Name(), attr)
		} else {
			d.invalid("%.60q is not a CIM type", name)
		}
	}
	return t
}

// Value reads the current element, which is one of those that AppendValue
// appends or VALUE.NULL, as a value of type t. An embedded object may also be the
// escaped text of VALUE. The error is what cim says of a text that is not of
// the type (TypeMismatch, ValueOutOfRange), or IllegalNull for a NULL in an
// array.
func (d *Decoder) Value(t cim.Type) (cim.Value, error) {
	v := d.value(t)
	if d.err != nil {
		return cim.Value{}, d.err
	}
	return v, nil
}

func (d *Decoder) value(t cim.Type) cim.Value {
	switch string(d.Name()) {
	case "VALUE":
		if t.IsArray() {
			break
		}
		if t == cim.TypeObject {
			return cim.ObjectValue(d.embeddedText())
		}
		v, err := parseScalar(t, d.chars())
		if err != nil {
			d.fail(err)
		}
		return v
	case "VALUE.REFERENCE":
		switch t {
		case cim.TypeReference, cim.TypeString:
			return cim.TextValue(t, d.referenceText())
		}
	case "VALUE.OBJECT":
		if t == cim.TypeObject {
			return cim.ObjectValue(d.embeddedObject())
		}
	case "VALUE.ARRAY", "VALUE.REFARRAY", "VALUE.OBJECTARRAY":
		if t.IsArray() {
			return d.array(t.Elem())
		}
	case "VALUE.NULL":
		d.Skip()
		return cim.Value{}
	default:
		d.invalid("%s stands where a value should", d.Name())
		return cim.Value{}
	}
	d.failf(cim.TypeMismatch, "%s is not a value of type %v", d.Name(), t)
	return cim.Value{}
}

// array reads the elements of an array, and collects them in the form in which
// cim.Value holds them.
func (d *Decoder) array(elem cim.Type) cim.Value {
	var texts []string
	var numbers []uint64
	var bytes []byte
	var objects []cim.Object
	for d.Next() {
		if name := string(d.Name()); name == "VALUE.ARRAY" || name == "VALUE.REFARRAY" || name == "VALUE.OBJECTARRAY" {
			d.invalid("an array stands in an array")
			break
		}
		v := d.value(elem)
		switch {
		case d.err != nil:
		case v.IsNull():
			d.failf(cim.IllegalNull, "an element of an array is NULL")
		case elem.IsText():
			texts = append(texts, v.Text())
		case elem == cim.TypeObject:
			objects = append(objects, v.Object())
		case elem == cim.TypeUint8:
			bytes = append(bytes, byte(v.Bits()))
		default:
			numbers = append(numbers, v.Bits())
		}
	}
	switch {
	case d.err != nil:
		return cim.Value{}
	case elem.IsText():
		return cim.TextsValue(elem, texts)
	case elem == cim.TypeObject:
		return cim.ObjectsValue(objects)
	case elem == cim.TypeUint8:
		return cim.BytesValue(bytes)
	}
	return cim.NumbersValue(elem, numbers)
}

// embeddedText reads the object whose escaped XML is the text of the current
// element, nil if the text is empty.
func (d *Decoder) embeddedText() cim.Object {
	text := bytes.TrimSpace(d.chars())
	if len(text) == 0 || !d.enter() {
		return nil
	}
	if d.around+len(text) > MaxText {
		d.failf(cim.QuotaViolation, "embedded objects inside each other have more than %d bytes of text", MaxText)
		return nil
	}
	inner := NewDecoderBytes(text)
	inner.DTD, inner.Classes, inner.nest, inner.madeUp = d.DTD, d.Classes, d.nest, d.madeUp
	inner.around = d.around + len(text)
	inner.Embedded, inner.SkipQualifiers = d.Embedded, d.SkipQualifiers
	inner.weight, inner.allowed, inner.bounded = d.weight, d.allowed, d.bounded
	var o cim.Object
	if inner.Next() {
		o, _, _ = inner.Object()
	}
	if inner.err == nil && inner.Next() {
		inner.invalid("a second object")
	}
	if inner.err != nil {
		d.fail(&embeddedError{inner.err})
		return nil
	}
	d.madeUp, d.weight = inner.madeUp, inner.weight
	d.nest--
	return o
}

// embeddedError is an error in the text of an embedded object.
type embeddedError struct{ err error }

func (e *embeddedError) Error() string { return "embedded object, " + e.err.Error() }
func (e *embeddedError) Unwrap() error { return e.err }

// embeddedObject reads VALUE.OBJECT.
func (d *Decoder) embeddedObject() cim.Object {
	if !d.enter() {
		return nil
	}
	o, _, _ := d.Object()
	d.nest--
	return o
}

func (d *Decoder) enter() bool {
	if d.err == nil && d.nest == cim.MaxNesting {
		d.failf(cim.InvalidObject, "objects are nested more than %d deep", cim.MaxNesting)
	}
	d.nest++
	return d.err == nil
}

// parseScalar reads the text of a value that is neither an array nor an object.
// Only in strings and characters does white space count.
func parseScalar(t cim.Type, text []byte) (cim.Value, error) {
	switch {
	case t == cim.TypeString || t == cim.TypeReference:
		return cim.TextValue(t, string(text)), nil
	case t == cim.TypeChar16:
		return parseChar(text)
	}
	text = bytes.TrimSpace(text)
	switch {
	case t.IsInteger():
		return parseInteger(t, text)
	case t == cim.TypeBoolean:
		return parseBool(text)
	case t == cim.TypeDatetime:
		dt, err := cim.ParseDatetime(string(text))
		if err != nil {
			return cim.Value{}, err
		}
		return cim.DatetimeValue(dt), nil
	case t == cim.TypeReal32:
		f, err := parseReal(text, 32)
		return cim.Real32Value(float32(f)), err
	case t == cim.TypeReal64:
		f, err := parseReal(text, 64)
		return cim.Real64Value(f), err
	}
	return cim.Value{}, cim.Errorf(cim.InvalidCIMType, "%v is not a CIM type", t)
}

func mismatch(t cim.Type, text []byte) error {
	return cim.Errorf(cim.TypeMismatch, "%.60q is not a %v", text, t)
}

func parseBool(text []byte) (cim.Value, error) {
	text = bytes.TrimSpace(text)
	switch {
	case bytes.EqualFold(text, []byte("TRUE")):
		return cim.BoolValue(true), nil
	case bytes.EqualFold(text, []byte("FALSE")):
		return cim.BoolValue(false), nil
	}
	return cim.Value{}, mismatch(cim.TypeBoolean, text)
}

func parseChar(text []byte) (cim.Value, error) {
	r, n := utf8.DecodeRune(text)
	if n == 0 || n != len(text) || r > math.MaxUint16 {
		return cim.Value{}, mismatch(cim.TypeChar16, text)
	}
	return cim.Char16Value(uint16(r)), nil
}

// parseInteger reads decimal digits with an optional sign, or hexadecimal ones
// after 0x (DSP0201, VALUE).
func parseInteger(t cim.Type, text []byte) (cim.Value, error) {
	digits, negative := text, false
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		negative = digits[0] == '-'
		digits = digits[1:]
	}
	var n uint64
	if len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x' {
		u, err := strconv.ParseUint(string(digits[2:]), 16, 64)
		if err != nil {
			return cim.Value{}, mismatch(t, text)
		}
		n = u
	} else {
		if len(digits) == 0 {
			return cim.Value{}, mismatch(t, text)
		}
		for _, c := range digits {
			if c < '0' || c > '9' {
				return cim.Value{}, mismatch(t, text)
			}
			if n > (math.MaxUint64-uint64(c-'0'))/10 {
				return cim.Value{}, cim.Errorf(cim.ValueOutOfRange, "%.60s does not fit %v", text, t)
			}
			n = n*10 + uint64(c-'0')
		}
	}
	if !negative || n == 0 {
		return cim.UintValue(t, n)
	}
	if n > -math.MinInt64 {
		return cim.Value{}, cim.Errorf(cim.ValueOutOfRange, "%.60s does not fit %v", text, t)
	}
	return cim.IntValue(t, int64(-n))
}

// parseReal reads a decimal number with an optional exponent, or INF, -INF and
// NaN.
func parseReal(text []byte, size int) (float64, error) {
	t := cim.TypeReal64
	if size == 32 {
		t = cim.TypeReal32
	}
	switch string(text) {
	case "INF":
		return math.Inf(1), nil
	case "-INF":
		return math.Inf(-1), nil
	case "NaN":
		return math.NaN(), nil
	}
	for _, c := range text {
		if (c < '0' || c > '9') && c != '.' && c != '+' && c != '-' && c != 'e' && c != 'E' {
			return 0, mismatch(t, text)
		}
	}
	f, err := strconv.ParseFloat(string(text), size)
	switch {
	case err == nil:
		return f, nil
	case err.(*strconv.NumError).Err == strconv.ErrRange:
		return 0, cim.Errorf(cim.ValueOutOfRange, "%.60s does not fit %v", text, t)
	}
	return 0, mismatch(t, text)
}
