// Package ntlm lets somebody prove to know a password without showing it, and
// protects messages with what both sides know then: NTLM version 2 as [MS-NLMP]
// has it, for both sides.
//
// A handshake has three messages. The client says what it can do (NEGOTIATE), the
// server answers with eight random bytes and its names (CHALLENGE), and the client
// sends an HMAC of these and of what it adds, whose key comes from the NT hash of
// the password (AUTHENTICATE). Acceptor and Initiator are the two ends of one
// handshake; a Session protects messages afterwards.
//
// Nothing older is spoken: neither NTLM version 1 nor LM, no anonymous logons, no
// session with less than extended session security, 128 bits and a key of its own.
// A client that asks for no session, as those do that only want to be let in, has
// none, rather than a weak one.
//
// NTLM is broken in ways that this package cannot mend: whoever has the NT hash
// needs no password, RC4 and MD5 are what they are, and who can see a handshake can
// try passwords at leisure. Behind TLS, with channel bindings, it is as good as it
// gets.
package ntlm
