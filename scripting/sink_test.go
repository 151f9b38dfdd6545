package scripting_test

import (
	"context"
	"iter"
	"runtime"
	"testing"

	"openwmi/cim"
	"openwmi/scripting"
	"openwmi/wbem"
)

// async-and-security.md#1, put.md#79, put.md#82, put.md#14: what the call itself
// refuses, without an event.
func TestAsyncRefused(t *testing.T) {
	f := newFixture(t)
	r := newRecorder()
	o := f.b("1")
	for name, test := range map[string]struct {
		err  error
		want wbem.Status
	}{
		"put without sink":        {f.PutAsync(nil, o, 0, nil, nil), wbem.InvalidParameter},
		"put without object":      {f.PutAsync(&r.Sink, nil, 0, nil, nil), wbem.InvalidParameter},
		"sync put without object": {second(f.Put(nil, 0, nil)), wbem.InvalidParameter},
		"put with unknown flag":   {f.PutAsync(&r.Sink, o, 0x1000, nil, nil), wbem.InvalidParameter},
		"put with update modes":   {f.PutAsync(&r.Sink, o, 3, nil, nil), wbem.InvalidParameter},
		"put_ without sink":       {o.PutAsync(nil, 0, nil, nil), wbem.InvalidParameter},
		"put_ with unknown flag":  {o.PutAsync(&r.Sink, 0x1000, nil, nil), wbem.InvalidParameter},
		"get without sink":        {f.GetAsync(nil, "B", 0, nil, nil), wbem.InvalidParameter},
		"get with bad path":       {f.GetAsync(&r.Sink, "B.Id=", 0, nil, nil), wbem.InvalidObjectPath},
		"get semisynchronously":   {f.GetAsync(&r.Sink, "B", immediately, nil, nil), wbem.InvalidParameter},
		"delete without sink":     {f.DeleteAsync(nil, "B", 0, nil, nil), wbem.InvalidParameter},
		"delete with flag":        {f.DeleteAsync(&r.Sink, "B", 1, nil, nil), wbem.InvalidParameter},
		"delete_ without sink":    {o.DeleteAsync(nil, 0, nil, nil), wbem.InvalidParameter},
		"delete_ without path":    {f.spawn(f.Services, "B").DeleteAsync(&r.Sink, 0, nil, nil), wbem.InvalidOperation},
		"instances without sink":  {f.InstancesOfAsync(nil, "B", 0, nil, nil), wbem.InvalidParameter},
		"instances without class": {f.InstancesOfAsync(&r.Sink, "", 0, nil, nil), wbem.InvalidParameter},
		"instances immediately":   {f.InstancesOfAsync(&r.Sink, "B", immediately, nil, nil), wbem.InvalidParameter},
		"subclasses without sink": {f.SubclassesOfAsync(nil, "B", 0, nil, nil), wbem.InvalidParameter},
		"subclasses with flag":    {f.SubclassesOfAsync(&r.Sink, "B", scripting.FlagForwardOnly, nil, nil), wbem.InvalidParameter},
	} {
		if wbem.StatusOf(test.err) != test.want {
			t.Errorf("%s: %v", name, test.err)
		}
	}
	r.nothing(t)
	f.status(second(f.Get(`B.Id="1"`, 0, nil)), wbem.NotFound)
}

// put.md#80, put.md#81, put.md#89: the events of puts.
func TestPutAsync(t *testing.T) {
	f := newFixture(t)
	r := newRecorder()
	o := f.b("1")
	f.ok(f.PutAsync(&r.Sink, o, scripting.FlagReturnImmediately, nil, named("a")))
	r.want(t, `put \\HOST\root\t:B.Id="1" [a]`, "completed NoErr [a]")
	f.ok(f.PutAsync(&r.Sink, o, scripting.ChangeFlagCreateOnly, nil, named("b")))
	r.want(t, "completed AlreadyExists [b]")
	f.ok(o.PutAsync(&r.Sink, scripting.FlagSendStatus, nil, nil))
	r.want(t, `put \\HOST\root\t:B.Id="1"`, "completed NoErr")
	f.ok(f.PutAsync(&r.Sink, f.newClass("New", "B"), 0, nil, named("c")))
	r.want(t, `put \\HOST\root\t:New [c]`, "completed NoErr [c]")
	f.ok(f.PutAsync(&r.Sink, f.newClass("", "B"), 0, nil, named("d")))
	r.want(t, "completed IncompleteClass [d]")

	if len(r.errors) != 5 || r.errors[0] != nil || r.errors[2] != nil || r.errors[3] != nil {
		t.Fatalf("error objects %v", r.errors)
	}
	exists := uint32(wbem.AlreadyExists)
	f.value(r.errors[1].Object, "StatusCode", int32(exists))
	f.value(r.errors[1].Object, "Operation", "PutInstance")
	f.value(r.errors[1].Object, "ParameterInfo", `B.Id="1"`)
	f.value(r.errors[4].Object, "Operation", "PutClass")
	// Asynchronous failures leave nothing for LastError.
	f.status(second(f.LastError()), wbem.Failed)
}

