package cimxml_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cim/cimxml"
)

// A short text may be a large object: what its class says counts too.
func TestWeight(t *testing.T) {
	decl := &cim.ClassDecl{Name: "Wide"}
	for i := range cim.MaxProperties - 1 {
		decl.Properties = append(decl.Properties, cim.PropertyDecl{Name: fmt.Sprint("P", i), Type: cim.TypeUint32})
	}
	decl.Properties = append(decl.Properties, cim.PropertyDecl{Name: "In", Type: cim.TypeObject.ArrayOf()})
	wide, err := cim.Derive(nil, decl)
	if err != nil {
		t.Fatal(err)
	}
	one := `<INSTANCE CLASSNAME="Wide"/>`
	escaped := strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(one)
	object := func(property, element string) string {
		return `<INSTANCE CLASSNAME="Wide">` + strings.ReplaceAll(property, "X", strings.Repeat(element, 100)) + `</INSTANCE>`
	}
	for name, text := range map[string]string{
		"as elements": object(`<PROPERTY.OBJECTARRAY NAME="In"><VALUE.OBJECTARRAY>X</VALUE.OBJECTARRAY></PROPERTY.OBJECTARRAY>`, "<VALUE.OBJECT>"+one+"</VALUE.OBJECT>"),
		"as text":     object(`<PROPERTY.ARRAY NAME="In" TYPE="string" EmbeddedObject="instance"><VALUE.ARRAY>X</VALUE.ARRAY></PROPERTY.ARRAY>`, "<VALUE>"+escaped+"</VALUE>"),
	} {
		read := func(allowed int64, bytes bool) (int64, error) {
			d := cimxml.NewDecoder(strings.NewReader(text))
			if bytes {
				d = cimxml.NewDecoderBytes([]byte(text))
			}
			d.Classes = func(string) (*cim.Class, error) { return wide, nil }
			if allowed > 0 {
				d.Allow(allowed)
			}
			if !d.Next() {
				return 0, d.Err()
			}
			inst, err := d.Instance()
			if err == nil {
				if v, _ := inst.Get("In"); v.Len() != 100 {
					t.Errorf("%s: %d objects", name, v.Len())
				}
			}
			return d.Weight(), err
		}
		for _, bytes := range []bool{false, true} {
			weight, err := read(0, bytes)
			if least := int64(101 * 1024 * 40); err != nil || weight < least || weight > 2*least {
				t.Errorf("%s: it weighs %d, %v", name, weight, err)
			}
			if _, err := read(weight, bytes); err != nil {
				t.Errorf("%s: as much as is allowed: %v", name, err)
			}
			if _, err := read(weight-1, bytes); !errors.Is(err, cim.QuotaViolation) {
				t.Errorf("%s: more than is allowed: %v", name, err)
			}
		}
	}
}

// forever reads as a text again and again.
type forever struct {
	text string
	at   int
}

func (f *forever) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = f.text[f.at]
		f.at = (f.at + 1) % len(f.text)
	}
	return len(p), nil
}

// A document without end is refused where it is too long, wherever that is.
func TestAllow(t *testing.T) {
	for name, more := range map[string]string{
		"values": "<VALUE/>", "blanks": " ", "comments": "<!-- a -->", "other elements": `<QUALIFIER NAME="a" TYPE="string"/>`, "one tag": ">",
	} {
		head := `<INSTANCE CLASSNAME="C"><PROPERTY.ARRAY NAME="P" TYPE="string"><VALUE.ARRAY>`
		if name == "other elements" {
			head = `<INSTANCE CLASSNAME="C">`
		}
		d := cimxml.NewDecoder(io.MultiReader(strings.NewReader(head), &forever{text: more}))
		d.Allow(1 << 20)
		var err error
		if d.Next() {
			_, err = d.Instance()
		}
		if err == nil || name != "one tag" && name != "other elements" && !errors.Is(err, cim.QuotaViolation) {
			t.Errorf("%s: %v", name, err)
		}
		if d.Weight() > 2<<20 {
			t.Errorf("%s: %d bytes were read", name, d.Weight())
		}
	}
	// What comes later is allowed anew.
	d := cimxml.NewDecoder(io.MultiReader(strings.NewReader("<A>"), &forever{text: `<VALUE>0123456789</VALUE>`}))
	d.Next()
	for n := 0; n < 1<<20; {
		d.Allow(100 << 10)
		if !d.Next() {
			t.Fatal(d.Err())
		}
		text, err := d.Text()
		if err != nil {
			t.Fatal(err)
		}
		n += len(text)
	}
}
