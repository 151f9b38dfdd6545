// Package logical is what the consumers do alike with the instances that describe
// logical consumers, and with the events for them.
package logical

import (
	"context"
	"fmt"
	"log/slog"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/provider"
)

// Property returns the named property of the instance that describes a logical
// consumer, NULL if there is none.
func Property(consumer *cim.Instance, name string) cim.Value {
	v, _ := consumer.Get(name)
	return v
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
