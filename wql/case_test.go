package wql_test

import (
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/wql"
)

// parse reads a query of either kind.
func parse(event bool, text string) (wql.Query, error) {
	if !event {
		return wql.Parse(text)
	}
	s, err := wql.ParseEvent(text)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// TestCases has the numbered cases of wql.md that a text alone decides.
func TestCases(t *testing.T) {
	const data, event = false, true
	for _, test := range []struct {
		id     string
		event  bool
		text   string
		status cim.Status
	}{
		{"wql.md#17", data, `SELECT * FROM T_Base WHERE N IS 5`, cim.InvalidQuery},
		{"wql.md#18", data, `SELECT * FROM T_Base WHERE N >= NULL`, cim.InvalidQuery},
		{"wql.md#30", data, `SELECT * FROM T_Base WHERE S = "C:\Temp"`, cim.InvalidQuery},
		{"wql.md#33", data, `SELECT * FROM T_Base WHERE S = 'it''s'`, cim.InvalidQuery},
		{"wql.md#50", data, `SELECT COUNT(*) FROM T_Base`, cim.InvalidQuery},
		{"wql.md#50", data, `SELECT * FROM T_Base ORDER BY N`, cim.InvalidQuery},
		{"wql.md#50", data, `SELECT TOP 1 * FROM T_Base`, cim.InvalidQuery},
		{"wql.md#51", data, `SELECT * FROM T_Base WHERE N = W`, cim.InvalidQuery},
		{"wql.md#52", data, `SELECT * FROM T_Base WHERE N < 4+1`, cim.InvalidQuery},
		{"wql.md#56", data, `SELECT __CLASS FROM meta_class`, cim.InvalidQuery},
		{"wql.md#65", data, `ASSOCIATORS OF {T_Base="a"} WHERE ClassDefsOnly ResultClass=T_Sub`, cim.InvalidQuery},
		{"wql.md#66", data, `ASSOCIATORS OF {T_Base="a"} WHERE ResultClass=T_Sub AND Role=Src`, cim.InvalidQuery},
		{"wql.md#67", data, `ASSOCIATORS OF {T_Base="a"} WHERE ResultClass<>T_Sub`, cim.InvalidQuery},
		{"wql.md 15, 69", data, `ASSOCIATORS OF {T_Base}`, cim.InvalidQuery},
		{"wql.md 15, 69", data, `ASSOCIATORS OF {T_Base} WHERE SchemaOnly`, cim.OK},
		{"wql.md#72", data, `REFERENCES OF {T_Base="a"} WHERE AssocClass=T_Link`, cim.InvalidQuery},
		{"wql.md#79", event, `SELECT * FROM T_Event GROUP BY Who`, cim.MissingGroupWithin},
		{"wql.md#80", event, `SELECT * FROM T_Event GROUP WITHIN 10 BY *`, cim.MissingAggregationList},
		{"wql.md#84", event, `SELECT * FROM T_Event HAVING NumberOfEvents > 2`, cim.UnparsableQuery},
		{"wql.md#85", event, `SELEC * FROM T_Event`, cim.UnparsableQuery},
		{"wql.md#86", event, `SELECT * FROM T_Event WITHIN -1`, cim.UnparsableQuery},
		{"wql.md#86", event, `SELECT * FROM T_Event WITHIN 5000000`, cim.InvalidQuery},
		{"wql.md#88", data, "SELECT * FROM T_Base" + strings.Repeat(" ", 16385-20), cim.QuotaViolation},
		{"wql.md#88", event, "SELECT * FROM T_Base" + strings.Repeat(" ", 16385-20), cim.QuotaViolation},
		{"wql.md 13", data, "SELECT * FROM T_Base" + strings.Repeat(" ", 16384-20), cim.OK},
	} {
		_, err := parse(test.event, test.text)
		if got := cim.StatusOf(err); got != test.status {
			t.Errorf("%s: %.80s: %v (%v), want %v", test.id, test.text, got, err, test.status)
		}
	}
}

// wql.md#53
func TestCheckLanguage(t *testing.T) {
	for _, test := range []struct {
		language, text string
		status         cim.Status
	}{
		{"WQL", "SELECT * FROM A", cim.OK},
		{"wql", "x", cim.OK},
		{"SQL", "SELECT * FROM A", cim.InvalidQueryType},
		{"wql", "", cim.InvalidParameter},
		{"SQL", "", cim.InvalidParameter},
		{"", "SELECT * FROM A", cim.InvalidParameter},
		{"", "", cim.InvalidParameter},
	} {
		if got := cim.StatusOf(wql.CheckLanguage(test.language, test.text)); got != test.status {
			t.Errorf("CheckLanguage(%q, %q): %v, want %v", test.language, test.text, got, test.status)
		}
	}
	for _, event := range []bool{false, true} {
		if _, err := parse(event, ""); cim.StatusOf(err) != cim.InvalidParameter {
			t.Errorf("an empty query, of events: %v: %v", event, err)
		}
	}
}
