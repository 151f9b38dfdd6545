package wbem

import (
	"context"
	"sync"
)

// begin runs f in a goroutine and returns when f has started or ended. An f
// that fails before it starts has failed for the caller, who gets the error;
// otherwise begin returns nil, and finish gets what f returns. start is called
// once in between, before begin returns. f starts where it calls Started, or
// by succeeding.
func begin(ctx context.Context, start func(), f func(context.Context) error, finish func(error)) error {
	started := make(chan struct{})
	failed := make(chan error, 1)
	mark := sync.OnceFunc(func() {
		start()
		close(started)
	})
	go func() {
		err := f(WithStarted(ctx, mark))
		select {
		case <-started:
		default:
			if err != nil {
				failed <- err
				return
			}
			mark()
		}
		finish(err)
	}()
	select {
	case <-started:
		return nil
	case err := <-failed:
		return err
	}
}
