package live

import (
	"context"
	"iter"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// A Class supplies the instances of one class; each T is the object of one of
// them, and belongs to one goroutine. It must not be changed once it is used.
type Class[T any] struct {
	Name string

	// All yields all objects. An error ends the sequence.
	All func(ctx context.Context) iter.Seq2[*T, error]

	// Find are faster ways to some of the objects, by the name of the property
	// that has the value. What a Finder returns may include others.
	Find map[string]Finder[T]

	// Search is a faster way for whole queries: for ranges, or what several
	// properties tell together. It returns nil where it knows none, and else
	// all objects to which q applies, among others. Nil is never.
	Search func(ctx context.Context, q *provider.Query) iter.Seq2[*T, error]

	// Fields are the properties that are not always NULL, each once. What Get
	// returns is of the type that the property has.
	Fields []Field[T]

	// Gone reports whether the object has ended while its properties were
	// read; it is then left out. Nil is never.
	Gone func(*T) bool

	// Methods are what can be executed, by name.
	Methods map[string]Method[T]

	bound atomic.Pointer[binding] // the class that was seen last
}

// A Finder returns objects by the value of a property, none if there are none.
type Finder[T any] func(ctx context.Context, v cim.Value) ([]*T, error)

// A Field is a property.
type Field[T any] struct {
	Name string
	Get  func(*T) cim.Value
}

// A Method is what a method does. It sets the parameters that it returns in
// out, which is nil if there are none; obj is nil for a static method.
type Method[T any] func(ctx context.Context, r *provider.Request, obj *T, in, out *cim.Instance) error

// Const returns the field of a property that is the same everywhere.
func Const[T any](name string, v cim.Value) Field[T] {
	return Field[T]{name, func(*T) cim.Value { return v }}
}

// A binding says where the fields are in a class; -1 for one that it does not
// have.
type binding struct {
	class *cim.Class
	at    []int
}

func (c *Class[T]) bind(class *cim.Class) *binding {
	if b := c.bound.Load(); b != nil && b.class == class {
		return b
	}
	b := &binding{class, make([]int, len(c.Fields))}
	for i, f := range c.Fields {
		b.at[i] = class.PropertyIndex(f.Name)
	}
	c.bound.Store(b)
	return b
}

func (c *Class[T]) className() string { return c.Name }

// instances yields what an enumeration or, with q, a query wants.
func (c *Class[T]) instances(ctx context.Context, class *cim.Class, q *provider.Query) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		p := c.plan(class, q)
		for obj, err := range c.objects(ctx, q) {
			if err != nil {
				yield(nil, err)
				return
			}
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			if inst := p.instance(obj); inst != nil && !yield(inst, nil) {
				return
			}
		}
	}
}

// objects yields at least those that a query wants.
func (c *Class[T]) objects(ctx context.Context, q *provider.Query) iter.Seq2[*T, error] {
	if q == nil {
		return c.All(ctx)
	}
	if c.Search != nil {
		if found := c.Search(ctx, q); found != nil {
			return found
		}
	}
	for name, find := range c.Find {
		values, ok := q.Values(name)
		if !ok {
			continue
		}
		return func(yield func(*T, error) bool) {
			for i, v := range values {
				if contains(values[:i], v) {
					continue
				}
				objs, err := find(ctx, v)
				if err != nil {
					yield(nil, err)
					return
				}
				for _, obj := range objs {
					if !yield(obj, nil) {
						return
					}
				}
			}
		}
	}
	return c.All(ctx)
}

// Instance returns an object as an instance of class, for an event that is about
// it; nil if it is gone.
func (c *Class[T]) Instance(class *cim.Class, obj *T) *cim.Instance {
	return c.plan(class, nil).instance(obj)
}

// find returns the object that has the keys of key: NotFound.
func (c *Class[T]) find(ctx context.Context, key *cim.Instance) (*T, error) {
	class := key.Class()
	var keys []provider.Condition
	for _, k := range class.Keys() {
		keys = append(keys, provider.Condition{Property: class.Properties()[k].Name(), In: []cim.Value{key.At(k)}})
	}
	q := &provider.Query{Conditions: keys, Properties: []string{}}
	p := c.plan(class, q)
	for obj, err := range c.objects(ctx, q) {
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if p.fits(obj) && (c.Gone == nil || !c.Gone(obj)) {
			return obj, nil
		}
	}
	return nil, wbem.NotFound
}

// get returns the instance that has the keys of key: NotFound.
func (c *Class[T]) get(ctx context.Context, key *cim.Instance) (*cim.Instance, error) {
	obj, err := c.find(ctx, key)
	if err != nil {
		return nil, err
	}
	p := c.plan(key.Class(), nil)
	if inst := p.instance(obj); inst != nil {
		return inst, nil
	}
	return nil, wbem.NotFound
}

// exec executes a method of the object that has the keys of key, nil for a
// static one.
func (c *Class[T]) exec(ctx context.Context, r *provider.Request, key *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error) {
	run := c.Methods[m.Name()]
	if run == nil {
		return nil, wbem.MethodNotImplemented
	}
	var obj *T
	if key != nil {
		var err error
		if obj, err = c.find(ctx, key); err != nil {
			return nil, err
		}
	}
	var out *cim.Instance
	if sig := m.Signature(true); sig != nil {
		out = cim.NewInstance(sig)
	}
	if err := run(ctx, r, obj, in, out); err != nil {
		return nil, err
	}
	return out, nil
}
