package query_test

import (
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/query"
	"openwmi/wql"
)

// eventWhere parses the condition of an event query.
func eventWhere(t testing.TB, class, text string) *wql.Select {
	t.Helper()
	q, err := wql.ParseEvent("SELECT * FROM " + class + " WHERE " + text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return q
}

// eventClasses defines what events.md 2 says, as far as conditions need it.
func eventClasses(t testing.TB) model {
	m, _ := fixture(t)
	m.define(t, "__Event { uint64 TIME_CREATED; }")
	m.define(t, "__InstanceOperationEvent : __Event { object TargetInstance; }")
	m.define(t, "__InstanceModificationEvent : __InstanceOperationEvent { object PreviousInstance; }")
	m.define(t, "__ClassOperationEvent : __Event { object TargetClass; }")
	m.define(t, "T_Event : __Event { sint32 Level; string Who; boolean Hot; string Tags[]; }")
	return m
}

// TestFilterEvents are the statuses of event queries (wql.md 4.1, 12), and
// conditions on what is embedded in events.
func TestFilterEvents(t *testing.T) {
	m := eventClasses(t)
	_, rows := fixture(t)
	modification := m["__InstanceModificationEvent"]
	events := map[string]cim.Object{
		"modified a": instance(t, modification, "TargetInstance", rows[0], "PreviousInstance", rows[2]),
		"modified d": instance(t, modification, "TargetInstance", rows[3], "PreviousInstance", rows[3]),
		"extrinsic":  instance(t, m["T_Event"], "Level", 5, "Who", "me", "Hot", true),
	}
	class := cim.NewInstance(m["__ClassOperationEvent"])
	class.Put(class.Class().PropertyIndex("TargetClass"), cim.ObjectValue(m["T_Sub"]))
	events["class"] = class
	for _, c := range []struct{ name, class, where, want string }{
		{"wql.md#75", "T_Event", `Level > 3`, "extrinsic"},
		{"wql.md#76", "__InstanceOperationEvent", `TargetInstance ISA "T_Base"`, "modified a|modified d"},
		{"ISA", "__InstanceOperationEvent", `TargetInstance ISA "T_Sub"`, "modified d"},
		{"ISA", "__InstanceOperationEvent", `TargetInstance ISA "Nope"`, ""},
		{"system properties", "__InstanceOperationEvent", `TargetInstance.__CLASS = "T_Base"`, "modified a"},
		{"system properties", "__InstanceOperationEvent", `TargetInstance.__PATH LIKE '%Id="D"'`, "modified d"},
		{"system properties", "__InstanceOperationEvent", `TargetInstance.__RELPATH = 'T_Sub="d"'`, "modified d"},
		{"system properties", "__Event", `__CLASS = "__InstanceModificationEvent"`, "modified a|modified d"},
		{"both sides", "__InstanceModificationEvent", `TargetInstance.N > 0 AND PreviousInstance.N > 2`, "modified d"},
		{"both sides", "__InstanceModificationEvent", `NOT PreviousInstance.N > 2`, "modified a"},
		{"deep", "__InstanceOperationEvent", `TargetInstance.E.X = 5`, "modified a"},
		{"a class", "__ClassOperationEvent", `TargetClass.__CLASS = "T_Sub" AND TargetClass ISA "T_Base" AND TargetClass.__GENUS = 1 AND TargetClass.Extra IS NULL AND TargetClass.__RELPATH = "t_sub"`, "class"},
		{"operator", "T_Event", `Hot > TRUE`, "InvalidOperator"},
		{"operator", "T_Event", `Hot LIKE "TRUE"`, "InvalidOperator"},
		{"operator", "T_Event", `Tags = "x"`, "InvalidOperator"},
		{"operator", "T_Event", `Who ISA "x"`, "InvalidOperator"},
		{"operator", "__InstanceOperationEvent", `TargetInstance = "x"`, "InvalidOperator"},
		{"operator", "__InstanceOperationEvent", `TargetInstance.__DERIVATION = "x"`, "InvalidOperator"},
		{"not an object", "T_Event", `Who.X = 1`, "PropertyNotAnObject"},
		{"not an object", "__InstanceOperationEvent", `TargetInstance.__CLASS.X = 1`, "PropertyNotAnObject"},
		{"property", "T_Event", `Nope = 1`, "InvalidQuery"},
		{"property", "__InstanceOperationEvent", `PreviousInstance ISA "T_Base"`, "InvalidQuery"},
		{"literal", "T_Event", `Level = "high"`, "InvalidQuery"},
		{"pattern", "T_Event", `Level LIKE "1%"`, "InvalidQuery"},
	} {
		q := eventWhere(t, c.class, c.where)
		f, err := query.CompileFilter(m[c.class], q.Where, query.FilterOptions{Source: q.Source, Event: true})
		if err != nil {
			if got := cim.StatusOf(err).Name(); got != c.want {
				t.Errorf("%s: %s: %v (%s), want %s", c.name, c.where, err, got, c.want)
			}
			continue
		}
		var got []string
		for _, name := range []string{"class", "extrinsic", "modified a", "modified d"} {
			if e := events[name]; e.Definition().IsA(c.class) && f.Match(query.ObjectRow(e)) {
				got = append(got, name)
			}
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%s: %s matches %q, want %q", c.name, c.where, s, c.want)
		}
	}
}

// TestFilterSchema are conditions on classes: wql.md 8.
func TestFilterSchema(t *testing.T) {
	m, _ := fixture(t)
	for _, c := range []struct{ name, where, want string }{
		{"wql.md#54", `__this ISA "T_Base"`, "T_Base T_Sub"},
		{"wql.md#55", `__CLASS LIKE "T[_]%" AND __SUPERCLASS IS NULL`, "T_Base T_Emb"},
		{"exact", `__Class = "t_sub"`, "T_Sub"},
		{"order", `NOT __class < "T_C" AND NOT __this ISA "T_Emb"`, "T_Sub"},
		{"superclass", `__SUPERCLASS = "T_Emb"`, "T_EmbSub"},
		{"dynasty", `__Dynasty = "T_Emb"`, "T_Emb T_EmbSub"},
		{"no class", `__this ISA "Nope"`, ""},
		{"bare", `__this ISA T_Sub OR __CLASS <> "T_Base" AND __SUPERCLASS <> "T_Base"`, "T_EmbSub T_Sub"},
		{"property", `Name = "x"`, "InvalidQuery"},
		{"property", `__PATH = "x"`, "InvalidQuery"},
		{"property", `__CLASS.X = "x"`, "InvalidQuery"},
		{"property", `__THIS = "x"`, "InvalidQuery"},
		{"property", `__THIS IS NULL`, "InvalidQuery"},
		{"operator", `__CLASS ISA "x"`, "InvalidQuery"},
	} {
		f, err := compile(nil, c.where)
		if err != nil {
			if got := cim.StatusOf(err).Name(); got != c.want {
				t.Errorf("%s: %s: %v, want %s", c.name, c.where, err, c.want)
			}
			continue
		}
		var got []string
		for _, name := range []string{"T_Base", "T_Emb", "T_EmbSub", "T_Sub"} {
			if f.Match(query.ObjectRow(m[name])) {
				got = append(got, name)
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s matches %q, want %q", c.name, c.where, s, c.want)
		}
	}
	if _, err := compile(m["T_Base"], `__THIS ISA "T_Base"`); cim.StatusOf(err) != cim.InvalidQuery {
		t.Errorf("__THIS in a data query: %v", err)
	}
}

// TestTargets are the classes of wql.md 10.3.
func TestTargets(t *testing.T) {
	for where, want := range map[string]string{
		`TargetInstance ISA "A"`:                                                        "A+",
		`targetinstance.__class = "A"`:                                                  "A",
		`PreviousInstance ISA A`:                                                        "A+",
		`TargetClass ISA "A" AND TargetClass.__CLASS <> "A"`:                            "A+",
		`TargetInstance ISA "A" AND TargetInstance.N > 5`:                               "A+",
		`TargetInstance.N > 5 AND TargetInstance ISA "A"`:                               "A+",
		`TargetInstance ISA "A" AND TargetInstance.__CLASS = "B"`:                       "B",
		`TargetInstance ISA "A" OR TargetInstance ISA "B"`:                              "A+ B+",
		`TargetInstance ISA "A" OR TargetInstance ISA "a"`:                              "A+",
		`TargetInstance ISA "A" OR TargetInstance.N > 5`:                                "unknown",
		`(TargetInstance ISA "A" OR TargetInstance ISA "B") AND TargetInstance.N > 5`:   "A+ B+",
		`(TargetInstance ISA "A" OR TargetInstance.N > 1) AND TargetInstance ISA "C"`:   "C+",
		`(TargetInstance ISA "A" AND TargetInstance.N > 1) OR TargetInstance ISA "C"`:   "A+ C+",
		`(TargetInstance ISA "A" OR TargetInstance ISA "B") AND TargetInstance ISA "C"`: "C+",
		`NOT TargetInstance ISA "A"`:                                                    "unknown",
		`NOT NOT TargetInstance ISA "A"`:                                                "A+",
		`TargetInstance.__CLASS <> "A"`:                                                 "unknown",
		`TargetInstance.__CLASS LIKE "A"`:                                               "unknown",
		`TargetInstance.E ISA "A"`:                                                      "unknown",
		`Other ISA "A"`:                                                                 "unknown",
		`TargetInstance.N = 5`:                                                          "unknown",
		strings.Repeat(`(TargetInstance ISA "A" OR TargetInstance.N = 1) AND `, 200) + `TargetInstance.N = 2`:   "unknown",
		strings.Repeat(`(TargetInstance ISA "A" OR TargetInstance ISA "B") AND `, 200) + `TargetInstance.N = 2`: "A+ B+",
	} {
		q := eventWhere(t, "__InstanceOperationEvent", where)
		got := "unknown"
		if targets, ok := query.Targets(q.Where); ok {
			var list []string
			for _, x := range targets {
				s := x.Class
				if !x.Exact {
					s += "+"
				}
				list = append(list, s)
			}
			got = strings.Join(list, " ")
		}
		if got != want {
			t.Errorf("%.100s: %s, want %s", where, got, want)
		}
	}
	if _, ok := query.Targets(nil); ok {
		t.Error("no condition names a class")
	}
}
