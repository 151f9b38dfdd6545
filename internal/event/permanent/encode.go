package permanent

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/provider"
)

// An event in a queue:
//
//	item = 1 id length namespace object
//
// id is 16 bytes, the hash of a random number and the queue: a number of the store would not do, since a store that
// is restored from a backup gives its numbers out again. The length has two
// bytes, the more significant one first. object is what repository.AppendObject
// makes of the event, in which the classes of instances are reduced to what tells
// their values: names, types, keys and defaults. Classes that are themselves the
// content of an event are complete.

const (
	itemVersion = 1
	idSize      = 16
	itemHeader  = 1 + idSize
)

// An item is an event as queues have it.
type item struct {
	event *event.Event
	seed  [idSize]byte
	data  []byte
}

// encode returns the item of an event. Many filters may want one, in turn, so the
// last item is kept.
func (s *Subscriptions) encode(e *event.Event) *item {
	if last := s.encoded.Load(); last != nil && last.event == e {
		return last
	}
	it := &item{event: e, data: s.appendEvent(e)}
	rand.Read(it.seed[:])
	s.encoded.Store(it)
	return it
}

// of returns the item for a queue, until the next call. Its id is always the same
// for this queue and event.
func (it *item) of(queue []byte) []byte {
	sum := sha256.Sum256(append(it.seed[:], queue...))
	copy(it.data[1:itemHeader], sum[:])
	return it.data
}

// appendEvent returns the data of an item without the id.
func (s *Subscriptions) appendEvent(e *event.Event) []byte {
	b := make([]byte, itemHeader, 512)
	b[0] = itemVersion
	path := e.Namespace.Path()
	b = append(b, byte(len(path)>>8), byte(len(path)))
	b = append(b, path...)
	return repository.AppendObject(b, s.shapes.reduce(e.Instance, cim.MaxNesting))
}

// decode returns the event of an item. An instance in it is of the class as it is
// now, if its values fit, else of a class made up for it.
func (s *Subscriptions) decode(item []byte) (provider.Event, error) {
	var e provider.Event
	if len(item) < itemHeader+2 || item[0] != itemVersion {
		return e, fmt.Errorf("%w: an event in a queue has the version %.1x", kv.ErrCorrupt, item)
	}
	n := int(item[itemHeader])<<8 | int(item[itemHeader+1])
	rest := item[itemHeader+2:]
	if len(rest) < n {
		return e, fmt.Errorf("%w: an event in a queue ends too early", kv.ErrCorrupt)
	}
	o, err := repository.DecodeObject(rest[n:])
	if err != nil {
		return e, err
	}
	inst, ok := o.(*cim.Instance)
	if !ok {
		return e, fmt.Errorf("%w: an event in a queue is a class", kv.ErrCorrupt)
	}
	e.ID = hex.EncodeToString(item[1:itemHeader])
	e.Namespace = string(rest[:n])
	e.Instance = s.restore(inst, e.Namespace)
	return e, nil
}

// shapes are the reduced classes of those that were met, by *cim.Class.
type shapes struct {
	mu  sync.RWMutex // guards all
	all map[*cim.Class]*cim.Class
}

// maxShapes bounds them, since a provider may come with a new class each time.
const maxShapes = 1 << 12

// reduce returns an instance of a reduced class with the same values. Objects
// nested deeper than that are NULL, as for all who look into events.
func (s *shapes) reduce(inst *cim.Instance, nesting int) *cim.Instance {
	c := inst.Class()
	out := cim.NewInstance(s.of(c))
	out.SetOrigin(inst.Origin())
	for k := range c.Properties() {
		if inst.IsSet(k) {
			out.Put(k, s.reduceValue(inst.At(k), nesting))
		}
	}
	return out
}

func (s *shapes) reduceValue(v cim.Value, nesting int) cim.Value {
	if v.Type().Elem() != cim.TypeObject {
		return v
	}
	return mapObjects(v, func(o cim.Object) cim.Object {
		inst, ok := o.(*cim.Instance)
		switch {
		case !ok:
			return o
		case nesting == 0:
			return nil
		}
		return s.reduce(inst, nesting-1)
	})
}

