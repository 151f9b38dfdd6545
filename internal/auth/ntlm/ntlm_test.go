package ntlm_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"openwmi/internal/auth/binding"
	"openwmi/internal/auth/ntlm"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestNumbers compares with the examples of [MS-NLMP] 4.2.1 and 4.2.4.
func TestNumbers(t *testing.T) {
	check := func(what string, got []byte, want string) {
		t.Helper()
		if !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("%s: %x, want %s", what, got, want)
		}
	}
	h := ntlm.HashOf("Password")
	check("NTOWFv1", h[:], "a4f49c406510bdcab6824ee7c30fd852")
	var info []byte
	info = ntlm.AppendPair(info, 2, ntlm.Encode("Domain"))
	info = ntlm.AppendPair(info, 1, ntlm.Encode("Server"))
	info = ntlm.AppendPair(info, 0, nil)
	random := [8]byte(unhex(t, "aaaaaaaaaaaaaaaa"))
	blob := ntlm.NewBlob([8]byte{}, random, info)
	proof, base := ntlm.ProofKeys(h, "User", "Domain", [8]byte(unhex(t, "0123456789abcdef")), blob)
	check("NTProofStr", proof, "68cd0ab851e51c96aabc927bebef6a1c")
	check("SessionBaseKey", base, "8de40ccadbc14a82f15cb0ad0de95ca3")
	key := bytes.Repeat([]byte{0x55}, 16)
	check("encrypted session key", ntlm.EncryptKey(key, base), "c5dad2544fc9799094ce1ce90bc9d03e")
	signature, sealed, err := ntlm.NewSession(key, true, true).Seal(ntlm.Encode("Plaintext"))
	if err != nil {
		t.Fatal(err)
	}
	check("sealed", sealed, "54e50165bf1936dc996020c1811b0f06fb5f")
	check("signature", signature, "010000007fb38ec5c55d497600000000")
}

var errNobody = errors.New("no such user")

// password returns what a server has with one user.
func password(user, password string, seen *ntlm.Claim) func(context.Context, ntlm.Claim, func(ntlm.Hash) error) error {
	return func(_ context.Context, c ntlm.Claim, prove func(ntlm.Hash) error) error {
		*seen = c
		if c.User != user {
			_ = prove(ntlm.Hash{})
			return errNobody
		}
		return prove(ntlm.HashOf(password))
	}
}

var server = &ntlm.Server{Computer: "host.example.org", Domain: "openwmi"}

// A middle changes messages between the ends of a handshake.
type middle func(leg int, message []byte)

// handshake lets both ends speak with each other.
func handshake(c ntlm.Client, a *ntlm.Acceptor, change middle) (client, server *ntlm.Session, err error) {
	ctx := context.Background()
	if change == nil {
		change = func(int, []byte) {}
	}
	i := c.Initiate()
	var reply []byte
	for leg := 0; ; leg += 2 {
		token, done, err := i.Step(ctx, reply)
		if err != nil {
			return nil, nil, err
		}
		token = bytes.Clone(token)
		change(leg, token)
		var admitted bool
		reply, admitted, err = a.Step(ctx, token)
		switch {
		case err != nil:
			return nil, nil, err
		case done != admitted:
			return nil, nil, errors.New("only one end is done")
		case done:
			return i.Session(), a.Session(), nil
		}
		reply = bytes.Clone(reply)
		change(leg+1, reply)
	}
}

