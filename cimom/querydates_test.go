package cimom_test

import (
	"context"
	"testing"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// TestDatesOfLocale proves that the language which a caller has named says
// whether the day or the month comes first in the dates of queries (wql.md 4.4).
func TestDatesOfLocale(t *testing.T) {
	m := openMemory(t)
	key := cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}
	s := in(t, m, "")
	decl := &cim.ClassDecl{Name: "Day", Properties: []cim.PropertyDecl{
		{Name: "Id", Type: cim.TypeString, Qualifiers: key}, {Name: "At", Type: cim.TypeDatetime},
	}}
	if err := s.PutClass(t.Context(), decl, wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	class, err := s.GetClass(t.Context(), "Day", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const query = `SELECT * FROM Day WHERE At = "1/2/2024"`
	const events = `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "Day" AND TargetInstance.At = "1/2/2024"`
	locales := map[string]string{"": "January", "en-US": "January", "ja-JP": "January", "MS_409": "January",
		"de-DE": "February", "MS_407": "February", "en-GB, en-US": "February"}
	subs := map[string]wbem.Subscription{}
	for locale := range locales {
		if subs[locale], err = in(t, m, locale).Subscribe(t.Context(), "WQL", events, wbem.Options{}); err != nil {
			t.Fatal(err)
		}
		defer subs[locale].Close()
	}
	for id, at := range map[string]time.Time{
		"January": time.Date(2024, 1, 2, 0, 0, 0, 0, time.Local), "February": time.Date(2024, 2, 1, 0, 0, 0, 0, time.Local),
	} {
		d, err := cim.NewDatetime(at)
		if err != nil {
			t.Fatal(err)
		}
		inst := fillIn(t, cim.NewInstance(class), "Id", id, "At", d.String())
		if _, err := s.PutInstance(t.Context(), inst, wbem.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // all events are there
	for locale, want := range locales {
		var got []string
		for o, err := range in(t, m, locale).Query(t.Context(), "WQL", query, wbem.Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, idOf(o))
		}
		equal(t, locale+": results", got, []string{want})
		got = nil
		for e, err := subs[locale].Next(ctx); err == nil; e, err = subs[locale].Next(ctx) {
			v, _ := e.Get("TargetInstance")
			got = append(got, idOf(v.Object()))
		}
		equal(t, locale+": events", got, []string{want})
	}
}

func idOf(o cim.Object) string {
	v, _ := o.(*cim.Instance).Get("Id")
	return v.Text()
}
