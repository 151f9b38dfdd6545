package vbscript

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dlclark/regexp2/v2/syntax"
)

// maxMatchTime bounds one search, besides the context: patterns with backtracking can
// take very long.
const maxMatchTime = 10 * time.Second

// maxPattern bounds patterns, in bytes: what is nested in them nests calls.
const maxPattern = 32 << 10

// A regExp is the object RegExp. Patterns are those of ECMAScript 3.
type regExp struct {
	in                        *Interp
	pattern                   string
	ignoreCase, global, multi bool
	re                        *regexp2.Regexp // of the pattern and flags; nil when they changed
}

func newRegExp(in *Interp) *regExp { return &regExp{in: in} }

// TypeName is IRegExp2.
func (*regExp) TypeName() string { return "IRegExp2" }

// Get reads a property or calls a method.
func (r *regExp) Get(ctx context.Context, name string, args Args) (Value, error) {
	switch fold(name) {
	case "pattern":
		return String(r.pattern), nil
	case "ignorecase":
		return Bool(r.ignoreCase), nil
	case "global":
		return Bool(r.global), nil
	case "multiline":
		return Bool(r.multi), nil
	case "test":
		if args.Len() != 1 {
			return Empty, NewError(errArguments, name)
		}
		re, err := r.compile(ctx)
		if err != nil {
			return Empty, err
		}
		ok, err := re.MatchString(r.in.toString(args.At(0)))
		return Bool(ok), matchError(err)
	case "execute":
		if args.Len() != 1 {
			return Empty, NewError(errArguments, name)
		}
		m, err := r.execute(ctx, r.in.toText(args.At(0)))
		if err != nil {
			return Empty, err
		}
		return FromObject(m), nil
	case "replace":
		if args.Len() != 2 {
			return Empty, NewError(errArguments, name)
		}
		return r.replace(ctx, r.in.toText(args.At(0)), args.At(1))
	}
	return Empty, NewError(errNoMember, name)
}

// Put sets a property.
func (r *regExp) Put(_ context.Context, name string, _ Args, v Value, _ bool) error {
	r.re = nil
	switch fold(name) {
	case "pattern":
		r.pattern = r.in.toString(v)
	case "ignorecase":
		r.ignoreCase = r.in.toBool(v)
	case "global":
		r.global = r.in.toBool(v)
	case "multiline":
		r.multi = r.in.toBool(v)
	default:
		return NewError(errNoMember, name)
	}
	return nil
}

func (r *regExp) compile(ctx context.Context) (*regexp2.Regexp, error) {
	if len(r.pattern) > maxPattern {
		return nil, NewError(errMemory, "")
	}
	if r.re == nil {
		opts := regexp2.ECMAScript
		if r.ignoreCase {
			opts |= regexp2.IgnoreCase
		}
		if r.multi {
			opts |= regexp2.Multiline
		}
		re, err := regexp2.Compile(r.pattern, opts)
		if err != nil {
			return nil, patternError(err)
		}
		r.re = re
	}
	limit := maxMatchTime
	if end, ok := ctx.Deadline(); ok {
		limit = max(min(limit, time.Until(end)), time.Millisecond)
	}
	r.re.MatchTimeout = limit
	return r.re, nil
}

func patternError(err error) error {
	code := errRegExpSyntax
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		switch e.Code {
		case syntax.ErrMissingParen:
			code = errRegExpParen
		case syntax.ErrUnterminatedBracket:
			code = errRegExpBracket
		case syntax.ErrMissingRepeatArgument, syntax.ErrInvalidRepeatOp:
			code = errRegExpQuant
		case syntax.ErrReversedCharRange, syntax.ErrInvalidCharRange:
			code = errRegExpRange
		}
	}
	return NewError(code, "")
}

func matchError(err error) error {
	if err == nil {
		return nil
	}
	e := NewError(507, "")
	e.Err = err
	return e
}

