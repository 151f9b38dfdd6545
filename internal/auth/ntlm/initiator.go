package ntlm

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"time"
)

// A Client is who wants to be let in.
type Client struct {
	User, Domain string
	Hash         Hash // see HashOf

	// Target is the service, such as HTTP/server.example.org, and Channel the
	// MD5 sum of the channel bindings; each may be empty.
	Target  string
	Channel []byte
}

// An Initiator is the client's end of one handshake. It is not for several
// goroutines at once.
type Initiator struct {
	client    Client
	negotiate []byte
	done      bool
	session   *Session
}

// Initiate begins a handshake.
func (c Client) Initiate() *Initiator { return &Initiator{client: c} }

// flagsClient are what a client insists on.
const flagsClient = flagUnicode | flagRequestTarget | flagNTLM | flagAlwaysSign | flagTargetInfo | flagVersion | flagsSession | flagSeal

// Step returns the first message, for a token that is nil, and then the answer to
// that of the server, with which the client is done. The error says why the server
// is none that this client talks to.
func (i *Initiator) Step(_ context.Context, token []byte) (answer []byte, done bool, err error) {
	switch {
	case i.negotiate == nil:
		i.negotiate = negotiate{flags: flagsClient}.encode()
		return i.negotiate, false, nil
	case i.done:
		return nil, false, errForm
	}
	i.done = true
	answer, err = i.answer(token)
	return answer, err == nil, err
}

// answer answers a challenge. [MS-NLMP] 3.1.5.1.2
func (i *Initiator) answer(token []byte) ([]byte, error) {
	c, err := parseChallenge(token)
	if err != nil {
		return nil, err
	}
	if !c.flags.has(flagUnicode | flagTargetInfo | flagsSession | flagSeal) {
		return nil, errors.New("the server offers no NTLM that is strong enough")
	}
	known, err := pairs(c.info)
	if err != nil {
		return nil, err
	}
	at := filetime(time.Now())
	if t := known[pairTime]; len(t) == 8 {
		copy(at[:], t)
	}
	info := i.info(c.info, known)
	var random [8]byte
	rand.Read(random[:])
	blob := newBlob(at, random, info)
	proof, base := proofKeys(i.client.Hash, i.client.User, i.client.Domain, c.random, blob)
	key := make([]byte, 16)
	rand.Read(key)
	m := authenticate{
		flags: c.flags & flagsClient, lm: make([]byte, 24), nt: append(proof, blob...),
		domain: i.client.Domain, user: i.client.User, key: encryptKey(key, base),
	}.encode()
	if len(m) > maxMessage {
		return nil, errForm
	}
	copy(m[micOffset:], mac(key, i.negotiate, token, m))
	i.session = newSession(key, true, true)
	return m, nil
}

// info returns the pairs of the server with those of the client. That there is a
// MIC is said to any server: those that do not know that look at nothing.
func (i *Initiator) info(info []byte, known map[uint16][]byte) []byte {
	flags := make([]byte, 4)
	copy(flags, known[pairFlags])
	binary.LittleEndian.PutUint32(flags, binary.LittleEndian.Uint32(flags)|hasMIC)
	var b []byte
	for len(info) >= 4 { // pairs has checked it
		id, n := binary.LittleEndian.Uint16(info), int(binary.LittleEndian.Uint16(info[2:]))
		if id == pairEnd {
			break
		}
		if id != pairFlags && id != pairTarget && id != pairBindings {
			b = append(b, info[:4+n]...)
		}
		info = info[4+n:]
	}
	channel := make([]byte, 16)
	copy(channel, i.client.Channel)
	b = appendPair(b, pairFlags, flags)
	b = appendPair(b, pairBindings, channel)
	b = appendPair(b, pairTarget, encode(i.client.Target))
	return appendPair(b, pairEnd, nil)
}

// Session returns what protects messages after the handshake, nil before.
func (i *Initiator) Session() *Session { return i.session }
