package wbemtest

import (
	"fmt"
	"sync"

	"openwmi/cim"
	"openwmi/wbem"
)

// A recorder notes what a sink gets.
type recorder struct {
	mu     sync.Mutex // guards events
	events []string
	done   chan error
}

func newRecorder() (*recorder, *wbem.Sink) {
	r := &recorder{done: make(chan error, 16)}
	return r, &wbem.Sink{
		OnObject:    func(o cim.Object, c any) error { return r.note("ready %s %v", o.ClassName(), c) },
		OnObjectPut: func(p cim.Path, c any) error { return r.note("put %s %v", p.RelPath(), c) },
		OnProgress:  func(p wbem.Progress, c any) error { return r.note("progress %v", c) },
		OnCompleted: func(err error, c any) {
			_ = r.note("completed %s %v", wbem.StatusOf(err).Name(), c)
			r.done <- err
		},
	}
}

func (r *recorder) note(format string, args ...any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, fmt.Sprintf(format, args...))
	return nil
}

func (f *fixture) wantEvents(r *recorder, want ...string) {
	f.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if fmt.Sprint(r.events) != fmt.Sprint(want) {
		f.Errorf("events %q, want %q", r.events, want)
	}
}

// asyncCases are those of put.md 15, "Asynchronous, rights, events", that need
// no right or event.
var asyncCases = []testCase{
	{"put.md#79 async-and-security.md#1 no sink", func(f *fixture) {
		err := wbem.PutInstanceAsync(f.ctx, f, nil, f.spawn(f, "B", "Id", "1"), wbem.Options{}, nil)
		f.status(err, wbem.InvalidParameter)
	}},
	{"put.md#80 async-and-security.md#7 success", func(f *fixture) {
		r, sink := newRecorder()
		f.status(wbem.PutInstanceAsync(f.ctx, f, sink, f.spawn(f, "B", "Id", "1"), wbem.Options{}, "ctx"), wbem.OK)
		<-r.done
		f.wantEvents(r, `put B.Id="1" ctx`, "completed NoErr ctx")
	}},
	{"put.md#81 failure after the start", func(f *fixture) {
		f.put(0, "B", "Id", "1")
		r, sink := newRecorder()
		f.status(wbem.PutInstanceAsync(f.ctx, f, sink, f.spawn(f, "B", "Id", "1"), wbem.Options{Flags: wbem.CreateOnly}, nil), wbem.OK)
		err := <-r.done
		f.status(err, wbem.AlreadyExists)
		f.wantEvents(r, "completed AlreadyExists <nil>")
		if v, _ := wbem.ErrorObject(err).Get("StatusCode"); v.Uint() != uint64(wbem.AlreadyExists) {
			f.Error(v)
		}
	}},
	{"put.md#82 failure before the start", func(f *fixture) {
		r, sink := newRecorder()
		err := wbem.PutInstanceAsync(f.ctx, f, sink, f.spawn(f, "B", "Id", "1"), wbem.Options{Flags: 0x1000}, nil)
		f.status(err, wbem.InvalidParameter)
		f.wantEvents(r)
	}},
	{"put.md#83 object changed after the call", func(f *fixture) {
		r, sink := newRecorder()
		inst := f.spawn(f, "B", "Id", "1", "S", "before")
		f.status(wbem.PutInstanceAsync(f.ctx, f, sink, inst, wbem.Options{}, nil), wbem.OK)
		f.set(inst, "S", "after")
		<-r.done
		f.want(`B.Id="1"`, "S", "before")
	}},
	{"put.md#89 no progress", func(f *fixture) {
		r, sink := newRecorder()
		f.status(wbem.PutInstanceAsync(f.ctx, f, sink, f.spawn(f, "B", "Id", "1"), wbem.Options{Flags: wbem.SendStatus}, nil), wbem.OK)
		<-r.done
		f.wantEvents(r, `put B.Id="1" <nil>`, "completed NoErr <nil>")
	}},
	{"async-and-security.md#4 async-and-security.md#5 reads", func(f *fixture) {
		f.put(0, "D", "Id", "1")
		f.put(0, "E", "Id", "2")
		r, sink := newRecorder()
		f.status(wbem.GetAsync(f.ctx, f, sink, `B.Id="1"`, wbem.Options{}, 1), wbem.OK)
		<-r.done
		f.status(wbem.InstancesAsync(f.ctx, f, sink, "B", wbem.Options{}, 2), wbem.OK)
		<-r.done
		f.status(wbem.InstancesAsync(f.ctx, f, sink, "KI", wbem.Options{}, 3), wbem.OK)
		<-r.done
		f.wantEvents(r, "ready D 1", "completed NoErr 1", "ready D 2", "ready E 2", "completed NoErr 2", "completed NoErr 3")
	}},
}
