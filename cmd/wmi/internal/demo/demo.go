// Package demo tells what SWbemServicesEx.PutAsync does as a story about a
// greenhouse. It compiles a small schema, makes every kind of call that the page
// of PutAsync describes, through package scripting, and prints each call and
// each callback with its asynchronous context. It knows what has to come back
// and says where something else did.
package demo

import (
	"context"
	"fmt"
	"io"
	"time"

	"openwmi/scripting"
	"openwmi/wbem"
)

// Options say how the story is told.
type Options struct {
	Out    io.Writer
	Colour bool
	// Store says where it takes place, for the reader.
	Store string
}

// patience bounds the story, so that a callback that never comes ends it.
const patience = 30 * time.Second

// Run tells the story in an empty store and returns how many of its
// expectations were not met. The error says why it could not be told to its
// end.
func Run(ctx context.Context, l wbem.Locator, o Options) (unmet int, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	s := newStage(ctx, l, o)
	s.say("SWbemServicesEx.PutAsync, told by a greenhouse")
	s.say("store %s, namespace %s", o.Store, namespace)
	for _, chapter := range []func(*stage){
		theSchema, createOrUpdate, createOnly, updateOnly, keys, nulls, badClasses, beforeTheStart,
		classWithChildren, conflict, classWithInstances, languages, elsewhere, manyCalls, cancelled,
	} {
		chapter(s)
		if s.err != nil {
			return s.unmet, s.err
		}
	}
	s.say("")
	switch {
	case s.unmet > 0:
		s.say("%d of %d expectations were not met", s.unmet, s.checks)
	default:
		s.say("%d calls, %d callbacks, %d expectations: all met, in %d ms",
			s.calls, s.callbacks, s.checks, time.Since(began).Milliseconds())
	}
	return s.unmet, s.err
}

// connect opens a session for the story.
func connect(ctx context.Context, l wbem.Locator, namespace, locale string) (*scripting.Services, error) {
	s, err := scripting.NewLocator(l).WithContext(ctx).ConnectServer(".", namespace, "", "", locale, "", 0, nil)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", namespace, err)
	}
	return s, nil
}
