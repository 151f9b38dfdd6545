package wbem

import (
	"context"
	"iter"
	"math"
	"runtime"
	"sync"
	"time"

	"openwmi/cim"
)

// window bounds the objects that an enumeration produces ahead of its readers.
const window = 64

// An Enumerator is what comes of a semisynchronous call with many results
// (IEnumWbemClassObject). The operation runs in the background, at most 64
// objects ahead of whoever reads, and stops when the enumerator is closed, when
// nobody refers to it any more, or when the context of the call ends.
//
// A forward-only enumerator gives every object away once. Any other one keeps
// what it has read, so that it can be reset and cloned, and hands out copies.
//
// The errors of the operation appear when its results are read: after the
// objects that came before, and then every time. A closed enumerator is
// InvalidOperation.
//
// An Enumerator may be used by several goroutines; each object goes to one of
// them. [MS-WMI] IEnumWbemClassObject; async-and-security.md 1.2
type Enumerator struct {
	r       *results
	pos     int  // number of objects read; guarded by r.mu
	closed  bool // guarded by r.mu
	cleanup runtime.Cleanup
}

// results are what an operation produces. Enumerators that were cloned share
// them.
type results struct {
	op, path    string
	forwardOnly bool
	cancel      context.CancelFunc

	mu      sync.Mutex // guards what follows
	readers int        // enumerators that are not closed
	objects []cim.Object
	base    int // number of objects before objects[0], which were given away
	read    int // the farthest position of a reader
	ended   bool
	status  Status // of the end: SFalse, or what says more, such as SPartialResults
	err     error
	// changed is closed when an object or the end arrives or an enumerator
	// is closed, room when one was read. Both are nil while nobody waits.
	changed, room chan struct{}
}

