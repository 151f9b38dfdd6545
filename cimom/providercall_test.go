package cimom_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/provider"
	"openwmi/wbem"
)

const oneDyn = `[dynamic, provider("P1")] class Dyn { [key] string Id; string V; };`

// A provider that does not return is left alone when its caller has no time any
// more, and when the Manager closes; until it returns it still counts.
func TestHangingProvider(t *testing.T) {
	entered, free := make(chan string, 8), make(chan struct{})
	p := &shelf{asked: func(_ context.Context, op string, _ *provider.Request) error {
		entered <- op
		<-free
		return nil
	}}
	l := newLab(t, map[string]any{"P1": p}, register("P1")+oneDyn)
	ops := map[string]func(context.Context) error{
		"get": func(ctx context.Context) error {
			_, err := l.GetInstance(ctx, cim.MustParsePath(`Dyn.Id="1"`), wbem.Options{})
			return err
		},
		"put": func(ctx context.Context) error {
			_, err := l.PutInstance(ctx, l.spawn("Dyn", "Id", "1"), wbem.Options{})
			return err
		},
		"delete": func(ctx context.Context) error {
			return l.DeleteInstance(ctx, cim.MustParsePath(`Dyn.Id="1"`), wbem.Options{})
		},
		"enumerate": func(ctx context.Context) error {
			for _, err := range l.Instances(ctx, "Dyn", wbem.Options{}) {
				return err
			}
			return nil
		},
	}
	for name, op := range ops {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- op(ctx) }()
		<-entered
		cancel()
		wantStatus(t, name, <-done, wbem.CallCancelled)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	wantStatus(t, "get in time", ops["get"](ctx), wbem.Timeout)

	done := make(chan error)
	go func() { done <- ops["enumerate"](context.Background()) }()
	for op := ""; op != "enumerate"; op = <-entered {
	}
	closed := make(chan error)
	go func() { closed <- l.close() }()
	wantStatus(t, "enumerate while closing", <-done, wbem.ShuttingDown)
	close(free)
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// Calls that nobody waits for any more still count, so that a provider which
// hangs cannot take all there is.
func TestProviderCallLimit(t *testing.T) {
	free, entered := make(chan struct{}), make(chan struct{}, cimom.MaxProviderCalls+1)
	p := &shelf{asked: func(context.Context, string, *provider.Request) error {
		entered <- struct{}{}
		<-free
		return nil
	}}
	l := newLab(t, map[string]any{"P1": p}, register("P1")+oneDyn)
	get := func(ctx context.Context) error {
		_, err := l.GetInstance(ctx, cim.MustParsePath(`Dyn.Id="1"`), wbem.Options{})
		return err
	}
	ended := make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	for range cimom.MaxProviderCalls + 1 {
		go func() { ended <- get(ctx) }()
	}
	wantStatus(t, "one too many", <-ended, wbem.QuotaViolation)
	for range cimom.MaxProviderCalls { // one that is cancelled before never hangs
		<-entered
	}
	cancel()
	for range cimom.MaxProviderCalls {
		wantStatus(t, "cancelled", <-ended, wbem.CallCancelled)
	}
	wantStatus(t, "still too many", get(t.Context()), wbem.QuotaViolation)
	close(free)
	for {
		err := get(t.Context())
		if cim.StatusOf(err) == wbem.NotFound {
			break // the first of the others has returned
		}
		wantStatus(t, "not yet", err, wbem.QuotaViolation)
	}
}

// Whoever leaves an enumeration ends it in the provider, and one that is not
// read does not run ahead for long.
func TestLeaveEnumeration(t *testing.T) {
	var produced atomic.Int64
	ended := make(chan error, 1)
	endless := sequence(func(ctx context.Context, r *provider.Request, yield func(*cim.Instance, error) bool) {
		for i := 0; ; i++ {
			inst := cim.NewInstance(r.Class)
			if err := inst.Set("Id", cim.StringValue(fmt.Sprint(i))); err != nil {
				yield(nil, err)
				return
			}
			produced.Add(1)
			if !yield(inst, nil) {
				ended <- ctx.Err()
				return
			}
		}
	})
	l := newLab(t, map[string]any{"P1": endless}, register("P1")+oneDyn)
	n := 0
	for _, err := range l.Instances(t.Context(), "Dyn", wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 100 {
			break
		}
	}
	if err := <-ended; err == nil {
		t.Error("the context of the call has not ended")
	}
	if got := produced.Load(); got > 1000 {
		t.Errorf("%d instances were made for 100 that were read", got)
	}
}

// A sequence is a provider that enumerates.
type sequence func(ctx context.Context, r *provider.Request, yield func(*cim.Instance, error) bool)

func (s sequence) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) { s(ctx, r, yield) }
}

