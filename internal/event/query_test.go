package event_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/wbem"
	"openwmi/wql"
)

// TestQueries proves which event queries are taken (wql.md 10, 12).
func TestQueries(t *testing.T) {
	tests := []struct {
		query string
		want  wbem.Status
	}{
		{`SELECT * FROM T_Base`, wbem.NotEventClass},                                                            // wql.md#74
		{`SELECT * FROM __AggregateEvent`, wbem.NotEventClass},                                                  // has no TIME_CREATED
		{`SELECT * FROM meta_class`, wbem.NotEventClass},                                                        //
		{`SELECT * FROM T_Event WHERE Level > 3`, wbem.OK},                                                      // wql.md#75
		{`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Base"`, wbem.OK},                    // wql.md#76
		{`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Dyn"`, wbem.RegistrationTooPrecise}, // wql.md#77, events.md#10
		{`SELECT * FROM __InstanceCreationEvent WITHIN 2 WHERE TargetInstance ISA "T_Dyn"`, wbem.OK},            // wql.md#77
		{`SELECT * FROM __InstanceCreationEvent WITHIN 2`, wbem.RegistrationTooBroad},                           // wql.md#78
		{`SELECT * FROM __InstanceCreationEvent WITHIN 2 WHERE TargetInstance ISA "T_Dyn" OR TargetInstance.V = 1`, wbem.RegistrationTooBroad},
		{`SELECT * FROM __InstanceCreationEvent WITHIN 2 WHERE NOT TargetInstance ISA "T_Dyn"`, wbem.RegistrationTooBroad},
		{`SELECT * FROM __InstanceCreationEvent WITHIN 2 WHERE TargetInstance ISA "T_Dyn" OR TargetInstance ISA "T_Base"`, wbem.OK},
		{`SELECT * FROM __Event WITHIN 2`, wbem.RegistrationTooBroad},
		{`SELECT * FROM __Event`, wbem.OK},
		{`SELECT * FROM __InstanceOperationEvent`, wbem.OK},
		{`SELECT * FROM __ClassOperationEvent WITHIN 5`, wbem.OK}, // never polled
		{`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "NoSuch"`, wbem.InvalidClass},
		{`SELECT * FROM __InstanceCreationEvent WITHIN 2 WHERE TargetInstance ISA "NoSuch"`, wbem.InvalidClass},
		{`SELECT * FROM NoSuch`, wbem.InvalidClass},
		{`SELECT * FROM T_Event GROUP BY Who`, wbem.MissingGroupWithin},                                                                                 // wql.md#79
		{`SELECT * FROM T_Event GROUP WITHIN 10 BY *`, wbem.MissingAggregationList},                                                                     // wql.md#80
		{`SELECT * FROM T_Event GROUP WITHIN 10 BY`, wbem.MissingAggregationList},                                                                       //
		{`SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'T_Base' GROUP WITHIN 5 BY TargetInstance`, wbem.AggregatingByObject}, // wql.md#81
		{`SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'T_Base' GROUP WITHIN 5 BY TargetInstance.N`, wbem.OK},
		{`SELECT * FROM T_Event GROUP WITHIN 5 BY Who.X`, wbem.PropertyNotAnObject}, // wql.md#82
		{`SELECT * FROM T_Event GROUP WITHIN 5 BY Nobody`, wbem.InvalidQuery},
		{`SELECT * FROM T_Event GROUP WITHIN 5 BY Who HAVING NumberOfEvents > 2`, wbem.OK}, // wql.md#83
		{`SELECT * FROM T_Event HAVING NumberOfEvents > 2`, wbem.UnparsableQuery},          // wql.md#84
		{`SELEC * FROM T_Event`, wbem.UnparsableQuery},                                     // wql.md#85
		{`SELECT * FROM T_Event WITHIN -1`, wbem.UnparsableQuery},                          // wql.md#86
		{`SELECT * FROM T_Event WITHIN 5000000`, wbem.InvalidQuery},                        // wql.md#86
		{`SELECT * FROM T_Event WHERE Who.X = 1`, wbem.PropertyNotAnObject},
		{`SELECT Who.X FROM T_Event`, wbem.PropertyNotAnObject},
		{`SELECT Nobody FROM T_Event`, wbem.InvalidQuery},
		{`SELECT * FROM T_Event WHERE Nobody = 1`, wbem.InvalidQuery},
		{`SELECT * FROM T_Event WHERE Level > "x"`, wbem.InvalidQuery},
		{`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance = 5`, wbem.InvalidOperator},
		{`ASSOCIATORS OF {T_Base="a"}`, wbem.UnparsableQuery},
		{``, wbem.InvalidParameter},
		{`SELECT * FROM T_Event WHERE Who = "` + strings.Repeat("x", 16385) + `"`, wbem.QuotaViolation}, // wql.md#88
	}
	bubble(t, event.Options{}, func(f *fixture) {
		for _, tt := range tests {
			s, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: tt.query})
			if got := wbem.StatusOf(err); got != tt.want {
				t.Errorf("%.200s: %v, want %s", tt.query, err, tt.want.Name())
			}
			if err == nil {
				s.Close()
			}
		}
		if _, err := f.Subscribe(context.Background(), event.Spec{Namespace: `root\none`, Query: `SELECT * FROM T_Event`}); wbem.StatusOf(err) != wbem.InvalidNamespace {
			t.Errorf("no namespace: %v", err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := f.Subscribe(ctx, event.Spec{Namespace: namespace, Query: `SELECT * FROM T_Event`}); err == nil {
			t.Error("a context that has ended subscribes")
		}
	})
}

