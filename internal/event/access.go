package event

import (
	"context"
	"sync"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/wbem"
)

// Access decides who may see an event (events.md 12). It and what it returns
// may be used by several goroutines.
type Access interface {
	// Subscriber returns which events a subscriber may see, nil for the
	// service itself: those whose SECURITY_DESCRIPTOR, which is not empty,
	// grants SUBSCRIBE. A descriptor that is damaged grants nothing.
	Subscriber(who *wbem.Identity) (func(descriptor []byte) bool, error)

	// Publishers returns who is granted PUBLISH by the EventAccess of a filter:
	// InvalidParameter for a text that is no descriptor.
	Publishers(sddl string) (func(who *wbem.Identity) bool, error)
}

// NewAccess returns the Access that compares descriptors with accounts.
func NewAccess(accounts *access.Accounts) Access {
	return &accountAccess{accounts: accounts, tokens: map[*wbem.Identity]*access.Token{}}
}

type accountAccess struct {
	accounts *access.Accounts

	mu     sync.Mutex // guards tokens
	tokens map[*wbem.Identity]*access.Token
}

// maxTokens bounds the tokens that are kept, one for each session that has
// raised events lately.
const maxTokens = 1024

// service is the token of the service itself.
var service = &access.Token{User: access.LocalSystem,
	Groups: []access.SID{access.Everyone, access.AuthenticatedUsers, access.Administrators}}

func (a *accountAccess) token(who *wbem.Identity) (*access.Token, error) {
	if who == nil {
		return service, nil
	}
	a.mu.Lock()
	t := a.tokens[who]
	a.mu.Unlock()
	if t != nil {
		return t, nil
	}
	t, err := a.accounts.Token(who)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.tokens) >= maxTokens {
		clear(a.tokens)
	}
	a.tokens[who] = t
	return t, nil
}

func (a *accountAccess) Subscriber(who *wbem.Identity) (func(descriptor []byte) bool, error) {
	t, err := a.token(who)
	if err != nil {
		return nil, err
	}
	return func(descriptor []byte) bool { return access.CheckEvent(descriptor, t, access.Subscribe) == nil }, nil
}

func (a *accountAccess) Publishers(sddl string) (func(who *wbem.Identity) bool, error) {
	d, err := access.ParseSDDL(sddl)
	if err == nil {
		err = d.ValidateEvent()
	}
	if err != nil {
		return nil, cim.Errorf(wbem.InvalidParameter, "EventAccess: %v", err)
	}
	return func(who *wbem.Identity) bool {
		// Without an answer nobody can say whom the descriptor means.
		t, err := a.token(who)
		return err == nil && d.Check(t, access.Publish) == nil
	}, nil
}

// everyone is the Access that allows everything.
type everyone struct{}

func (everyone) Subscriber(*wbem.Identity) (func([]byte) bool, error) {
	return func([]byte) bool { return true }, nil
}

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
