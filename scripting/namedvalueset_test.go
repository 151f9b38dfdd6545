package scripting_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/scripting"
	"openwmi/wbem"
)

func names(s *scripting.NamedValueSet) string {
	var out []string
	for v := range s.All() {
		out = append(out, v.Name())
	}
	return strings.Join(out, " ")
}

// scripting-api.md#48, scripting-api.md#49.
func TestNamedValueSet(t *testing.T) {
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	equal := func(got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	s := scripting.NewNamedValueSet()
	a, err := s.Add("a", 1, 0)
	ok(err)
	item, err := s.Item("A", 0)
	ok(err)
	equal([]any{item.Name(), value(t, item)}, []any{"a", int32(1)})
	wantStatus(t, s.Remove("b", 0), wbem.NotFound)
	wantStatus(t, second(s.Item("b", 0)), wbem.NotFound)
	wantStatus(t, second(s.Add("c", 1, 1)), wbem.InvalidParameter)
	wantStatus(t, second(s.Item("a", 1)), wbem.InvalidParameter)
	wantStatus(t, s.Remove("a", 1), wbem.InvalidParameter)
	wantStatus(t, second(s.Add("", 1, 0)), wbem.InvalidParameter)
	wantStatus(t, second(s.Add("c", struct{}{}, 0)), wbem.TypeMismatch)

	// Two items of one name show the same value.
	ok(a.SetValue("x"))
	equal(value(t, item), "x")
	ok(second(s.Add("B", []string{"p", "q"}, 0)))
	ok(second(s.Add("A", 2.5, 0)))
	equal(names(s), "a B")
	equal(value(t, item), 2.5)
	for v := range s.All() { // removing while looping
		ok(s.Remove(v.Name(), 0))
	}
	equal(s.Count(), 0)
	wantStatus(t, second(item.Value()), wbem.NotFound)
	ok(item.SetValue("back"))
	ok(s.DeleteAll())
	equal(s.Count(), 0)
	ok(item.SetValue("back"))
	equal([]any{s.Count(), value(t, a)}, []any{1, "back"})

	// A name ends at a NUL.
	ok(second(s.Add("N\x00ame", 1, 0)))
	equal(names(s), "a N")
	ok(s.Remove("n\x00x", 0))

	// A clone is a set of its own.
	c := s.Clone()
	ok(second(c.Add("d", nil, 0)))
	ok(item.SetValue(int64(1) << 40))
	equal([]any{names(s), names(c)}, []any{"a", "a d"})
	equal(value(t, item), "1099511627776")
	v, err := c.Item("a", 0)
	ok(err)
	equal(value(t, v), "back")

	var zero scripting.NamedValueSet
	equal(zero.Count(), 0)
	ok(second(zero.Add("a", true, 0)))
	equal(zero.Count(), 1)
}

// An object in a set stays the object it is.
func TestNamedValueObject(t *testing.T) {
	f := newFixture(t)
	o := f.b("1")
	v, err := f.values("o", o).Item("o", 0)
	f.ok(err)
	if value(t, v) != any(o) {
		t.Error("another object")
	}
}

func (f *fixture) values(nameValues ...any) *scripting.NamedValueSet {
	f.Helper()
	s := scripting.NewNamedValueSet()
	for i := 0; i < len(nameValues); i += 2 {
		if _, err := s.Add(nameValues[i].(string), nameValues[i+1], 0); err != nil {
			f.Fatal(err)
		}
	}
	return s
}
