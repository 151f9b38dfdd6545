package declared

import (
	"bufio"
	"regexp"
	"strings"
	"testing"

	"openwmi/cim"
)

// Whatever a program prints is rows or an error with a line, and rows become
// instances that are valid or an error.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{"r": [{"a": "x", "n": 1, "l": [1, 2.5e1], "t": 1e9, "o": {"b": true}}, null], "r": 1}`, `[{"a":1},{"a":}]`, "{\"a\":\"x\"}\n\n{\"a\":{}}\r\n",
		"a=1\nn = '2'\n\n# no\na=3\nb", "a,n,l\nx,1,\"1 2\"\ny,,\n", "\uFEFFa;n\n\"x\ny\";2\n", "x 12 1,2\nnone\n", "\xff=\x00\n",
	} {
		f.Add(text)
	}
	property := func(name string, t cim.Type, qs ...cim.Qualifier) cim.PropertyDecl {
		return cim.PropertyDecl{Name: name, Type: t, Qualifiers: qs}
	}
	key := cim.Qualifier{Name: "Key", Value: cim.BoolValue(true)}
	text := func(name, v string) cim.Qualifier { return cim.Qualifier{Name: name, Value: cim.StringValue(v)} }
	decl := &cim.ClassDecl{Name: "C", Properties: []cim.PropertyDecl{
		property("A", cim.TypeString, key), property("N", cim.TypeSint32), property("L", cim.TypeUint8.ArrayOf(), text("Split", ",")),
		property("T", cim.TypeDatetime, text("TimeFormat", "unix")), property("C", cim.TypeChar16), property("R", cim.TypeReal32),
		property("B", cim.TypeBoolean, text("Source", "o.b")),
	}}
	class, err := cim.Derive(nil, decl)
	if err != nil {
		f.Fatal(err)
	}
	pattern := regexp.MustCompile(`^(?P<a>\S+) (?P<n>\d+)?(?P<l>.*)`)
	f.Fuzz(func(t *testing.T, text string) {
		for name, parse := range parsers {
			d := &declaration{class: class, parse: parse, separator: "=", pattern: pattern}
			if err := d.properties(true); err != nil {
				t.Fatal(err)
			}
			if name == "csv" {
				d.separator = ";"
			}
			if strings.HasPrefix(text, `{"r"`) {
				d.root = []string{"r"}
			}
			before := 0
			for r, err := range parse(d, bufio.NewReader(strings.NewReader(text))) {
				if err != nil {
					if !strings.HasPrefix(err.Error(), "line ") {
						t.Fatalf("%s: %v", name, err)
					}
					break
				}
				at := r.position()
				if at.line < max(1, before) || at.column < 0 || at.line > 1+strings.Count(text, "\n") {
					t.Fatalf("%s: a row at %+v after line %d", name, at, before)
				}
				before = at.line
				if inst, err := d.instance(r); err != nil {
					if !strings.HasPrefix(err.Error(), "line ") {
						t.Fatalf("%s: %v", name, err)
					}
				} else if err := inst.Check(); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
	})
}
