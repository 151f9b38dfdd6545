package event

import (
	"context"
	"errors"
	"time"

	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// Publish raises an event that a client sends (events.md 3.5): an instance of a
// class derived from __ExtrinsicEvent that the namespace has, which is not
// changed and still belongs to the caller. When it returns, every Handler that
// wants the event has it.
//
// The error is InvalidClass for an instance of another class, InvalidProperty or
// TypeMismatch for one that does not fit the class in the namespace,
// InvalidNamespace, or what a Handler says.
func (b *Broker) Publish(ctx context.Context, namespace string, publisher *wbem.Identity, event *cim.Instance) error {
	return b.publish(ctx, namespace, publisher, event, "__ExtrinsicEvent")
}

// Raise raises an event for a provider: like Publish, but of any class of
// events, also of intrinsic ones about objects that are not in the repository
// (events.md 9).
func (b *Broker) Raise(ctx context.Context, namespace string, publisher *wbem.Identity, event *cim.Instance) error {
	return b.publish(ctx, namespace, publisher, event, "__Event")
}

func (b *Broker) publish(ctx context.Context, namespace string, publisher *wbem.Identity, event *cim.Instance, base string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if event == nil || event.Class() == nil {
		return cim.Errorf(wbem.InvalidParameter, "there is no event")
	}
	ns, err := b.repo.Namespace(namespace)
	if err != nil {
		return err
	}
	class, err := ns.Class(event.ClassName())
	if errors.Is(err, wbem.NotFound) {
		return cim.Errorf(wbem.InvalidClass, "class %s does not exist in %s", event.ClassName(), ns.Path())
	}
	if err != nil {
		return err
	}
	if !class.IsA(base) {
		return cim.Errorf(wbem.InvalidClass, "class %s is not derived from %s", class.Name(), base)
	}
	inst, err := event.Clone().As(class)
	if err != nil {
		return err
	}
	return b.raise(ctx, ns, publisher, inst)
}

// raise hands an event, which now belongs to the broker, to all who want it.
func (b *Broker) raise(ctx context.Context, ns *repository.Namespace, publisher *wbem.Identity, inst *cim.Instance) error {
	stamp(inst)
	return b.hand(ctx, newEvent(ns, inst, publisher))
}

// stamp makes an instance an event that happens now, unless it says when.
func stamp(inst *cim.Instance) {
	inst.SetOrigin(nil) // events are stored nowhere, so they have no path
	if k := inst.Class().PropertyIndex("TIME_CREATED"); k >= 0 && inst.At(k).IsNull() {
		inst.Put(k, cim.Uint64Value(fileTime(time.Now())))
	}
}

// hand hands an event that is no change of the repository to all who want it.
// The error is what Handlers say.
func (b *Broker) hand(ctx context.Context, e *Event) error {
	var errs []error
	offer := func(r *Registration) {
		if err := r.offer(ctx, e); err != nil {
			errs = append(errs, err)
		}
	}
	kind := kinds(0)
	if e.Instance.Class().IsA("__InstanceOperationEvent") {
		kind = kindsOf(operation(e.Instance.Class()))
		var class *cim.Class
		if target, ok := e.Instance.Get("TargetInstance"); ok && target.Object() != nil {
			class = target.Object().Definition()
		}
		for r := range b.route(e.Namespace, kind, class).of(e.Instance) {
			offer(r)
		}
	}
	for r := range b.route(e.Namespace, 0, e.Instance.Class()).of(e.Instance) {
		if r.plan.Load().kinds&kind == 0 { // otherwise it had its turn
			offer(r)
		}
	}
	return errors.Join(errs...)
}

// operation returns the system class that the class of an event about an
// instance is or is derived from.
func operation(c *cim.Class) string {
	for ; c != nil; c = c.Super() {
		if cim.IsSystemName(c.Name()) {
			return c.Name()
		}
	}
	return ""
}
