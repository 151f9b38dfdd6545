package query_test

import (
	"math"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"openwmi/cim"
	"openwmi/wql"
)

// An oracle says what a condition means, term by term as wql.md words it and
// without a thought for speed. It shares no code with filters.
type oracle struct {
	class *cim.Class
}

// valid reports whether the condition is one for the class: wql.md 4.1, 4.2.
func (o oracle) valid(e wql.Expr) bool {
	switch e := e.(type) {
	case *wql.And:
		return !slices.ContainsFunc(e.X, func(x wql.Expr) bool { return !o.valid(x) })
	case *wql.Or:
		return !slices.ContainsFunc(e.X, func(x wql.Expr) bool { return !o.valid(x) })
	case *wql.Not:
		return o.valid(e.X)
	}
	typ, ok := o.typeOf(e.(wql.Term).Operand())
	if !ok {
		return false
	}
	if l, isLike := e.(*wql.Like); isLike {
		if _, ok := parseOraclePattern(likeUnits(l.Pattern.Value.Text())); !ok {
			return false
		}
	}
	if typ == 0 {
		return true
	}
	return o.applies(e.(wql.Term), typ)
}

func (o oracle) typeOf(p *wql.Path) (typ cim.Type, ok bool) {
	for i, n := range p.Names {
		if i > 0 && typ != 0 && typ != cim.TypeObject {
			return 0, false
		}
		typ = cim.SystemType(n.Name)
		if i == 0 && typ == 0 {
			for _, p := range o.class.Properties() {
				if strings.EqualFold(p.Name(), n.Name) {
					typ = p.Type()
				}
			}
			if typ == 0 {
				return 0, false
			}
		}
	}
	return typ, true
}

// applies reports whether a term has a meaning for values of a type.
func (o oracle) applies(e wql.Term, typ cim.Type) bool {
	if _, isNull := e.(*wql.IsNull); isNull {
		return true
	}
	table := map[cim.Type]string{ // = < L I: equality, order, LIKE, ISA
		cim.TypeString: "=<L", cim.TypeDatetime: "=<L", cim.TypeChar16: "=<L", cim.TypeBoolean: "=",
		cim.TypeReference: "=", cim.TypeObject: "I",
	}
	ops, ok := table[typ]
	if !ok && !typ.IsArray() {
		ops = "=<L"
	}
	switch e := e.(type) {
	case *wql.Isa:
		return strings.Contains(ops, "I")
	case *wql.Like:
		if !strings.Contains(ops, "L") {
			return false
		}
		return typ == cim.TypeString || !strings.ContainsAny(e.Pattern.Value.Text(), "%_[") && o.convertible(e.Pattern, typ)
	case *wql.Comparison:
		if e.Op == wql.Equal || e.Op == wql.NotEqual {
			return strings.Contains(ops, "=") && o.convertible(e.Value, typ)
		}
		return strings.Contains(ops, "<") && o.convertible(e.Value, typ)
	}
	return false
}

// matches reports whether the condition is true of an instance.
func (o oracle) matches(e wql.Expr, inst *cim.Instance) bool {
	switch e := e.(type) {
	case *wql.And:
		return !slices.ContainsFunc(e.X, func(x wql.Expr) bool { return !o.matches(x, inst) })
	case *wql.Or:
		return slices.ContainsFunc(e.X, func(x wql.Expr) bool { return o.matches(x, inst) })
	case *wql.Not:
		return !o.matches(e.X, inst)
	}
	t := e.(wql.Term)
	var object cim.Object = inst
	var v cim.Value
	for i, n := range t.Operand().Names {
		if i > 0 {
			if object = v.Object(); object == nil {
				return false
			}
		}
		var ok bool
		if v, ok = object.(*cim.Instance).Get(n.Name); !ok {
			return false
		}
	}
	if x, isNull := t.(*wql.IsNull); isNull {
		return v.IsNull() != x.Not
	}
	if v.IsNull() || !o.applies(t, v.Type()) {
		return false
	}
	last := t.Operand().Names[len(t.Operand().Names)-1].Name
	switch t := t.(type) {
	case *wql.Isa:
		c := v.Object().Definition()
		return slices.ContainsFunc(append(c.Derivation(), c.Name()), func(s string) bool { return strings.EqualFold(s, t.Class.Name) })
	case *wql.Like:
		if v.Type() == cim.TypeString {
			p, _ := parseOraclePattern(likeUnits(t.Pattern.Value.Text()))
			return p.match(likeUnits(v.Text()))
		}
		return o.compare(v, wql.Equal, t.Pattern)
	case *wql.Comparison:
		if strings.EqualFold(last, "__RELPATH") && (t.Op == wql.Equal || t.Op == wql.NotEqual) {
			return (canonical(v.Text()) == canonical(t.Value.Value.Text())) == (t.Op == wql.Equal)
		}
		return o.compare(v, t.Op, t.Value)
	}
	return false
}