// mapObjects returns a value with other objects.
func mapObjects(v cim.Value, fn func(cim.Object) cim.Object) cim.Value {
	if !v.Type().IsArray() {
		return cim.ObjectValue(fn(v.Object()))
	}
	objects := make([]cim.Object, v.Len())
	for i := range objects {
		if objects[i] = fn(v.Index(i).Object()); objects[i] == nil {
			return cim.Value{}
		}
	}
	return cim.ObjectsValue(objects)
}

// of returns the reduced class of c: its properties stand in the same places.
func (s *shapes) of(c *cim.Class) *cim.Class {
	s.mu.RLock()
	shape := s.all[c]
	s.mu.RUnlock()
	if shape != nil {
		return shape
	}
	shape, err := reducedClass(c)
	if err != nil {
		shape = c // it is no class as others are, and does as it is
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil || len(s.all) >= maxShapes {
		s.all = map[*cim.Class]*cim.Class{}
	}
	s.all[c] = shape
	return shape
}

// reducedClass keeps of the superclasses of c their names alone.
func reducedClass(c *cim.Class) (reduced *cim.Class, err error) {
	above := c.Derivation()
	for i := len(above) - 1; i >= 0; i-- {
		if reduced, err = below(reduced, &cim.ClassDecl{Name: above[i]}); err != nil {
			return nil, err
		}
	}
	decl := &cim.ClassDecl{Name: c.Name()}
	if c.IsSingleton() {
		decl.Qualifiers = mark("Singleton")
	}
	for _, p := range c.Properties() {
		d := cim.PropertyDecl{Name: p.Name(), Type: p.Type(), Class: p.Class()}
		if def := p.Default(); !def.IsNull() {
			d.Default, d.HasDefault = def, true
		}
		if p.IsKey() {
			d.Qualifiers = mark("Key")
		}
		decl.Properties = append(decl.Properties, d)
	}
	if reduced, err = below(reduced, decl); err != nil {
		return nil, err
	}
	return reduced.At(c.Origin()), nil
}

func mark(name string) cim.Qualifiers {
	return cim.Qualifiers{{Name: name, Value: cim.BoolValue(true)}}
}

func below(super *cim.Class, decl *cim.ClassDecl) (*cim.Class, error) {
	if super != nil {
		decl.Super = super.Name()
	}
	return cim.Restore(super, decl)
}

// restore returns an instance of a reduced class as one of the class as it is
// now, and what is embedded in it likewise. Instances that do not say where they
// are stored are of classes in the namespace.
func (s *Subscriptions) restore(inst *cim.Instance, namespace string) *cim.Instance {
	reduced := inst.Class()
	var values []cim.Value
	for k := range reduced.Properties() {
		v := inst.At(k)
		if v.Type().Elem() == cim.TypeObject {
			v = mapObjects(v, func(o cim.Object) cim.Object {
				if sub, ok := o.(*cim.Instance); ok {
					return s.restore(sub, namespace)
				}
				return o
			})
		}
		values = append(values, v)
	}
	if o := inst.Origin(); o != nil {
		namespace = o.Namespace
	}
	out := cim.NewInstance(reduced)
	at := func(k int) int { return k }
	if c := s.classNow(namespace, reduced); c != nil {
		out = cim.NewInstance(c)
		at = func(k int) int { return c.PropertyIndex(reduced.Properties()[k].Name()) }
	}
	out.SetOrigin(inst.Origin())
	for k, v := range values {
		// What was a default may not be the default any more.
		if i := at(k); inst.IsSet(k) || !v.Equal(out.At(i)) {
			out.Put(i, v)
		}
	}
	return out
}

// classNow returns the class of that name if the values of an instance of the
// reduced class fit it, else nil.
func (s *Subscriptions) classNow(namespace string, reduced *cim.Class) *cim.Class {
	ns, err := s.repo.Namespace(namespace)
	if err != nil {
		return nil
	}
	c, err := ns.Class(reduced.Name())
	if err != nil {
		return nil
	}
	for _, p := range reduced.Properties() {
		now := c.Property(p.Name())
		if now == nil || now.Type() != p.Type() || now.IsKey() != p.IsKey() {
			return nil
		}
	}
	if len(c.Keys()) != len(reduced.Keys()) {
		return nil
	}
	return c
}
