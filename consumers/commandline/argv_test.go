package commandline

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	for line, want := range map[string][]string{
		"":                        nil,
		" \t":                     nil,
		"a":                       {"a"},
		"  a\tb  c ":              {"a", "b", "c"},
		`"a b" c`:                 {"a b", "c"},
		`"C:\Program Files\" x`:   {`C:\Program Files\`, "x"},
		`C:\x\"y z" w`:            {`C:\x\y z`, "w"},
		`p ""`:                    {"p", ""},
		`p "a" b""c`:              {"p", "a", "bc"},
		`p "abc" d e`:             {"p", "abc", "d", "e"},
		`p a\\b d"e f"g h`:        {"p", `a\\b`, "de fg", "h"},
		`p a\\\"b c d`:            {"p", `a\"b`, "c", "d"},
		`p a\\\\"b c" d e`:        {"p", `a\\b c`, "d", "e"},
		`p a"b"" c d`:             {"p", `ab" c d`},
		`p "a""b" c`:              {"p", `a"b`, "c"},
		`p \`:                     {"p", `\`},
		`p "a`:                    {"p", "a"},
		`p "a\"`:                  {"p", `a"`},
		`p 'a b' $(c) ; | > x %y`: {"p", "'a", "b'", "$(c)", ";", "|", ">", "x", "%y"},
		"p a\nb":                  {"p", "a\nb"},
	} {
		if diff := cmp.Diff(want, split(line)); diff != "" {
			t.Errorf("%s differs:\n%s", line, diff)
		}
	}
}

// quote writes an argument so that split reads it back.
func quote(arg string) string {
	var b strings.Builder
	b.WriteByte('"')
	slashes := 0
	for _, c := range []byte(arg) {
		switch c {
		case '\\':
			slashes++
		case '"':
			b.WriteString(strings.Repeat(`\`, slashes+1))
			slashes = 0
		default:
			slashes = 0
		}
		b.WriteByte(c)
	}
	b.WriteString(strings.Repeat(`\`, slashes) + `"`)
	return b.String()
}

func FuzzSplit(f *testing.F) {
	f.Add("a", `b "c"`, `d\\"\`)
	f.Add("", "", "")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		split(a)
		args := []string{"program", a, b, c}
		line := "program " + quote(a) + " " + quote(b) + "\t" + quote(c)
		if got := split(line); !slices.Equal(got, args) {
			t.Fatalf("%s became %q", line, got)
		}
	})
}
