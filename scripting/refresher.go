package scripting

import (
	"context"
	"iter"
	"slices"
	"sync"

	"openwmi/cim"
	"openwmi/wbem"
)

// A Refresher reads instances again, all at once, into the objects that it gave
// out (SWbemRefresher). It may be used by several goroutines, but while Refresh
// runs nobody else uses those objects, and what changes the Refresher is
// ErrRefresherBusy.
type Refresher struct {
	mu          sync.Mutex // guards what follows
	items       []*RefreshableItem
	last        int  // the last index that was given out; none is given twice
	busy        bool // Refresh runs
	noReconnect bool
}

// NewRefresher returns an empty Refresher.
func NewRefresher() *Refresher { return &Refresher{} }

// A RefreshableItem is an instance, or the set of the instances of a class, that
// a Refresher reads again (SWbemRefreshableItem).
type RefreshableItem struct {
	refresher *Refresher
	index     int
	services  *Services
	options   wbem.Options
	object    *Object
	class     string // of a set
	set       *ObjectSet
}

// change runs f with the refresher locked, unless Refresh runs.
func (r *Refresher) change(source string, f func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy {
		return fail(source, ErrRefresherBusy, "the refresher is at work")
	}
	return f()
}

// Add adds an instance. It is read at once, and is Object of the item. Flags are
// 0. The error is ErrInvalidObjectPath for another path than that of an
// instance, ErrInvalidParameter without services, else that of Services.Get.
func (r *Refresher) Add(services *Services, instancePath string, flags Flags, values *NamedValueSet) (*RefreshableItem, error) {
	const source = "SWbemRefresher.Add"
	return r.add(source, services, flags, values, func(item *RefreshableItem) error {
		path, err := cim.ParsePath(instancePath)
		if err != nil || !path.IsInstance() {
			return fail(source, ErrInvalidObjectPath, "%.60q is not the path of an instance", instancePath)
		}
		inst, err := services.svc.GetInstance(services.ctx, path, item.options)
		if err != nil {
			return services.fail(source, err)
		}
		item.object = newObject(services, services.security, inst)
		return nil
	})
}

// AddEnum adds the instances of a class and its subclasses. ObjectSet of the item
// has none before the first Refresh. Flags are 0. The error is ErrInvalidClass
// for an unknown class, ErrInvalidParameter without services or class.
func (r *Refresher) AddEnum(services *Services, class string, flags Flags, values *NamedValueSet) (*RefreshableItem, error) {
	const source = "SWbemRefresher.AddEnum"
	return r.add(source, services, flags, values, func(item *RefreshableItem) error {
		if err := hasClass(source, class); err != nil {
			return err
		}
		_, err := services.svc.GetClass(services.ctx, class, item.options)
		if wbem.StatusOf(err) == ErrNotFound {
			err = wbem.NewError("CreateInstanceEnum", class, ErrInvalidClass)
		}
		if err != nil {
			return services.fail(source, err)
		}
		none, err := wbem.Enumerate(services.ctx, 0, "CreateInstanceEnum", class, noInstances)
		if err != nil {
			return services.fail(source, err)
		}
		item.class, item.set = class, newObjectSet(services, none, 0)
		return nil
	})
}

func noInstances(context.Context) iter.Seq2[*cim.Instance, error] {
	return func(func(*cim.Instance, error) bool) {}
}

// add adds an item that fill completes.
func (r *Refresher) add(source string, services *Services, flags Flags, values *NamedValueSet, fill func(*RefreshableItem) error) (*RefreshableItem, error) {
	if services == nil {
		return nil, fail(source, ErrInvalidParameter, "there is no services object")
	}
	o, err := services.options(source, flags, 0, values)
	if err != nil {
		return nil, err
	}
	item := &RefreshableItem{refresher: r, services: services, options: o}
	if err := fill(item); err != nil {
		return nil, err
	}
	err = r.change(source, func() error {
		r.last++
		item.index = r.last
		r.items = append(r.items, item)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return item, nil
}

// Item returns the item with an index: ErrNotFound if there is none.
func (r *Refresher) Item(index int) (*RefreshableItem, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.position(index); i >= 0 {
		return r.items[i], nil
	}
	return nil, noItem("SWbemRefresher.Item", index)
}

func (r *Refresher) position(index int) int {
	return slices.IndexFunc(r.items, func(item *RefreshableItem) bool { return item.index == index })
}

func noItem(source string, index int) error {
	return fail(source, ErrNotFound, "there is no item %d", index)
}

// Count returns the number of items.
func (r *Refresher) Count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.items)
}

