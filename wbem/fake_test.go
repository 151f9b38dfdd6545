package wbem_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/wbem"
)

// fake is a session whose operations a test supplies. Each passes the checks
// before its start by itself, unless a test gives one that fails there.
type fake struct {
	wbem.Services
	check         error // of every operation, before its start
	getInstance   func(ctx context.Context, path cim.Path, o wbem.Options) (*cim.Instance, error)
	instances     func(ctx context.Context, class string, o wbem.Options) iter.Seq2[*cim.Instance, error]
	classes       func(ctx context.Context, super string, o wbem.Options) iter.Seq2[*cim.Class, error]
	putClass      func(ctx context.Context, decl *cim.ClassDecl, o wbem.Options) error
	putInstance   func(ctx context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error)
	remove        func(ctx context.Context, path string, o wbem.Options) error
	openNamespace func(ctx context.Context, relative string, o wbem.Options) (wbem.Services, error)
	query         func(ctx context.Context, language, query string, o wbem.Options) iter.Seq2[cim.Object, error]
	execMethod    func(ctx context.Context, path cim.Path, method string, in *cim.Instance, o wbem.Options) (*cim.Instance, error)
	subscribe     func(ctx context.Context, language, query string, o wbem.Options) (wbem.Subscription, error)
}

func (f *fake) Server() string    { return "HOST" }
func (f *fake) Namespace() string { return `root\t` }
func (f *fake) Close() error      { return nil }

func (f *fake) start(ctx context.Context) error {
	if f.check != nil {
		return f.check
	}
	wbem.Started(ctx)
	return nil
}

func (f *fake) GetInstance(ctx context.Context, path cim.Path, o wbem.Options) (*cim.Instance, error) {
	if err := f.start(ctx); err != nil {
		return nil, err
	}
	return f.getInstance(ctx, path, o)
}

func (f *fake) Instances(ctx context.Context, class string, o wbem.Options) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		if err := f.start(ctx); err != nil {
			yield(nil, err)
			return
		}
		f.instances(ctx, class, o)(yield)
	}
}

func (f *fake) Classes(ctx context.Context, super string, o wbem.Options) iter.Seq2[*cim.Class, error] {
	return func(yield func(*cim.Class, error) bool) {
		if err := f.start(ctx); err != nil {
			yield(nil, err)
			return
		}
		f.classes(ctx, super, o)(yield)
	}
}

func (f *fake) PutClass(ctx context.Context, decl *cim.ClassDecl, o wbem.Options) error {
	if err := f.start(ctx); err != nil {
		return err
	}
	return f.putClass(ctx, decl, o)
}

func (f *fake) PutInstance(ctx context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
	if err := f.start(ctx); err != nil {
		return cim.Path{}, err
	}
	return f.putInstance(ctx, inst, o)
}

func (f *fake) DeleteClass(ctx context.Context, name string, o wbem.Options) error {
	if err := f.start(ctx); err != nil {
		return err
	}
	return f.remove(ctx, name, o)
}

func (f *fake) DeleteInstance(ctx context.Context, path cim.Path, o wbem.Options) error {
	if err := f.start(ctx); err != nil {
		return err
	}
	return f.remove(ctx, path.RelPath(), o)
}

func (f *fake) OpenNamespace(ctx context.Context, relative string, o wbem.Options) (wbem.Services, error) {
	if err := f.start(ctx); err != nil {
		return nil, err
	}
	return f.openNamespace(ctx, relative, o)
}

func (f *fake) Query(ctx context.Context, language, query string, o wbem.Options) iter.Seq2[cim.Object, error] {
	return func(yield func(cim.Object, error) bool) {
		if err := f.start(ctx); err != nil {
			yield(nil, err)
			return
		}
		f.query(ctx, language, query, o)(yield)
	}
}

func (f *fake) ExecMethod(ctx context.Context, path cim.Path, method string, in *cim.Instance, o wbem.Options) (*cim.Instance, error) {
	if path.Class == "" {
		return nil, wbem.InvalidObjectPath
	}
	if err := f.start(ctx); err != nil {
		return nil, err
	}
	return f.execMethod(ctx, path, method, in, o)
}

func (f *fake) Subscribe(ctx context.Context, language, query string, o wbem.Options) (wbem.Subscription, error) {
	if err := f.start(ctx); err != nil {
		return nil, err
	}
	return f.subscribe(ctx, language, query, o)
}

// A feed is a subscription to what a test sends: events, and errors, of which
// any but QueueOverflow is the end.
type feed struct {
	ctx    context.Context // of the subscription
	items  chan any
	closed chan struct{}
	close  func()
}

