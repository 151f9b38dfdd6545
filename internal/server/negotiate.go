package server

import (
	"context"
	"crypto/tls"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"openwmi/internal/auth"
	"openwmi/internal/auth/binding"
	"openwmi/internal/auth/kerberos"
	"openwmi/internal/auth/ntlm"
	"openwmi/internal/auth/spnego"
	"openwmi/wbem"
)

// Limits of handshakes. A token of Kerberos has no more than the header that it
// stands in, which http.Server bounds.
const (
	handshakeTimeout = time.Minute // from its first request to its last
	maxFailures      = 5           // of a connection, after which it is closed
)

// A handshake is one under way. RFC 4559
type handshake struct {
	acceptor *spnego.Acceptor
	scheme   string
	began    time.Time
	named    bool       // the client has said who it is, which is recorded
	admitted *admission // who it was found to be
}

// An admission is what a handshake has ended with, or a certificate has shown. It
// is of the connection, and holds for all requests that follow on it without
// credentials of their own.
type admission struct {
	id      *wbem.Identity
	version int64 // of the account
	until   time.Time
	session spnego.Session // nil if messages cannot be sealed
	trust   *trust         // that a certificate was held against, nil without one
}

// errContinue says that a handshake has not ended yet. The answer has the token.
var errContinue = errors.New("the handshake goes on")

// negotiable reports whether a scheme of HTTP carries tokens of a handshake, and
// returns it as it is written.
func negotiable(scheme string) (string, bool) {
	for _, s := range []string{"Negotiate", "NTLM", "Kerberos"} {
		if strings.EqualFold(s, scheme) {
			return s, true
		}
	}
	return "", false
}

// negotiate takes a token, and sets the header of the answer.
func (s *Server) negotiate(w http.ResponseWriter, r *http.Request, at *connection, scheme, text string) (*wbem.Identity, error) {
	token, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(token) == 0 {
		return nil, s.fail(at, errors.New("the token is no base64"))
	}
	h := at.handshake
	if h == nil || spnego.IsFirst(token) {
		h = &handshake{scheme: scheme, began: time.Now()}
		h.acceptor = spnego.Accept(s.offers(at, h))
	}
	at.handshake, at.admitted = h, nil
	if scheme != h.scheme || time.Since(h.began) > handshakeTimeout {
		return nil, s.fail(at, errors.New("the token belongs to no handshake"))
	}
	answer, done, err := h.acceptor.Step(r.Context(), token)
	if err != nil {
		return nil, s.fail(at, err)
	}
	if answer != nil {
		scheme += " " + base64.StdEncoding.EncodeToString(answer)
	}
	if !done || answer != nil {
		w.Header().Set("WWW-Authenticate", scheme)
	}
	if !done {
		return nil, errContinue
	}
	at.handshake, at.admitted = nil, h.admitted
	at.admitted.session = h.acceptor.Session()
	return at.admitted.id, nil
}

// fail ends a handshake. What a peer may know of the reason is no more than that
// it failed, and that of wbem.ServerTooBusy.
func (s *Server) fail(at *connection, err error) error {
	scheme := "Negotiate"
	if at.handshake != nil {
		scheme = at.handshake.scheme
	}
	if at.handshake == nil || !at.handshake.named {
		s.opts.Users.Refused(at.peer, scheme+": "+err.Error())
	}
	at.handshake, at.admitted = nil, nil
	return s.fault(at, scheme, err)
}

// offers returns the mechanisms of a connection.
func (s *Server) offers(at *connection, h *handshake) []spnego.Offer {
	policy := binding.Policy{Mode: at.listener.ChannelBinding, Channel: at.channel()}
	n := &ntlm.Server{Computer: s.machine, Domain: wbem.StoreDomain, Binding: policy}
	offers := []spnego.Offer{{
		OIDs: []asn1.ObjectIdentifier{spnego.OIDNTLM},
		New: func() spnego.Mechanism {
			return spnego.Adapt(n.Accept(func(ctx context.Context, c ntlm.Claim, prove func(ntlm.Hash) error) error {
				h.named = true
				l := auth.Logon{Name: c.User, Peer: at.peer, Level: at.level()}
				id, err := s.opts.Users.VerifyNTLM(ctx, l, func(hash ntlm.Hash) error {
					if err := prove(hash); err != nil || policy.Mode == binding.None {
						return err
					}
					return checkTarget(c.Target)
				})
				if err != nil {
					return err
				}
				return s.admit(at, h, id, time.Time{})
			}))
		},
	}}
	if s.kerberos != nil {
		offers = append(offers, spnego.Offer{
			OIDs: []asn1.ObjectIdentifier{spnego.OIDKerberos, spnego.OIDMSKerberos},
			New: func() spnego.Mechanism {
				return spnego.Adapt(s.kerberos.Accept(policy, func(_ context.Context, p kerberos.Principal) error {
					h.named = true
					return s.admitPrincipal(at, h, p)
				}))
			},
		})
	}
	return offers
}

// checkTarget refuses what a client has meant for another service, which somebody in
// between passes on: file servers are asked for NTLM all the time. Not all clients
// say whom they mean. [MS-NLMP] 2.2.2.1, MsvAvTargetName
func checkTarget(name string) error {
	class, _, found := strings.Cut(name, "/")
	if !found || strings.EqualFold(class, "HTTP") || strings.EqualFold(class, "WSMAN") || strings.EqualFold(class, "HOST") {
		return nil
	}
	return fmt.Errorf("the client means another service, %.100q", name)
}

// admitPrincipal lets a principal in who is a user of the store.
func (s *Server) admitPrincipal(at *connection, h *handshake, p kerberos.Principal) error {
	realms := s.config.Kerberos.Realms
	if len(realms) == 0 {
		realms = s.kerberos.Realms()
	}
	whole := p.Name + "@" + p.Realm
	user, ok := p.User(realms)
	if !ok {
		user = whole // which no user has for a name
	}
	id, err := s.opts.Users.Vouched(auth.Logon{Name: user, Peer: at.peer, Level: at.level()}, "Kerberos, "+whole)
	if err != nil {
		return err
	}
	return s.admit(at, h, id, p.Until)
}

// admit keeps who a handshake has found, and until when that holds; zero is as long
// as the connection.
func (s *Server) admit(at *connection, h *handshake, id *wbem.Identity, until time.Time) error {
	version := s.opts.Users.Version(id.Name)
	if version == 0 {
		return errors.New("the user has been disabled or deleted meanwhile")
	}
	h.admitted = &admission{id: at.complete(id), version: version, until: until}
	return nil
}

// admitted returns who was found on this connection before, nil if that holds no
// more: the account has changed, or a ticket has expired.
func (s *Server) admitted(at *connection) *wbem.Identity {
	a := at.admitted
	if a == nil {
		return nil
	}
	if s.opts.Users.Version(a.id.Name) != a.version ||
		!a.until.IsZero() && time.Now().After(a.until) ||
		a.trust != nil && a.trust != at.trust.Get() {
		at.admitted = nil
		return nil
	}
	return a.id
}

// channel returns the bindings of a connection, nil without TLS. Where it has
// shown no certificate, none are right.
func (at *connection) channel() []byte {
	c, ok := at.conn.(*tls.Conn)
	if !ok {
		return nil
	}
	if b, ok := c.NetConn().(*boundConn); ok && b.certificate != nil {
		return binding.Of(b.certificate)
	}
	return []byte{}
}