var (
	wholeText = regexp.MustCompile(`^[+-]?(\d+|0[xX][0-9a-fA-F]+)$`)
	realText  = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$`)
)

// number returns the value of a literal against a property that is a number.
func number(lit *wql.Literal) (n *big.Rat, ok bool) {
	s := lit.Text
	switch lit.Value.Type() {
	case cim.TypeBoolean:
		return new(big.Rat).SetInt64(lit.Value.Int()), true
	case cim.TypeString:
		s = lit.Value.Text()
	}
	if wholeText.MatchString(s) {
		i, ok := new(big.Int).SetString(strings.TrimPrefix(s, "+"), map[bool]int{true: 0, false: 10}[strings.ContainsAny(s, "xX")])
		if !ok || i.CmpAbs(new(big.Int).SetUint64(math.MaxUint64)) > 0 {
			return nil, false
		}
		return new(big.Rat).SetInt(i), true
	}
	if lit.Value.Type() == cim.TypeString && !realText.MatchString(s) {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// convertible reports whether a literal can be converted to a type.
func (o oracle) convertible(lit *wql.Literal, typ cim.Type) bool {
	v := lit.Value
	is := v.Type()
	switch {
	case typ == cim.TypeString:
		return true
	case typ == cim.TypeBoolean:
		return is == cim.TypeBoolean || is == cim.TypeSint64 && slices.Contains([]int64{-1, 0, 1}, v.Int()) ||
			is == cim.TypeString && slices.Contains([]string{"TRUE", "FALSE", "1", "0"}, strings.ToUpper(v.Text()))
	case typ == cim.TypeChar16:
		return is == cim.TypeSint64 || is == cim.TypeUint64 || is == cim.TypeString && len(cim.UTF16(v.Text())) == 1
	case typ == cim.TypeDatetime:
		_, ok := oracleDates[v.Text()]
		return is == cim.TypeString && ok
	case typ == cim.TypeReference:
		return is == cim.TypeString && canonical(v.Text()) != v.Text()
	case typ.IsReal():
		_, ok := number(lit)
		return is != cim.TypeBoolean && ok && (is != cim.TypeString || realText.MatchString(v.Text()))
	case typ.IsInteger():
		n, ok := number(lit)
		return ok && n.IsInt() && (is != cim.TypeString || wholeText.MatchString(v.Text()))
	}
	return false
}

// compare compares a value, which is not NULL, with a literal that can be
// converted to its type.
func (o oracle) compare(v cim.Value, op wql.Op, lit *wql.Literal) bool {
	const incomparable = 2
	c := incomparable
	switch typ := v.Type(); {
	case typ == cim.TypeString:
		s := lit.Value.String()
		if lit.Value.Type() == cim.TypeReal64 {
			s = lit.Text
		}
		c = slices.Compare(cim.UTF16(cim.Fold(v.Text())), cim.UTF16(cim.Fold(s)))
	case typ == cim.TypeBoolean:
		isTrue := slices.Contains([]string{"TRUE", "1", "-1"}, strings.ToUpper(lit.Value.String()))
		if c = 1; v.Bool() == isTrue {
			c = 0
		}
	case typ == cim.TypeDatetime:
		a, _ := v.Datetime()
		b, err := cim.ParseDatetime(oracleDates[lit.Value.Text()])
		if err != nil {
			panic(err)
		}
		if order, ok := a.Compare(b); ok {
			c = order
		} else if a.Equal(b) && op == wql.Equal || !a.Equal(b) && op == wql.NotEqual {
			return true
		} else {
			return false
		}
	case typ == cim.TypeReference:
		if canonical(v.Text()) == canonical(lit.Value.Text()) {
			c = 0
		}
	case typ.IsReal():
		n, _ := number(lit)
		f, _ := n.Float64()
		if typ == cim.TypeReal32 && !math.IsInf(float64(float32(f)), 0) {
			f = float64(float32(f))
		}
		switch g := v.Float(); {
		case g < f:
			c = -1
		case g > f:
			c = 1
		case g == f:
			c = 0
		}
	default:
		n := new(big.Rat)
		if typ == cim.TypeChar16 && lit.Value.Type() == cim.TypeString {
			n.SetInt64(int64(cim.UTF16(lit.Value.Text())[0]))
		} else {
			n, _ = number(lit)
		}
		i := new(big.Int).SetUint64(v.Uint())
		if typ.IsSigned() {
			i.SetInt64(v.Int())
		}
		c = new(big.Rat).SetInt(i).Cmp(n)
	}
	switch op {
	case wql.Equal:
		return c == 0
	case wql.NotEqual:
		return c != 0
	case wql.Less:
		return c == -1
	case wql.Greater:
		return c == 1
	case wql.LessEqual:
		return c == -1 || c == 0
	}
	return c == 1 || c == 0
}

// canonical returns the parts of a path in a form of its own, or a text that is
// none as it is.
func canonical(s string) string {
	p, err := cim.ParsePath(s)
	if err != nil {
		return s
	}
	if slices.Contains([]string{".", "localhost", "server"}, strings.ToLower(p.Server)) {
		p.Server = ""
	}
	if p.Server == "" && p.Namespace == "" {
		p.Namespace = `root\test`
	}
	keys := []string{}
	for _, k := range p.Keys {
		name := k.Name
		if len(p.Keys) == 1 {
			name = ""
		}
		keys = append(keys, cim.Fold(name)+"\x00"+cim.Fold(k.Normal().Text))
	}
	slices.Sort(keys)
	return "\x01" + cim.Fold(p.Server+"\x00"+p.Namespace+"\x00"+p.Class) + "\x00" + strings.Join(keys, "\x00")
}

// oracleDates are literals and what they mean when the zone is an hour east of
// UTC.
var oracleDates = map[string]string{
	"2024-01-01":                "20240101000000.000000+060",
	"01/02/2024 3 PM":           "20240102150000.000000+060",
	"31 Dec 2023":               "20231231000000.000000+060",
	"20240101000000.000000+000": "20240101000000.000000+000",
	"20240101010000.000000+060": "20240101010000.000000+060",
	"20240101000000.000000+***": "20240101000000.000000+***",
	"********0000**.000000+***": "********0000**.000000+***",
	"00000001000000.000000:000": "00000001000000.000000:000",
	"00000000000001.000000:000": "00000000000001.000000:000",
}

var oracleNow = time.Date(2024, 5, 17, 12, 30, 0, 0, time.FixedZone("", 3600))

// likeUnits returns the units of a text. A unit has no case if it is one of a
// pair, so pairs are folded here, as they are in comparisons.
func likeUnits(s string) []uint16 {
	return cim.UTF16(strings.Map(func(r rune) rune {
		if r > 0xFFFF {
			r = []rune(cim.Fold(string(r)))[0]
		}
		return r
	}, s))
}

// An oraclePattern is a pattern of LIKE: wql.md 5.
type oraclePattern []func(text []uint16) (rest [][]uint16)

func (p oraclePattern) match(text []uint16) bool {
	if len(p) == 0 {
		return len(text) == 0
	}
	for _, rest := range p[0](text) {
		if p[1:].match(rest) {
			return true
		}
	}
	return false
}

func one(accept func(uint16) bool) func([]uint16) [][]uint16 {
	return func(text []uint16) [][]uint16 {
		if len(text) == 0 || !accept(text[0]) {
			return nil
		}
		return [][]uint16{text[1:]}
	}
}

// sameLetter reports whether two units differ at most in case.
func sameLetter(a, b uint16) bool {
	for r := rune(a); ; {
		if r == rune(b) {
			return true
		}
		if r = unicode.SimpleFold(r); r == rune(a) {
			return false
		}
	}
}

func parseOraclePattern(s []uint16) (p oraclePattern, ok bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '%':
			p = append(p, func(text []uint16) (rest [][]uint16) {
				for i := 0; i <= len(text); i++ {
					rest = append(rest, text[i:])
				}
				return rest
			})
		case '_':
			p = append(p, one(func(uint16) bool { return true }))
		case '[':
			end := i + 1 + slices.Index(s[i+1:], ']')
			if end == i {
				return nil, false
			}
			in := s[i+1 : end]
			not := len(in) > 1 && in[0] == '^'
			if not {
				in = in[1:]
			}
			var ranges [][2]uint16
			for len(in) > 0 {
				if len(in) > 2 && (in[1] == '-' || in[1] == '=') {
					ranges = append(ranges, [2]uint16{in[0], in[2]})
					in = in[3:]
					continue
				}
				ranges = append(ranges, [2]uint16{in[0], in[0]})
				in = in[1:]
			}
			p = append(p, one(func(u uint16) bool {
				for _, r := range ranges {
					for c := uint32(r[0]); c <= uint32(r[1]); c++ {
						if sameLetter(uint16(c), u) {
							return !not
						}
					}
				}
				return not
			}))
			i = end
		default:
			p = append(p, one(func(u uint16) bool { return sameLetter(c, u) }))
		}
	}
	return p, true
}
