// Package server answers the network: it listens, finds out who is there, bounds
// what he may use up, and hands the requests to the protocols, which answer them
// from a wbem.Locator. There is one policy for all protocols and addresses.
//
// Who connects over a network is a user of the store: by name and password (Basic,
// over TLS or from this computer only), by a handshake of NTLM or Kerberos, or by a
// certificate. Who connects over the local socket is the user of the operating
// system that he is.
package server
