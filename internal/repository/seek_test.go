package repository

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

var indexed = qual("Indexed")

// view returns a view that is closed when the test ends.
func (f *fixture) view() *View {
	f.Helper()
	v, err := f.ns.View()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(v.Close)
	return v
}

// seek returns the paths that a lookup finds, or a status.
func (f *fixture) seek(v *View, l Lookup) (out []string) {
	f.Helper()
	for r, err := range v.Seek(context.Background(), l) {
		if err != nil {
			return append(out, cim.StatusOf(err).Name())
		}
		inst, err := r.Instance()
		if err != nil {
			f.Fatal(err)
		}
		p, _ := cim.RelPath(inst)
		out = append(out, p.RelPath())
	}
	for _, limit := range []int{1, 3, 1000} {
		n, err := v.Count(context.Background(), l, limit)
		if err != nil || n != min(limit, len(out)) {
			f.Errorf("%+v has %d, at most %d are counted as %d, %v", l, len(out), limit, n, err)
		}
	}
	return out
}

func datetime(text string) cim.Value {
	d, err := cim.ParseDatetime(text)
	if err != nil {
		panic(err)
	}
	return cim.DatetimeValue(d)
}

func TestSeekRange(t *testing.T) {
	f := newFixture(t, class("Base", qual("abstract"), prop("sint16 Number = 5", indexed)),
		class("All : Base", prop("string Id", key), prop("string Text = x", indexed), prop("real32 Real = 0", indexed),
			prop("uint64 Size = 0", indexed), prop("boolean Flag = FALSE", indexed), prop("datetime When = 00000000000000.000000:000", indexed),
			prop("char16 Char = 65", indexed), prop("sint32 Plain")),
		class("More : All", prop("uint8 Small = 1", indexed)))
	put := func(class, id string, values ...any) {
		f.put(f.inst(class, append([]any{"Id", id}, values...)...), 0, wbem.OK)
	}
	put("All", "a", "Number", "-300", "Text", "äb", "Real", "-1.5", "When", "20240101010000.000000+060")
	put("All", "b", "Number", "-1", "Text", "ÄC", "Real", "-0", "When", "20240101000000.000001+000", "Flag", "TRUE")
	put("All", "c", "Number", "0", "Text", "\uE000", "Real", "0", "When", "20240101******.000000+***", "Size", "18446744073709551615")
	put("More", "d", "Number", "300", "Text", "\U0001F600", "Real", "1e30", "When", "00000001000000.000000:000", "Small", "200")
	put("More", "e", "Text", "", "When", "19000101000000.000000+000", "Char", "66")
	v := f.view()
	position := func(class, property string) int {
		c, err := v.Class(class)
		if err != nil {
			t.Fatal(err)
		}
		return c.PropertyIndex(property)
	}
	none := cim.Value{}
	for _, c := range []struct {
		class     string
		deep      bool
		property  string
		low, high cim.Value
		want      string
	}{
		{"Base", true, "Number", none, none, "a b c e d"},
		{"Base", false, "Number", none, none, ""},
		{"All", false, "Number", none, none, "a b c"},
		{"More", true, "Number", none, none, "e d"},
		{"Base", true, "Number", cim.Sint16Value(-1), cim.Sint16Value(5), "b c e"},
		{"Base", true, "Number", cim.Sint16Value(1), none, "e d"},
		{"Base", true, "Number", none, cim.Sint16Value(-2), "a"},
		{"Base", true, "Number", cim.Sint16Value(1), cim.Sint16Value(0), ""},
		// In the order of UTF-16 units.
		{"All", true, "Text", none, none, "e a b d c"},
		{"All", true, "Text", cim.StringValue("Äc"), cim.StringValue("\U0001F600"), "b d"},
		{"All", true, "Text", cim.StringValue("ÄB"), cim.StringValue("äb"), "a"},
		{"All", true, "Text", cim.StringValue(""), cim.StringValue(""), "e"},
		{"All", true, "Real", cim.Real32Value(0), cim.Real32Value(0), "b c e"},
		{"All", true, "Real", none, cim.Real32Value(-1), "a"},
		{"All", true, "Size", cim.Uint64Value(math.MaxUint64), none, "c"},
		{"All", true, "Flag", cim.BoolValue(true), cim.BoolValue(true), "b"},
		{"All", true, "Char", cim.Char16Value(66), none, "e"},
		// The same instant in another zone, an interval, a value with open fields.
		{"All", true, "When", datetime("20240101000000.000000+000"), datetime("20240101000000.000000+000"), "a"},
		{"All", true, "When", datetime("20231231000000.000000+000"), none, "a b"},
		{"All", true, "When", none, datetime("20240101000000.000000+000"), "e a"},
		{"All", true, "When", none, datetime("00000002000000.000000:000"), "d"},
		{"All", true, "When", datetime("20240101******.000000+***"), datetime("20240101******.000000+***"), "c"},
		{"More", false, "Small", cim.Uint8Value(2), cim.Uint8Value(255), "d"},
		{"all", true, "Id", cim.StringValue("B"), cim.StringValue("d"), "b c d"},
		{"All", true, "Id", none, cim.StringValue("b"), "a b"},
		{"All", true, "Plain", none, none, "InvalidParameter"},
		{"All", true, "Number", cim.Sint32Value(1), none, "InvalidParameter"},
		{"None", true, "Number", none, none, "InvalidClass"},
	} {
		l := Lookup{Class: c.class, Deep: c.deep, Range: &Range{c.low, c.high}}
		if c.class != "None" {
			l.Property = position(c.class, c.property)
		}
		var got []string
		for r, err := range v.Seek(context.Background(), l) {
			if err != nil {
				got = append(got, cim.StatusOf(err).Name())
				break
			}
			got = append(got, strings.Clone(r.At(r.Class().PropertyIndex("Id")).Text()))
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s.%s from %v to %v, deep %v: %q, want %q", c.class, c.property, c.low, c.high, c.deep, got, c.want)
		}
	}
	got, err := v.Indexed("More")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	c, _ := v.Class("More")
	for _, x := range got {
		if !x.Ordered {
			t.Errorf("%+v has no order", x)
		}
		names = append(names, c.Properties()[x.Property].Name())
	}
	if diff := gocmp.Diff(strings.Fields("Char Flag Number Real Size Small Text When"), names); diff != "" {
		t.Errorf("indexed (-want +got):\n%s", diff)
	}
	if _, err := v.Indexed("None"); cim.StatusOf(err) != wbem.NotFound {
		t.Errorf("indexes of no class: %v", err)
	}
}