// Enumerate starts an operation with many results and returns when the checks
// before its start have passed; their failure is the error (see Start). op and
// path name it in errors, produce is the operation.
//
// Flags may have ForwardOnly and ReturnImmediately. Without the second the
// operation is synchronous: Enumerate returns when it has ended and holds all
// its objects, and fails if it failed. Other flags are not looked at.
//
// The context is that of the whole enumeration.
func Enumerate[O cim.Object](ctx context.Context, flags Flags, op, path string,
	produce func(context.Context) iter.Seq2[O, error]) (*Enumerator, error) {
	r := &results{op: op, path: path, forwardOnly: flags&ForwardOnly != 0}
	ctx, r.cancel = context.WithCancel(ctx)
	if flags&ReturnImmediately == 0 {
		r.read = math.MaxInt
	}
	err := begin(ctx, func() {}, func(ctx context.Context) error {
		for o, err := range produce(ctx) {
			if err == nil {
				err = r.add(ctx, o)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}, r.end)
	e := newEnumerator(r, 0)
	if err == nil && flags&ReturnImmediately == 0 {
		err = e.await(ctx)
	}
	if err != nil {
		e.Close()
		return nil, NewError(op, path, err)
	}
	return e, nil
}

// EnumerateInstances starts Services.Instances. The named values are copied.
func EnumerateInstances(ctx context.Context, s Services, class string, o Options) (*Enumerator, error) {
	flags := o.enumeration()
	return Enumerate(ctx, flags, opInstances, class, func(ctx context.Context) iter.Seq2[*cim.Instance, error] {
		return s.Instances(ctx, class, o)
	})
}

// EnumerateClasses starts Services.Classes. The named values are copied.
func EnumerateClasses(ctx context.Context, s Services, super string, o Options) (*Enumerator, error) {
	flags := o.enumeration()
	return Enumerate(ctx, flags, opClasses, super, func(ctx context.Context) iter.Seq2[*cim.Class, error] {
		return s.Classes(ctx, super, o)
	})
}

// EnumerateQuery starts Services.Query. The named values are copied. With
// ReturnImmediately what is wrong with the query itself appears when its results
// are read, without it every error is that of the call (wql.md 12).
func EnumerateQuery(ctx context.Context, s Services, language, query string, o Options) (*Enumerator, error) {
	flags := o.enumeration()
	return Enumerate(ctx, flags, opQuery, query, func(ctx context.Context) iter.Seq2[cim.Object, error] {
		return s.Query(ctx, language, query, o)
	})
}

// enumeration takes out of the options what concerns the enumerator alone.
func (o *Options) enumeration() Flags {
	const own = ReturnImmediately | ForwardOnly
	flags := o.Flags
	o.Flags &^= own
	o.Context = o.Context.Clone()
	return flags & own
}

func newEnumerator(r *results, pos int) *Enumerator {
	e := &Enumerator{r: r, pos: pos}
	r.readers++
	e.cleanup = runtime.AddCleanup(e, (*results).release, r)
	return e
}

// release counts one reader less. Without readers the operation ends.
func (r *results) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.readers--; r.readers == 0 {
		r.objects = nil
		r.cancel()
	}
	notify(&r.changed)
}

// notify wakes whoever waits for *ch.
func notify(ch *chan struct{}) {
	if *ch != nil {
		close(*ch)
		*ch = nil
	}
}

// waiter returns the channel that the next notify closes.
func waiter(ch *chan struct{}) <-chan struct{} {
	if *ch == nil {
		*ch = make(chan struct{})
	}
	return *ch
}

// add appends an object. It waits while the readers are too far behind.
func (r *results) add(ctx context.Context, o cim.Object) error {
	Started(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.objects)+r.base-r.read >= window {
		room := waiter(&r.room)
		r.mu.Unlock()
		err := deadline{}.wait(ctx, room)
		r.mu.Lock()
		if err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	r.objects = append(r.objects, o)
	notify(&r.changed)
	return nil
}

func (r *results) end(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended, r.status = true, SFalse
	if status := StatusOf(err); err != nil && !status.Failed() {
		r.status, err = status, nil
	}
	r.err = NewError(r.op, r.path, err)
	r.cancel()
	notify(&r.changed)
}

// Next returns the next count objects: OK with all of them; SFalse with fewer at
// the end, or another success that says more of it, such as SPartialResults;
// STimedout with fewer when the timeout was over. The objects that are
// there when the operation turns out to have failed, or the context ends, come
// together with the error.
func (e *Enumerator) Next(ctx context.Context, timeout time.Duration, count int) ([]cim.Object, Status, error) {
	var out []cim.Object
	status, err := e.advance(ctx, timeout, count, func(o cim.Object) { out = append(out, o) })
	if !e.r.forwardOnly {
		for i, o := range out {
			out[i] = cloneObject(o)
		}
	}
	return out, status, err
}

// Skip passes over the next count objects, with the status of Next.
func (e *Enumerator) Skip(ctx context.Context, timeout time.Duration, count int) (Status, error) {
	return e.advance(ctx, timeout, count, func(cim.Object) {})
}

func (e *Enumerator) advance(ctx context.Context, timeout time.Duration, count int, take func(cim.Object)) (Status, error) {
	defer runtime.KeepAlive(e)
	r := e.r
	d, err := newDeadline(timeout)
	if err == nil && count < 0 {
		err = cim.Errorf(InvalidParameter, "the number of objects is negative")
	}
	if err != nil {
		return StatusOf(err), NewError(r.op, r.path, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := 0; ; {
		if e.closed {
			return InvalidOperation, r.fail(InvalidOperation, "the enumerator is closed")
		}
		for n < count && e.pos < r.base+len(r.objects) {
			take(r.take(e.pos))
			e.pos++
			n++
		}
		if e.pos > r.read {
			r.read = e.pos
			notify(&r.room)
		}
		switch {
		case n == count:
			return OK, nil
		case r.ended && r.err != nil:
			return StatusOf(r.err), r.err
		case r.ended:
			return r.status, nil
		}
		changed := waiter(&r.changed)
		r.mu.Unlock()
		err := d.wait(ctx, changed)
		r.mu.Lock()
		if err == STimedout {
			return STimedout, nil
		}
		if err != nil {
			err = NewError(r.op, r.path, err)
			return StatusOf(err), err
		}
	}
}

// take returns the object at a position. A forward-only enumerator gives it
// away; it has one reader.
func (r *results) take(pos int) cim.Object {
	o := r.objects[pos-r.base]
	if r.forwardOnly {
		r.objects[0] = nil
		r.objects = r.objects[1:]
		r.base++
	}
	return o
}

func (r *results) fail(s Status, why string) error {
	return NewError(r.op, r.path, cim.Errorf(s, "%s", why))
}

// Reset goes back to the first object: InvalidOperation for a forward-only
// enumerator.
func (e *Enumerator) Reset() error {
	defer runtime.KeepAlive(e)
	e.r.mu.Lock()
	defer e.r.mu.Unlock()
	if err := e.rewindable(); err != nil {
		return err
	}
	e.pos = 0
	return nil
}

// Clone returns another enumerator at the same position, which reads on for
// itself and is closed for itself: InvalidOperation for a forward-only
// enumerator.
func (e *Enumerator) Clone() (*Enumerator, error) {
	defer runtime.KeepAlive(e)
	e.r.mu.Lock()
	defer e.r.mu.Unlock()
	if err := e.rewindable(); err != nil {
		return nil, err
	}
	return newEnumerator(e.r, e.pos), nil
}

func (e *Enumerator) rewindable() error {
	switch {
	case e.closed:
		return e.r.fail(InvalidOperation, "the enumerator is closed")
	case e.r.forwardOnly:
		return e.r.fail(InvalidOperation, "the enumerator goes forward only")
	}
	return nil
}

// Count returns the number of all objects, read or not, and waits until the
// operation has produced them: InvalidOperation for a forward-only enumerator.
func (e *Enumerator) Count(ctx context.Context) (int, error) {
	defer runtime.KeepAlive(e)
	e.r.mu.Lock()
	err := e.rewindable()
	if err == nil {
		e.r.read = math.MaxInt
		notify(&e.r.room)
	}
	e.r.mu.Unlock()
	if err == nil {
		err = e.await(ctx)
	}
	if err != nil {
		return 0, NewError(e.r.op, e.r.path, err)
	}
	e.r.mu.Lock()
	defer e.r.mu.Unlock()
	return len(e.r.objects), nil
}

// await waits for the end of the operation and returns its error.
func (e *Enumerator) await(ctx context.Context) error {
	r := e.r
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.ended {
		if e.closed {
			return r.fail(InvalidOperation, "the enumerator is closed")
		}
		changed := waiter(&r.changed)
		r.mu.Unlock()
		err := deadline{}.wait(ctx, changed)
		r.mu.Lock()
		if err != nil && !r.ended {
			return err
		}
	}
	return r.err
}

// All yields the objects from the current position on. Breaking the loop leaves
// the enumerator where it is.
func (e *Enumerator) All(ctx context.Context) iter.Seq2[cim.Object, error] {
	return func(yield func(cim.Object, error) bool) {
		for {
			objects, _, err := e.Next(ctx, Infinite, 1)
			switch {
			case len(objects) > 0:
				if !yield(objects[0], nil) {
					return
				}
			case err != nil:
				yield(nil, err)
				return
			default:
				return
			}
		}
	}
}

// Close releases what the enumerator holds and, if no clone is open, ends the
// operation. Closing twice does nothing.
func (e *Enumerator) Close() error {
	e.r.mu.Lock()
	closed := e.closed
	e.closed = true
	e.r.mu.Unlock()
	if !closed {
		e.cleanup.Stop()
		e.r.release()
	}
	return nil
}