// An enumeration whose context has ended is not complete, even if the provider
// says so.
func TestEnumerationCutShort(t *testing.T) {
	var cancel context.CancelFunc
	p := sequence(func(_ context.Context, r *provider.Request, yield func(*cim.Instance, error) bool) {
		yield(fillIn(t, cim.NewInstance(r.Class), "Id", "1"), nil)
		cancel()
	})
	l := newLab(t, map[string]any{"P1": p}, register("P1")+oneDyn)
	for range 200 { // because either end may be seen first
		ctx, stop := context.WithCancel(t.Context())
		cancel = stop
		err := errors.New("none")
		for _, err = range l.Query(ctx, "WQL", "SELECT * FROM Dyn WHERE V = 'wanted'", wbem.Options{}) {
		}
		stop()
		if wantStatus(t, "a query cut short", err, wbem.CallCancelled); t.Failed() {
			return
		}
	}
}

// An error in the midst ends the sequence, after what came before.
func TestErrorInEnumeration(t *testing.T) {
	l := newLab(t, map[string]any{"P1": sequence(func(_ context.Context, r *provider.Request, yield func(*cim.Instance, error) bool) {
		if yield(fillIn(t, cim.NewInstance(r.Class), "Id", "1"), nil) {
			yield(nil, wbem.OutOfMemory)
		}
	})}, register("P1")+oneDyn)
	equal(t, "list", l.list("Dyn", 0), []string{"Dyn Id=1", "OutOfMemory"})
}

// Progress reaches those who asked for it, while the call runs:
// async-and-security.md#11, put.md#90.
func TestProviderProgress(t *testing.T) {
	var late func(wbem.Progress)
	reached := make(chan struct{})
	p := &shelf{asked: func(ctx context.Context, op string, r *provider.Request) error {
		r.Progress(wbem.Progress{Total: 10, Done: 3, Message: "x"})
		late = r.Progress
		if op == "put" {
			close(reached)
			<-ctx.Done()
		}
		return nil
	}}
	l := newLab(t, map[string]any{"P1": p}, register("P1")+oneDyn)
	var got []wbem.Progress
	report := func(p wbem.Progress) { got = append(got, p) }
	_, err := l.GetInstance(t.Context(), cim.MustParsePath(`Dyn.Id="1"`), wbem.Options{Progress: report})
	wantStatus(t, "get", err, wbem.NotFound)
	late(wbem.Progress{Message: "too late"})
	equal(t, "progress", got, []wbem.Progress{{Total: 10, Done: 3, Message: "x"}})

	var log []string
	done := make(chan struct{})
	sink := &wbem.Sink{
		OnProgress:  func(p wbem.Progress, _ any) error { log = append(log, p.Message); return nil },
		OnObjectPut: func(path cim.Path, _ any) error { log = append(log, path.String()); return nil },
		OnCompleted: func(err error, _ any) {
			log = append(log, cim.StatusOf(err).Name())
			close(done)
		},
	}
	err = wbem.PutInstanceAsync(t.Context(), l, sink, l.spawn("Dyn", "Id", "1"), wbem.Options{Flags: wbem.SendStatus}, nil)
	if err != nil {
		t.Fatal(err)
	}
	<-reached
	sink.Cancel()
	<-done
	if n := len(log); n == 0 || log[n-1] != "CallCancelled" || n == 2 && log[0] != "x" || n > 2 {
		t.Errorf("events %q", log)
	}
}

