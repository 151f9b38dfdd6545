package cim_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"openwmi/cim"
)

// chain returns declarations of classes below each other, each with n
// properties of its own and an override of one above.
func chain(depth, n int) []*cim.ClassDecl {
	var decls []*cim.ClassDecl
	for d := range depth {
		c := class(fmt.Sprintf("C%d", d), qual("Description", "of class", toSub), qual("Version", "2.0"))
		if d > 0 {
			c.Super = fmt.Sprintf("C%d", d-1)
			c.Properties = append(c.Properties, prop(fmt.Sprintf("string P%d_0", d-1), qual("Description", "again", toSub)))
		} else {
			c.Properties = append(c.Properties, prop("string Key", key))
		}
		for i := range n {
			c.Properties = append(c.Properties, prop(fmt.Sprintf("string P%d_%d", d, i), qual("Description", "of property", toSub), qual("MaxLen", 64), qual("Write")))
		}
		c.Methods = append(c.Methods, method(fmt.Sprintf("uint32 M%d", d), qual("Description", "of method", toSub),
			param("string A", in, qual("Description", "of parameter", toSub)), param("uint32 B", out)))
		decls = append(decls, c)
	}
	return decls
}

func derived(b testing.TB, decls []*cim.ClassDecl) *cim.Class {
	var c *cim.Class
	for _, d := range decls {
		var err error
		if c, err = cim.Derive(c, d); err != nil {
			b.Fatal(err)
		}
	}
	return c
}

// BenchmarkDerive derives the last class of a hierarchy eight deep.
func BenchmarkDerive(b *testing.B) {
	decls := chain(8, 8)
	super := derived(b, decls[:7])
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cim.Derive(super, decls[7]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignature(b *testing.B) {
	m := derived(b, chain(1, 1)).Method("M0")
	b.ReportAllocs()
	for b.Loop() {
		m.Signature(false)
	}
}

// BenchmarkInstance makes an instance of 65 properties, sets ten and reads them.
func BenchmarkInstance(b *testing.B) {
	c := derived(b, chain(8, 8))
	var names []string
	for i := range 10 {
		names = append(names, c.Properties()[i*6].Name())
	}
	v := cim.StringValue("a value")
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			cim.NewInstance(c)
		}
	})
	i := cim.NewInstance(c)
	b.Run("set", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, name := range names {
				if err := i.Set(name, v); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, name := range names {
				if v, ok := i.Get(name); !ok || v.IsNull() {
					b.Fatal(name)
				}
			}
		}
	})
	b.Run("clone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			i.Clone()
		}
	})
	_ = i.Set("Key", cim.StringValue("k"))
	b.Run("path", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if p, ok := cim.RelPath(i); !ok || p.RelPath() == "" {
				b.Fatal("no path")
			}
		}
	})
	b.Run("json", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf = cim.AppendJSON(buf[:0], i)
		}
		b.SetBytes(int64(len(buf)))
	})
}

func BenchmarkParsePath(b *testing.B) {
	for _, bc := range []struct{ name, path string }{
		{"class", `root\cimv2:CIM_ComputerSystem`},
		{"one key", `CIM_Disk.DeviceID="disk-000001"`},
		{"four keys", `\\.\root\cimv2:CIM_Disk.CreationClassName="CIM_Disk",DeviceID="0",SystemCreationClassName="CIM_System",SystemName="host"`},
		{"escapes", `CIM_DataFile.Name="c:\\windows\\system32\\x.dll"`},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := cim.ParsePath(bc.path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// bigSchema is as large as a DMTF schema: 1,631 classes up to seven deep with
// 5.5 MB of descriptions.
func bigSchema() []*cim.ClassDecl {
	var decls []*cim.ClassDecl
	for i := range 1631 {
		words := strings.Repeat(fmt.Sprintf("words of class %d ", i), 32) // about 600 bytes
		c := class(fmt.Sprintf("Class_%d", i), qual("Description", "x"+words, toSub|cim.Amended), qual("Version", "2.49.0"), qual("UMLPackagePath", "CIM::Core"))
		if i > 0 {
			c.Super = fmt.Sprintf("Class_%d", (i-1)/3)
		}
		for p := range 5 {
			c.Properties = append(c.Properties, prop(fmt.Sprintf("uint16 Property_%d_%d", i, p),
				qual("Description", fmt.Sprint(p, words), toSub|cim.Amended), qual("ValueMap", []string{"0", "1", "2"}, toSub), qual("Values", []string{"a", "b", "c"}, toSub|cim.Amended)))
		}
		if i%4 == 0 {
			c.Methods = append(c.Methods, method(fmt.Sprintf("uint32 Method_%d", i), qual("Description", "m"+words, toSub|cim.Amended),
				param("string A", in, qual("Description", "p", toSub)), param("ref:Class_0 B", in, out)))
		}
		decls = append(decls, c)
	}
	return decls
}

// TestSchemaMemory: what a class inherits is shared, so that a schema resolved
// takes little more than the definitions.
func TestSchemaMemory(t *testing.T) {
	const limit = 40 << 20
	before := heap()
	decls := bigSchema()
	defined := heap() - before
	s := newSchema(t, decls...)
	total := heap() - before
	t.Logf("definitions %.1f MB, resolved %.1f MB", float64(defined)/1e6, float64(total)/1e6)
	if total > limit {
		t.Errorf("1,631 classes take %d bytes, more than %d", total, limit)
	}
	runtime.KeepAlive(decls)
	runtime.KeepAlive(s)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkDeriveSchema(b *testing.B) {
	decls := bigSchema()
	b.ReportAllocs()
	for b.Loop() {
		newSchema(b, decls...)
	}
}

// BenchmarkDeriveQualifiers overrides as many qualifiers as an element can
// have, written in the other order.
func BenchmarkDeriveQualifiers(b *testing.B) {
	super, d := class("C"), class("D : C")
	for i := range cim.MaxQualifiers {
		super.Qualifiers = append(super.Qualifiers, qual(fmt.Sprint("Qualifier", i), toSub))
		d.Qualifiers = append(d.Qualifiers, qual(fmt.Sprint("Qualifier", cim.MaxQualifiers-1-i), toSub))
	}
	c := derived(b, []*cim.ClassDecl{super})
	for b.Loop() {
		if _, err := cim.Derive(c, d); err != nil {
			b.Fatal(err)
		}
	}
}
