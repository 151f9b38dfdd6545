package kerberos

import (
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// NewTestClient returns a client that has its tickets from a function.
func NewTestClient(name types.PrincipalName, realm string, ticket func(service string) (messages.Ticket, types.EncryptionKey, error)) *Client {
	return &Client{name: name, realm: realm, ticket: ticket}
}

// NewTestSession returns one end of a session.
func NewTestSession(key types.EncryptionKey, acceptor bool) (*Session, error) {
	if acceptor {
		return newSession(key, flagAcceptor, 7, 9)
	}
	return newSession(key, 0, 9, 7)
}
