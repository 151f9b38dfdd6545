package cimxml_test

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"openwmi/cim"
	"openwmi/cim/cimxml"
)

// reread reads the root element of a document, whatever it is, and returns it
// written again, nil if it cannot be read.
func reread(d *cimxml.Decoder, e *cimxml.Encoder) []byte {
	if !d.Next() {
		return nil
	}
	var out []byte
	switch name := string(d.Name()); name {
	case "CLASS", "INSTANCE", "VALUE.OBJECT", "VALUE.NAMEDOBJECT", "VALUE.NAMEDINSTANCE", "VALUE.INSTANCEWITHPATH",
		"VALUE.OBJECTWITHLOCALPATH", "VALUE.OBJECTWITHPATH":
		if o, _, err := d.Object(); err == nil {
			out, _ = e.Append(nil, o, cimxml.Bare)
		}
	case "QUALIFIER.DECLARATION":
		if q, err := d.QualifierDecl(); err == nil {
			out = e.AppendQualifierDecl(nil, q)
		}
	case "PARAMVALUE", "RETURNVALUE":
		if name, v, err := d.ParamValue(nil); err == nil {
			out = e.AppendParamValue(nil, name, v.Type(), "", v)
		}
	case "VALUE", "VALUE.REFERENCE", "VALUE.ARRAY", "VALUE.REFARRAY":
		t := cim.TypeString
		switch name {
		case "VALUE.REFERENCE":
			t = cim.TypeReference
		case "VALUE.ARRAY":
			t = cim.TypeString.ArrayOf()
		case "VALUE.REFARRAY":
			t = cim.TypeReference.ArrayOf()
		}
		if v, err := d.Value(t); err == nil {
			out = e.AppendValue(nil, v)
		}
	default:
		if p, err := d.Path(); err == nil {
			out = e.AppendPath(nil, p)
		}
	}
	d.Next()
	if d.Err() != nil {
		return nil
	}
	return out
}

// Nothing that is read makes the decoder panic, or depends on how it arrives. What
// can be read can be written, and is from then on read as the same.
func FuzzDecoder(f *testing.F) {
	for seed := range uint64(40) {
		r := newRandom(f, seed)
		enc := cimxml.Encoder{DTD: dtds[seed%2], Qualifiers: seed%3 == 0, ClassOrigin: seed%5 == 0}
		c := r.class(nil)
		inst := r.instance(c)
		f.Add(enc.AppendInstance(nil, inst))
		f.Add(enc.AppendClass(nil, c))
		f.Add(enc.AppendPath(nil, r.path(0)))
		typ, class := r.typ()
		f.Add(enc.AppendParamValue(nil, "p", typ, class, r.value(typ)))
		f.Add(enc.AppendQualifierDecl(nil, &cim.QualifierDecl{Name: "q", Type: cim.TypeBoolean, Scope: cim.ScopeAny}))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		for _, dtd := range dtds {
			enc := cimxml.Encoder{DTD: dtd, Qualifiers: true}
			d := cimxml.NewDecoderBytes(doc)
			d.DTD = dtd
			first := reread(d, &enc)

			small := cimxml.NewDecoder(iotest.HalfReader(struct{ io.Reader }{bytes.NewReader(doc)}))
			small.DTD = dtd
			if again := reread(small, &enc); !bytes.Equal(first, again) {
				t.Fatalf("read in parts: %q, at once: %q", again, first)
			}
			if (d.Err() == nil) != (small.Err() == nil) || d.Err() != nil && d.Err().Error() != small.Err().Error() {
				t.Fatalf("read in parts: %v, at once: %v", small.Err(), d.Err())
			}
			if len(first) == 0 {
				continue
			}
			d = cimxml.NewDecoderBytes(first)
			d.DTD = dtd
			second := reread(d, &enc)
			if d.Err() != nil {
				t.Fatalf("%v in %s", d.Err(), first)
			}
			if !bytes.Equal(first, second) {
				t.Fatalf("written again, it is\n%s\nnot\n%s", second, first)
			}
		}
	})
}
