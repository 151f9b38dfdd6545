package spnego

import (
	"context"
	"encoding/asn1"
	"slices"

	"openwmi/internal/auth/ntlm"
)

// An Acceptor is the server's end of a negotiation.
type Acceptor struct {
	offers []Offer

	chosen Mechanism
	oid    asn1.ObjectIdentifier
	bare   bool   // tokens are those of the mechanism
	list   []byte // of the client, as it was written
	must   bool   // the list has to be signed
	said   bool   // which mechanism was chosen
	steps  int
	ready  bool // the mechanism is done
	done   bool
}

var _ Mechanism = (*Acceptor)(nil)

// maxSteps is how many tokens of a client there are at most in a negotiation.
const maxSteps = 8

// Accept begins a negotiation about some mechanisms.
func Accept(offers []Offer) *Acceptor { return &Acceptor{offers: offers} }

// IsFirst reports whether a token is the first one of a client.
func IsFirst(token []byte) bool {
	return len(token) > 0 && token[0] == byte(application) || ntlm.IsNegotiate(token)
}

// Step implements Mechanism.
func (a *Acceptor) Step(ctx context.Context, token []byte) (answer []byte, done bool, err error) {
	a.steps++
	switch {
	case a.done || a.steps > maxSteps:
		return nil, false, errTurn
	case a.chosen == nil:
		answer, err = a.begin(ctx, token)
	case a.bare:
		answer, a.ready, err = a.chosen.Step(ctx, token)
		a.done = a.ready
	default:
		answer, err = a.proceed(ctx, token)
	}
	if err != nil {
		a.done = true
		return nil, false, err
	}
	return answer, a.done, nil
}

// Session implements Mechanism.
func (a *Acceptor) Session() Session {
	if a.chosen == nil || !a.ready {
		return nil
	}
	return a.chosen.Session()
}

// find returns the offer of a mechanism.
func (a *Acceptor) find(oid asn1.ObjectIdentifier) *Offer {
	i := slices.IndexFunc(a.offers, func(o Offer) bool {
		return slices.ContainsFunc(o.OIDs, oid.Equal)
	})
	if i < 0 {
		return nil
	}
	return &a.offers[i]
}

// begin takes the first token.
func (a *Acceptor) begin(ctx context.Context, token []byte) (answer []byte, err error) {
	oid := OIDNTLM
	if !ntlm.IsMessage(token) {
		outer, inner, err := mechanism(token)
		if err != nil {
			return nil, err
		}
		if outer.Equal(oidSPNEGO) {
			t, err := parseInitial(inner)
			if err != nil {
				return nil, err
			}
			return a.choose(ctx, t)
		}
		oid = outer
	}
	o := a.find(oid)
	if o == nil {
		return nil, errNone
	}
	a.chosen, a.bare = o.New(), true
	answer, a.ready, err = a.chosen.Step(ctx, token)
	a.done = a.ready
	return answer, err
}

// choose takes the first mechanism of the client that is offered.
func (a *Acceptor) choose(ctx context.Context, t initial) ([]byte, error) {
	i := slices.IndexFunc(t.mechanisms, func(oid asn1.ObjectIdentifier) bool { return a.find(oid) != nil })
	if i < 0 {
		return nil, errNone
	}
	a.oid, a.list = t.mechanisms[i], slices.Clone(t.list)
	a.chosen = a.find(a.oid).New()
	a.must = i > 0
	if i > 0 || t.token == nil {
		state := acceptIncomplete
		if a.must {
			state = requestMIC
		}
		return a.say(response{state: state})
	}
	return a.advance(ctx, t.token, t.mic)
}

// proceed takes further tokens.
func (a *Acceptor) proceed(ctx context.Context, token []byte) ([]byte, error) {
	t, err := parseResponse(token)
	if err != nil {
		return nil, err
	}
	if a.ready {
		if t.token != nil || t.mic == nil {
			return nil, errTurn
		}
		if err := a.chosen.Session().Verify(a.list, t.mic); err != nil {
			return nil, errList
		}
		return a.finish(response{state: acceptCompleted})
	}
	return a.advance(ctx, t.token, t.mic)
}

// advance takes a token of the mechanism, and the signature of the client's list
// if that came with it.
func (a *Acceptor) advance(ctx context.Context, token, mic []byte) ([]byte, error) {
	answer, ready, err := a.chosen.Step(ctx, token)
	if err != nil {
		return nil, err
	}
	a.ready = ready
	t := response{state: acceptIncomplete, token: answer}
	if !ready {
		if a.must && !a.said {
			t.state = requestMIC
		}
		return a.say(t)
	}
	s := a.chosen.Session()
	switch {
	case mic == nil && !a.must:
		t.state = acceptCompleted
		a.done = true
		return a.say(t)
	case s == nil:
		return nil, errList
	case mic != nil:
		if err := s.Verify(a.list, mic); err != nil {
			return nil, errList
		}
	}
	if t.mic, err = s.Sign(a.list); err != nil {
		return nil, err
	}
	if mic == nil {
		return a.say(t)
	}
	t.state = acceptCompleted
	return a.finish(t)
}

// finish ends the negotiation.
func (a *Acceptor) finish(t response) ([]byte, error) {
	a.done = true
	restart(a.chosen.Session())
	return a.say(t)
}

// say writes a token, in the first one of which it says what was chosen.
func (a *Acceptor) say(t response) ([]byte, error) {
	if !a.said {
		a.said = true
		t.mechanism = a.oid
	}
	return t.encode()
}
