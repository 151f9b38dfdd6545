package cimom_test

import (
	"context"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/provider"
	"openwmi/wbem"
)

// A provider that never comes to an end, of which a query wants nothing, ends
// with the budget of the query.
func TestFloodedQuery(t *testing.T) {
	ended := make(chan error, 1)
	flood := sequence(func(ctx context.Context, r *provider.Request, yield func(*cim.Instance, error) bool) {
		for yield(fillIn(t, cim.NewInstance(r.Class), "Id", "1"), nil) {
		}
		ended <- ctx.Err()
	})
	l := newHosted(t, cimom.Options{Providers: map[string]any{"P1": flood}, Queries: cimom.QueryLimits{Rows: 5000}}, register("P1")+oneDyn)
	equal(t, "query", l.query("SELECT * FROM Dyn WHERE V = 'wanted'"), []string{"QuotaViolation"})
	if <-ended == nil {
		t.Error("the provider was not told to end")
	}
}

// An idler does nothing until its context ends, and answers a while after.
type idler struct{ entered chan struct{} }

func (p idler) wait(ctx context.Context) {
	p.entered <- struct{}{}
	<-ctx.Done()
	time.Sleep(time.Second) // of the bubble
}

func (p idler) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		p.wait(ctx)
		for range 2 * 64 { // more than are waited for
			if !yield(cim.NewInstance(r.Class), nil) {
				return
			}
		}
	}
}

func (p idler) GetInstance(ctx context.Context, _ *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	p.wait(ctx)
	return key, nil
}

func (p idler) PutInstance(ctx context.Context, _ *provider.Request, _ *cim.Instance) (cim.Path, error) {
	p.wait(ctx)
	return cim.Path{}, nil
}

func (p idler) GetProperty(ctx context.Context, _ *provider.Request, _ provider.PropertyRequest) (cim.Value, error) {
	p.wait(ctx)
	return cim.StringValue("late"), nil
}

func (p idler) PutProperty(ctx context.Context, _ *provider.Request, _ provider.PropertyRequest, _ cim.Value) error {
	p.wait(ctx)
	return nil
}

// An answer that comes when nobody wants it any more goes nowhere, and leaves no
// goroutine behind: the bubble ends only when all have ended.
func TestLateAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := idler{make(chan struct{})}
		l := newLab(t, map[string]any{"P1": p}, register("P1")+oneDyn+`
			instance of __PropertyProviderRegistration { provider = "__Win32Provider.Name=\"P1\""; SupportsGet = TRUE; SupportsPut = TRUE; };
			[DynProps] class Half { [key] string Id; [dynamic, provider("P1")] string V; };
			instance of Half { Id = "1"; };`)
		each := func(ctx context.Context, class string) (err error) {
			for _, err = range l.Instances(ctx, class, wbem.Options{}) {
			}
			return err
		}
		get := func(ctx context.Context, class string) error {
			_, err := l.GetInstance(ctx, cim.MustParsePath(class+`.Id="1"`), wbem.Options{})
			return err
		}
		put := func(ctx context.Context, class string) error {
			_, err := l.PutInstance(ctx, l.spawn(class, "Id", "1", "V", "x"), wbem.Options{})
			return err
		}
		for name, op := range map[string]func(context.Context, string) error{"enumerate": each, "get": get, "put": put} {
			for _, class := range []string{"Dyn", "Half"} {
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- op(ctx, class) }()
				<-p.entered
				cancel()
				wantStatus(t, name+" "+class, <-done, wbem.CallCancelled)
			}
		}
		// Closing ends what nobody has cancelled.
		done := make(chan error)
		go func() { done <- each(context.Background(), "Half") }()
		<-p.entered
		if err := l.close(); err != nil {
			t.Error(err)
		}
		wantStatus(t, "closed", <-done, wbem.ShuttingDown)
	})
}