// All yields the items that are there when the loop begins, in the order in
// which they were added.
func (r *Refresher) All() iter.Seq[*RefreshableItem] {
	return func(yield func(*RefreshableItem) bool) {
		r.mu.Lock()
		items := slices.Clone(r.items)
		r.mu.Unlock()
		for _, item := range items {
			if !yield(item) {
				return
			}
		}
	}
}

// Remove removes the item with an index: ErrNotFound if there is none. Flags are
// 0.
func (r *Refresher) Remove(index int, flags Flags) error {
	return r.remove("SWbemRefresher.Remove", index, flags)
}

func (r *Refresher) remove(source string, index int, flags Flags) error {
	if err := noFlags(source, flags); err != nil {
		return err
	}
	return r.change(source, func() error {
		i := r.position(index)
		if i < 0 {
			return noItem(source, index)
		}
		r.items = slices.Delete(r.items, i, i+1)
		return nil
	})
}

// DeleteAll removes all items.
func (r *Refresher) DeleteAll() error {
	return r.change("SWbemRefresher.DeleteAll", func() error {
		r.items = nil
		return nil
	})
}

// AutoReconnect reports whether a lost connection is made again, as it is unless
// it was switched off. It concerns providers of performance data only.
func (r *Refresher) AutoReconnect() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.noReconnect
}

// SetAutoReconnect says whether a lost connection is made again.
func (r *Refresher) SetAutoReconnect(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.noReconnect = !on
}

// Refresh reads all items again: references to their objects see the new values,
// and their sets have new objects. Flags are 0. It fails with the first error if
// nothing could be read; an item that could not be read while others could
// stays as it was ("SWbemRefresher.Refresh method").
func (r *Refresher) Refresh(flags Flags) error {
	const source = "SWbemRefresher.Refresh"
	if err := noFlags(source, flags); err != nil {
		return err
	}
	var items []*RefreshableItem
	err := r.change(source, func() error {
		r.busy = true
		items = r.items
		return nil
	})
	if err != nil {
		return err
	}
	defer func() {
		r.mu.Lock()
		r.busy = false
		r.mu.Unlock()
	}()
	var first error
	done := 0
	for _, item := range items {
		if err := item.read(source); err == nil {
			done++
		} else if first == nil {
			first = err
		}
	}
	if done > 0 {
		return nil
	}
	return first
}

func (i *RefreshableItem) read(source string) error {
	if i.set == nil {
		return i.object.refresh(source, i.options)
	}
	e, err := wbem.EnumerateInstances(i.services.ctx, i.services.svc, i.class, i.options)
	if err != nil {
		return i.services.fail(source, err)
	}
	i.set.renew(e)
	return nil
}

// Index returns the number of the item in its refresher. It is no position, and
// no other item gets it.
func (i *RefreshableItem) Index() int { return i.index }

// Refresher returns the refresher, nil after the item was removed from it.
func (i *RefreshableItem) Refresher() *Refresher {
	if _, err := i.refresher.Item(i.index); err != nil {
		return nil
	}
	return i.refresher
}

// IsSet reports whether the item is a set.
func (i *RefreshableItem) IsSet() bool { return i.set != nil }

// Object returns the instance, nil for a set.
func (i *RefreshableItem) Object() *Object { return i.object }

// ObjectSet returns the set, nil for an instance.
func (i *RefreshableItem) ObjectSet() *ObjectSet { return i.set }

// Remove removes the item from its refresher: ErrNotFound if it is no longer
// there. Flags are 0.
func (i *RefreshableItem) Remove(flags Flags) error {
	return i.refresher.remove("SWbemRefreshableItem.Remove", i.index, flags)
}