func TestSeekKeys(t *testing.T) {
	f := newFixture(t, class("K", prop("string A", key), prop("uint16 B", key), prop("string C", key), prop("string V")),
		class("L : K"), class("M : L"),
		class("T", prop("datetime At", key), prop("string Id", key)))
	for i, name := range []string{"K", "L", "M"} {
		for _, a := range []string{"x", "x\U0001F600", "x\uFFFD", "y"} {
			for b := range 3 {
				f.put(f.inst(name, "A", a, "B", fmt.Sprint(b), "C", fmt.Sprint(i)), 0, wbem.OK)
			}
		}
	}
	f.put(f.inst("T", "At", "20240101010000.000000+060", "Id", "1"), 0, wbem.OK)
	f.put(f.inst("T", "At", "20240101000000.000000+000", "Id", "2"), 0, wbem.OK)
	v := f.view()
	text, number := cim.StringValue, cim.Uint16Value
	for _, c := range []struct {
		l    Lookup
		want string
	}{
		{Lookup{Class: "L", Keys: []cim.Value{text("X"), number(1)}}, `L.A="x",B=1,C="1"`},
		{Lookup{Class: "K", Deep: true, Keys: []cim.Value{text("X"), number(1)}}, `K.A="x",B=1,C="0" L.A="x",B=1,C="1" M.A="x",B=1,C="2"`},
		{Lookup{Class: "K", Deep: true, Keys: []cim.Value{text("X"), number(1), text("2")}}, `M.A="x",B=1,C="2"`},
		{Lookup{Class: "L", Deep: true, Keys: []cim.Value{text("X"), number(1), text("0")}}, ``},
		{Lookup{Class: "L", Deep: true, Keys: []cim.Value{text("X"), number(1), text("1")}}, `L.A="x",B=1,C="1"`},
		{Lookup{Class: "L", Deep: false, Keys: []cim.Value{text("X"), number(1), text("2")}}, ``},
		{Lookup{Class: "L", Keys: []cim.Value{text("Y")}, Property: 1, Range: &Range{number(1), cim.Value{}}}, `L.A="y",B=1,C="1" L.A="y",B=2,C="1"`},
		{Lookup{Class: "L", Keys: []cim.Value{text("Y")}, Property: 1, Range: &Range{cim.Value{}, number(0)}}, `L.A="y",B=0,C="1"`},
		{Lookup{Class: "L", Keys: []cim.Value{text("Y")}, Property: 1, Range: &Range{number(9), cim.Value{}}}, ``},
		{Lookup{Class: "L", Keys: []cim.Value{text("Y")}, Property: 2, Range: &Range{}}, `InvalidParameter`},
		{Lookup{Class: "L", Keys: []cim.Value{number(1)}}, `InvalidParameter`},
		{Lookup{Class: "L", Keys: make([]cim.Value, 4)}, `InvalidParameter`},
		{Lookup{Class: "L", Property: 99, Range: &Range{}}, `InvalidParameter`},
		{Lookup{Class: ""}, `InvalidParameter`},
		// Keys that are equal in several ways are not used.
		{Lookup{Class: "T", Keys: []cim.Value{datetime("20240101000000.000000+000")}}, `T.At="20240101000000.000000+000",Id="2" T.At="20240101010000.000000+060",Id="1"`},
		{Lookup{Class: "T", Keys: []cim.Value{datetime("20240101000000.000000+000"), text("3")}}, `T.At="20240101000000.000000+000",Id="2" T.At="20240101010000.000000+060",Id="1"`},
	} {
		if got := strings.Join(f.seek(v, c.l), " "); got != c.want {
			t.Errorf("%+v: %q, want %q", c.l, got, c.want)
		}
	}
	// Of texts in the order of UTF-16 units all are found that lie between two
	// bounds, whatever others are.
	between := func(low, high, v string) bool {
		return slices.Compare(units(low), units(v)) <= 0 && slices.Compare(units(v), units(high)) <= 0
	}
	all := []string{"x", "x\U0001F600", "x\uFFFD", "y", "x\uD7FF", "x\uE000"}
	for _, low := range all {
		for _, high := range all {
			found := map[string]bool{}
			for r, err := range v.Seek(context.Background(), Lookup{Class: "K", Property: 0, Range: &Range{text(low), text(high)}}) {
				if err != nil {
					t.Fatal(err)
				}
				found[strings.Clone(r.At(0).Text())] = true
			}
			for _, a := range all[:4] {
				if between(low, high, a) && !found[a] {
					t.Errorf("from %q to %q, %q is missing", low, high, a)
				}
			}
		}
	}
}

