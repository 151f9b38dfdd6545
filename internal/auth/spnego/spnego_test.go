package spnego_test

import (
	"bytes"
	"context"
	"encoding/asn1"
	"errors"
	"strings"
	"testing"

	"openwmi/internal/auth/ntlm"
	"openwmi/internal/auth/spnego"
)

var oidOther = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 2, 2, 30}

func acceptNTLM() spnego.Offer {
	s := &ntlm.Server{Computer: "host", Domain: "openwmi"}
	return spnego.Offer{OIDs: []asn1.ObjectIdentifier{spnego.OIDNTLM}, New: func() spnego.Mechanism {
		return spnego.Adapt(s.Accept(func(_ context.Context, c ntlm.Claim, prove func(ntlm.Hash) error) error {
			return prove(ntlm.HashOf("right"))
		}))
	}}
}

func initiateNTLM(password string) spnego.Offer {
	c := ntlm.Client{User: "alice", Hash: ntlm.HashOf(password)}
	return spnego.Offer{OIDs: []asn1.ObjectIdentifier{spnego.OIDNTLM}, New: func() spnego.Mechanism { return spnego.Adapt(c.Initiate()) }}
}

// A talker says something and is content with any answer.
type talker struct{ token []byte }

func (m *talker) Step(_ context.Context, token []byte) (answer []byte, done bool, err error) {
	if token == nil {
		return m.token, true, nil
	}
	return nil, true, nil
}

func (*talker) Session() spnego.Session { return nil }

func other() spnego.Offer {
	return spnego.Offer{OIDs: []asn1.ObjectIdentifier{oidOther}, New: func() spnego.Mechanism { return &talker{[]byte("hello")} }}
}

// negotiate lets both ends speak, and returns how many tokens the client has sent.
func negotiate(client, server spnego.Mechanism, change func(leg int, token []byte) []byte) (legs int, err error) {
	ctx := context.Background()
	if change == nil {
		change = func(_ int, token []byte) []byte { return token }
	}
	var reply []byte
	for admitted := false; ; legs++ {
		token, done, err := client.Step(ctx, reply)
		switch {
		case err != nil:
			return legs, err
		case admitted != done:
			return legs, errors.New("only one end is done")
		case done:
			return legs, nil
		}
		if reply, admitted, err = server.Step(ctx, change(2*legs, token)); err != nil {
			return legs, err
		}
		reply = change(2*legs+1, reply)
	}
}

// broken is a mechanism that cannot begin.
type broken struct{ talker }

func (*broken) Step(context.Context, []byte) ([]byte, bool, error) { return nil, false, errBroken }

var errBroken = errors.New("no tickets")

func without() spnego.Offer {
	return spnego.Offer{OIDs: []asn1.ObjectIdentifier{oidOther}, New: func() spnego.Mechanism { return &broken{} }}
}

func TestNegotiation(t *testing.T) {
	tests := []struct {
		name           string
		client, server []spnego.Offer
		legs           int
		want           string
	}{
		{"the only one", []spnego.Offer{initiateNTLM("right")}, []spnego.Offer{acceptNTLM()}, 2, ""},
		{"the second", []spnego.Offer{other(), initiateNTLM("right")}, []spnego.Offer{acceptNTLM()}, 3, ""},
		{"the first of two", []spnego.Offer{initiateNTLM("right"), other()}, []spnego.Offer{other(), acceptNTLM()}, 2, ""},
		{"without signatures", []spnego.Offer{other()}, []spnego.Offer{other()}, 1, ""},
		{"what can begin", []spnego.Offer{without(), initiateNTLM("right")}, []spnego.Offer{other(), acceptNTLM()}, 2, ""},
		{"none can begin", []spnego.Offer{without(), without()}, []spnego.Offer{other()}, 0, "no tickets"},
		{"none", []spnego.Offer{other()}, []spnego.Offer{acceptNTLM()}, 0, "none of the mechanisms"},
		{"wrong password", []spnego.Offer{initiateNTLM("wrong")}, []spnego.Offer{acceptNTLM()}, 1, "wrong password"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, server := spnego.Initiate(test.client), spnego.Accept(test.server)
			legs, err := negotiate(client, server, nil)
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("%v, want %s", err, test.want)
				}
				if server.Session() != nil {
					t.Error("there is a session")
				}
				return
			}
			if err != nil || legs != test.legs {
				t.Fatalf("%d legs, %v", legs, err)
			}
			from, to := client.Session(), server.Session()
			if from == nil {
				return
			}
			for range 3 {
				s, m, err := from.Seal([]byte("text"))
				if err != nil {
					t.Fatal(err)
				}
				if plain, err := to.Unseal(s, m); err != nil || string(plain) != "text" {
					t.Fatalf("%q, %v", plain, err)
				}
				from, to = to, from
			}
		})
	}
}

