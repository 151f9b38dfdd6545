package cimom

import (
	"context"

	"openwmi/cim"
	"openwmi/internal/repository"
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
	class := consumer.Class()
	reg, err := c.registration(ctx, ns, class)
	if err != nil {
		return err
	}
	_, err = call(ctx, c.m.own(ns), reg, class, wbem.Options{}, func(ctx context.Context, p provider.EventConsumer, _ *provider.Request) (struct{}, error) {
		return struct{}{}, p.Consume(ctx, consumer, events)
	})
	return err
}

// registration returns that of the provider of the logical consumers of a class.
func (c consumerRouter) registration(ctx context.Context, ns *repository.Namespace, class *cim.Class) (*registration, error) {
	all, err := c.m.providers.registrations(ctx, ns)
	if err != nil {
		return nil, err
	}
	for k := class; k != nil; k = k.Super() {
		if reg := all.consumers[cim.Fold(k.Name())]; reg != nil {
			return reg, reg.err
		}
	}
	return nil, cim.Errorf(wbem.ProviderNotFound, "no provider is registered for consumers of class %s in %s", class.Name(), ns.Path())
}