// TestQueryErrors proves that errors say where they are, and do not show long
// names in full.
func TestQueryErrors(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		for _, tt := range []struct{ query, at string }{
			{`SELECT * FROM #`, "#"},
			{`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Base" OR TargetInstance ISA "#"`, `"#"`},
			{`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance.__CLASS = '#'`, `'#'`},
			{`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Base" AND # = 1`, "#"},
			{`SELECT # FROM T_Event`, "#"},
			{`SELECT * FROM T_Event GROUP WITHIN 5 BY #`, "#"},
			{`SELECT * FROM T_Event GROUP WITHIN 5 BY Who.#`, "Who.#"},
		} {
			long := strings.NewReplacer("#", strings.Repeat("x", 10_000))
			_, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: long.Replace(tt.query)})
			var at *wql.Error
			if !errors.As(err, &at) {
				t.Errorf("%s: %.300v has no place", tt.query, err)
				continue
			}
			if got := long.Replace(tt.query)[at.Pos-1 : at.End-1]; got != long.Replace(tt.at) || len(err.Error()) > 400 {
				t.Errorf("%s: at %.50s: %.300v", tt.query, got, err)
			}
		}
	})
}

// TestColumns proves what of an event a list of properties delivers (wql.md 7).
func TestColumns(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		s := f.subscribe(`SELECT TargetInstance.N, PreviousInstance FROM __InstanceModificationEvent WHERE TargetInstance ISA "T_Base"`)
		f.put("T_Base", "Id", "a", "N", 1)
		f.put("T_Base", "Id", "a", "N", 2)
		inst, err := s.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got := describe(inst); got != "InstanceModificationEvent{PreviousInstance=T_Base{Id=a N=1} TargetInstance=T_Base{Id=a N=2}}" {
			t.Error(got)
		}
		if n, _ := inst.Get("__PROPERTY_COUNT"); n.Int() != 2 {
			t.Errorf("%d properties", n.Int())
		}
		if _, ok := inst.Get("TIME_CREATED"); ok {
			t.Error("TIME_CREATED was not asked for")
		}
		if super, _ := inst.Get("__SUPERCLASS"); !super.IsNull() {
			t.Errorf("__SUPERCLASS %v", super)
		}
		s = f.subscribe(`SELECT Who, __DERIVATION FROM T_Event`)
		f.publish("T_Event", "Who", "x", "Level", 1)
		inst, err = s.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		super, _ := inst.Get("__SUPERCLASS")
		if got := describe(inst); got != "T_Event{Who=x}" || super.Text() != "__ExtrinsicEvent" {
			t.Errorf("%s, derived from %v", got, super)
		}
	})
}

// TestPublish proves events.md#36 and what else Publish and Raise check.
func TestPublish(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		s := f.subscribe(`SELECT * FROM T_Event WHERE Level > 3`)
		f.publish("T_Event", "Level", 3)
		sent := f.inst("T_Event", "Level", 4, "TIME_CREATED", 17)
		if err := f.Publish(context.Background(), namespace, nil, sent); err != nil {
			t.Fatal(err)
		}
		// It still belongs to the publisher.
		if err := sent.Set("Level", cim.Sint32Value(5)); err != nil {
			t.Fatal(err)
		}
		inst, err := s.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if stamp, _ := inst.Get("TIME_CREATED"); describe(inst) != "T_Event{Level=4}" || stamp.Uint() != 17 {
			t.Errorf("%s at %v", describe(inst), stamp)
		}

		strange, err := cim.Derive(nil, &cim.ClassDecl{Name: "T_Event", Properties: []cim.PropertyDecl{prop("Level", cim.TypeString)}})
		if err != nil {
			t.Fatal(err)
		}
		other := cim.NewInstance(strange)
		other.Put(0, cim.StringValue("x"))
		unknown, err := cim.Derive(nil, &cim.ClassDecl{Name: "T_Unknown"})
		if err != nil {
			t.Fatal(err)
		}
		creation := f.inst("__InstanceCreationEvent", "TargetInstance", f.inst("T_Dyn", "K", "k"))
		for _, tt := range []struct {
			event *cim.Instance
			want  wbem.Status
		}{
			{f.inst("T_Base", "Id", "a"), wbem.InvalidClass},
			{creation, wbem.InvalidClass},
			{cim.NewInstance(unknown), wbem.InvalidClass},
			{other, wbem.TypeMismatch},
			{nil, wbem.InvalidParameter},
		} {
			if err := f.Publish(context.Background(), namespace, nil, tt.event); wbem.StatusOf(err) != tt.want {
				t.Errorf("%v: %v, want %v", tt.event, err, tt.want)
			}
		}
		if err := f.Raise(context.Background(), namespace, nil, creation); err != nil {
			t.Error(err)
		}
		if err := f.Raise(context.Background(), namespace, nil, f.inst("T_Base", "Id", "a")); wbem.StatusOf(err) != wbem.InvalidClass {
			t.Errorf("raising what is no event: %v", err)
		}
		if err := f.Publish(context.Background(), `root\none`, nil, sent); wbem.StatusOf(err) != wbem.InvalidNamespace {
			t.Errorf("publishing nowhere: %v", err)
		}
	})
}
