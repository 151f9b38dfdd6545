package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/wbem"
)

// errKilled ends a writer as a kill would, seen from the store: between two
// writes.
var errKilled = errors.New("killed")

// A limited writer accepts so many lines.
type limited struct {
	w     io.Writer
	lines int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.lines == 0 {
		return 0, errKilled
	}
	l.lines--
	return l.w.Write(p)
}

// written returns a store in which one writer has written until its n-th report
// was lost, and what it had reported.
func written(t *testing.T, n int) (Store, journal) {
	t.Helper()
	s, err := cimom.OpenMemory(cimom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	var out bytes.Buffer
	if err := CrashWriter(t.Context(), s, 1, 0, &limited{&out, n}); !errors.Is(err, errKilled) {
		t.Fatalf("CrashWriter: %v", err)
	}
	j := journal{put: make([]int, 1), head: make([]int, 1), gone: make([]int, 1)}
	for line := range strings.Lines(out.String()) {
		if err := j.add(strings.TrimSuffix(line, "\n")); err != nil {
			t.Fatal(err)
		}
	}
	return s, j
}

// TestCompare checks that the comparison after a kill finds nothing wrong with a
// store that lost nothing, wherever the writer was, and finds each kind of loss.
func TestCompare(t *testing.T) {
	for n := 1; n < 25; n++ {
		s, j := written(t, n)
		if j.writes != n {
			t.Fatalf("%d reports, want %d", j.writes, n)
		}
		var r CrashResult
		if err := compare(t.Context(), s, []journal{j}, 0, &r); err != nil {
			t.Fatal(err)
		}
		if r.Lost != 0 || r.Torn != 0 {
			t.Errorf("after %d reports: %d lost, %d torn", n, r.Lost, r.Torn)
		}
	}
	record := func(number int) string { return fmt.Sprintf("%s.Round=0,Writer=0,Number=%d", recordClass, number) }
	for _, c := range []struct {
		name       string
		harm       func(ctx context.Context, svc wbem.Services) error
		lost, torn int
	}{
		{"a record is gone", func(ctx context.Context, svc wbem.Services) error {
			return svc.DeleteInstance(ctx, cim.MustParsePath(record(3)), wbem.Options{})
		}, 1, 0},
		{"a deleted record is back", func(ctx context.Context, svc wbem.Services) error {
			return change(ctx, svc, record(3), "Number", cim.Uint32Value(4))
		}, 1, 1}, // it has the text of another
		{"a record is torn", func(ctx context.Context, svc wbem.Services) error {
			return change(ctx, svc, record(5), "Body", cim.StringValue("half of i"))
		}, 0, 1},
		{"the head is older", func(ctx context.Context, svc wbem.Services) error {
			return change(ctx, svc, headClass+".Writer=0", "Number", cim.Uint32Value(1))
		}, 1, 0},
		{"the head is gone", func(ctx context.Context, svc wbem.Services) error {
			return svc.DeleteInstance(ctx, cim.MustParsePath(headClass+".Writer=0"), wbem.Options{})
		}, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, j := written(t, 20)
			svc, err := s.Connect(t.Context(), namespace, wbem.ConnectOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if err := c.harm(t.Context(), svc); err != nil {
				t.Fatal(err)
			}
			var r CrashResult
			if err := compare(t.Context(), s, []journal{j}, 0, &r); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(CrashResult{Lost: c.lost, Torn: c.torn}, r); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// change sets a property of a stored instance and puts it.
func change(ctx context.Context, svc wbem.Services, path, name string, v cim.Value) error {
	inst, err := svc.GetInstance(ctx, cim.MustParsePath(path), wbem.Options{})
	if err != nil {
		return err
	}
	if err := inst.Set(name, v); err != nil {
		return err
	}
	_, err = svc.PutInstance(ctx, inst, wbem.Options{})
	return err
}

func TestMet(t *testing.T) {
	for _, c := range []struct {
		r          Result
		met, known bool
	}{
		{Result{Value: 5, Unit: "op/s"}, false, false},
		{Result{Value: 5, Unit: "op/s", Raw: 10, Ratio: 0.5, Bar: 0.4}, true, true},
		{Result{Value: 5, Unit: "op/s", Raw: 10, Ratio: 0.5, Bar: 0.7}, false, true},
		{Result{Value: 5, Unit: "rows/s", Bar: 6}, false, true},
		{Result{Value: 7, Unit: "rows/s", Bar: 6}, true, true},
		{Result{Value: 5, Unit: "µs", Bar: 6}, true, true},
		{Result{Value: 7, Unit: "ms", Bar: 6}, false, true},
	} {
		if met, known := c.r.Met(); met != c.met || known != c.known {
			t.Errorf("%+v: met %v, known %v", c.r, met, known)
		}
	}
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  []string
	}{
		{[]string{"create"}, []string{"create/1", "create/16", "create/256"}},
		{[]string{"get", "start"}, []string{"get", "get/hot", "start"}},
		{[]string{"create/16"}, []string{"create/16"}},
	} {
		found, err := Find(c.names)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, b := range found {
			got = append(got, b.Name)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("Find(%q) (-want +got)\n%s", c.names, diff)
		}
	}
	if _, err := Find([]string{"nothing"}); err == nil {
		t.Error("Find finds nothing")
	}
}