// units are what queries compare texts by (wql.md 4.3).
func units(s string) []uint16 { return cim.UTF16(cim.Fold(s)) }

// TestIndexOrder compares the order of entries with that of values.
func TestIndexOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"a", "A", "b", "\x00", "\x01", "ß", "K", "K", "\uD7FF", "\uE000", "\uFFFF", "\U00010400", "\U00010428", "\U0001F600", "\xED\xA0\x80", "\xED\xBF\xBF"}
	long := strings.Repeat("a", maxIndexText-2)
	text := func() cim.Value {
		s := ""
		if r.IntN(3) == 0 {
			s = long
		}
		for range r.IntN(4) {
			s += alphabet[r.IntN(len(alphabet))]
		}
		return cim.StringValue(s)
	}
	instant := func() cim.Value {
		return datetime(fmt.Sprintf("2024010%d0%d0000.00000%d%c0%d0", 1+r.IntN(2), r.IntN(3), r.IntN(2), "+-"[r.IntN(2)], r.IntN(7)))
	}
	interval := func() cim.Value { return datetime(fmt.Sprintf("0000000%d00000%d.000000:000", r.IntN(3), r.IntN(3))) }
	order := func(a, b cim.Value) int {
		d, _ := a.Datetime()
		e, _ := b.Datetime()
		n, _ := d.Compare(e)
		return n
	}
	for _, c := range []struct {
		name    string
		make    func() cim.Value
		compare func(a, b cim.Value) int
	}{
		{"text", text, func(a, b cim.Value) int { return slices.Compare(units(a.Text()), units(b.Text())) }},
		{"instant", instant, order},
		{"interval", interval, order},
		{"real", func() cim.Value {
			return cim.Real64Value([]float64{math.Inf(-1), -1e300, -1, -5e-324, math.Copysign(0, -1), 0, 5e-324, 1, math.Inf(1)}[r.IntN(9)])
		}, func(a, b cim.Value) int { return cmp.Compare(a.Float(), b.Float()) }},
		{"sint64", func() cim.Value {
			return cim.Sint64Value([]int64{math.MinInt64, -256, -1, 0, 1, 255, math.MaxInt64}[r.IntN(7)])
		}, func(a, b cim.Value) int { return cmp.Compare(a.Int(), b.Int()) }},
		{"uint8", func() cim.Value { return cim.Uint8Value(uint8(r.IntN(256))) }, func(a, b cim.Value) int { return cmp.Compare(a.Uint(), b.Uint()) }},
		{"boolean", func() cim.Value { return cim.BoolValue(r.IntN(2) == 0) }, func(a, b cim.Value) int { return cmp.Compare(a.Uint(), b.Uint()) }},
	} {
		for range 3000 {
			a, b := c.make(), c.make()
			x, y := appendIndexValue(nil, a), appendIndexValue(nil, b)
			want, got := c.compare(a, b), bytes.Compare(x, y)
			if len(a.Text()) >= maxIndexText && got == 0 {
				continue // they were cut
			}
			if got != want {
				t.Fatalf("%s: %q and %q are ordered %d, want %d: %x %x", c.name, a.String(), b.String(), got, want, x, y)
			}
			if got != 0 && (bytes.HasPrefix(x, y) || bytes.HasPrefix(y, x)) {
				t.Fatalf("%s: %q and %q: one entry begins the other: %x %x", c.name, a.String(), b.String(), x, y)
			}
		}
	}
}