// put.md#83: what is changed after the call does not count.
func TestPutAsyncCopies(t *testing.T) {
	f := newFixture(t)
	r := newRecorder()
	for range 20 {
		o := f.b("1")
		f.ok(o.Set("S", "before"))
		f.ok(f.PutAsync(&r.Sink, o, 0, nil, nil))
		f.ok(o.Set("S", "after"))
		<-r.done
		f.value(f.get(`B.Id="1"`), "S", "before")

		c := f.newClass("New", "B")
		f.ok(f.PutAsync(&r.Sink, c, 0, nil, nil))
		f.ok(second(c.Properties().Add("P", scripting.CimtypeString, false, 0)))
		<-r.done
		f.equal(f.get("New").Properties().Count(), 3)
		f.ok(f.Delete("New", 0, nil))
	}
}

// scripting-api.md#55, scripting-api.md#56, async-and-security.md#4,
// async-and-security.md#5: the events of the other calls.
func TestAsyncCalls(t *testing.T) {
	f := newFixture(t)
	r := newRecorder()
	f.store("B", "Id", "1")
	f.store("D", "Id", "2")
	f.ok(f.GetAsync(&r.Sink, `B.Id="1"`, 0, nil, named("a")))
	r.want(t, `ready B.Id="1" [a]`, "completed NoErr [a]")
	f.ok(f.GetAsync(&r.Sink, "B", scripting.FlagSendStatus|scripting.FlagUseAmendedQualifiers|scripting.FlagNoErrorObject, nil, nil))
	r.want(t, "ready B", "completed NoErr")
	f.ok(f.GetAsync(&r.Sink, `B.Id="9"`, 0, nil, nil)) // scripting-api.md#55
	r.want(t, "completed NotFound")
	f.value(r.errors[2].Object, "ParameterInfo", `B.Id="9"`)

	f.ok(f.InstancesOfAsync(&r.Sink, "B", 0, nil, nil))
	r.want(t, `ready B.Id="1"`, `ready D.Id="2"`, "completed NoErr")
	f.ok(f.InstancesOfAsync(&r.Sink, "B", scripting.QueryFlagShallow, nil, nil))
	r.want(t, `ready B.Id="1"`, "completed NoErr")
	f.ok(f.get("D").InstancesAsync(&r.Sink, 0, nil, nil))
	r.want(t, `ready D.Id="2"`, "completed NoErr")
	f.ok(f.InstancesOfAsync(&r.Sink, "KI", 0, nil, nil))
	r.want(t, "completed NoErr")
	f.ok(f.InstancesOfAsync(&r.Sink, "NoSuch", 0, nil, nil))
	r.want(t, "completed InvalidClass")
	f.ok(f.SubclassesOfAsync(&r.Sink, "B", 0, nil, nil))
	r.want(t, "ready D", "ready DN", "ready E", "completed NoErr")
	f.ok(f.get("M").SubclassesAsync(&r.Sink, scripting.QueryFlagShallow, nil, nil))
	r.want(t, "ready M2", "completed NoErr")

	f.ok(f.DeleteAsync(&r.Sink, `B.Id="1"`, scripting.FlagSendStatus, nil, named("d")))
	r.want(t, "completed NoErr [d]")
	f.ok(f.DeleteAsync(&r.Sink, `B.Id="1"`, 0, nil, nil))
	r.want(t, "completed NotFound")
	f.ok(f.get(`D.Id="2"`).DeleteAsync(&r.Sink, 0, nil, nil))
	r.want(t, "completed NoErr")

	// scripting-api.md#56: two calls at once, each with its own context.
	f.store("B", "Id", "1")
	one, two := named("one"), named("two")
	got := make(chan *scripting.NamedValueSet, 4)
	sink := &scripting.Sink{
		OnObjectReady: func(_ *scripting.Object, c *scripting.NamedValueSet) { got <- c },
		OnCompleted:   func(_ wbem.Status, _ *scripting.LastError, c *scripting.NamedValueSet) { got <- c },
	}
	f.ok(f.GetAsync(sink, `B.Id="1"`, 0, nil, one))
	f.ok(f.GetAsync(sink, "B", 0, nil, two))
	seen := map[*scripting.NamedValueSet]int{}
	for range 4 {
		seen[<-got]++
	}
	if seen[one] != 2 || seen[two] != 2 { // async-and-security.md#7
		t.Errorf("contexts %v", seen)
	}
	f.ok(f.GetAsync(sink, "B", 0, nil, nil))
	for range 2 {
		if c := <-got; c != nil { // async-and-security.md#8
			t.Errorf("context %v", c)
		}
	}
}