// TestBare leaves SPNEGO out, as some clients do.
func TestBare(t *testing.T) {
	client := spnego.Adapt(ntlm.Client{User: "alice", Hash: ntlm.HashOf("right")}.Initiate())
	server := spnego.Accept([]spnego.Offer{acceptNTLM()})
	ctx := context.Background()
	var token []byte
	for range 2 {
		said, _, err := client.Step(ctx, token)
		if err != nil {
			t.Fatal(err)
		}
		if token, _, err = server.Step(ctx, said); err != nil {
			t.Fatal(err)
		}
	}
	if server.Session() == nil {
		t.Fatal("no session")
	}
	if _, _, err := server.Step(ctx, nil); err == nil {
		t.Error("a negotiation goes on that has ended")
	}
}

// TestDowngrade takes what the client likes best out of its list, so that it has
// to use something worse.
func TestDowngrade(t *testing.T) {
	list, err := asn1.Marshal(oidOther)
	if err != nil {
		t.Fatal(err)
	}
	renamed := bytes.Clone(list)
	renamed[len(renamed)-1]++ // another mechanism, which the server does not know
	better := other()
	client := spnego.Initiate([]spnego.Offer{better, initiateNTLM("right")})
	server := spnego.Accept([]spnego.Offer{better, acceptNTLM()})
	_, err = negotiate(client, server, func(leg int, token []byte) []byte {
		if leg == 0 {
			return bytes.Replace(token, list, renamed, 1)
		}
		return token
	})
	if err == nil || !strings.Contains(err.Error(), "not signed") {
		t.Errorf("%v", err)
	}
	if server.Session() != nil && client.Session() != nil {
		t.Error("both ends have a session")
	}

	// The same without the signatures.
	client = spnego.Initiate([]spnego.Offer{initiateNTLM("right")})
	server = spnego.Accept([]spnego.Offer{acceptNTLM()})
	_, err = negotiate(client, server, func(leg int, token []byte) []byte {
		if leg == 2 {
			token[len(token)-1] ^= 1 // of the signature
		}
		return token
	})
	if err == nil || !strings.Contains(err.Error(), "not signed") {
		t.Errorf("%v", err)
	}
}

// FuzzToken gives anything to both ends, at any time.
func FuzzToken(f *testing.F) {
	_, err := negotiate(spnego.Initiate([]spnego.Offer{other(), initiateNTLM("right")}), spnego.Accept([]spnego.Offer{acceptNTLM()}),
		func(leg int, token []byte) []byte {
			f.Add(token)
			return token
		})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, token []byte) {
		ctx := context.Background()
		server := spnego.Accept([]spnego.Offer{acceptNTLM()})
		for range 10 {
			if _, done, err := server.Step(ctx, token); done && err == nil {
				t.Fatal("it is let in")
			}
		}
		client := spnego.Initiate([]spnego.Offer{initiateNTLM("right")})
		if _, _, err := client.Step(ctx, nil); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			if _, done, err := client.Step(ctx, token); done && err == nil {
				t.Fatal("any server will do")
			}
		}
	})
}
