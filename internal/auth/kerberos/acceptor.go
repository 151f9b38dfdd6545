package kerberos

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana"
	"github.com/jcmturner/gokrb5/v8/iana/asnAppTag"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"openwmi/internal/auth/binding"
)

// A Principal is who a ticket is for.
type Principal struct {
	Name  string // as alice, or alice/admin
	Realm string
	Until time.Time // when the ticket expires
}

// An Acceptor is the service's end of one handshake. It is not for several
// goroutines at once.
type Acceptor struct {
	service *Service
	binding binding.Policy
	admit   func(context.Context, Principal) error
	done    bool
	session *Session
}

// Accept begins a handshake. admit decides whether a principal, who has proven to
// be that, may come in.
func (s *Service) Accept(b binding.Policy, admit func(context.Context, Principal) error) *Acceptor {
	return &Acceptor{service: s, binding: b, admit: admit}
}

// Step takes the token of the client and returns the answer, nil if the client
// does not want the service to prove anything. The error is that of admit, or says
// what is wrong with the token.
func (a *Acceptor) Step(ctx context.Context, token []byte) (answer []byte, done bool, err error) {
	if a.done {
		return nil, false, errToken
	}
	a.done = true
	message, err := unwrapToken(tokenRequest, token)
	if err != nil {
		return nil, false, err
	}
	var req messages.APReq
	err = guard(func() error { return a.service.verify(&req, message) })
	if err != nil {
		return nil, false, err
	}
	wants, err := a.checksum(req.Authenticator.Cksum)
	if err != nil {
		return nil, false, err
	}
	ticket := &req.Ticket.DecryptedEncPart
	key := ticket.Key
	if req.Authenticator.SubKey.KeyType != 0 {
		key = req.Authenticator.SubKey
	}
	in := uint64(uint32(req.Authenticator.SeqNumber))
	out := in
	if wants&flagMutual != 0 {
		var number [4]byte
		rand.Read(number[:])
		out = uint64(binary.BigEndian.Uint32(number[:]) >> 2) // some peers take it for signed
		if answer, err = reply(&req, int64(out)); err != nil {
			return nil, false, err
		}
	}
	session, err := newSession(key, flagAcceptor, out, in)
	if err != nil {
		return nil, false, err
	}
	// Whoever is admitted here has come in.
	p := Principal{Name: ticket.CName.PrincipalNameString(), Realm: ticket.CRealm, Until: ticket.EndTime}
	if err := a.admit(ctx, p); err != nil {
		return nil, false, err
	}
	a.session = session
	return answer, true, nil
}

// checksum reads what stands in place of the checksum: it returns the flags.
func (a *Acceptor) checksum(c types.Checksum) (uint32, error) {
	b := c.Checksum
	if c.CksumType != checksumGSS || len(b) < 24 || binary.LittleEndian.Uint32(b) != 16 {
		return 0, errors.New("the client does not say what it wants")
	}
	if err := a.binding.Check(b[4:20]); err != nil {
		return 0, err
	}
	wants := binary.LittleEndian.Uint32(b[20:])
	if wants&flagDCE != 0 {
		return 0, errors.New("the client wants a handshake as DCE has it")
	}
	return wants, nil
}

// Session returns what protects messages after the handshake, nil before.
func (a *Acceptor) Session() *Session { return a.session }

// encReply is the encrypted part of an AP-REP, without a key. RFC 4120 5.5.2
type encReply struct {
	CTime          time.Time `asn1:"generalized,explicit,tag:0"`
	Cusec          int       `asn1:"explicit,tag:1"`
	SequenceNumber int64     `asn1:"optional,explicit,tag:3"`
}

// reply proves to a client that the service could read its ticket.
func reply(req *messages.APReq, number int64) ([]byte, error) {
	part, err := asn1.Marshal(encReply{req.Authenticator.CTime.UTC(), req.Authenticator.Cusec, number})
	if err != nil {
		return nil, err
	}
	part = asn1tools.AddASNAppTag(part, asnAppTag.EncAPRepPart)
	sealed, err := crypto.GetEncryptedData(part, req.Ticket.DecryptedEncPart.Key, keyusage.AP_REP_ENCPART, 0)
	if err != nil {
		return nil, err
	}
	rep, err := asn1.Marshal(messages.APRep{PVNO: iana.PVNO, MsgType: msgtype.KRB_AP_REP, EncPart: sealed})
	if err != nil {
		return nil, err
	}
	return wrapToken(tokenReply, asn1tools.AddASNAppTag(rep, asnAppTag.APREP))
}

// verify reads a request and checks its ticket and authenticator. RFC 4120 3.2.3
func (s *Service) verify(req *messages.APReq, message []byte) error {
	if err := req.Unmarshal(message); err != nil {
		return err
	}
	switch {
	case types.IsFlagSet(&req.APOptions, flags.APOptionUseSessionKey):
		return errors.New("a ticket for a user, not for a service")
	case !strong(req.Ticket.EncPart.EType):
		return fmt.Errorf("a ticket of encryption type %d is too weak", req.Ticket.EncPart.EType)
	}
	if ok, err := req.Verify(s.keys.Get(), skew, types.HostAddress{}, nil); err != nil || !ok {
		return errors.Join(errors.New("the ticket is not valid"), err)
	}
	ticket, a := &req.Ticket.DecryptedEncPart, &req.Authenticator
	if a.CRealm != ticket.CRealm {
		return errors.New("the ticket is for another realm")
	}
	if err := checkKey(ticket.Key); err != nil {
		return err
	}
	if !s.replays.first(req.EncryptedAuthenticator.Cipher, a.CTime.Add(2*skew), time.Now()) {
		return errors.New("the token was used before")
	}
	return nil
}