// execute finds the first match, or all of them.
func (r *regExp) execute(ctx context.Context, t *text) (*matches, error) {
	re, err := r.compile(ctx)
	if err != nil {
		return nil, err
	}
	out := &matches{}
	runes := []rune(t.s)
	units := unitPlaces(t, runes)
	r.in.charge(int64(len(runes)) * 4)
	size := int64(0)
	m, err := re.FindRunesMatch(runes)
	for m != nil && err == nil {
		n := int64(matchSize)
		for _, g := range m.Groups() {
			n += valueSize + textSize + int64(g.RuneLength)
		}
		size += n
		r.in.bound(size)
		r.in.charge(n)
		x := &match{value: m.String(), index: units(m.RuneIndex)}
		for _, g := range m.Groups()[1:] {
			v := Empty
			if len(g.Captures) > 0 {
				v = String(g.String())
			}
			x.groups = append(x.groups, v)
		}
		out.list = append(out.list, x)
		if !r.global {
			break
		}
		r.in.step()
		m, err = re.FindNextMatch(m)
	}
	if err != nil {
		return nil, matchError(err)
	}
	return out, nil
}

const matchSize = 256 // of a match besides its text

// unitPlaces returns a function from the index of a rune to that of its first unit. The
// indexes must not fall.
func unitPlaces(t *text, runes []rune) func(int) int {
	if t.isASCII() {
		return func(i int) int { return i }
	}
	at, units := 0, 0
	return func(i int) int {
		for ; at < i; at++ {
			units++
			if runes[at] > 0xFFFF {
				units++
			}
		}
		return units
	}
}

func (r *regExp) replace(ctx context.Context, t *text, with Value) (Value, error) {
	re, err := r.compile(ctx)
	if err != nil {
		return Empty, err
	}
	var f *procRef
	template := ""
	if o, ok := with.Object().(*procRef); ok {
		f = o
	} else {
		if with.kind == TypeBoolean {
			with = number(with)
		}
		template = r.in.toString(with)
	}
	runes := []rune(t.s)
	units := unitPlaces(t, runes)
	r.in.charge(int64(len(runes)) * 4)
	var b strings.Builder
	last := 0
	m, err := re.FindRunesMatch(runes)
	for m != nil && err == nil {
		size := b.Len()
		b.WriteString(string(runes[last:m.RuneIndex]))
		last = m.RuneIndex + m.RuneLength
		if f != nil {
			s, err := r.callback(ctx, f, m, units(m.RuneIndex), t)
			if err != nil {
				return Empty, err
			}
			b.WriteString(s)
		} else {
			expand(&b, template, m, runes)
		}
		r.in.bound(int64(b.Len()))
		r.in.charge(int64(b.Len() - size))
		if !r.global {
			break
		}
		r.in.step()
		m, err = re.FindNextMatch(m)
	}
	if err != nil {
		return Empty, matchError(err)
	}
	b.WriteString(string(runes[last:]))
	return r.in.newString(b.String()), nil
}

// callback calls the function of GetRef that makes the replacement.
func (r *regExp) callback(ctx context.Context, f *procRef, m *regexp2.Match, index int, t *text) (string, error) {
	args := []Value{String(m.String())}
	for _, g := range m.Groups()[1:] {
		args = append(args, String(g.String()))
	}
	args = append(args, Long(int32(index)), Value{kind: TypeString, ref: t})
	v, err := f.Get(ctx, "", Args{args})
	if err != nil {
		return "", err
	}
	return r.in.toString(v), nil
}