func TestLinks(t *testing.T) {
	f := newFixture(t, class("Part", prop("string Name", key)), class("Wheel : Part"), class("Pair", prop("uint32 A", key), prop("boolean B", key)),
		class("One", qual("singleton")),
		class("Has", qual("association"), prop("ref Whole", key), prop("ref Item", key)),
		class("HasMany : Has", prop("ref[] Others"), prop("string Note")))
	put := func(class, whole, item string, values ...any) {
		f.put(f.inst(class, append([]any{"Whole", whole, "Item", item}, values...)...), 0, wbem.OK)
	}
	put("Has", `Part="a"`, `Wheel.Name="B"`)
	put("Has", `\\.\ROOT\t:Wheel.Name="A"`, `Pair.B=TRUE,A=0x10`)
	put("HasMany", `root/t:Part.Name='a'`, `//server/root/t:Part="A"`, "Others", []string{`Part="a"`, `part.name="A"`, `One=@`, "garbage"})
	put("HasMany", `Pair.A=16,B=1`, `One=@`)
	put("Has", `Part`, `root\u:Part="a"`)
	v := f.view()
	for path, want := range map[string]string{
		`Part="A"`:                  `Has[1] Has[1] HasMany[0 2 3]`,
		`\\elsewhere\root\t:X="a"`:  `Has[1] Has[1] HasMany[0 2 3]`,
		`Wheel.Name="b"`:            `Has[0]`,
		`Pair.A="16",B=TRUE`:        `Has[0] HasMany[3]`,
		`Pair.A=17,B=TRUE`:          ``,
		`One=@`:                     `HasMany[0] HasMany[2]`,
		`PART`:                      `Has[1]`,
		`\\.\root\u:Part.Name="a"`:  `Has[0]`,
		`\\.\root\u:Wheel.Name="b"`: ``,
	} {
		if got := strings.Join(links(t, v, path), " "); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	c, err := v.Class("Has")
	if err != nil {
		t.Fatal(err)
	}
	item := c.PropertyIndex("Item")
	for _, tc := range []struct {
		class string
		deep  bool
		value *Range
		want  int
	}{
		{"Has", true, Equal(cim.ReferenceValue(`Wheel="A"`)), 1},
		{"Has", false, Equal(cim.ReferenceValue(`Wheel="A"`)), 0},
		{"HasMany", false, Equal(cim.ReferenceValue(`Wheel="A"`)), 1},
		{"Has", true, Equal(cim.ReferenceValue(`One=@`)), 1},
		{"Has", false, Equal(cim.ReferenceValue(`Pair.A=16,B=TRUE`)), 1},
	} {
		d, err := v.Class(tc.class)
		if err != nil {
			t.Fatal(err)
		}
		got := f.seek(v, Lookup{Class: tc.class, Deep: tc.deep, Property: d.PropertyIndex("Item"), Range: tc.value})
		if len(got) != tc.want {
			t.Errorf("%s, deep %v, %v: %q, want %d", tc.class, tc.deep, tc.value.Low, got, tc.want)
		}
	}
	unequal := Lookup{Class: "Has", Property: item, Range: &Range{Low: cim.ReferenceValue(`One=@`)}}
	if got := f.seek(v, unequal); !slices.Equal(got, []string{"InvalidParameter"}) {
		t.Errorf("a range of references: %q", got)
	}
	x, err := v.Indexed("HasMany")
	if diff := gocmp.Diff([]Index{{0, false}, {2, false}, {3, false}}, x); err != nil || diff != "" {
		t.Errorf("indexes of HasMany: %v\n%s", err, diff)
	}
	for range v.Links(context.Background(), cim.MustParsePath(`Part="A"`)) {
		break
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range v.Links(ctx, cim.MustParsePath(`Part="A"`)) {
		if err == nil {
			t.Error("a link after the context has ended")
		}
	}
}

// links returns the classes of the links to an object, and the positions of the
// references.
func links(t testing.TB, v *View, path string) (out []string) {
	t.Helper()
	for l, err := range v.Links(context.Background(), cim.MustParsePath(path)) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(l.Class().Name(), l.Properties))
	}
	return out
}