// The object of a provider's own class comes back as it is, with what the
// object manager knows: async-and-security.md#31.
func TestProviderErrorObject(t *testing.T) {
	var l *lab
	p := &shelf{asked: func(context.Context, string, *provider.Request) error {
		return &wbem.Error{Status: wbem.Failed, Detail: "words", Object: l.spawn("Trouble", "Description", "no paper", "Tray", 3)}
	}}
	l = newLab(t, map[string]any{"P1": p}, register("P1")+oneDyn+`class Trouble : __ExtendedStatus { sint32 Tray; };`)
	_, err := l.GetInstance(t.Context(), cim.MustParsePath(`Dyn.Id="1"`), wbem.Options{})
	equal(t, "object", show(wbem.ErrorObject(err)),
		`Trouble Description=no paper Operation=GetObject ParameterInfo=Dyn.Id="1" ProviderName=P1 StatusCode=2147749889 Tray=3`)
}

// A partial update needs a provider that knows them: put.md#74. The rules that
// need no provider hold as for stored instances.
func TestPartialPut(t *testing.T) {
	whole, part := &shelf{}, &partial{shelf: &shelf{}}
	l := newLab(t, map[string]any{"P0": whole, "P1": part}, register("P0", "P1")+oneDyn+`
		[dynamic, provider("P0")] class Whole { [key] string Id; string V; };`)
	ask := func(class string, flags wbem.Flags, pairs ...any) error {
		var c wbem.Context
		c.Set("__PUT_EXTENSIONS", cim.BoolValue(true))
		c.Set("__PUT_EXT_CLIENT_REQUEST", cim.BoolValue(true))
		for i := 0; i < len(pairs); i += 2 {
			c.Set(pairs[i].(string), pairs[i+1].(cim.Value))
		}
		_, err := l.PutInstance(t.Context(), l.spawn(class, "Id", "1", "V", "x"), wbem.Options{Flags: flags, Context: &c})
		return err
	}
	names := cim.StringsValue([]string{"v"})
	wantStatus(t, "not supported", ask("Whole", wbem.UpdateOnly, "__PUT_EXT_PROPERTIES", names), wbem.ProviderNotCapable)
	equal(t, "calls", whole.calls(), "")
	wantStatus(t, "flags", ask("Dyn", 0, "__PUT_EXT_PROPERTIES", names), wbem.InvalidContext)
	wantStatus(t, "nothing", ask("Dyn", wbem.UpdateOnly), wbem.InvalidContext)
	wantStatus(t, "unknown", ask("Dyn", wbem.UpdateOnly, "__PUT_EXT_PROPERTIES", cim.StringsValue([]string{"Nope"})), wbem.InvalidProperty)
	if err := ask("Dyn", wbem.UpdateOnly, "__PUT_EXT_PROPERTIES", names, "__PUT_EXT_ATOMIC", cim.BoolValue(true)); err != nil {
		t.Error(err)
	}
	equal(t, "part", part.seen, provider.Partial{Properties: []string{"v"}, Atomic: true})
	part.asked = func(context.Context, string, *provider.Request) error { return wbem.ProviderNotCapable }
	wantStatus(t, "refused", ask("Dyn", wbem.UpdateOnly, "__PUT_EXT_STRICT_NULLS", cim.BoolValue(true)), wbem.ProviderNotCapable)
	equal(t, "part", part.seen, provider.Partial{StrictNulls: true})
}

type partial struct {
	*shelf
	seen provider.Partial
}

func (p *partial) PutProperties(ctx context.Context, r *provider.Request, inst *cim.Instance, part provider.Partial) (cim.Path, error) {
	p.seen = part
	return cim.Path{}, p.ask(ctx, "put part", r)
}

