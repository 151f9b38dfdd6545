package ntlm

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"openwmi/internal/auth/binding"
)

// A Server is what all handshakes of a server have in common.
type Server struct {
	// Computer and Domain are names that clients get to see, the DNS name of
	// the computer and the domain of its users.
	Computer, Domain string

	// Binding says what the channel bindings of clients have to be.
	Binding binding.Policy
}

// A Claim is what a client says of itself, proven or not.
type Claim struct {
	User, Domain, Workstation string
	Target                    string // the service that it believes to talk to, "" if it does not say
}

// An Acceptor is the server's end of one handshake. It is not for several
// goroutines at once.
type Acceptor struct {
	server    *Server
	verify    func(ctx context.Context, c Claim, prove func(Hash) error) error
	negotiate []byte // as it was received, for the MIC
	challenge []byte
	random    [8]byte
	flags     flags // as the server has sent them
	done      bool
	session   *Session
}

// Accept begins a handshake. verify decides whether the user may come in: it finds
// the NT hash, passes it to prove, and returns no error only if that returned
// none. For users that there are not it does the same with any hash, so that nobody
// learns which there are.
func (s *Server) Accept(verify func(ctx context.Context, c Claim, prove func(Hash) error) error) *Acceptor {
	return &Acceptor{server: s, verify: verify}
}

// Step takes a message of the client and returns the answer, and whether the
// client is who it says. The error is that of verify, or says what is wrong with the
// message; then the handshake is over.
func (a *Acceptor) Step(ctx context.Context, token []byte) (answer []byte, done bool, err error) {
	switch {
	case a.done:
		return nil, false, errForm
	case a.challenge == nil:
		if err := a.begin(token); err != nil {
			a.done = true
			return nil, false, err
		}
		return a.challenge, false, nil
	}
	a.done = true
	if err := a.authenticate(ctx, token); err != nil {
		return nil, false, err
	}
	return nil, true, nil
}

// begin answers the first message.
func (a *Acceptor) begin(token []byte) error {
	n, err := parseNegotiate(token)
	if err != nil {
		return err
	}
	if !n.flags.has(flagNTLM | flagExtendedSecurity) {
		return errors.New("the client has no extended session security")
	}
	a.flags = flagUnicode | flagNTLM | flagExtendedSecurity | flagTargetInfo |
		n.flags&(flagsSession|flagSeal|flagAlwaysSign|flagVersion)
	if a.flags&(flagSign|flagSeal) == 0 {
		a.flags &^= flagKeyExchange // for nothing; clients send no key then
	}
	if n.flags.has(flagRequestTarget) {
		a.flags |= flagRequestTarget | flagTargetServer
	}
	rand.Read(a.random[:])
	netbios, _, _ := strings.Cut(a.server.Computer, ".")
	netbios = strings.ToUpper(netbios)
	if len(netbios) > 15 {
		netbios = netbios[:15]
	}
	at := filetime(time.Now())
	var info []byte
	info = appendPair(info, pairDomain, encode(strings.ToUpper(a.server.Domain)))
	info = appendPair(info, pairComputer, encode(netbios))
	info = appendPair(info, pairDNSDomain, encode(a.server.Domain))
	info = appendPair(info, pairDNSComputer, encode(a.server.Computer))
	info = appendPair(info, pairTime, at[:])
	info = appendPair(info, pairEnd, nil)
	a.negotiate = bytes.Clone(token)
	a.challenge = challenge{flags: a.flags, random: a.random, target: netbios, info: info}.encode()
	return nil
}

// authenticate checks the last message. [MS-NLMP] 3.2.5.1.2
func (a *Acceptor) authenticate(ctx context.Context, token []byte) error {
	m, err := parseAuthenticate(token)
	if err != nil {
		return err
	}
	if m.user == "" || m.flags.has(flagAnonymous) {
		return errors.New("the client wants to be nobody")
	}
	r, err := parseResponse(m.nt)
	if err != nil {
		return err
	}
	target, err := decode(r.pairs[pairTarget], true)
	if err != nil {
		return err
	}
	var key []byte
	prove := func(h Hash) (err error) {
		key, err = a.prove(h, &m, &r, token)
		return err
	}
	if err := a.verify(ctx, Claim{m.user, m.domain, m.workstation, target}, prove); err != nil {
		return err
	}
	if key == nil {
		return errors.New("nothing was proven")
	}
	if both := a.flags & m.flags; both.has(flagsSession) {
		a.session = newSession(key, false, both.has(flagSeal))
	}
	return nil
}

var errProof = errors.New("wrong password")

// prove checks that a client knows a hash, and that nobody has changed what it
// and the server have said. It returns the key of the session.
func (a *Acceptor) prove(h Hash, m *authenticate, r *response, token []byte) ([]byte, error) {
	proof, key := proofKeys(h, m.user, m.domain, a.random, r.blob)
	if !hmac.Equal(proof, r.proof) {
		return nil, errProof
	}
	if (a.flags & m.flags).has(flagKeyExchange) {
		if len(m.key) != 16 {
			return nil, errors.New("the client has sent no key")
		}
		key = encryptKey(m.key, key)
	}
	if f := r.pairs[pairFlags]; len(f) == 4 && f[0]&hasMIC != 0 {
		if m.mic == nil {
			return nil, errors.New("the client has announced a MIC and sent none")
		}
		whole := bytes.Clone(token)
		clear(whole[micOffset:authenticateHeader])
		if !hmac.Equal(mac(key, a.negotiate, a.challenge, whole), m.mic) {
			return nil, errors.New("the handshake was changed on its way")
		}
	}
	if err := a.server.Binding.Check(r.pairs[pairBindings]); err != nil {
		return nil, err
	}
	return key, nil
}

// Session returns what protects messages after the handshake, nil if the client
// wants nothing protected.
func (a *Acceptor) Session() *Session { return a.session }