// TestSeekConcurrently has writers move instances from value to value while
// views look for them: each finds by index what it finds by reading all.
func TestSeekConcurrently(t *testing.T) {
	f := newFixture(t, indexedClasses()...)
	fillIndexed(f, 20)
	c, err := f.ns.Class("X")
	if err != nil {
		t.Fatal(err)
	}
	n := c.PropertyIndex("N")
	stop := make(chan struct{})
	var writers, readers sync.WaitGroup
	for w := range 2 {
		writers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 1))
			for range 300 {
				id := fmt.Sprint(r.IntN(20))
				err := f.Update(context.Background(), kv.Buffered, func(tx *Tx) error {
					if r.IntN(4) == 0 {
						if err := tx.DeleteInstance(f.ns, cim.MustParsePath(`X="`+id+`"`)); !errors.Is(err, wbem.NotFound) {
							return err
						}
					}
					inst := cim.NewInstance(c)
					inst.Put(c.PropertyIndex("Id"), cim.StringValue(id))
					inst.Put(n, cim.Sint32Value(r.Int32N(5)))
					inst.Put(c.PropertyIndex("To"), cim.ReferenceValue(fmt.Sprintf(`X="%d"`, r.IntN(5))))
					_, err := tx.PutInstance(f.ns, inst, 0, nil)
					return err
				})
				if err != nil && !errors.Is(err, wbem.AlreadyExists) {
					t.Error(err)
				}
			}
		})
	}
	collect := func(v *View, l Lookup, value int64) (out []string, err error) {
		for r, err := range v.Seek(context.Background(), l) {
			if err != nil {
				return nil, err
			}
			if r.At(r.Class().PropertyIndex("N")).Int() == value {
				out = append(out, strings.Clone(r.At(r.Class().PropertyIndex("Id")).Text()))
			}
		}
		slices.Sort(out)
		return out, nil
	}
	for w := range 2 {
		readers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 2))
			for {
				select {
				case <-stop:
					return
				default:
				}
				v, err := f.ns.View()
				if err != nil {
					t.Error(err)
					return
				}
				value := r.Int32N(5)
				want, err1 := collect(v, Lookup{Class: "X", Deep: true}, int64(value))
				got, err2 := collect(v, Lookup{Class: "X", Deep: true, Property: n, Range: Equal(cim.Sint32Value(value))}, int64(value))
				for _, err := range v.Links(context.Background(), cim.MustParsePath(`X="1"`)) {
					err1 = errors.Join(err1, err)
				}
				v.Close()
				if err := errors.Join(err1, err2); err != nil || !slices.Equal(want, got) {
					t.Errorf("by index %q, by reading all %q, %v", got, want, err)
					return
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
}

// FuzzKeys takes apart what may be a key, and puts it together again.
func FuzzKeys(f *testing.F) {
	x := &index{typ: cim.TypeString, root: 7, at: 2}
	f.Add(indexKey(1, x, cim.StringValue("text\x00"), 5, []byte("keys")))
	f.Add(append([]byte{tableLink}, make([]byte, 40)...))
	f.Add(itemKey([]byte("a\x00b"), 7))
	f.Fuzz(func(t *testing.T, key []byte) {
		if len(key) == 0 {
			return
		}
		if queue, number, ok := splitItemKey(key); ok && key[0] == tableItem && !bytes.Equal(itemKey(queue, number), key) {
			t.Errorf("item %q %d is %x", queue, number, key)
		}
		e, ok := splitIndexKey(key)
		if !ok {
			return
		}
		again := id32(append(bytes.Clone(key[:linkHeader]), e.value...), e.class)
		last := e.at
		if key[0] == tableIndex {
			again = id32(append(bytes.Clone(key[:indexHeader]), e.value...), e.class)
			last = uint16(len(e.value))
		}
		again = binary.BigEndian.AppendUint16(append(again, e.keys...), last)
		if !bytes.Equal(again, key) {
			t.Errorf("%x is %+v", key, e)
		}
	})
}

// TestLinkTarget compares ways to write references: those of a group mean one
// object, those of different groups do not.
func TestLinkTarget(t *testing.T) {
	ns := newFixture(t).ns
	deep := func(name string) string {
		p := name
		for range maxTargetDepth + 2 {
			p = cim.Path{Class: "D", Keys: []cim.Key{{Name: "R", Text: p, Quoted: true}}}.String()
		}
		return p
	}
	groups := [][]string{
		{`C="x"`, `c.id='X'`, `root\t:C.Id="x"`, `//./ROOT/T:Sub="x"`, `\\SERVER\root\t:C="x"`, `\\other\root\t:C="x"`},
		{`root\u:C="x"`, `ROOT/u:C.Id="X"`},
		{`C=5`, `C.N="5"`, `C=0x5`, `C=+05`, `C="005"`},
		{`C=-5`, `C="-5"`},
		{`C=TRUE`, `C=1`, `C="true"`, `C="1"`},
		{`C.A=1,B="y"`, `D.b="Y",a="1"`},
		{`C.A="y",B=1`},
		{`C=@`, `root\t:D=@`},
		{`C`, `root\t:c`},
		{`C="D.Id=\"z\""`, `C='d="Z"'`, `C="\\\\.\\root\\t:E.Id=\"z\""`},
		{`C="z"`},
		{`C=""`},
		{``},
		{`no path at all="`, `NO PATH AT ALL="`},
		{deep("X"), deep("x")},
		{deep("Y")},
	}
	seen := map[target]int{}
	for i, group := range groups {
		for _, text := range group {
			to := linkTarget(text, ns)
			if j, ok := seen[to]; ok && j != i {
				t.Errorf("%s is also %s", text, groups[j][0])
			} else if !ok && text != group[0] {
				t.Errorf("%s is not %s", text, group[0])
			}
			seen[to] = i
		}
	}
}
