package event

import "openwmi/wql"

// Check returns the error for which Register would refuse a query, as classes and
// namespaces are now, without quotas and without reading what is to be polled.
func (b *Broker) Check(spec Spec) error {
	if err := b.resolve(&Registration{b: b, spec: spec}); err != nil {
		return err
	}
	q, err := wql.ParseEvent(spec.Query)
	if err != nil {
		return err
	}
	ns, err := b.repo.Namespace(spec.Namespace)
	if err != nil {
		return err
	}
	_, err = b.newPlan(ns, q, spec.DayFirst)
	return err
}
