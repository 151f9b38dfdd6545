package cimom

import (
	"context"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// A consumerRouter hands events to the provider of the class of a logical
// consumer, which a __EventConsumerProviderRegistration in its namespace names
// (events.md 8.1). It is the provider of all consumers for the broker.
type consumerRouter struct{ m *Manager }

var _ provider.EventConsumer = consumerRouter{}

// Consume implements provider.EventConsumer. The consumer has an origin. The
// error is ProviderNotFound if nobody is registered for its class or a
// superclass, ProviderLoadFailure for one that is not there, ProviderFailure for
// one that panics, and else what the provider says.
func (c consumerRouter) Consume(ctx context.Context, consumer *cim.Instance, events []provider.Event) error {
	origin := consumer.Origin()
	if origin == nil {
		return cim.Errorf(wbem.InvalidObject, "the consumer is stored nowhere")
	}
	ns, err := c.m.repo.Namespace(origin.Namespace)
	if err != nil {
		return err
	}
	all, err := c.m.providers.registrations(ctx, ns)
	if err != nil {
		return err
	}
	class := consumer.Class()
	var reg *registration
	for k := class; k != nil && reg == nil; k = k.Super() {
		reg = all.consumers[cim.Fold(k.Name())]
	}
	switch {
	case reg == nil:
		return cim.Errorf(wbem.ProviderNotFound, "no provider is registered for consumers of class %s in %s", class.Name(), ns.Path())
	case reg.err != nil:
		return reg.err
	}
	_, err = call(ctx, c.m.own(ns), reg, class, wbem.Options{}, func(ctx context.Context, p provider.EventConsumer, _ *provider.Request) (struct{}, error) {
		return struct{}{}, p.Consume(ctx, consumer, events)
	})
	return err
}
