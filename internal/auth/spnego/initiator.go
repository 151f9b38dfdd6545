package spnego

import (
	"context"
	"encoding/asn1"
	"errors"
	"slices"

	"openwmi/internal/auth/ntlm"
)

// An Initiator is the client's end of a negotiation.
type Initiator struct {
	offers []Offer

	list   []byte
	chosen Mechanism
	index  int  // of it among the offers
	asked  bool // the server wants the list signed
	agreed bool // the server has said what it takes
	ready  bool // the mechanism is done
	sent   bool // the signature of the list
	heard  bool // that of the server
	steps  int
	done   bool
}

var _ Mechanism = (*Initiator)(nil)

// Initiate begins a negotiation about mechanisms, at least one, the best first.
func Initiate(offers []Offer) *Initiator { return &Initiator{offers: offers} }

// Session implements Mechanism.
func (i *Initiator) Session() Session {
	if i.chosen == nil || !i.done {
		return nil
	}
	return i.chosen.Session()
}

// Step implements Mechanism.
func (i *Initiator) Step(ctx context.Context, token []byte) (answer []byte, done bool, err error) {
	if i.steps++; i.done || i.steps > maxSteps {
		return nil, false, errTurn
	}
	if i.chosen == nil {
		answer, err = i.begin(ctx)
	} else {
		answer, err = i.proceed(ctx, token)
	}
	return answer, i.done && err == nil, err
}

// begin offers the mechanisms, without those that cannot even begin, as Kerberos
// where there are no tickets.
func (i *Initiator) begin(ctx context.Context) (answer []byte, err error) {
	var t initial
	var failed []error
	for i.chosen == nil {
		if len(i.offers) == 0 {
			return nil, errors.Join(failed...)
		}
		end := i.offers[0].New()
		if t.token, i.ready, err = end.Step(ctx, nil); err != nil {
			failed, i.offers = append(failed, err), i.offers[1:]
			continue
		}
		i.chosen = end
	}
	var oids []asn1.ObjectIdentifier
	for _, o := range i.offers {
		oids = append(oids, o.OIDs[0])
	}
	if t.list, err = encodeList(oids); err != nil {
		return nil, err
	}
	i.list = t.list
	return t.encode()
}

// proceed answers the server.
func (i *Initiator) proceed(ctx context.Context, token []byte) ([]byte, error) {
	t, err := parseResponse(token)
	switch {
	case err != nil:
		return nil, err
	case t.state == rejected:
		return nil, errRefused
	}
	i.asked = i.asked || t.state == requestMIC
	answer := response{state: noState}
	if !i.agreed {
		i.agreed = true
		if err := i.take(t.mechanism); err != nil {
			return nil, err
		}
	}
	if t.token != nil || !i.ready {
		if answer.token, i.ready, err = i.chosen.Step(ctx, t.token); err != nil {
			return nil, err
		}
	}
	if err := i.sign(t, &answer); err != nil {
		return nil, err
	}
	if t.state == acceptCompleted {
		return nil, i.finish()
	}
	if answer.token == nil && answer.mic == nil {
		return nil, errTurn
	}
	return answer.encode()
}

// take changes to the mechanism that the server has chosen.
func (i *Initiator) take(oid asn1.ObjectIdentifier) error {
	if oid == nil {
		return nil
	}
	n := slices.IndexFunc(i.offers, func(o Offer) bool { return slices.ContainsFunc(o.OIDs, oid.Equal) })
	if n < 0 {
		return errNone
	}
	if n != i.index {
		i.index, i.chosen, i.ready = n, i.offers[n].New(), false
	}
	return nil
}

// sign signs the list and checks the signature of the server, as far as there is
// something to sign with. That of NTLM is always sent, as Windows does.
func (i *Initiator) sign(t response, answer *response) (err error) {
	if !i.ready {
		return nil
	}
	s := i.chosen.Session()
	if s == nil {
		return nil
	}
	if t.mic != nil {
		if err := s.Verify(i.list, t.mic); err != nil {
			return errList
		}
		i.heard = true
	}
	_, isNTLM := s.(*ntlm.Session)
	if !i.sent && t.state != acceptCompleted && (i.asked || i.heard || isNTLM || i.index > 0) {
		if answer.mic, err = s.Sign(i.list); err != nil {
			return err
		}
		i.sent = true
	}
	return nil
}

// finish ends the negotiation. That the best mechanism was not taken has to be
// what the server itself has said.
func (i *Initiator) finish() error {
	if !i.ready || i.index > 0 && !i.heard {
		return errList
	}
	i.done = true
	if i.sent {
		restart(i.chosen.Session())
	}
	return nil
}

// Finish ends the negotiation with a server that lets the client in without a
// last token: it is an error if one was needed.
func (i *Initiator) Finish() error {
	if i.done {
		return nil
	}
	return i.finish()
}
