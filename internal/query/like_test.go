package query_test

import (
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/query"
)

// matchLike matches a text with a pattern.
func matchLike(t testing.TB, c *cim.Class, text, pattern string) bool {
	t.Helper()
	f, err := compile(c, "S LIKE "+quoteWQL(pattern))
	if err != nil {
		t.Fatalf("%q: %v", pattern, err)
	}
	inst := cim.NewInstance(c)
	inst.Put(c.PropertyIndex("S"), cim.StringValue(text))
	return f.Match(query.ObjectRow(inst))
}

// TestLike is wql.md 5, line by line.
func TestLike(t *testing.T) {
	m := model{}
	c := m.define(t, "T { string S; }")
	const none = "none"
	for _, x := range []struct{ pattern, matches, others string }{ // texts with | between them
		{"", "", "a"},
		{"%", "|a|abc|日本", none},
		{"%%X%", "x|aX|axb", "|a"},
		{"a%", "a|ABC", "|ba"},
		{"%a", "a|cba", "|ab"},
		{"%a%", "a|bac|cba", "|b"},
		{"a%a", "aa|aba|aXXa", "a|ab|baa"},
		{"a%b%c", "abc|aXbYc|abbcc|abcbc", "ab|acb|cab"},
		{"%ab%ab%", "abab|xabxabx", "ab|aab|aba"},
		{"%aab%", "aaab|aaaab|baab", "aba|ab|aaa"},
		{"%ababac%", "abababac|xabababacx", "ababab|ababa"},
		{"_", "a|%|é|日", "|ab|\U00010400"},
		{"__", "ab|\U00010400|é日", "a|abc"},
		{"a_c", "abc|a%c|aéc", "ac|abbc"},
		{"%_", "a|ab", ""},
		{"%_%_%", "ab|abc|\U00010400", "a|"},
		{"[abc]", "a|b|C", "d||ab"},
		{"[a-f]", "a|e|F", "g||-"},
		{"[a=f]", "a|e|F", "g||="},
		{"[^abc]", "d|1|^|é", "a|B|"},
		{"[^a-f]", "g|-", "a|e|F"},
		{"[a-]", "a|-", "b"},
		{"[a=]", "a|=", "b"},
		{"[-a]", "-|a", "b"},
		{"[=a]", "=|a", "b"},
		{"[a-f-]", "c|-", "g"},
		{"[a-c=x]", "b|=|X", "d|-"},
		{"[--/]", "-|.|/", ",|0"},
		{"[_]", "_", "a"},
		{"[%]", "%", "a|"},
		{"[[]", "[", "]"},
		{"[[]a]", "[a]", "a|["},
		{"]", "]", "["},
		{"[^]", "^", "a"},
		{"[^^]", "a", "^"},
		{"[a^]", "a|^", "b"},
		{"[]", none, "a||]"},
		{"[f-a]", none, "a|f|c"},
		{"[Z-a]", "z|Z|a|A|_|[", "b|Y|y"},
		{"[^%]%", "a|a%", "%|%a"},
		{`\`, `\`, ""},
		{`\%`, `\|\a`, "%|a"},
		{"k", "k|K|\u212a", ""},
		{"\u212a", "k|K|\u212a", ""},
		{"[\u212a]", "k|K|\u212a", "j"},
		{"[j-l]", "K|\u212a", "\u212b"},
		{"s%", "\u017fx|S|sx", "ß"},
		{"straße", "STRAßE", "STRASSE"},
		{"%É%", "xé|É|éx", "e"},
		{"[à-ý]", "É|é", "z"},
		{"日%本", "日本|日x本", "日"},
		{"\U00010400", "\U00010428|\U00010400", "\U00010401"},
		{"%\U00010400%", "a\U00010428b", "a"},
		{"[\U00010400][\U00010400]", "\U00010428", "a"},
		{"\xed\xa0\x81_", "\U00010400|\xed\xa0\x81a", "a"},
		{"%" + strings.Repeat("x", 1000) + "%", strings.Repeat("x", 1001), strings.Repeat("x", 999)},
	} {
		for _, s := range strings.Split(x.matches, "|") {
			if x.matches != none && !matchLike(t, c, s, x.pattern) {
				t.Errorf("%+q does not match %+q", s, x.pattern)
			}
		}
		for _, s := range strings.Split(x.others, "|") {
			if x.others != none && matchLike(t, c, s, x.pattern) {
				t.Errorf("%+q matches %+q", s, x.pattern)
			}
		}
	}
	for pattern, want := range map[string]cim.Status{
		"[":                                     cim.InvalidQuery,
		"[a":                                    cim.InvalidQuery,
		"[^":                                    cim.InvalidQuery,
		"a[b-":                                  cim.InvalidQuery,
		"[]a]":                                  cim.OK,
		strings.Repeat("_", 300):                cim.OK,
		"%" + strings.Repeat("_", 256) + "%":    cim.OK,
		"%" + strings.Repeat("_", 257) + "%":    cim.QuotaViolation,
		"%" + strings.Repeat("[ab]", 257) + "%": cim.QuotaViolation,
		strings.Repeat("_", 300) + "%":          cim.OK,
		"%" + strings.Repeat("_", 300):          cim.OK,
	} {
		if _, err := compile(c, "S LIKE "+quoteWQL(pattern)); cim.StatusOf(err) != want {
			t.Errorf("%.20q of %d characters: %v, want %v", pattern, len(pattern), err, want)
		}
	}
}

// TestLikeTime matches patterns that take naive matchers for ever.
func TestLikeTime(t *testing.T) {
	m := model{}
	c := m.define(t, "T { string S; }")
	long := strings.Repeat("a", 100_000)
	for _, x := range []struct {
		pattern, text string
		want          bool
	}{
		{strings.Repeat("%a", 2000) + "%b", long, false},
		{strings.Repeat("%a", 2000) + "%", long, true},
		{"%" + strings.Repeat("a", 5000) + "b%", long, false},
		{"%" + strings.Repeat("a", 5000) + "b%", strings.Repeat("é", 1000) + long, false},
		{strings.Repeat("%"+strings.Repeat("a", 20)+"b", 200) + "%", long, false},
		{"%" + strings.Repeat("_", 200) + "b%", long, false},
		{"%" + strings.Repeat("[a-z]", 200) + "B%", long, false},
	} {
		if got := matchLike(t, c, x.text, x.pattern); got != x.want {
			t.Errorf("%.20q... of %d characters: %v", x.pattern, len(x.pattern), got)
		}
	}
}

// FuzzLike compares patterns with those of the oracle.
func FuzzLike(f *testing.F) {
	for _, s := range []string{"", "%", "a%b", "[a-c]%", "[^x]_", "%aab%", "[", "%k%", "\u212a", "\xff", "%\U00010400_", "[Z-a]%é%"} {
		f.Add(s, "aab")
		f.Add(s, "Xé\U00010428k")
	}
	m := model{}
	c := m.define(f, "T { string S; }")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 30 || len(text) > 30 || strings.Count(pattern, "%") > 4 || strings.Contains(text+pattern, "\xed") {
			return // the oracle takes exponential time, and knows no unpaired surrogates
		}
		x, err := compile(c, "S LIKE "+quoteWQL(pattern))
		if err != nil {
			return
		}
		q, err := parse("T", "S LIKE "+quoteWQL(pattern))
		if err != nil {
			t.Fatal(err)
		}
		inst := cim.NewInstance(c)
		inst.Put(0, cim.StringValue(text))
		if got, want := x.Match(query.ObjectRow(inst)), (oracle{c}).matches(q.Where, inst); got != want {
			t.Errorf("%q LIKE %q is %v, should be %v", text, pattern, got, want)
		}
	})
}