// expand writes a replacement: $1 is a group, $& the match, $` and $' what stands before
// and after it, $$ a dollar.
func expand(b *strings.Builder, template string, m *regexp2.Match, runes []rune) {
	for i := 0; i < len(template); i++ {
		c := template[i]
		if c != '$' || i+1 == len(template) {
			b.WriteByte(c)
			continue
		}
		i++
		switch d := template[i]; {
		case d == '$':
			b.WriteByte('$')
		case d == '&':
			b.WriteString(m.String())
		case d == '`':
			b.WriteString(string(runes[:m.RuneIndex]))
		case d == '\'':
			b.WriteString(string(runes[m.RuneIndex+m.RuneLength:]))
		case isDigit(d):
			n := int(d - '0')
			if i+1 < len(template) && isDigit(template[i+1]) && n*10+int(template[i+1]-'0') < m.GroupCount() {
				i++
				n = n*10 + int(template[i]-'0')
			}
			if n == 0 || n >= m.GroupCount() {
				b.WriteString("$" + strconv.Itoa(n))
				continue
			}
			b.WriteString(m.GroupByNumber(n).String())
		default:
			b.WriteByte('$')
			b.WriteByte(d)
		}
	}
}

// matches is the collection that Execute returns.
type matches struct{ list []*match }

// TypeName is IMatchCollection2.
func (*matches) TypeName() string { return "IMatchCollection2" }

// Get reads Count or Item.
func (m *matches) Get(_ context.Context, name string, args Args) (Value, error) {
	switch fold(name) {
	case "count":
		return Long(int32(len(m.list))), nil
	case "", "item":
		i, err := itemIndex(args, len(m.list))
		if err != nil {
			return Empty, err
		}
		return FromObject(m.list[i]), nil
	}
	return Empty, NewError(errNoMember, name)
}

func itemIndex(args Args, n int) (int, error) {
	if args.Len() != 1 {
		return 0, NewError(errArguments, "Item")
	}
	v := args.At(0)
	f := floatOf(number(v))
	if !(f >= 0 && f < float64(n)) {
		return 0, NewError(errCallOrArgument, "")
	}
	return int(f), nil
}

// Put is an error: the collection cannot be changed.
func (*matches) Put(_ context.Context, name string, _ Args, _ Value, _ bool) error {
	return NewError(errNoMember, name)
}

// Each yields the matches.
func (m *matches) Each(context.Context) iter.Seq2[Value, error] {
	return func(yield func(Value, error) bool) {
		for _, x := range m.list {
			if !yield(FromObject(x), nil) {
				return
			}
		}
	}
}

// A match is one of them.
type match struct {
	value  string
	index  int
	groups []Value
	mark   uint32
}

// TypeName is IMatch2.
func (*match) TypeName() string { return "IMatch2" }

// Get reads a property.
func (m *match) Get(ctx context.Context, name string, args Args) (Value, error) {
	switch fold(name) {
	case "", "value":
		return String(m.value), nil
	case "firstindex":
		return Long(int32(m.index)), nil
	case "length":
		return Long(int32(len(unitsOf(m.value)))), nil
	case "submatches":
		groups := &subMatches{m.groups}
		if args.Len() > 0 {
			return groups.Get(ctx, "", args)
		}
		return FromObject(groups), nil
	}
	return Empty, NewError(errNoMember, name)
}

// Put is an error.
func (*match) Put(_ context.Context, name string, _ Args, _ Value, _ bool) error {
	return NewError(errNoMember, name)
}

// subMatches are the groups of a match.
type subMatches struct{ list []Value }

// TypeName is ISubMatches.
func (*subMatches) TypeName() string { return "ISubMatches" }

// Get reads Count or Item.
func (s *subMatches) Get(_ context.Context, name string, args Args) (Value, error) {
	switch fold(name) {
	case "count":
		return Long(int32(len(s.list))), nil
	case "", "item":
		i, err := itemIndex(args, len(s.list))
		if err != nil {
			return Empty, err
		}
		return s.list[i], nil
	}
	return Empty, NewError(errNoMember, name)
}

// Put is an error.
func (*subMatches) Put(_ context.Context, name string, _ Args, _ Value, _ bool) error {
	return NewError(errNoMember, name)
}

// Each yields the groups.
func (s *subMatches) Each(context.Context) iter.Seq2[Value, error] {
	return func(yield func(Value, error) bool) {
		for _, v := range s.list {
			if !yield(v, nil) {
				return
			}
		}
	}
}
