// Package logical is what the consumers do alike with the instances that describe
// logical consumers, and with the events for them.
package logical

import (
	"context"
	"fmt"
	"log/slog"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/internal/access"
	"openwmi/provider"
	"openwmi/wbem"
)

// Property returns the named property of the instance that describes a logical
// consumer, NULL if there is none.
func Property(consumer *cim.Instance, name string) cim.Value {
	v, _ := consumer.Get(name)
	return v
}

// CheckCreator refuses consumers that were not put by an administrator (events.md 8.3),
// whose group the engine has stored as the creator then: what such a consumer does, it
// does with the rights of the service. The error is AccessDenied.
func CheckCreator(consumer *cim.Instance) error {
	sid := Property(consumer, "CreatorSID").Bytes()
	creator, n, err := access.DecodeSID(sid)
	switch {
	case err != nil || n != len(sid):
		return cim.Errorf(wbem.AccessDenied, "CreatorSID of the consumer is not a SID")
	case creator != access.Administrators && creator != access.LocalSystem:
		return cim.Errorf(wbem.AccessDenied, "the consumer was put by %v, and only what an administrator put runs programs", creator)
	}
	return nil
}

// Template returns the template that the named property of a logical
// consumer holds, nil if it is NULL. The template tells the log about unknown
// properties.
func Template(log *slog.Logger, consumer *cim.Instance, name string) *consumers.Template {
	v := Property(consumer, name)
	if v.IsNull() {
		return nil
	}
	return Trace(log, consumer, consumers.ParseTemplate(v.Text()))
}

// Trace makes a template of a logical consumer tell the log about properties
// that events do not have, and returns it.
func Trace(log *slog.Logger, consumer *cim.Instance, t *consumers.Template) *consumers.Template {
	t.Unknown = func(ref string) {
		log.Debug("event has no such property", "property", ref, "consumer", Describe(consumer))
	}
	return t
}

// Describe returns what a logical consumer is called in logs: its class and
// name.
func Describe(consumer *cim.Instance) string {
	return consumer.ClassName() + " " + Property(consumer, "Name").Text()
}

// Logger returns log, or one that discards everything in place of nil.
func Logger(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// Each calls deliver for each event, in order, until ctx ends: the others are not
// attempted then. An event that cannot be delivered does not keep the others from
// it. The error is a *provider.Undelivered.
func Each(ctx context.Context, events []provider.Event, deliver func(*provider.Event) error) error {
	errs := make([]error, len(events))
	failed := false
	for i := range events {
		if err := ctx.Err(); err != nil {
			errs[i] = fmt.Errorf("%w: %w", provider.ErrNotAttempted, err)
		} else {
			errs[i] = deliver(&events[i])
		}
		failed = failed || errs[i] != nil
	}
	if !failed {
		return nil
	}
	return &provider.Undelivered{Errs: errs}
}
