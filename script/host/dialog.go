package host

import (
	"context"
	"time"

	"openwmi/script/vbscript"
	"openwmi/script/wshom"
)

// A Dialog is how a script asks a person. It is called on a goroutine of its own, so
// that events arrive while the person thinks, and ends with its context.
type Dialog interface {
	// Message shows a text and returns the number of the button that was pressed: 1 OK,
	// 2 Cancel, 3 Abort, 4 Retry, 5 Ignore, 6 Yes, 7 No. Buttons are those of MsgBox.
	Message(ctx context.Context, text, title string, buttons int) (int, error)
	// Line asks for a line; false when the person cancelled.
	Line(ctx context.Context, prompt, title, preset string) (string, bool, error)
}

// MsgBox implements vbscript.Host.
func (s *Session) MsgBox(ctx context.Context, prompt string, buttons int, title string) (int, error) {
	if s.opts.Ask == nil || s.opts.Batch {
		return wshom.DefaultButton(buttons), nil
	}
	return while(ctx, s, func(ctx context.Context) (int, error) {
		return s.opts.Ask.Message(ctx, prompt, title, buttons)
	})
}

// InputBox implements vbscript.Host.
func (s *Session) InputBox(ctx context.Context, prompt, title, preset string) (string, bool, error) {
	if s.opts.Ask == nil || s.opts.Batch {
		return "", false, nil
	}
	type answer struct {
		text string
		ok   bool
	}
	a, err := while(ctx, s, func(ctx context.Context) (answer, error) {
		text, ok, err := s.opts.Ask.Line(ctx, prompt, title, preset)
		return answer{text, ok}, err
	})
	return a.text, a.ok, err
}

// while waits for f, and delivers events meanwhile.
func while[T any](ctx context.Context, s *Session, f func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // of f, when a handler has quit
	var out T
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		out, err = f(ctx)
	}()
	if e := s.wait(ctx, done); e != nil {
		cancel()
		<-done // so that nothing of it comes later
		var none T
		return none, e
	}
	return out, err
}

var _ vbscript.Host = (*Session)(nil)

// popup is WScript.Shell's: a message that goes away after a time, with -1 as its button.
func (s *Session) popup(ctx context.Context, text, title string, buttons int, wait time.Duration) (int, error) {
	if s.opts.Ask == nil || s.opts.Batch {
		return wshom.DefaultButton(buttons), nil
	}
	return while(ctx, s, func(ctx context.Context) (int, error) {
		asked := ctx
		if wait > 0 {
			var cancel context.CancelFunc
			asked, cancel = context.WithTimeout(ctx, wait)
			defer cancel()
		}
		n, err := s.opts.Ask.Message(asked, text, title, buttons)
		if asked.Err() != nil && ctx.Err() == nil {
			return -1, nil
		}
		return n, err
	})
}
