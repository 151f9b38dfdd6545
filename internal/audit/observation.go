package audit

import (
	"context"
	"time"

	"openwmi/wbem"
)

// An Observer is called when an operation has ended, whatever it was, and when a
// call of a provider within one has. It gets the context of the operation, is called
// by many goroutines at once, and must not take long.
type Observer func(ctx context.Context, o Observation)

// An Observation is how an operation, or the call of a provider, went.
type Observation struct {
	ID        ID     // of the operation; zero for a call of a provider
	Operation string // "" for a call of a provider
	Namespace string
	Provider  string // "" for an operation
	Began     time.Time
	Ended     time.Time // of an enumeration, when its caller had read it
	Status    wbem.Status
}