func TestHandshake(t *testing.T) {
	channel := bytes.Repeat([]byte{7}, 16)
	good := ntlm.Client{User: "Älice", Hash: ntlm.HashOf("sésame")}
	bound := good
	bound.Channel = channel
	tests := []struct {
		name    string
		client  ntlm.Client
		binding binding.Policy
		change  middle
		want    string // of the error
	}{
		{name: "right", client: good},
		{name: "in a domain", client: ntlm.Client{User: "Älice", Domain: "CORP", Hash: good.Hash, Target: "HTTP/host"}},
		{name: "wrong password", client: ntlm.Client{User: "Älice", Hash: ntlm.HashOf("sesame")}, want: "wrong password"},
		{name: "unknown", client: ntlm.Client{User: "bob", Hash: good.Hash}, want: "no such user"},
		{name: "nobody", client: ntlm.Client{Hash: good.Hash}, want: "nobody"},
		{name: "bound", client: bound, binding: binding.Policy{Channel: channel, Mode: binding.Strict}},
		{name: "bound, needlessly", client: bound, binding: binding.Policy{Mode: binding.None}},
		{name: "bound elsewhere", client: bound, binding: binding.Policy{Channel: bytes.Repeat([]byte{8}, 16)}, want: "another connection"},
		{name: "bound elsewhere, to TLS", client: bound, want: "another connection"},
		{name: "not bound", client: good, binding: binding.Policy{Channel: channel}},
		{name: "not bound but has to be", client: good, binding: binding.Policy{Channel: channel, Mode: binding.Strict}, want: "no channel bindings"},
		{name: "not bound, nothing to bind to", client: good, binding: binding.Policy{Mode: binding.Strict}},
		{
			name: "offer made weaker", client: good, want: "changed on its way",
			change: func(leg int, m []byte) {
				if leg == 0 {
					m[12] ^= 1 << 4 // no signatures
				}
				if leg == 1 {
					m[20] |= 1 << 4
				}
			},
		},
		{
			name: "flags changed", client: good, want: "changed on its way",
			change: func(leg int, m []byte) {
				if leg == 2 {
					m[60] ^= 1 << 5
				}
			},
		},
		{
			name: "no extended session security", client: good, want: "extended session security",
			change: func(leg int, m []byte) {
				if leg == 0 {
					m[14] &^= 1 << 3
				}
			},
		},
		{
			name: "server without encryption", client: good, want: "strong enough",
			change: func(leg int, m []byte) {
				if leg == 1 {
					m[20] &^= 1 << 5
				}
			},
		},
		{
			name: "version 1", client: good, want: "version 1",
			change: func(leg int, m []byte) {
				if leg == 2 {
					binary.LittleEndian.PutUint16(m[20:], 24)
				}
			},
		},
		{
			name: "response cut", client: good, want: "version 2",
			change: func(leg int, m []byte) {
				if leg == 2 {
					binary.LittleEndian.PutUint16(m[20:], 40)
				}
			},
		},
		{
			name: "proof changed", client: good, want: "wrong password",
			change: func(leg int, m []byte) {
				if leg == 2 {
					m[binary.LittleEndian.Uint32(m[24:])] ^= 1
				}
			},
		},
		{
			name: "other names", client: good, want: "changed on its way",
			change: func(leg int, m []byte) {
				if leg == 2 {
					m[64]++ // the version
				}
			},
		},
		{
			name: "session key cut", client: good, want: "no key",
			change: func(leg int, m []byte) {
				if leg == 2 {
					binary.LittleEndian.PutUint16(m[52:], 8)
				}
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := *server
			s.Binding = test.binding
			var seen ntlm.Claim
			client, server, err := handshake(test.client, s.Accept(password("Älice", "sésame", &seen)), test.change)
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("%v, want %s", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := (ntlm.Claim{User: test.client.User, Domain: test.client.Domain, Target: test.client.Target}); seen != want {
				t.Errorf("%+v, want %+v", seen, want)
			}
			exchange(t, client, server)
			exchange(t, server, client)
			exchange(t, client, server)
		})
	}
}

// exchange sends messages from one end to the other.
func exchange(t *testing.T, from, to *ntlm.Session) {
	t.Helper()
	for _, text := range []string{"", "a", strings.Repeat("long ", 10000)} {
		signature, sealed, err := from.Seal([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := to.Unseal(signature, sealed); err != nil || string(plain) != text {
			t.Fatalf("%.20q, %v", plain, err)
		}
		mic, err := from.Sign([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := to.Verify([]byte(text), mic); err != nil {
			t.Fatal(err)
		}
	}
}

func sessions(t *testing.T) (client, accepted *ntlm.Session) {
	t.Helper()
	var seen ntlm.Claim
	client, accepted, err := handshake(ntlm.Client{User: "u", Hash: ntlm.HashOf("p")}, server.Accept(password("u", "p", &seen)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return client, accepted
}

// TestMessages sends messages that nobody has sent like that. A session that has
// seen one is of no use any more.
func TestMessages(t *testing.T) {
	tests := []struct {
		name   string
		attack func(s *ntlm.Session, signatures, sealed [][]byte) error
	}{
		{"replayed", func(s *ntlm.Session, signatures, sealed [][]byte) error {
			if _, err := s.Unseal(signatures[0], sealed[0]); err != nil {
				return nil
			}
			_, err := s.Unseal(signatures[0], sealed[0])
			return err
		}},
		{"reordered", func(s *ntlm.Session, signatures, sealed [][]byte) error {
			_, err := s.Unseal(signatures[1], sealed[1])
			return err
		}},
		{"changed", func(s *ntlm.Session, signatures, sealed [][]byte) error {
			sealed[0][0] ^= 1
			_, err := s.Unseal(signatures[0], sealed[0])
			return err
		}},
		{"cut", func(s *ntlm.Session, signatures, sealed [][]byte) error {
			_, err := s.Unseal(signatures[0], sealed[0][1:])
			return err
		}},
		{"signature cut", func(s *ntlm.Session, signatures, sealed [][]byte) error {
			_, err := s.Unseal(signatures[0][:15], sealed[0])
			return err
		}},
		{"no signature", func(s *ntlm.Session, signatures, sealed [][]byte) error {
			_, err := s.Unseal(nil, sealed[0])
			return err
		}},
		{"of another version", func(s *ntlm.Session, signatures, sealed [][]byte) error {
			signatures[0][0]++
			_, err := s.Unseal(signatures[0], sealed[0])
			return err
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, accepted := sessions(t)
			var signatures, sealed [][]byte
			for _, text := range []string{"first", "second", "third"} {
				s, m, err := client.Seal([]byte(text))
				if err != nil {
					t.Fatal(err)
				}
				signatures, sealed = append(signatures, s), append(sealed, m)
			}
			if err := test.attack(accepted, signatures, sealed); !errors.Is(err, ntlm.ErrMessage) {
				t.Errorf("%v", err)
			}
			if _, err := accepted.Unseal(signatures[2], sealed[2]); !errors.Is(err, ntlm.ErrMessage) {
				t.Errorf("the session goes on: %v", err)
			}
		})
	}
	t.Run("back to the sender", func(t *testing.T) {
		client, _ := sessions(t)
		s, m, _ := client.Seal([]byte("text"))
		if _, err := client.Unseal(s, m); !errors.Is(err, ntlm.ErrMessage) {
			t.Errorf("%v", err)
		}
	})
}

// TestSignOnly has a client that wants messages signed only.
func TestSignOnly(t *testing.T) {
	key := bytes.Repeat([]byte{1}, 16)
	client, accepted := ntlm.NewSession(key, true, false), ntlm.NewSession(key, false, false)
	mic, err := client.Sign([]byte("text"))
	if err != nil || accepted.Verify([]byte("text"), mic) != nil {
		t.Fatal(err)
	}
	if _, _, err := accepted.Seal([]byte("text")); err == nil {
		t.Error("it seals")
	}
	if _, err := accepted.Unseal(mic, []byte("text")); err == nil {
		t.Error("it unseals")
	}
}

// TestNoSession has a client that wants nothing protected: then there is no key to
// be exchanged. [MS-NLMP] 3.1.5.1.2
func TestNoSession(t *testing.T) {
	first, _, err := ntlm.Client{User: "u", Hash: ntlm.HashOf("p")}.Initiate().Step(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		clear byte
		want  bool
	}{{"signed and sealed", 0, true}, {"signed", 1 << 5, true}, {"neither", 1<<4 | 1<<5, false}} {
		m := bytes.Clone(first)
		m[12] &^= test.clear
		var seen ntlm.Claim
		answer, _, err := server.Accept(password("u", "p", &seen)).Step(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		if got := binary.LittleEndian.Uint32(answer[20:])&(1<<30) != 0; got != test.want {
			t.Errorf("%s: a key is exchanged: %v", test.name, got)
		}
	}
}

// TestOutOfTurn sends messages when they are not expected.
func TestOutOfTurn(t *testing.T) {
	ctx := context.Background()
	var seen ntlm.Claim
	a := server.Accept(password("u", "p", &seen))
	first, _, _ := ntlm.Client{User: "u", Hash: ntlm.HashOf("p")}.Initiate().Step(ctx, nil)
	if _, _, err := a.Step(ctx, first); err != nil {
		t.Fatal(err)
	}
	if _, done, err := a.Step(ctx, first); err == nil || done {
		t.Error("the first message counts twice")
	}
	if _, done, err := a.Step(ctx, first); err == nil || done {
		t.Error("a handshake goes on that has ended")
	}
	if a.Session() != nil {
		t.Error("there is a session")
	}
}

func messages(t testing.TB) [][]byte {
	var all [][]byte
	var seen ntlm.Claim
	_, _, err := handshake(ntlm.Client{User: "u", Hash: ntlm.HashOf("p")}, server.Accept(password("u", "p", &seen)),
		func(_ int, m []byte) { all = append(all, bytes.Clone(m)) })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// FuzzMessage reads anything as each of the messages, and lets a server answer it.
func FuzzMessage(f *testing.F) {
	all := messages(f)
	for _, m := range all {
		f.Add(m)
	}
	f.Fuzz(func(t *testing.T, m []byte) {
		_ = ntlm.ParseNegotiate(m)
		_ = ntlm.ParseChallenge(m)
		_ = ntlm.ParseAuthenticate(m)
		ctx := context.Background()
		var seen ntlm.Claim
		a := server.Accept(password("u", "p", &seen))
		if _, _, err := a.Step(ctx, all[0]); err != nil {
			t.Fatal(err)
		}
		if _, done, err := a.Step(ctx, m); done || err == nil {
			t.Error("it is let in")
		}
		i := ntlm.Client{User: "u", Hash: ntlm.HashOf("p")}.Initiate()
		_, _, _ = i.Step(ctx, nil)
		_, _, _ = i.Step(ctx, m)
	})
}
