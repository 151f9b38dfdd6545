package event

import (
	"context"

	"openwmi/wbem"
)

// Access decides who may see an event (events.md 12). It may be used by several
// goroutines.
type Access interface {
	// Receives reports whether the DACL of a security descriptor in its
	// self-relative form, which is the SECURITY_DESCRIPTOR of an event,
	// grants SUBSCRIBE. A descriptor that is damaged grants nothing.
	Receives(who *wbem.Identity, descriptor []byte) bool

	// Publishers returns who is granted PUBLISH by the EventAccess of a filter:
	// InvalidParameter for a text that is no descriptor.
	Publishers(sddl string) (func(who *wbem.Identity) bool, error)
}

// everyone is the Access that allows everything.
type everyone struct{}

func (everyone) Receives(*wbem.Identity, []byte) bool { return true }

func (everyone) Publishers(string) (func(*wbem.Identity) bool, error) {
	return func(*wbem.Identity) bool { return true }, nil
}

type publisherKey struct{}

// WithPublisher returns a context that says who causes the events of the
// transactions that get it: the caller who changes objects (events.md 12).
func WithPublisher(ctx context.Context, who *wbem.Identity) context.Context {
	return context.WithValue(ctx, publisherKey{}, who)
}

// publisherOf returns what WithPublisher has set, nil for the service itself.
func publisherOf(ctx context.Context) *wbem.Identity {
	who, _ := ctx.Value(publisherKey{}).(*wbem.Identity)
	return who
}
