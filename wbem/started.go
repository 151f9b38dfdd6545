package wbem

import "context"

type startedKey struct{}

// WithStarted returns a context that makes an operation call fn once, as soon
// as it has passed the checks whose failure an asynchronous call reports as its
// own error and not through its sink (put.md 3, "sync part";
// async-and-security.md 1.3). Start is built on it.
func WithStarted(ctx context.Context, fn func()) context.Context {
	return context.WithValue(ctx, startedKey{}, fn)
}

// Started tells the caller of an operation that the checks before its start
// have passed. Every implementation of Services calls it once in each
// operation, at that point; without WithStarted it does nothing.
func Started(ctx context.Context) {
	if fn, ok := ctx.Value(startedKey{}).(func()); ok {
		fn()
	}
}
