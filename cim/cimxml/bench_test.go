package cimxml_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cim/cimxml"
)

// bigClass returns a class whose XML with qualifiers has about 60 kB, as those of
// the DMTF schema have: mostly descriptions.
func bigClass(tb testing.TB) *cim.Class {
	d := &cim.ClassDecl{Name: "CIM_Big", Qualifiers: cim.Qualifiers{{Name: "Version", Value: cim.StringValue("2.49.0")}}}
	for i := range 50 {
		d.Properties = append(d.Properties, cim.PropertyDecl{
			Name: fmt.Sprintf("Property%d", i), Type: elemTypes[i%14],
			Qualifiers: cim.Qualifiers{
				{Name: "Description", Flavor: cim.ToSubclass | cim.Amended,
					Value: cim.StringValue(strings.Repeat("What the property means, at some length, & with details.\n", 14))},
				{Name: "ValueMap", Flavor: cim.ToSubclass, Value: cim.StringsValue([]string{"0", "1", "2", "3", ".."})},
				{Name: "MaxLen", Flavor: cim.ToSubclass, Value: cim.Sint32Value(256)},
			},
		})
	}
	c, err := cim.Derive(nil, d)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// bigInstance returns an instance whose XML has about 1.3 kB, with ten properties.
func bigInstance(tb testing.TB) *cim.Instance {
	d := &cim.ClassDecl{Name: "CIM_Thing"}
	types := []cim.Type{
		cim.TypeString, cim.TypeString, cim.TypeString, cim.TypeUint16 | cim.TypeArray, cim.TypeUint64, cim.TypeBoolean,
		cim.TypeDatetime, cim.TypeReal64, cim.TypeUint32, cim.TypeString | cim.TypeArray,
	}
	for i, t := range types {
		p := cim.PropertyDecl{Name: fmt.Sprintf("PropertyNumber%d", i), Type: t}
		if i == 0 {
			p.Qualifiers = cim.Qualifiers{{Name: "Key", Value: cim.BoolValue(true)}}
		}
		d.Properties = append(d.Properties, p)
	}
	c, err := cim.Derive(nil, d)
	if err != nil {
		tb.Fatal(err)
	}
	inst := cim.NewInstance(c)
	for k, v := range []cim.Value{
		cim.StringValue("openwmi:thing-0000000001"), cim.StringValue(strings.Repeat("a caption of a thing ", 10)),
		cim.StringValue("Störung <none>"), cim.NumbersValue(cim.TypeUint16, []uint64{2, 5, 65535}),
		cim.Uint64Value(1 << 40), cim.BoolValue(true), cim.TextValue(cim.TypeDatetime, "20240229123456.000001+060"),
		cim.Real64Value(3.25), cim.Uint32Value(17), cim.StringsValue([]string{"one", "two", "three and four"}),
	} {
		inst.Put(k, v)
	}
	inst.SetOrigin(&cim.Origin{Server: "server.example.com", Namespace: `root\cimv2`})
	return inst
}

func BenchmarkAppendClass(b *testing.B) {
	c := bigClass(b)
	enc := cimxml.Encoder{Qualifiers: true, ClassOrigin: true}
	buf := enc.AppendClass(nil, c)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		buf = enc.AppendClass(buf[:0], c)
	}
}

const manyInstances = 10000

func BenchmarkAppendInstances(b *testing.B) {
	inst := bigInstance(b)
	var buf []byte
	var size int64
	b.ReportAllocs()
	for b.Loop() {
		var enc cimxml.Encoder
		size = 0
		for range manyInstances {
			var err error
			if buf, err = enc.Append(buf[:0], inst, cimxml.NamedInstance); err != nil {
				b.Fatal(err)
			}
			size += int64(len(buf))
		}
	}
	b.SetBytes(size)
}

func BenchmarkAppendOneInstance(b *testing.B) {
	inst := bigInstance(b)
	var enc cimxml.Encoder
	buf := enc.AppendInstance(nil, inst)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		enc := cimxml.Encoder{ClassOrigin: true}
		buf = enc.AppendInstance(buf[:0], inst)
	}
}

func document(b *testing.B, n int, one func([]byte) []byte) []byte {
	doc := []byte("<IRETURNVALUE>")
	for range n {
		doc = append(one(doc), '\n')
	}
	doc = append(doc, "</IRETURNVALUE>"...)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	return doc
}

func benchmarkInstances(b *testing.B, classes cimxml.ClassFunc) {
	inst := bigInstance(b)
	var enc cimxml.Encoder
	doc := document(b, manyInstances, func(doc []byte) []byte {
		doc, err := enc.Append(doc, inst, cimxml.NamedInstance)
		if err != nil {
			b.Fatal(err)
		}
		return doc
	})
	for b.Loop() {
		d := cimxml.NewDecoder(struct{ io.Reader }{bytes.NewReader(doc)})
		d.Classes = classes
		d.Next()
		n := 0
		for d.Next() {
			if _, _, err := d.Object(); err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != manyInstances || d.Err() != nil {
			b.Fatal(n, d.Err())
		}
	}
}

func BenchmarkInstances(b *testing.B) {
	c := bigInstance(b).Class()
	benchmarkInstances(b, func(string) (*cim.Class, error) { return c, nil })
}

func BenchmarkUntypedInstances(b *testing.B) { benchmarkInstances(b, nil) }

func BenchmarkClassDecl(b *testing.B) {
	c := bigClass(b)
	enc := cimxml.Encoder{Qualifiers: true, ClassOrigin: true}
	doc := document(b, 1, func(doc []byte) []byte { return enc.AppendClass(doc, c) })
	for b.Loop() {
		d := cimxml.NewDecoderBytes(doc)
		d.Next()
		d.Next()
		if _, _, err := d.ClassDecl(); err != nil {
			b.Fatal(err)
		}
	}
}
