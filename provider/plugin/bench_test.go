package plugin_test

import (
	"os"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/wbem"
)

// BenchmarkProvider puts and gets an instance, and enumerates 200, through the
// object manager: with the provider in the process, and in one of its own.
func BenchmarkProvider(b *testing.B) {
	mof := `
		#pragma namespace("root\\cimv2")
		instance of __Win32Provider as $P { Name = "echo"; };
		instance of __InstanceProviderRegistration {
			provider = $P; SupportsGet = TRUE; SupportsPut = TRUE; SupportsEnumeration = TRUE;
		};
		[dynamic, provider("echo")] class Every {
			[key] string S; uint64 U64; sint32 S32; string T; string A[]; datetime D; boolean B; real64 R8; uint16 U16; string X;
		};`
	plain := self(b, "echo")
	plain.Plain = true
	for _, where := range []string{"in", "out", "out plain"} {
		b.Run(where, func(b *testing.B) {
			o := cimom.Options{}
			switch where {
			case "in":
				o.Providers = map[string]any{"echo": &echo{}}
			case "out":
				h, _ := newHost(b, "echo", self(b, "echo"))
				o.Host = h
			case "out plain":
				h, _ := newHost(b, "echo", plain)
				o.Host = h
			}
			s := start(b, o, mof)
			c, err := s.GetClass(b.Context(), "Every", wbem.Options{})
			if err != nil {
				b.Fatal(err)
			}
			inst := cim.NewInstance(c)
			for name, v := range map[string]cim.Value{
				"S": cim.StringValue("kept"), "U64": cim.Uint64Value(1 << 60), "S32": cim.Sint32Value(-5), "T": cim.StringValue(os.Args[0]),
				"D": cim.TextValue(cim.TypeDatetime, "20240229235959.999999-480"), "B": cim.BoolValue(true), "R8": cim.Real64Value(0.1),
				"U16": cim.Uint16Value(7), "X": cim.StringValue("x"), "A": cim.StringsValue([]string{"a", "b"}),
			} {
				if err := inst.Set(name, v); err != nil {
					b.Fatal(err)
				}
			}
			b.Run("put", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := s.PutInstance(b.Context(), inst, wbem.Options{}); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("get", func(b *testing.B) {
				b.ReportAllocs()
				path := cim.MustParsePath(`Every.S="kept"`)
				for b.Loop() {
					if _, err := s.GetInstance(b.Context(), path, wbem.Options{}); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("enumerate200", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					n := 0
					for _, err := range s.Instances(b.Context(), "Every", wbem.Options{}) {
						if err != nil {
							b.Fatal(err)
						}
						n++
					}
					if n != 200 {
						b.Fatal(n)
					}
				}
			})
		})
	}
}