// scripting-api.md#54, async-and-security.md#13, async-and-security.md#16:
// Cancel, idle and in a handler.
func TestSinkCancel(t *testing.T) {
	f := newFixture(t)
	r := newRecorder()
	f.ok(r.Cancel())
	f.store("B", "Id", "1")
	f.store("B", "Id", "2")
	ready := r.OnObjectReady
	r.OnObjectReady = func(o *scripting.Object, c *scripting.NamedValueSet) {
		ready(o, c)
		f.ok(r.Cancel())
		f.ok(r.Cancel())
	}
	f.ok(f.InstancesOfAsync(&r.Sink, "B", 0, nil, nil))
	r.want(t, `ready B.Id="1"`, "completed CallCancelled")
	f.value(r.errors[0].Object, "Operation", "CreateInstanceEnum")
	f.ok(r.Cancel())
	f.ok(f.GetAsync(&r.Sink, "NoSuch", 0, nil, nil))
	r.want(t, "completed NotFound")
}

// async-and-security.md#18: a handler that panics.
func TestHandlerPanics(t *testing.T) {
	f := newFixture(t)
	r := newRecorder()
	f.store("B", "Id", "1")
	f.store("B", "Id", "2")
	ready := r.OnObjectReady
	r.OnObjectReady = func(o *scripting.Object, c *scripting.NamedValueSet) {
		ready(o, c)
		if c != nil {
			panic("oops")
		}
	}
	f.ok(f.InstancesOfAsync(&r.Sink, "B", 0, nil, named("bad")))
	r.want(t, `ready B.Id="1" [bad]`, "completed CallCancelled [bad]")
	f.ok(f.InstancesOfAsync(&r.Sink, "B", 0, nil, nil))
	r.want(t, `ready B.Id="1"`, `ready B.Id="2"`, "completed NoErr")
}

// async-and-security.md#21: a call in OnCompleted. async-and-security.md#19: the
// caller keeps neither sink nor session.
func TestCallInHandler(t *testing.T) {
	f := newFixture(t)
	done := make(chan string)
	func() {
		s := f.connect(`root\t`)
		sink := &scripting.Sink{}
		sink.OnObjectPut = func(p *scripting.ObjectPath, c *scripting.NamedValueSet) {
			if c == nil {
				f.ok(f.PutAsync(sink, f.b("2"), 0, nil, named("second")))
			}
			done <- p.RelPath()
		}
		f.ok(s.PutAsync(sink, f.b("1"), 0, nil, nil))
		f.ok(s.Close())
	}()
	runtime.GC()
	f.equal([]string{<-done, <-done}, []string{`B.Id="1"`, `B.Id="2"`})
}

// reporting is a session whose puts report progress.
type reporting struct {
	wbem.Services
}

func (s reporting) PutInstance(ctx context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
	if o.Progress != nil {
		o.Progress(wbem.Progress{Total: 10, Done: 3, Message: "x"})
	}
	return s.Services.PutInstance(ctx, inst, o)
}

// async-and-security.md#10, async-and-security.md#11: progress of providers.
func TestOnProgress(t *testing.T) {
	f := newFixture(t)
	s := scripting.NewServices(reporting{f.Session()})
	r := newRecorder()
	f.ok(s.PutAsync(&r.Sink, f.b("1"), 0, nil, nil))
	r.want(t, `put \\HOST\root\t:B.Id="1"`, "completed NoErr")
	f.ok(s.PutAsync(&r.Sink, f.b("1"), scripting.FlagSendStatus, nil, named("p")))
	r.want(t, "progress 10 3 x [p]", `put \\HOST\root\t:B.Id="1" [p]`, "completed NoErr [p]")
}

// endless is a session whose classes have no end.
type endless struct {
	wbem.Services
}

func (s endless) Instances(ctx context.Context, class string, o wbem.Options) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		c, err := s.GetClass(ctx, class, wbem.Options{})
		wbem.Started(ctx)
		for err == nil && ctx.Err() == nil {
			if !yield(cim.NewInstance(c), nil) {
				return
			}
		}
		yield(nil, ctx.Err())
	}
}

// async-and-security.md#12, async-and-security.md#14: Cancel while objects come,
// of one sink among two.
func TestCancelEndless(t *testing.T) {
	f := newFixture(t)
	s := scripting.NewServices(endless{f.Session()})
	r := newRecorder()
	hold, ready := make(chan struct{}), make(chan struct{})
	r.OnObjectReady = func(*scripting.Object, *scripting.NamedValueSet) {
		ready <- struct{}{}
		<-hold
	}
	f.ok(s.InstancesOfAsync(&r.Sink, "B", 0, nil, nil))
	<-ready
	other := newRecorder()
	f.ok(r.Cancel())
	f.ok(f.GetAsync(&other.Sink, "B", 0, nil, nil))
	close(hold)
	r.want(t, "completed CallCancelled")
	other.want(t, "ready B", "completed NoErr")

	// A set over it is left while it has more.
	set, err := s.InstancesOf("B", immediately|scripting.FlagForwardOnly, nil)
	f.ok(err)
	for _, err := range set.All() {
		f.ok(err)
		break
	}
	f.ok(set.Close())
}
