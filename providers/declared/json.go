package declared

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strings"

	"openwmi/cim"
)

// A jsonRow is an object.
type jsonRow struct {
	at      position
	members map[string]any
}

func (r *jsonRow) position() position { return r.at }

func (r *jsonRow) value(f *field) (any, position, bool) {
	if !f.exact {
		found := "" // of several, the same each time
		for name := range r.members {
			if cim.EqualNames(name, f.source) && (found == "" || name < found) {
				found = name
			}
		}
		v, ok := r.members[found]
		return v, r.at, ok && found != ""
	}
	var v any = r.members
	for name := range strings.SplitSeq(f.source, ".") {
		members, _ := v.(map[string]any)
		inner, ok := members[name]
		if !ok {
			return nil, r.at, false
		}
		v = inner
	}
	return v, r.at, true
}

// A locator is a reader that knows at which line an offset is, of those that are
// not before the one that was asked for last.
type locator struct {
	r      io.Reader
	read   int64
	ends   []int64 // of lines, behind start
	line   int     // that begins at start, from 0
	start  int64
	offset int64 // that was asked for last
}

func (l *locator) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	for i, c := range b[:n] {
		if c == '\n' {
			l.ends = append(l.ends, l.read+int64(i)+1)
		}
	}
	l.read += int64(n)
	return n, err
}

func (l *locator) at(offset int64) position {
	l.offset = max(l.offset, offset)
	n := 0
	for n < len(l.ends) && l.ends[n] <= l.offset {
		l.start = l.ends[n]
		n++
	}
	l.line += n
	l.ends = l.ends[n:]
	return position{l.line + 1, int(l.offset-l.start) + 1}
}

// A jsonReader goes through a text, row by row.
type jsonReader struct {
	*json.Decoder
	locator *locator
}

// fail returns an error of reading a token with its position.
func (j *jsonReader) fail(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return j.here().fail("%w", err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return j.locator.at(j.locator.read).fail("the text ends too early")
	}
	return err
}

// next reads a value.
func (j *jsonReader) next() (raw json.RawMessage, err error) {
	err = j.Decode(&raw)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		// A Decoder does not say where that is in the text.
		if b, rerr := io.ReadAll(j.Buffered()); rerr == nil && errors.As(json.Unmarshal(b, new(json.RawMessage)), &syntax) {
			return nil, j.locator.at(j.InputOffset()+syntax.Offset-1).fail("%w", err)
		}
	}
	if err != nil {
		return nil, j.fail(err)
	}
	return raw, nil
}

func (j *jsonReader) here() position { return j.locator.at(j.InputOffset()) }

// parseJSON reads one text. Only one row of it is in memory.
func parseJSON(d *declaration, r io.Reader) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		l := &locator{r: r}
		j := &jsonReader{json.NewDecoder(l), l}
		err := j.member(d.root, func(m map[string]any, at position) error {
			if !yield(&jsonRow{at, m}, nil) {
				return errEnough
			}
			return nil
		})
		if err == nil {
			if _, err = j.Token(); err == io.EOF {
				return
			} else if err == nil {
				err = j.here().fail("there is more behind the end")
			} else {
				err = j.fail(err)
			}
		}
		if err != errEnough {
			yield(nil, err)
		}
	}
}

// errEnough is that nobody wants more.
var errEnough = errors.New("enough")

// member reads a value and hands over the rows that are at the path in it.
func (j *jsonReader) member(path []string, use func(map[string]any, position) error) error {
	if len(path) == 0 {
		return j.rows(use)
	}
	t, err := j.Token()
	if err != nil {
		return j.fail(err)
	}
	if t != json.Delim('{') {
		return j.here().fail("here is no object with a member %q", path[0])
	}
	found := false
	for j.More() {
		name, err := j.Token()
		if err != nil {
			return j.fail(err)
		}
		if name != path[0] || found {
			if _, err := j.next(); err != nil {
				return err
			}
			continue
		}
		found = true
		if err := j.member(path[1:], use); err != nil {
			return err
		}
	}
	if _, err := j.Token(); err != nil {
		return j.fail(err)
	}
	if !found {
		return j.here().fail("there is no member %q", path[0])
	}
	return nil
}

// rows reads an array of objects, or one.
func (j *jsonReader) rows(use func(map[string]any, position) error) error {
	t, err := j.Token()
	if err != nil {
		return j.fail(err)
	}
	at := j.here()
	switch t {
	case nil:
		return nil
	case json.Delim('{'):
		m := map[string]any{}
		for j.More() {
			name, err := j.Token()
			if err != nil {
				return j.fail(err)
			}
			raw, err := j.next()
			if err != nil {
				return err
			}
			m[name.(string)] = value(raw)
		}
		if _, err := j.Token(); err != nil {
			return j.fail(err)
		}
		return use(m, at)
	case json.Delim('['):
		for j.More() {
			raw, err := j.next()
			if err != nil {
				return err
			}
			at := j.locator.at(j.InputOffset() - int64(len(raw)))
			m, ok := value(raw).(map[string]any)
			if !ok {
				return at.fail("a row is an object, not %.40q", raw)
			}
			if err := use(m, at); err != nil {
				return err
			}
		}
		if _, err := j.Token(); err != nil {
			return j.fail(err)
		}
		return nil
	}
	return at.fail("rows are an array of objects, not %.40v", t)
}

// value returns what a text is, which is valid, with numbers as they stand there.
func value(raw json.RawMessage) (v any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	_ = d.Decode(&v)
	return v
}

// parseJSONLines reads an object a line; empty lines mean nothing.
func parseJSONLines(_ *declaration, r io.Reader) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		n := 0
		for line, err := range lines(r) {
			if err != nil {
				yield(nil, err)
				return
			}
			n++
			if strings.TrimSpace(line) == "" {
				continue
			}
			l := &locator{r: strings.NewReader(line), line: n - 1}
			j := &jsonReader{json.NewDecoder(l), l}
			raw, err := j.next()
			m, ok := value(raw).(map[string]any)
			switch {
			case err != nil:
			case !ok:
				err = position{n, 1}.fail("a row is an object, not %.40q", raw)
			case j.More():
				err = j.here().fail("there is more behind the object")
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(&jsonRow{position{n, 1}, m}, nil) {
				return
			}
		}
	}
}