// What a provider asks while it serves a call is asked as the caller, is not
// taken for part of that call, and cannot go on for ever.
func TestReentrantProvider(t *testing.T) {
	var again bool
	p := &shelf{}
	p.asked = func(ctx context.Context, op string, r *provider.Request) error {
		switch {
		case op == "get" && again:
			_, err := r.Services.GetInstance(ctx, cim.MustParsePath(`Dyn.Id="1"`), wbem.Options{})
			return err
		case op == "put part":
			c, err := r.Services.GetClass(ctx, "Stored", wbem.Options{})
			if err != nil {
				return err
			}
			_, err = r.Services.PutInstance(ctx, fillIn(t, cim.NewInstance(c), "Id", r.Caller.Name), wbem.Options{Context: r.Context})
			return err
		}
		return nil
	}
	l := newLab(t, map[string]any{"P1": &partial{shelf: p}}, register("P1")+oneDyn+`class Stored { [key] string Id; };`)
	var c wbem.Context
	c.Set("__PUT_EXTENSIONS", cim.BoolValue(true))
	c.Set("__PUT_EXT_PROPERTIES", cim.StringsValue([]string{"V"}))
	who := &wbem.Identity{Name: "kim", Level: 6}
	s, err := l.m.Connect(t.Context(), "", wbem.ConnectOptions{Identity: who})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutInstance(t.Context(), l.spawn("Dyn", "Id", "1"), wbem.Options{Flags: wbem.UpdateOnly, Context: &c}); err != nil {
		t.Fatal(err)
	}
	equal(t, "stored", l.list("Stored", 0), []string{"Stored Id=kim"})
	again = true
	_, err = l.GetInstance(t.Context(), cim.MustParsePath(`Dyn.Id="1"`), wbem.Options{})
	wantStatus(t, "endless", err, wbem.QuotaViolation)
}

// An opener counts what it opens and closes.
type opener struct {
	fail atomic.Bool
	log  chan string
}

func (o *opener) Open(_ context.Context, env *provider.Environment) (any, error) {
	who := ""
	if env.Caller != nil {
		who = env.Caller.Name
	}
	o.log <- fmt.Sprintf("open %s %s %s %s", env.Name, env.Services.Namespace(), env.Locale, who)
	if o.fail.Load() {
		return nil, errors.New("not today")
	}
	return &openShelf{&shelf{}, o}, nil
}

type openShelf struct {
	*shelf
	o *opener
}

func (p *openShelf) Close() error {
	p.o.log <- "close"
	return nil
}

// A provider is opened once for each namespace, and for each user and language
// if its registration says so.
func TestOpener(t *testing.T) {
	o := &opener{log: make(chan string, 100)}
	seen := func() (all []string) {
		for len(o.log) > 0 {
			all = append(all, <-o.log)
		}
		return all
	}
	l := newLab(t, map[string]any{"P1": o}, register("P1")+oneDyn)
	o.fail.Store(true)
	equal(t, "list", l.list("Dyn", 0), []string{"InitializationFailure"})
	o.fail.Store(false)
	equal(t, "list", l.list("Dyn", 0), nil)
	equal(t, "list", l.list("Dyn", 0), nil)
	equal(t, "opened", seen(), []string{`open P1 root\cimv2  `, `open P1 root\cimv2  `})

	l.compile(`instance of __Win32Provider { Name = "P1"; PerUserInitialization = TRUE; PerLocaleInitialization = TRUE; };`)
	equal(t, "registered anew", <-o.log, "close")
	for _, user := range []string{"ann", "bob", "ann"} {
		s, err := l.m.Connect(t.Context(), "", wbem.ConnectOptions{Identity: &wbem.Identity{Name: user}, Locale: "MS_407"})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range s.Instances(t.Context(), "Dyn", wbem.Options{}) {
			t.Fatal(err)
		}
	}
	equal(t, "opened", seen(), []string{`open P1 root\cimv2 ms_407 ann`, `open P1 root\cimv2 ms_407 bob`})
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
	equal(t, "closed", seen(), []string{"close", "close"})
}

