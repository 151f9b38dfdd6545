// Package config reads the configurations of an administrator: what programs may
// be run, where may be written, and whatever else nobody may decide through WMI.
//
// They are JSON, and read strictly, because a limit that is misspelled is none.
// A member that there is not, one that stands there twice, one in other case and
// whatever follows are errors, which say where. A file counts only if nobody but
// the superuser and the user of this process can have written it.
package config

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"time"
)

// MaxSize is the size in bytes of the largest configuration.
const MaxSize = 1 << 20

// Read reads a file into what v points at. The error begins with the name of the
// file: that of os.Open, one of Parse, or one that says who else can write to it.
func Read(name string, v any) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil {
		err = trusted(info)
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(io.LimitReader(f, MaxSize+1))
	}
	if err == nil {
		err = Parse(text, v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Parse reads a text into what v points at: structs, maps with keys that are
// strings, slices, and what encoding/json knows besides. Members have the names
// that their fields have in tags. The error begins with "line L, column C: ",
// both from 1, the column in bytes.
func Parse(text []byte, v any) error {
	if len(text) > MaxSize {
		return fmt.Errorf("a configuration has up to %d bytes", MaxSize)
	}
	return Decode(text, v)
}

// Decode is Parse for a text of any size, of which the caller has seen to it that it
// is not too much.
func Decode(text []byte, v any) error {
	var whole json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil {
		return located(text, err)
	}
	c := checker{text: text, d: json.NewDecoder(bytes.NewReader(text))}
	if err := c.value(reflect.TypeOf(v).Elem()); err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return located(text, err)
	}
	return nil
}

// located returns an error of encoding/json with its place.
func located(text []byte, err error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax) && syntax.Offset >= int64(len(text)) && strings.HasPrefix(syntax.Error(), "unexpected end"):
		return at(text, int64(len(text)), "the configuration ends too early")
	case errors.As(err, &syntax):
		return at(text, syntax.Offset-1, "%v", syntax)
	case errors.As(err, &typ) && typ.Field != "":
		return at(text, start(text, typ.Offset), "%s: %s is not what goes there", typ.Field, typ.Value)
	case errors.As(err, &typ):
		return at(text, start(text, typ.Offset), "%s is not what goes there", typ.Value)
	}
	return err
}

// at returns an error about what stands at an offset.
func at(text []byte, offset int64, format string, args ...any) error {
	before := text[:max(0, min(offset, int64(len(text))))]
	line := 1 + bytes.Count(before, []byte{'\n'})
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("line %d, column %d: %s", line, column, fmt.Sprintf(format, args...))
}

// A checker goes through a text that is JSON, which it is known to be, and looks
// for what encoding/json lets pass, or reports without its place.
type checker struct {
	text []byte
	d    *json.Decoder
}

// value checks the next value, which goes into a t; nil is anything.
func (c *checker) value(t reflect.Type) error {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	token, err := c.d.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return c.object(t)
		}
		return c.array(t)
	case string:
		if t == nil {
			return nil
		}
		if u, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
			if err := u.UnmarshalText([]byte(token)); err != nil {
				return c.fail("%v", err)
			}
		}
	}
	return nil
}

func (c *checker) array(t reflect.Type) error {
	var elem reflect.Type
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		elem = t.Elem()
	}
	for c.d.More() {
		if err := c.value(elem); err != nil {
			return err
		}
	}
	_, err := c.d.Token()
	return err
}

func (c *checker) object(t reflect.Type) error {
	seen := map[string]bool{}
	for c.d.More() {
		token, err := c.d.Token()
		if err != nil {
			return err
		}
		name := token.(string)
		if seen[name] {
			return c.fail("%.80q stands there twice", name)
		}
		seen[name] = true
		var member reflect.Type
		switch {
		case t == nil:
		case t.Kind() == reflect.Map:
			member = t.Elem()
		case t.Kind() == reflect.Struct:
			if member = field(t, name); member == nil {
				return c.fail("unknown field %.80q", name)
			}
		}
		if err := c.value(member); err != nil {
			return err
		}
	}
	_, err := c.d.Token()
	return err
}

// fail returns an error about the string that was read last.
func (c *checker) fail(format string, args ...any) error {
	return at(c.text, start(c.text, c.d.InputOffset()), format, args...)
}

// start returns where the token begins that ends before an offset.
func start(text []byte, end int64) int64 {
	i := max(0, end-1)
	if end < 1 || text[i] != '"' {
		for i > 0 && !bytes.ContainsAny(text[i-1:i+1], "{[ \t\r\n:,") {
			i--
		}
		return i
	}
	for i > 0 && (text[i-1] != '"' || escaped(text[:i-1])) {
		i--
	}
	return max(0, i-1)
}

// escaped reports whether a text ends in a backslash that escapes what follows.
func escaped(text []byte) bool {
	return (len(text)-len(bytes.TrimRight(text, `\`)))%2 == 1
}

// field returns the type of the field of a struct that has a name in JSON.
func field(t reflect.Type, name string) reflect.Type {
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && !f.Anonymous && (tag == name || tag == "" && f.Name == name) {
			return f.Type
		}
	}
	return nil
}

// A Duration is a time.Duration that is "1m30s" in JSON.
type Duration time.Duration

// Or returns d, or other if d is zero.
func (d Duration) Or(other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return time.Duration(d)
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%.40q is no duration such as 1m30s", text)
	}
	*d = Duration(v)
	return nil
}
