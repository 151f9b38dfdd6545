package automation_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"openwmi/internal/source"
	"openwmi/script/automation"
	"openwmi/script/vbscript"
)

// shelf and book are what the tests show to scripts.
type shelf struct {
	books []*book
	flags uint32
	day   time.Time
}

type book struct{ title string }

// A Book has an exported name, as what is embedded must have.
type Book = book

// A chapter is a book for what wants one.
type chapter struct {
	*Book
	number int
}

func (s *shelf) add(title string, pages int32, loud bool) *book {
	b := &book{strings.Repeat(title, int(pages))}
	if loud {
		b.title = strings.ToUpper(b.title)
	}
	s.books = append(s.books, b)
	return b
}

func (s *shelf) item(i int) (*book, error) {
	if i >= len(s.books) {
		return nil, errors.New("no such book")
	}
	return s.books[i], nil
}

func (s *shelf) replace(i int, b *book) { s.books[i] = b }

func (s *shelf) titles(ctx context.Context, sep string) (string, error) {
	var all []string
	for _, b := range s.books {
		all = append(all, b.title)
	}
	return strings.Join(all, sep), ctx.Err()
}

func (s *shelf) list() []string                               { return []string{"a", "b"} }
func (s *shelf) each() iter.Seq[*book]                        { return slices.Values(s.books) }
func (s *shelf) count() int                                   { return len(s.books) }
func (s *shelf) anything(x any) any                           { return x }
func (s *shelf) getFlags() uint32                             { return s.flags }
func (s *shelf) setFlags(f uint32)                            { s.flags = f }
func (s *shelf) getDay() time.Time                            { return s.day }
func (s *shelf) setDay(t time.Time)                           { s.day = t }
func (b *book) getTitle() string                              { return b.title }
func (b *book) setTitle(title string)                         { b.title = title }
func (s *shelf) first(b *book) bool                           { return b != nil && s.books[0] == b }
func (s *shelf) many(first string, rest []vbscript.Value) int { return len(rest) }
func (s *shelf) part(n int) *chapter                          { return &chapter{s.books[0], n} }
func (c *chapter) getNumber() int                             { return c.number }
func (s *shelf) none() *book                                  { return nil }

var library = automation.NewLibrary(
	&automation.Class{
		Name: "Shelf", Type: (*shelf)(nil), Default: "Item", Each: (*shelf).each,
		Members: []automation.Member{
			{Signature: `Add(title, pages=1, loud=false)`, Get: (*shelf).add},
			{Signature: `Item(i)`, Get: (*shelf).item, Put: (*shelf).replace},
			{Signature: `Titles(sep="-")`, Get: (*shelf).titles},
			{Signature: `Count`, Get: (*shelf).count},
			{Signature: `List`, Get: (*shelf).list},
			{Signature: `Flags`, Get: (*shelf).getFlags, Put: (*shelf).setFlags},
			{Signature: `Day`, Get: (*shelf).getDay, Put: (*shelf).setDay},
			{Signature: `Anything(x=nil)`, Get: (*shelf).anything},
			{Signature: `First(book=nil)`, Get: (*shelf).first},
			{Signature: `Many(first, rest...)`, Get: (*shelf).many},
			{Signature: `None()`, Get: (*shelf).none},
			{Signature: `Part(n)`, Get: (*shelf).part},
		},
	},
	&automation.Class{
		Name: "Chapter", Type: (*chapter)(nil), Default: "Number",
		Members: []automation.Member{
			{Signature: "Title", Get: (*book).getTitle, Put: (*book).setTitle},
			{Signature: "Number", Get: (*chapter).getNumber},
		},
	},
	&automation.Class{
		Name: "Book", Type: (*book)(nil), Default: "Title", Dynamic: pages{},
		Members: []automation.Member{{Signature: "Title", Get: (*book).getTitle, Put: (*book).setTitle}},
	},
)

// pages are members that only some books have: those of their title's letters.
type pages struct{}

type page string

func (pages) Find(o any, name string) (automation.Accessor, bool) {
	if strings.Contains(o.(*book).title, name) {
		return page(name), false
	}
	return nil, false
}

func (pages) Names(o any) []string { return strings.Split(o.(*book).title, "") }

func (p page) Get(context.Context, vbscript.Args) (vbscript.Value, error) {
	return vbscript.String("page " + string(p)), nil
}

func (p page) Put(context.Context, vbscript.Args, vbscript.Value) error {
	return errors.New("pages are printed")
}

// run runs a script in which s is a shelf and returns what the variable r has then.
func run(t *testing.T, text string) (string, error) {
	t.Helper()
	script, err := vbscript.Parse(source.NewFile("test.vbs", text))
	if err != nil {
		t.Fatal(err)
	}
	in := vbscript.New(vbscript.Options{})
	in.Set("s", vbscript.FromObject(library.Object(&shelf{})))
	err = in.Run(context.Background(), script)
	return in.Global("r").String(), err
}