// lateOpener is an Opener that takes no notice of its context.
type lateOpener struct {
	opener
	free chan struct{}
}

func (o *lateOpener) Open(ctx context.Context, env *provider.Environment) (any, error) {
	p, err := o.opener.Open(ctx, env)
	<-o.free
	return p, err
}

// What is opened while the Manager closes is closed as well, by Close if that
// need not wait long. The caller is told at once.
func TestCloseWhileOpening(t *testing.T) {
	for _, test := range []struct {
		opening time.Duration
		closed  int // when Close returns
	}{
		{time.Second, 1},
		{time.Minute, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			o := &lateOpener{opener: opener{log: make(chan string, 100)}, free: make(chan struct{})}
			l := newLab(t, map[string]any{"P1": o}, register("P1")+oneDyn)
			listed := make(chan []string)
			go func() { listed <- l.list("Dyn", 0) }()
			<-o.log
			time.AfterFunc(test.opening, func() { close(o.free) })
			began := time.Now()
			closed := make(chan error)
			go func() { closed <- l.close() }()
			equal(t, "the caller", <-listed, []string{"ShuttingDown"})
			equal(t, "the caller waits", time.Since(began), 0)
			if err := <-closed; err != nil {
				t.Error(err)
			}
			equal(t, "closed when Close returns", len(o.log), test.closed)
			equal(t, "closed", <-o.log, "close")
		})
	}
}

// Enumerations and calls of several goroutines at once.
func TestConcurrentProvider(t *testing.T) {
	l := newLab(t, map[string]any{"P1": &shelf{}}, register("P1")+oneDyn)
	done := make(chan error)
	for g := range 8 {
		go func() {
			for i := range 50 {
				id := fmt.Sprint(g, "-", i)
				if _, err := l.PutInstance(t.Context(), fillIn(t, l.spawn("Dyn"), "Id", id), wbem.Options{}); err != nil {
					done <- err
					return
				}
				if _, err := l.GetInstance(t.Context(), cim.MustParsePath(`Dyn.Id="`+id+`"`), wbem.Options{}); err != nil {
					done <- err
					return
				}
			}
			n := 0
			for _, err := range l.Instances(t.Context(), "Dyn", wbem.Options{}) {
				if err != nil {
					done <- err
					return
				}
				n++
			}
			if n < 50 {
				done <- fmt.Errorf("%d instances", n)
				return
			}
			done <- nil
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// A provider that nobody uses is closed between once and twice the time that
// __ObjectProviderCacheControl says: system-classes.md#15.
func TestIdleProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &opener{log: make(chan string, 100)}
		l := newLab(t, map[string]any{"P1": o}, register("P1")+oneDyn)
		root, err := l.m.Connect(t.Context(), "root", wbem.ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		control, err := root.GetInstance(t.Context(), cim.MustParsePath("__ObjectProviderCacheControl=@"), wbem.Options{})
		if err == nil {
			err = control.Set("ClearAfter", cim.StringValue("00000000000100.000000:000"))
		}
		if err == nil {
			_, err = root.PutInstance(t.Context(), control, wbem.Options{})
		}
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			equal(t, "list", l.list("Dyn", 0), nil)
			time.Sleep(50 * time.Second) // of the bubble
		}
		equal(t, "opened", <-o.log, `open P1 root\cimv2  `)
		equal(t, "closed too early", len(o.log), 0)
		used := time.Now().Add(-50 * time.Second)
		equal(t, "closed", <-o.log, "close")
		if idle := time.Since(used); idle < time.Minute || idle > 2*time.Minute {
			t.Errorf("closed after %v", idle)
		}
		equal(t, "list", l.list("Dyn", 0), nil)
		equal(t, "opened", <-o.log, `open P1 root\cimv2  `)
		if err := l.close(); err != nil {
			t.Error(err)
		}
	})
}
