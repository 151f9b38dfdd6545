package event

import (
	"context"
	"errors"
	"math"
	"sync"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/wbem"
)

// A Dropped is an event that a logical consumer does not get (events.md 13).
type Dropped struct {
	Namespace string        // of the consumer, in which it is told
	Event     *cim.Instance // it is shared and not changed; nil if it is not known
	Consumer  string        // path of the consumer
}

// Drop raises an __EventDroppedEvent. For an event of that class, or one derived
// from it, it does nothing, so that no event is about itself; the same holds for
// QueueOverflow and ConsumerFailure. Errors are those of Raise.
func (b *Broker) Drop(ctx context.Context, d Dropped) error {
	return b.drop(ctx, "__EventDroppedEvent", d, nil, nil)
}

// QueueOverflow raises an __EventQueueOverflowEvent, which only administrators
// receive; size is the size of the queue in bytes.
func (b *Broker) QueueOverflow(ctx context.Context, d Dropped, size int64) error {
	return b.drop(ctx, "__EventQueueOverflowEvent", d, map[string]cim.Value{
		"CurrentQueueSize":    cim.Uint32Value(uint32(min(size, math.MaxUint32))),
		"SECURITY_DESCRIPTOR": cim.BytesValue(forAdministrators()),
	}, nil)
}

// ConsumerFailure raises a __ConsumerFailureEvent; cause, which is not nil, is
// what the consumer provider says. That may speak of files and programs of this
// computer, so it is for administrators; others learn the status.
func (b *Broker) ConsumerFailure(ctx context.Context, d Dropped, cause error) error {
	var e *wbem.Error
	errors.As(wbem.NewError("", "", cause), &e)
	return b.drop(ctx, "__ConsumerFailureEvent", d, map[string]cim.Value{
		"ErrorCode":        cim.Uint32Value(uint32(e.Status)),
		"ErrorDescription": cim.StringValue(e.Error()),
		"ErrorObject":      cim.ObjectValue(orNil(e.Object)),
	}, map[string]cim.Value{
		"ErrorDescription": cim.StringValue(e.Status.String()),
		"ErrorObject":      {},
	})
}

// drop raises an event of a class; more are its own properties, and others what
// some of them are for everyone but administrators.
func (b *Broker) drop(ctx context.Context, class string, d Dropped, more, others map[string]cim.Value) error {
	if d.Event != nil && d.Event.Class().IsA("__EventDroppedEvent") {
		return nil
	}
	ns, err := b.repo.Namespace(d.Namespace)
	if err != nil {
		return err
	}
	c, err := ns.Class(class)
	if err != nil {
		return err
	}
	inst := cim.NewInstance(c)
	inst.Put(c.PropertyIndex("IntendedConsumer"), cim.ReferenceValue(d.Consumer))
	if d.Event != nil {
		inst.Put(c.PropertyIndex("Event"), cim.ObjectValue(d.Event))
		// Who may not see an event does not learn of it in this way either.
		inst.Put(c.PropertyIndex("SECURITY_DESCRIPTOR"), descriptorOf(d.Event))
	}
	for name, v := range more {
		inst.Put(c.PropertyIndex(name), v)
	}
	stamp(inst)
	e := newEvent(ns, inst, nil)
	if others != nil {
		less := inst.Clone()
		for name, v := range others {
			less.Put(c.PropertyIndex(name), v)
		}
		e.others = newEvent(ns, less, nil)
	}
	return b.hand(ctx, e)
}

// descriptorOf returns the SECURITY_DESCRIPTOR of an event, or of that which an
// __AggregateEvent stands for.
func descriptorOf(event *cim.Instance) cim.Value {
	if event.Class().IsA("__AggregateEvent") {
		v, _ := event.Get("Representative")
		if first, ok := v.Object().(*cim.Instance); ok {
			event = first
		}
	}
	v, _ := event.Get("SECURITY_DESCRIPTOR")
	return v
}

// forAdministrators is the descriptor of events that administrators receive.
var forAdministrators = sync.OnceValue(func() []byte {
	d, err := access.ParseSDDL("O:BAG:BAD:(A;;0x40;;;BA)")
	if err == nil {
		var b []byte
		if b, err = d.Bytes(); err == nil {
			return b
		}
	}
	panic("event: " + err.Error())
})
