package provider

import (
	"context"

	"openwmi/cim"
	"openwmi/wql"
)

// An EventProvider raises events about what happens elsewhere. events.md 9
type EventProvider interface {
	// ProvideEvents hands events to raise until ctx ends, and returns nil then;
	// any other return is a failure. It is called once for the namespace, as
	// soon as somebody listens to one of the queries in EventQueryList of its
	// registration, and ctx ends when nobody has for a while.
	//
	// raise waits while those who listen cannot follow. Its error means
	// that the event was refused: it is of a class that no query of the
	// registration has, for one.
	ProvideEvents(ctx context.Context, r *Request, raise func(event *cim.Instance) error) error
}

// A QueryWatcher is an EventProvider that wants to know what is listened to, so
// that it raises no more.
type QueryWatcher interface {
	// NewQuery says that somebody begins to listen; id stands for the query
	// until CancelQuery. Events that no query asks for are dropped.
	NewQuery(ctx context.Context, r *Request, id uint32, q *wql.Select) error

	// CancelQuery says that nobody listens to that query any more.
	CancelQuery(ctx context.Context, r *Request, id uint32) error
}

// An AccessChecker is an EventProvider that decides who may listen.
type AccessChecker interface {
	// AccessCheck returns nil if r.Caller may listen to q and AccessDenied if
	// not. events.md 12
	AccessCheck(ctx context.Context, r *Request, q *wql.Select) error
}