func newFeed(ctx context.Context, items ...any) *feed {
	f := &feed{ctx: ctx, items: make(chan any, 100), closed: make(chan struct{})}
	f.close = sync.OnceFunc(func() { close(f.closed) })
	for _, item := range items {
		f.items <- item
	}
	return f
}

func (f *feed) Close() error { f.close(); return nil }

func (f *feed) Next(ctx context.Context) (*cim.Instance, error) {
	if err := f.ended(); err != nil {
		return nil, err
	}
	select {
	case item := <-f.items:
		return f.deliver(item)
	default:
	}
	select {
	case item := <-f.items:
		return f.deliver(item)
	case <-ctx.Done():
		return nil, wbem.NewError("ExecNotificationQuery", "", ctx.Err())
	case <-f.closed:
	case <-f.ctx.Done():
	}
	return nil, f.ended()
}

func (f *feed) ended() error {
	select {
	case <-f.closed:
		return wbem.NewError("ExecNotificationQuery", "", wbem.InvalidOperation)
	default:
		return wbem.NewError("ExecNotificationQuery", "", f.ctx.Err())
	}
}

func (f *feed) deliver(item any) (*cim.Instance, error) {
	if event, ok := item.(*cim.Instance); ok {
		return event, nil
	}
	err := item.(error)
	if !errors.Is(err, wbem.QueueOverflow) {
		f.items <- err
	}
	return nil, err
}

// classB is B of the fixture of put.md: the key Id, N = 7, and S.
var classB = func() *cim.Class {
	c, err := cim.Derive(nil, &cim.ClassDecl{Name: "B", Properties: []cim.PropertyDecl{
		{Name: "Id", Type: cim.TypeString, Qualifiers: cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}},
		{Name: "N", Type: cim.TypeSint32, Default: cim.Sint32Value(7), HasDefault: true},
		{Name: "S", Type: cim.TypeString},
	}})
	if err != nil {
		panic(err)
	}
	return c
}()

func newB(id string) *cim.Instance {
	i := cim.NewInstance(classB)
	if err := i.Set("Id", cim.StringValue(id)); err != nil {
		panic(err)
	}
	return i
}

// count yields instances of B with the numbers 1 to n as Id.
func count(n int) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		for i := range n {
			if !yield(newB(fmt.Sprint(i+1)), nil) {
				return
			}
		}
	}
}

// failing yields what seq does and then err.
func failing(seq iter.Seq2[*cim.Instance, error], err error) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		for i := range seq {
			if !yield(i, nil) {
				return
			}
		}
		yield(nil, err)
	}
}

// stored is a put that stores nothing and answers at once.
func stored(_ context.Context, inst *cim.Instance, _ wbem.Options) (cim.Path, error) {
	p, _ := cim.RelPath(inst)
	return p, nil
}

// ended is an operation that works until its context ends.
func ended(ctx context.Context, _ *cim.Instance, _ wbem.Options) (cim.Path, error) {
	<-ctx.Done()
	return cim.Path{}, ctx.Err()
}

// A record is a sink that writes down its events, a line each: the kind, what it
// is about, and the context of its call.
type record struct {
	wbem.Sink
	mu    sync.Mutex
	lines []string
}

func newRecord() *record {
	r := &record{}
	r.OnObject = func(o cim.Object, tag any) error { return r.add("object", name(o), tag) }
	r.OnObjectPut = func(p cim.Path, tag any) error { return r.add("put", p.String(), tag) }
	r.OnProgress = func(p wbem.Progress, tag any) error {
		return r.add("progress", fmt.Sprintf("%d/%d %s", p.Done, p.Total, p.Message), tag)
	}
	r.OnCompleted = func(err error, tag any) { r.add("completed", wbem.StatusOf(err).Name(), tag) }
	return r
}

func (r *record) add(kind, what string, tag any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	line := kind + " " + what
	if tag != nil {
		line += fmt.Sprintf(" [%v]", tag)
	}
	r.lines = append(r.lines, line)
	return nil
}

// take returns the events since the last call.
func (r *record) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := r.lines
	r.lines = nil
	return lines
}

func (r *record) want(t *testing.T, lines ...string) {
	t.Helper()
	if diff := cmp.Diff(strings.Join(lines, "\n"), strings.Join(r.take(), "\n")); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func name(o cim.Object) string {
	p, _ := cim.RelPath(o)
	return p.RelPath()
}

func wantStatus(t *testing.T, err error, want wbem.Status) {
	t.Helper()
	if got := wbem.StatusOf(err); got != want {
		t.Errorf("status %s, want %s: %v", got.Name(), want.Name(), err)
	}
}

func equal[T any](t *testing.T, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
