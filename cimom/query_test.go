package cimom_test

import (
	"context"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/wbem"
)

// A query that looks at more rows than the manager allows ends, and says what
// it used up.
func TestQueryLimits(t *testing.T) {
	m, err := cimom.OpenMemory(cimom.Options{Queries: cimom.QueryLimits{Rows: 10}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ctx := context.Background()
	s, err := m.Connect(ctx, "", wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	key := cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}
	decl := &cim.ClassDecl{Name: "Disk", Properties: []cim.PropertyDecl{
		{Name: "Id", Type: cim.TypeUint32, Qualifiers: key}, {Name: "Size", Type: cim.TypeUint64},
	}}
	if err := s.PutClass(ctx, decl, wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	class, err := s.GetClass(ctx, "Disk", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for id := range uint32(20) {
		inst := cim.NewInstance(class)
		if err := inst.Set("Id", cim.Uint32Value(id)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.PutInstance(ctx, inst, wbem.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	run := func(query string) (n int, err error) {
		for _, e := range s.Query(ctx, "WQL", query, wbem.Options{}) {
			if e != nil {
				return n, e
			}
			n++
		}
		return n, nil
	}
	if n, err := run("SELECT * FROM Disk WHERE Id = 15"); n != 1 || err != nil {
		t.Errorf("by key: %d, %v", n, err)
	}
	n, err := run("SELECT * FROM Disk WHERE Size IS NULL")
	if n != 10 || wbem.StatusOf(err) != wbem.QuotaViolation || !strings.Contains(err.Error(), "10 rows") {
		t.Errorf("by scan: %d, %v", n, err)
	}
}
