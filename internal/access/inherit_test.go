package access_test

import (
	"errors"
	"testing"

	"openwmi/wbem"
)

func TestUnder(t *testing.T) {
	for _, tc := range []struct{ name, parent, own, want string }{
		{"container", "D:(A;CI;CC;;;WD)", "D:(A;;DC;;;AU)", "D:(A;;DC;;;AU)(A;CIID;CC;;;WD)"},
		{"not passed on", "D:(A;;CC;;;WD)(A;OI;CC;;;WD)", "D:", "D:"},
		{"once", "D:(A;CINP;CC;;;WD)", "D:", "D:(A;ID;CC;;;WD)"},
		{"only below", "D:(A;CIIO;CC;;;WD)", "D:", "D:(A;CIID;CC;;;WD)"},
		{"protected parent", "D:P(A;CI;CC;;;WD)", "D:(A;;DC;;;AU)", "D:(A;;DC;;;AU)"},
		{"protected itself", "D:(A;CI;CC;;;WD)", "D:P(A;;DC;;;AU)", "D:P(A;;DC;;;AU)(A;CIID;CC;;;WD)"},
		{"inherited before", "D:(A;CI;CC;;;WD)", "D:(A;CIID;GA;;;WD)(A;;DC;;;AU)", "D:(A;;DC;;;AU)(A;CIID;CC;;;WD)"},
		{"null", "D:(A;CI;CC;;;WD)", "D:NO_ACCESS_CONTROL", "D:NO_ACCESS_CONTROL"},
		{"null parent", "D:NO_ACCESS_CONTROL", "D:(A;;DC;;;AU)", "D:(A;;DC;;;AU)"},
		{"audits", "D:S:(AU;CISA;CC;;;WD)", "O:BAD:", "O:BAD:S:(AU;CIIDSA;CC;;;WD)"},
		{"protected audits", "D:S:P(AU;CISA;CC;;;WD)", "D:", "D:"},
	} {
		parent, own := parse(t, tc.parent), parse(t, tc.own)
		if got := own.Under(parent).String(); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
		if parent.String() != tc.parent || own.String() != tc.own {
			t.Errorf("%s: changed to %v and %v", tc.name, parent, own)
		}
	}
}

func TestValidate(t *testing.T) {
	for _, tc := range []struct {
		sddl             string
		namespace, event bool
	}{
		{"O:BAG:BAD:(A;CI;0x6003f;;;BA)(D;CIIO;0x13;;;AU)", true, true},
		{"O:BAG:BAD:", true, true},
		{"O:BAG:BAD:(A;;GA;;;BA)", true, true},
		{"O:BAG:BAD:(A;;0x1d;;;BA)", true, true},
		{"O:BAG:BAD:(A;;0x4;;;BA)", false, true},
		{"O:BAG:BAD:(A;;0xc;;;BA)", false, true},
		{"O:BAG:BAD:(A;;0x14;;;BA)", false, true},
		{"O:BAG:BAD:(A;IO;0x1;;;BA)", false, true},
		{"O:BAG:BAD:(A;SA;0x1;;;BA)", false, true},
		{"O:BAG:BAD:NO_ACCESS_CONTROL", false, true},
		{"O:BAG:BAD:(A;;0xc0;;;BA)", true, true},
		{"O:BAG:BAD:(A;;0x100;;;BA)", false, false},
		{"O:BAG:BAD:(A;;SD;;;BA)", false, false},
		{"O:BAG:BAD:(AU;;CC;;;BA)", false, false},
		{"G:BAD:(A;;CC;;;BA)", false, false},
		{"O:BAD:(A;;CC;;;BA)", false, false},
	} {
		d := parse(t, tc.sddl)
		for _, v := range []struct {
			what string
			err  error
			ok   bool
		}{{"namespace", d.ValidateNamespace(), tc.namespace}, {"event", d.ValidateEvent(), tc.event}} {
			if v.ok != (v.err == nil) || v.err != nil && !errors.Is(v.err, wbem.InvalidParameter) {
				t.Errorf("%s as that of a %s: %v", tc.sddl, v.what, v.err)
			}
		}
	}
}
