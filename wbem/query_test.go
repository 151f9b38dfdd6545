package wbem_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"

	"openwmi/cim"
	"openwmi/wbem"
)

// querying is a session on which one query works, and has an instance and a
// class as its results.
func querying() *fake {
	return &fake{query: func(_ context.Context, language, query string, o wbem.Options) iter.Seq2[cim.Object, error] {
		return func(yield func(cim.Object, error) bool) {
			switch {
			case language != "WQL" || o.Flags != wbem.EnsureLocatable:
				yield(nil, cim.Errorf(wbem.Unexpected, "%s, flags 0x%X", language, uint32(o.Flags)))
			case query != "SELECT * FROM B":
				yield(nil, wbem.InvalidQuery)
			default:
				_ = yield(newB("1"), nil) && yield(classB, nil)
			}
		}
	}}
}

// The error of a query that is wrong comes with its results, unless the call is
// synchronous; that of the call itself comes at once (wql.md 12).
func TestEnumerateQuery(t *testing.T) {
	for _, flags := range []wbem.Flags{0, wbem.ForwardOnly, semisync, semisync | wbem.ForwardOnly} {
		synctest.Test(t, func(t *testing.T) {
			run := func(s *fake, query string) (*wbem.Enumerator, error) {
				return wbem.EnumerateQuery(t.Context(), s, "WQL", query, wbem.Options{Flags: flags | wbem.EnsureLocatable})
			}
			e, err := run(querying(), "SELECT * FROM B")
			if err != nil {
				t.Fatal(err)
			}
			objects, status, err := e.Next(t.Context(), wbem.Infinite, 3)
			if len(objects) != 2 || name(objects[0]) != `B.Id="1"` || objects[1] != classB || status != wbem.SFalse || err != nil {
				t.Errorf("Next = %v, %v, %v", objects, status, err)
			}
			e.Close()

			e, err = run(querying(), "SELEC")
			if flags&semisync != 0 {
				if err != nil {
					t.Fatal(err)
				}
				_, _, err = e.Next(t.Context(), wbem.Infinite, 1)
				e.Close()
			}
			var failure *wbem.Error
			if !errors.As(err, &failure) || failure.Status != wbem.InvalidQuery || failure.Op != "ExecQuery" || failure.Path != "SELEC" {
				t.Errorf("error %#v", err)
			}
			wantStatus(t, second(run(&fake{check: wbem.InvalidParameter}, "")), wbem.InvalidParameter)
		})
	}
}

func TestQueryAsync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newRecord()
		run := func(s *fake, query string) error {
			return wbem.QueryAsync(t.Context(), s, &sink.Sink, "WQL", query, wbem.Options{Flags: wbem.SendStatus | wbem.EnsureLocatable}, "q")
		}
		wantStatus(t, run(querying(), "SELECT * FROM B"), wbem.OK)
		synctest.Wait()
		sink.want(t, `object B.Id="1" [q]`, "object B [q]", "completed NoErr [q]")
		wantStatus(t, run(querying(), "SELEC"), wbem.OK)
		synctest.Wait()
		sink.want(t, "completed InvalidQuery [q]")
		wantStatus(t, run(&fake{check: wbem.InvalidParameter}, ""), wbem.InvalidParameter)
		synctest.Wait()
		sink.want(t)
	})
}
