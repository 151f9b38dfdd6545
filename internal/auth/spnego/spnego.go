// Package spnego lets two sides agree how one of them says who it is, and wraps
// the tokens of what they agreed about: SPNEGO, RFC 4178, for both sides.
//
// The client names mechanisms, the best first, and sends the first token of the
// best one along. The server takes the first that it has too. In the end both may
// sign the list of the client, so that nobody has taken something out of it on the
// way; they have to if it was not the best one that was taken.
//
// A client may also leave SPNEGO out and send tokens of NTLM or Kerberos as they
// are; Acceptor takes them.
package spnego

import (
	"context"
	"encoding/asn1"
	"errors"
)

// A Mechanism is one end of a handshake. It is not for several goroutines at once.
type Mechanism interface {
	// Step takes the token of the other end, nil for the first step of a
	// client, and returns the answer, nil for none. done says that this end is
	// satisfied: a server knows who the client is. After an error the handshake
	// is over.
	Step(ctx context.Context, token []byte) (answer []byte, done bool, err error)

	// Session protects messages when the mechanism is done; nil if it does not.
	Session() Session
}

// A Session protects messages, in the order in which they are sent. It is not for
// several goroutines at once.
type Session interface {
	// Seal encrypts a message. The signature is what is sent besides something
	// of the same length as the message.
	Seal(plain []byte) (signature, sealed []byte, err error)
	// Unseal decrypts the next message of the other end, or says that it is not.
	Unseal(signature, sealed []byte) (plain []byte, err error)
	// Sign and Verify do so without encryption.
	Sign(message []byte) (mic []byte, err error)
	Verify(message, mic []byte) error
}

// An Offer is a mechanism that one end can do.
type Offer struct {
	OIDs []asn1.ObjectIdentifier // the first is the one to offer
	New  func() Mechanism
}

// Identifiers of mechanisms.
var (
	OIDNTLM     = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 2, 2, 10}
	OIDKerberos = asn1.ObjectIdentifier{1, 2, 840, 113554, 1, 2, 2}
	// OIDMSKerberos is the same with a mistake that became a habit.
	OIDMSKerberos = asn1.ObjectIdentifier{1, 2, 840, 48018, 1, 2, 2}

	oidSPNEGO = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 2}
)

var (
	errNone    = errors.New("none of the mechanisms of the client is known here")
	errTurn    = errors.New("a token of SPNEGO that is not expected now")
	errList    = errors.New("the list of mechanisms is not signed")
	errRefused = errors.New("the server refuses")
)