func TestMembers(t *testing.T) {
	for _, test := range []struct{ script, want string }{
		{`s.Add "a" : s.ADD "b", 3 : s.add "c", 2, True : r = s.titles`, "a-bbb-CC"},
		{`s.Add "a", , True : r = s.Titles(";")`, "A"},
		{`s.Add "a" : r = s(0).Title & s.Item(0) & s(0)`, "aaa"},
		{`s.Add "a" : s(0).Title = "z" : r = s(0)`, "z"},
		{`s.Add "a" : s.Item(0) = "z" : r = TypeName(s)`, "error 13 Type mismatch"},
		{`s.Add "a" : Set b = s.Add("b") : Set s.Item(0) = b : r = s.titles & (s(0) Is b) & (s(0) Is s)`, "b-bTrueFalse"},
		{`s.Add "a" : s.Add "b" : For Each b In s : r = r & b.Title : Next`, "ab"},
		{`r = s.List(1) & s.List()(0) & UBound(s.List)`, "ba1"},
		{`s.Flags = -1 : r = s.Flags & TypeName(s.Flags)`, "-1Long"},
		{`s.Day = #2020-02-03 04:05:06# : r = Year(s.Day) & Second(s.Day) & TypeName(s.Day)`, "20206Date"},
		{`r = TypeName(s) & TypeName(s.Add("x"))`, "ShelfBook"},
		{`r = (s.None Is Nothing) & s.First & s.First(Nothing) & s.First(Empty)`, "TrueFalseFalseFalse"},
		{`r = TypeName(s.Anything(1.5)) & TypeName(s.Anything(CByte(1))) & TypeName(s.Anything(Null)) & TypeName(s.Anything(Array(1,"x"))) & TypeName(s.Anything(s)) & TypeName(s.Anything(CLng(1)))`,
			"DoubleByteNullVariant()ShelfLong"},
		{`s.Add "x" : Set c = s.Part(3) : c.Title = "z" : r = c & TypeName(c) & s.titles & s.First(c)`, "3ChapterzTrue"},
		{`s.Add "xy" : r = s(0).x & s(0).y`, "page xpage y"},
		{`r = s.Many(1) & s.Many(1, 2) & s.Many(1, 2, , 4)`, "013"},
		{`r = s.Many`, "error 450 Wrong number of arguments or invalid property assignment"},
		{`r = s.Nope`, "error 438 Object doesn't support this property or method"},
		{`On Error Resume Next : s.Add("x") = 3 : r = Err.Number & s.Count`, "4380"},
		{`s.Count = 3`, "error 450 Wrong number of arguments or invalid property assignment"},
		{`Set s.Count = s`, "error 450 Wrong number of arguments or invalid property assignment"},
		{`s.Add`, "error 450 Wrong number of arguments or invalid property assignment"},
		{`s.Add , 2`, "error 449 Argument not optional"},
		{`s.Add 1, 2, 3, 4`, "error 450 Wrong number of arguments or invalid property assignment"},
		{`s.Add "x", "many"`, "error 13 Type mismatch"},
		{`s.Add Null`, "error 94 Invalid use of Null"},
		{`s.First s`, "error 13 Type mismatch"},
		{`r = s(7)`, "error 440 no such book"},
		{`s.Add "x" : s(0).x = 1`, "error 440 pages are printed"},
		{`r = s.List(2)`, "error 9 Subscript out of range"},
		{`s.Add "x" : For Each b In s(0) : Next`, "error 451 Object not a collection"},
	} {
		got, err := run(t, test.script)
		var e *vbscript.Error
		if errors.As(err, &e) {
			text, _, _ := strings.Cut(e.Description, ":") // without names, which the host shows
			got = "error " + vbscript.Long(e.Number).String() + " " + text
		} else if err != nil {
			t.Error(err)
		}
		if got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.script, got, test.want)
		}
	}
}

func TestMethod(t *testing.T) {
	o := library.Object(&shelf{}).(interface{ Method(string) bool })
	for name, want := range map[string]bool{"add": true, "Item": true, "": true, "COUNT": false, "nope": false} {
		if got := o.Method(name); got != want {
			t.Errorf("Method(%q) = %v", name, got)
		}
	}
}

func TestNames(t *testing.T) {
	v := vbscript.FromObject(library.Object(&book{"xy"}))
	if got := strings.Join(automation.Names(v), " "); got != "x y Title" {
		t.Error(got)
	}
	if got := automation.Names(vbscript.Long(1)); got != nil {
		t.Error(got)
	}
}

func TestWrongTable(t *testing.T) {
	for _, m := range []automation.Member{
		{Signature: "Count(x)", Get: (*shelf).count},
		{Signature: "Count", Get: (*book).getTitle},
		{Signature: "Add(a=1, b)", Get: (*shelf).add},
		{Signature: "Titles(sep=x)", Get: (*shelf).titles},
		{Signature: "Titles(rest..., sep)", Get: (*shelf).titles},
		{Signature: "Titles(sep", Get: (*shelf).titles},
		{Signature: "", Get: (*shelf).count},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", m.Signature)
				}
			}()
			automation.NewLibrary(&automation.Class{Name: "Shelf", Type: (*shelf)(nil), Members: []automation.Member{m}})
		}()
	}
}
