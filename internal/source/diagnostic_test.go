package source_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/source"
)

func TestList(t *testing.T) {
	a, b := source.NewFile("a", "1\n2\n3\n4\n"), source.NewFile("b", "1\n2\n")
	at := func(f *source.File, pos source.Pos, s source.Severity, msg string) source.Diagnostic {
		return source.Diagnostic{File: f, Span: source.Span{Pos: pos, End: pos + 1}, Severity: s, Msg: msg}
	}
	list := source.List{Max: 3}
	if list.Err() != nil {
		t.Error("an empty list is an error")
	}
	list.Add(at(b, 3, source.Warning, "w1"))
	if list.Err() != nil {
		t.Error("a warning is an error")
	}
	list.Add(at(a, 5, source.Error, "e1"))
	list.Add(at(b, 1, source.Error, "e2"))
	list.Add(at(a, 5, source.Error, "e3"))
	if !list.Full() || list.Room(source.Error) || !list.Room(source.Warning) {
		t.Error("three errors don't fill the list")
	}
	list.Add(at(a, 1, source.Error, "dropped"))
	list.Add(at(a, 1, source.Warning, "w2"))

	var got []string
	for _, d := range list.All() {
		got = append(got, d.Error())
	}
	want := []string{"b:1:1: e2", "b:2:1: warning: w1", "a:1:1: warning: w2", "a:3:1: e1", "a:3:1: e3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	err := list.Err()
	if err == nil || err.Error() != "b:1:1: e2 (and 3 more)" || list.Errors() != 4 {
		t.Errorf("error %v", err)
	}
	var d *source.Diagnostic
	if !errors.As(err, &d) || d.Msg != "e2" {
		t.Errorf("the first error is %v", d)
	}

	var b2 strings.Builder
	if err := list.Render(&b2); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(b2.String(), "e3\n\t3\n\t^\ntoo many errors: only the first 3 are shown\n") {
		t.Errorf("rendered:\n%s", b2.String())
	}
}

func TestListBounds(t *testing.T) {
	var list source.List
	f := source.NewFile("a", "x")
	for range 10 * source.MaxErrors {
		list.Add(source.Diagnostic{File: f, Span: source.Span{Pos: 1, End: 2}})
		list.Add(source.Diagnostic{File: f, Span: source.Span{Pos: 1, End: 2}, Severity: source.Warning})
	}
	if n := len(list.All()); n != 2*source.MaxErrors {
		t.Errorf("%d diagnostics", n)
	}
}
