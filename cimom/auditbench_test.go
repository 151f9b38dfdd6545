package cimom_test

import (
	"fmt"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/wbem"
)

// BenchmarkAudit compares puts, in memory so that the disk does not hide it, and
// gets without an audit log and with one.
func BenchmarkAudit(b *testing.B) {
	for _, audited := range []bool{false, true} {
		o := cimom.Options{}
		if audited {
			log, err := cimom.OpenAuditLog(b.TempDir(), cimom.AuditOptions{})
			if err != nil {
				b.Fatal(err)
			}
			defer log.Close()
			o.Audit = log
		}
		m, err := cimom.OpenMemory(o)
		if err != nil {
			b.Fatal(err)
		}
		defer m.Close()
		s, err := m.Connect(b.Context(), "", wbem.ConnectOptions{})
		if err != nil {
			b.Fatal(err)
		}
		decl := &cim.ClassDecl{Name: "Kept", Properties: []cim.PropertyDecl{
			{Name: "Id", Type: cim.TypeString, Qualifiers: cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}},
		}}
		if err := s.PutClass(b.Context(), decl, wbem.Options{}); err != nil {
			b.Fatal(err)
		}
		c, err := s.GetClass(b.Context(), "Kept", wbem.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("put/audited=%v", audited), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				inst := cim.NewInstance(c)
				inst.Put(0, cim.StringValue("1"))
				if _, err := s.PutInstance(b.Context(), inst, wbem.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		path := cim.MustParsePath(`Kept.Id="1"`)
		b.Run(fmt.Sprintf("get/audited=%v", audited), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.GetInstance(b.Context(), path, wbem.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
