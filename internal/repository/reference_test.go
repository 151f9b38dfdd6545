package repository

import (
	"testing"

	"openwmi/cim"
	"openwmi/wbem"
)

// The keys of an association are paths that some object may have.
func TestReferenceKeys(t *testing.T) {
	big := class("Big", prop("uint64 K", key))
	top := class("Top", qual("abstract"))
	small := class("Small : Top", prop("uint32 N", key), prop("string S", key))
	link := class("L", qual("association"), prop("ref:Big A", key), prop("ref:Top B", key), prop("ref:Big More"))
	plain := class("NoLink", prop("ref:Big A", key))
	f := newFixture(t, big, top, small, link, plain)
	const bad = wbem.InvalidObjectPath
	for _, tt := range []struct {
		a, b string
		want cim.Status
	}{
		{"Big.K=5", `Small.N=1,S="x"`, wbem.OK},
		{`Big.K="4294967296"`, `Small.N=0x1,S='y'`, wbem.OK},
		{`big=4294967295`, `\\.\root\none:Gone.K=-2147483648`, wbem.OK},
		{"Big", `Top.N=1,S="x"`, wbem.OK},
		{"", `Gone.X=TRUE,Y="9999999999999999999999"`, wbem.OK},
		{`\\other\root\t:Big.K=0x10`, "Gone.K=0xFFFFFFFF", wbem.OK},

		{"Big.K=4294967296", "Gone.K=1", bad},
		{"Big.K=-2147483649", "Gone.K=2", bad},
		{"Big=18446744073709551615", "Gone.K=3", bad},
		{"Big.K=0x10", "Gone.K=4", bad},
		{`\\.\ROOT\T:BIG.k=0x10`, "Gone.K=5", bad},
		{`\\SERVER\root\other:Big.K=4294967296`, "Gone.K=6", bad},
		{`Big.K="many"`, "Gone.K=7", bad},
		{"Gone.K=4294967296", "Gone.K=8", bad},
		{"Gone.K=0x100000000", "Gone.K=9", bad},
		{"Big.K=1", "Small.N=1,S=2", bad},
		{"Big.K=1", "not a path", bad},
	} {
		// What is no key may be any text.
		f.put(f.inst("L", "A", tt.a, "B", tt.b, "More", "not a path"), 0, tt.want)
	}
	f.put(f.inst("NoLink", "A", "Big.K=4294967296"), 0, wbem.OK)
	if got := len(f.all("L", true)); got != 6 {
		t.Errorf("%d instances, want 6", got)
	}
}
