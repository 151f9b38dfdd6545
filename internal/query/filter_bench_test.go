package query_test

import (
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/query"
	"openwmi/internal/repository"
)

// benchRow is a class whose instances have about 1 kB, and one of them.
func benchRow(t testing.TB) (*cim.Class, *cim.Instance) {
	m := model{}
	c := m.define(t, `Row { [key] string DeviceID; string Caption; string Description; string Name; string Status;
		uint64 Size; uint64 FreeSpace; uint32 State; uint16 Availability; boolean Enabled; datetime InstallDate; sint32 Rank; real64 Load;
		string Tags[]; }`)
	return c, instance(t, c, "DeviceID", "device-000000042", "Caption", "Caption of the device with number 42",
		"Description", strings.Repeat("what there is to say of it. ", 26), "Name", "name-42", "Status", "OK",
		"Size", 42000, "FreeSpace", 420, "State", 42, "Availability", 2, "Enabled", true, "InstallDate", "20250102030405.000000+000",
		"Rank", -42, "Load", 0.5, "Tags", cim.StringsValue([]string{"alpha", "beta", "gamma"}))
}

var benchFilters = []struct{ name, where string }{
	{"int", `State = 42`},
	{"int+int", `State >= 40 AND Size > 1000`},
	{"string+int", `Status = 'ok' AND Size > 1000`},
	{"string", `Caption = 'caption of the device with number 42'`},
	{"datetime", `InstallDate > '2024-12-31'`},
	{"real", `Load >= 0.25`},
	{"class", `__CLASS = 'Row'`},
	{"like prefix", `Caption LIKE 'caption of%'`},
	{"like suffix", `Caption LIKE '%number 42'`},
	{"like contains", `Caption LIKE '%device with%'`},
	{"like contains 700", `Description LIKE '%nowhere%'`},
	{"like set", `Name LIKE '[a-z]___-[0-9]%'`},
	{"ten ors", `State = 1 OR State = 2 OR State = 3 OR State = 4 OR State = 5 OR State = 6 OR State = 7 OR State = 8 OR State = 9 OR State = 42`},
}

func BenchmarkFilter(b *testing.B) {
	c, inst := benchRow(b)
	store(b, []*cim.ClassDecl{c.Decl()}, []*cim.Instance{inst}, func(r *repository.Record) {
		for _, x := range benchFilters {
			f, err := compile(c, x.where)
			if err != nil {
				b.Fatal(err)
			}
			b.Run("record/"+x.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					f.Match(query.RecordRow(r))
				}
			})
			b.Run("instance/"+x.name, func(b *testing.B) {
				for b.Loop() {
					f.Match(query.ObjectRow(inst))
				}
			})
		}
	})
}

func BenchmarkCompileFilter(b *testing.B) {
	c, _ := benchRow(b)
	q, err := parse("Row", `Status = 'ok' AND Size > 1000 AND InstallDate > '2024-12-31' AND Name LIKE '%x%'`)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := query.CompileFilter(c, q.Where, query.FilterOptions{Source: q.Source}); err != nil {
			b.Fatal(err)
		}
	}
}
