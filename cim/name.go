package cim

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fold returns the form of a name by which names are compared and sorted:
// upper case, by simple folding of single code points, so that names which are
// equal without regard to case fold to the same string.
func Fold(name string) string {
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c >= utf8.RuneSelf {
			return foldUnicode(name)
		}
		if 'a' <= c && c <= 'z' {
			return foldASCII(name, i)
		}
	}
	return name
}

func foldASCII(name string, from int) string {
	b := []byte(name)
	for i := from; i < len(b); i++ {
		c := b[i]
		if c >= utf8.RuneSelf {
			return foldUnicode(name)
		}
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// foldUnicode maps each code point to the least of its folding orbit, and
// leaves bytes alone that are no UTF-8 (lone surrogates, see Value).
func foldUnicode(name string) string {
	var b strings.Builder
	b.Grow(len(name))
	for i := 0; i < len(name); {
		r, n := utf8.DecodeRuneInString(name[i:])
		if r == utf8.RuneError && n <= 1 {
			b.WriteByte(name[i])
			i++
			continue
		}
		i += n
		b.WriteRune(foldRune(r))
	}
	return b.String()
}

func foldRune(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}

// EqualNames reports whether two names are equal without regard to case.
func EqualNames(a, b string) bool {
	if a == b {
		return true
	}
	return CompareNames(a, b) == 0
}

// CompareNames orders names as enumerations do: by their folded code points.
func CompareNames(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		x, y := a[i], b[i]
		if x >= utf8.RuneSelf || y >= utf8.RuneSelf {
			return strings.Compare(Fold(a), Fold(b))
		}
		if 'a' <= x && x <= 'z' {
			x -= 'a' - 'A'
		}
		if 'a' <= y && y <= 'z' {
			y -= 'a' - 'A'
		}
		if x != y {
			return cmp.Compare(x, y)
		}
	}
	// One is a prefix of the other so far; only a rune that folds to a
	// shorter or longer one, which is not ASCII, can still make them equal.
	return cmp.Compare(len(a), len(b))
}

// A finder finds members of a list by name: few by looking at each, which is
// the fastest, and many in a map, so that nothing takes the square of a length
// that somebody else chooses.
type finder[M any] struct {
	list []M
	name func(*M) string
	at   map[string]int // by folded name; nil for a short list
}

func newFinder[M any](list []M, name func(*M) string) finder[M] {
	f := finder[M]{list: list, name: name}
	if len(list) > 32 {
		f.at = make(map[string]int, len(list))
		for i := len(list) - 1; i >= 0; i-- {
			f.at[Fold(name(&list[i]))] = i
		}
	}
	return f
}

// index returns the position of the first member of that name, -1 if there is
// none.
func (f *finder[M]) index(name string) int {
	if f.at != nil {
		if i, ok := f.at[Fold(name)]; ok {
			return i
		}
		return -1
	}
	for i := range f.list {
		if EqualNames(f.name(&f.list[i]), name) {
			return i
		}
	}
	return -1
}

// IsIdentifier reports whether s begins with a letter or an underscore and goes
// on with letters, digits and underscores. A letter is A to Z in either case or
// U+0080 to U+FFEF (DSP0004; model.md 5.1).
func IsIdentifier(s string) bool {
	for i, r := range s {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', r == '_':
		case '0' <= r && r <= '9':
			if i == 0 {
				return false
			}
		case r == utf8.RuneError:
			return false
		case 0x80 <= r && r <= 0xFFEF:
		default:
			return false
		}
	}
	return s != ""
}

// IsSystemName reports whether s is reserved for the object manager, that is,
// begins with two underscores.
func IsSystemName(s string) bool { return strings.HasPrefix(s, "__") }

// CheckClassName returns an error if a caller may not give a class that name
// (put.md 4.1): IncompleteClass for no name, InvalidOperation for a leading
// underscore, InvalidObject for a trailing one, QuotaViolation for one that is
// too long, InvalidParameter for any other defect.
func CheckClassName(name string) error {
	switch {
	case name == "":
		return Errorf(IncompleteClass, "the class has no name")
	case TooLong(name, MaxIdentifier):
		return Errorf(QuotaViolation, "the class name %.40q... has more than %d characters", name, MaxIdentifier)
	case name[0] == '_':
		return Errorf(InvalidOperation, "class %s: names with a leading underscore are the system's", name)
	case !IsIdentifier(name):
		return Errorf(InvalidParameter, "class name %q is not a letter followed by letters, digits and underscores", name)
	case name[len(name)-1] == '_':
		return Errorf(InvalidObject, "class %s: a name must not end with an underscore", name)
	}
	return nil
}

// CheckMemberName returns an error if a property or method, as kind says, may
// not have that name: QuotaViolation or InvalidParameter.
func CheckMemberName(kind, name string) error {
	switch {
	case TooLong(name, MaxIdentifier):
		return Errorf(QuotaViolation, "the %s name %.40q... has more than %d characters", kind, name, MaxIdentifier)
	case !IsIdentifier(name), name[0] == '_', name[len(name)-1] == '_':
		return Errorf(InvalidParameter, "%s name %q is not a letter followed by letters, digits and underscores", kind, name)
	}
	return nil
}

// TooLong reports whether s has more than limit UTF-16 units.
func TooLong(s string, limit int) bool {
	if len(s) <= limit {
		return false
	}
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
		if n > limit {
			return true
		}
	}
	return false
}
