package wql

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"openwmi/cim"
)

// Bind returns a query in which each ? that stands for a constant is replaced
// by a literal for the value in its turn, so that no value can change the
// meaning of the query:
//
//	wql.Bind(`SELECT * FROM Win32_Service WHERE Name LIKE ? AND ProcessId > ?`, "s%", 4)
//	wql.Bind(`ASSOCIATORS OF {?} WHERE ResultClass = CIM_DataFile`, path)
//
// A value is a string, an integer, real or boolean of any type with such a kind,
// a time.Time, a cim.Datetime, a cim.Path, a scalar cim.Value, or nil for NULL.
// What stands for a whole object path in braces is a cim.Path. EscapeLike makes a
// pattern of a text.
//
// The error is InvalidParameter for a value that WQL cannot express and for a
// wrong number of values, and InvalidQuery or QuotaViolation for a text
// that cannot be a query. Whether it is one, Parse says.
func Bind(text string, values ...any) (string, error) {
	if cim.TooLong(text, MaxText) {
		return "", errTooLong
	}
	l := newLexer(text, cim.InvalidQuery)
	var b strings.Builder
	done, used := 0, 0 // the bytes of text in b, the values in b
	for l.tok != eof {
		before, at := l.prev, l.token
		path := at.tok == brace
		if path {
			at = l.braced()
		} else {
			l.next()
		}
		if at.tok != parameter && !(path && at.text == "?") {
			continue
		}
		if used == len(values) {
			return "", Errorf(l.file, at, cim.InvalidParameter, "no value for this parameter: there are %d", len(values))
		}
		v, err := literal(values[used], path)
		if k := damaged(v); k >= 0 && err == nil {
			err = fmt.Errorf("byte %#02x is not UTF-8", v[k])
		}
		if err != nil {
			return "", Errorf(l.file, at, cim.InvalidParameter, "value %d: %v", used+1, err)
		}
		used++
		off := l.file.Offset(at.Pos)
		b.WriteString(text[done:off])
		if before.End == at.Pos && before.glues() {
			b.WriteByte(' ')
		}
		b.WriteString(v)
		if l.Pos == at.End && l.glues() {
			b.WriteByte(' ')
		}
		done = off + 1
	}
	switch {
	case l.err != nil:
		return "", l.err
	case used < len(values):
		return "", cim.Errorf(cim.InvalidParameter, "the query has %d parameters, but there are %d values", used, len(values))
	}
	b.WriteString(text[done:])
	return b.String(), nil
}

// NewLiteral returns the literal for a scalar value, for a tree that is made and
// not parsed. A datetime, a reference and a string are strings; a char16 is its
// number. The error is InvalidParameter for NULL and for a value that WQL cannot
// express.
func NewLiteral(v cim.Value) (*Literal, error) {
	if v.IsNull() {
		return nil, cim.Errorf(cim.InvalidParameter, "NULL is no literal")
	}
	text, err := valueLiteral(v)
	if k := damaged(text); k >= 0 && err == nil {
		err = fmt.Errorf("byte %#02x is not UTF-8", text[k])
	}
	if err != nil {
		return nil, cim.Errorf(cim.InvalidParameter, "%v", err)
	}
	l := &Literal{Text: text, Value: v}
	switch t := v.Type(); {
	case t.IsText():
		l.Value = cim.StringValue(v.Text())
	case t != cim.TypeBoolean:
		if l.Value, err = parseNumber(text); err != nil {
			return nil, cim.Errorf(cim.InvalidParameter, "%.40s %v", text, err)
		}
	}
	return l, nil
}

// glues reports whether the token and a number without a blank between them
// would become another token.
func (t token) glues() bool {
	return t.tok == word || t.tok == number || t.tok == point || t.tok == operator
}

// literal returns v as WQL writes it, or as what stands in braces.
func literal(v any, inBraces bool) (string, error) {
	if inBraces {
		path, ok := v.(cim.Path)
		if !ok {
			return "", fmt.Errorf("the path of an object is a cim.Path, not a %T", v)
		}
		return path.String(), nil
	}
	switch v := v.(type) {
	case nil:
		return "NULL", nil
	case time.Time:
		d, err := cim.NewDatetime(v)
		return quote(d.String()), err
	case time.Duration:
		// Of kind int64, but nanoseconds are nothing that WQL knows.
		return "", errors.New("a time.Duration is a number of seconds or, from cim.NewInterval, a datetime")
	case cim.Datetime:
		if v == (cim.Datetime{}) {
			return "", errors.New("the zero Datetime is none")
		}
		return quote(v.String()), nil
	case cim.Path:
		return quote(v.String()), nil
	case cim.Value:
		return valueLiteral(v)
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		return quote(r.String()), nil
	case reflect.Bool:
		return valueLiteral(cim.BoolValue(r.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return valueLiteral(cim.Sint64Value(r.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return valueLiteral(cim.Uint64Value(r.Uint()))
	case reflect.Float32:
		return valueLiteral(cim.Real32Value(float32(r.Float())))
	case reflect.Float64:
		return valueLiteral(cim.Real64Value(r.Float()))
	}
	return "", fmt.Errorf("WQL has no literals for a %T", v)
}

func valueLiteral(v cim.Value) (string, error) {
	t := v.Type()
	switch {
	case v.IsNull():
		return "NULL", nil
	case t.IsText():
		return quote(v.Text()), nil
	case t == cim.TypeBoolean && v.Bool():
		return "TRUE", nil
	case t == cim.TypeBoolean:
		return "FALSE", nil
	case t.IsReal() && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0)):
		return "", fmt.Errorf("WQL has no literal for %v", v.Float())
	case t.IsInteger(), t.IsReal(), t == cim.TypeChar16:
		return string(v.AppendNumber(nil)), nil
	}
	return "", fmt.Errorf("WQL has no literals of type %v", t)
}

// EscapeLike returns the pattern of LIKE that matches text and nothing else. With
// % before or behind it, it matches what ends or begins with the text.
func EscapeLike(text string) string { return likeEscaper.Replace(text) }

var likeEscaper = strings.NewReplacer("%", "[%]", "_", "[_]", "[", "[[]")
