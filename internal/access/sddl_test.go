package access_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/access"
	"openwmi/wbem"
)

// sddlTexts are printed as they are written here.
var sddlTexts = []string{
	"D:",
	"O:BAG:BAD:NO_ACCESS_CONTROL",
	"O:BAG:BAD:(A;;LO;;;BA)",
	"O:BAG:BAD:(A;CI;CCDCLCSWRPWPRCWD;;;BA)(A;CI;CCDCRP;;;NS)(A;CI;CCDCRP;;;LS)(A;CI;CCDCRP;;;AU)",
	"O:S-1-22-1-1000G:S-1-22-2-50D:PARAI(D;OICINPIOID;GAGXGWGR;;;WD)(A;;;;;S-1-5-21-1-2-3-500)",
	"G:SYD:(A;;0x200;;;OW)S:PAI(AU;SAFA;CC;;;WD)(AL;CR;CC;;;WD)(ML;;CC;;;ME)(SP;;;;;S-1-17-1)",
	"O:S-1-0xABCDEF012345D:(OA;;CR;00112233-4455-6677-8899-aabbccddeeff;;AU)" +
		"(OD;CI;CR;;00112233-4455-6677-8899-aabbccddeeff;AU)" +
		"(A;;CC;;;BU)",
	"D:S:",
}

func TestSDDL(t *testing.T) {
	for _, text := range sddlTexts {
		d, err := access.ParseSDDL(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := d.String(); got != text {
			t.Errorf("String = %s\nwant     %s", got, text)
		}
	}
}

// Different texts of the same descriptor.
func TestSDDLForms(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "D:NO_ACCESS_CONTROL",
		"D:(A;;0x13;;;AU)O:BAG:BA":           "O:BAG:BAD:(A;;CCDCRP;;;AU)",
		"D:(A;;19;;;AU)":                     "D:(A;;CCDCRP;;;AU)",
		"o:BAg:BAD:(A;;0x13;;;AU)":           "O:BAG:BAD:(A;;CCDCRP;;;AU)",
		"D:(A;;023;;;AU)":                    "D:(A;;CCDCRP;;;AU)",
		"O:S-1-5-32-544D:(A;;FA;;;S-1-1-0)":  "O:BAD:(A;;0x1f01ff;;;WD)",
		"D:(A;;KAKR;;;AU)(A;;NXNW;;;AU)":     "D:(A;;CCDCLCSWRPWPSDRCWDWO;;;AU)(A;;CCLC;;;AU)",
		"O:S-1-0x000000000005-18D:P(A;;;;;)": "",
	} {
		d, err := access.ParseSDDL(text)
		if want == "" {
			if err == nil {
				t.Errorf("%s was accepted", text)
			}
			continue
		}
		if err != nil || d.String() != want {
			t.Errorf("%s = %v, %v, want %s", text, d, err, want)
		}
	}
}

func TestBadSDDL(t *testing.T) {
	for text, want := range map[string]string{
		"x":                       "character 1: O:, G:, D: or S: is expected",
		"O":                       "character 1: O:, G:, D: or S: is expected",
		"O:BAO:BA":                "character 5: there is a second O:",
		"O:B":                     "character 3: a SID is expected",
		"O:ba":                    "character 3: a SID is expected",
		"O:DA":                    "character 3: DA depends on a domain",
		"O:BAD:Q":                 "character 7: O:, G:, D: or S: is expected",
		"D:(A;;CC;;;BA":           "character 14: ) is expected",
		"D:(":                     "character 4: the type of an entry",
		"D:(;;;;;BA)":             "character 4: the type of an entry",
		"D:(XA;;CC;;;BA;(x))":     "character 4: the type of an entry",
		"D:(A;XX;CC;;;BA)":        "character 6: a flag of an entry",
		"D:(A;;XX;;;BA)":          "character 7: a right",
		"D:(A;;0x100000000;;;BA)": "character 7: \"0x100000000\" is no mask",
		"D:(A;;0x_1;;;BA)":        "is no mask",
		"D:(A;;CC;x;;BA)":         "character 10: ; is expected",
		"D:(OA;;CC;00112233-4455-6677-8899_aabbccddeeff;;BA)":  "character 11: ; is expected",
		"D:(A;;CC;00112233-4455-6677-8899-aabbccddeeff;;BA)":   "character 10: ; is expected",
		"D:(OA;;CC;00112233-4455-6677-8899-aabbccddeeffx;;BA)": "character 47: ; is expected",
		"D:NO_ACCESS_CONTROL(A;;CC;;;BA)":                      "NO_ACCESS_CONTROL has entries",
		"D:" + strings.Repeat("(A;;CC;;;BA)", 4000):            "an access list has more than",
		strings.Repeat(" ", access.MaxSDDL+1):                  "its text has more than",
	} {
		d, err := access.ParseSDDL(text)
		if !errors.Is(err, wbem.InvalidParameter) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, %v, want %s", text, d, err, want)
		}
	}
}

func FuzzSDDL(f *testing.F) {
	for _, text := range sddlTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := access.ParseSDDL(text)
		if err != nil {
			return
		}
		printed := d.String()
		back, err := access.ParseSDDL(printed)
		if err != nil {
			t.Fatalf("%q: %v", printed, err)
		}
		if diff := cmp.Diff(d, back, bySID); diff != "" {
			t.Fatalf("%q:\n%s", printed, diff)
		}
	})
}
