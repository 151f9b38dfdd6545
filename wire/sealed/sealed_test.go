package sealed_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/auth/ntlm"
	"openwmi/wire/sealed"
)

const soap = "application/soap+xml;charset=UTF-8"

// flip is a session that anybody could break, in which messages have numbers.
type flip struct{ out, in byte }

var errSession = errors.New("not the next message")

func (f *flip) Seal(plain []byte) (signature, data []byte, err error) {
	f.out++
	return []byte{'#', f.out}, turn(plain), nil
}

func (f *flip) Unseal(signature, data []byte) ([]byte, error) {
	f.in++
	if !bytes.Equal(signature, []byte{'#', f.in}) {
		return nil, errSession
	}
	return turn(data), nil
}

func turn(b []byte) []byte {
	b = bytes.Clone(b)
	for i := range b {
		b[i] ^= 0x80
	}
	return b
}

var _ sealed.Session = (*ntlm.Session)(nil)

func TestRoundTrip(t *testing.T) {
	s := &flip{}
	for _, body := range []string{"", "<a/>", "--Encrypted Boundary--\r\n", strings.Repeat("long ", 100000)} {
		for _, protocol := range []string{sealed.Negotiate, sealed.Kerberos} {
			want := sealed.Message{Protocol: protocol, Type: soap, Flush: protocol == sealed.Kerberos, Body: turn([]byte(body))}
			contentType, b, err := want.Seal(s)
			if err != nil {
				t.Fatal(err)
			}
			if !sealed.Is(contentType) {
				t.Errorf("%s is not known", contentType)
			}
			got, err := sealed.Open(s, contentType, b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
	}
}

// TestForm has what clients write, and what nobody should.
func TestForm(t *testing.T) {
	const (
		kind = `multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"`
		head = "--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=2\r\n"
		open = "--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n"
		end  = "--Encrypted Boundary--\r\n"
	)
	bytesOf := func(n byte, text string) string {
		return "\x02\x00\x00\x00#" + string(rune(n)) + string(turn([]byte(text)))
	}
	whole := head + open + bytesOf(1, "hi") + end
	tests := []struct {
		name, kind, body string
		want             string // the message, or a part of the error after "!"
	}{
		{"as it should be", kind, whole, "hi"},
		{"two chunks", kind, head + open + bytesOf(1, "hi") + head + open + bytesOf(2, "ho") + end, "hiho"},
		{"two chunks of another type", strings.Replace(kind, "encrypted", "x-multi-encrypted", 1), head + open + bytesOf(1, "hi") + head + open + bytesOf(2, "ho") + end, "hiho"},
		{"a line between", kind, head + open + bytesOf(1, "hi") + "\r\n" + end, "hi"},
		{"a space as Exchange has it", kind, strings.ReplaceAll(whole, "--E", "-- E"), "hi"},
		{"another boundary", strings.Replace(kind, "Encrypted B", "b", 1), strings.ReplaceAll(whole, "Encrypted B", "b"), "hi"},
		{"no tabs, as libmi has it", kind, strings.ReplaceAll(whole, "\t", ""), "hi"},
		{"typed as what is in it", soap, whole, "hi"},
		{"typed as nothing", "", whole, "hi"},
		{"in clear", soap, "<a/>\r\n", "!begin with a boundary"},
		{"replayed chunk", kind, head + open + bytesOf(1, "hi") + head + open + bytesOf(1, "hi") + end, "!not the next"},
		{"reordered chunks", kind, head + open + bytesOf(2, "ho") + head + open + bytesOf(1, "hi") + end, "!not the next"},
		{"no boundary in the type", `multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted"`, whole, "!no boundary"},
		{"no protocol", `multipart/encrypted;boundary="Encrypted Boundary"`, whole, "!protocol"},
		{"CredSSP", strings.Replace(kind, "SPNEGO", "CredSSP", 1), whole, "!protocol"},
		{"the wrong boundary", strings.Replace(kind, "Enc", "Dec", 1), whole, "!begin with a boundary"},
		{"longer than it says", kind, strings.Replace(whole, "Length=2", "Length=1", 1), "!boundary"},
		{"shorter than it says", kind, strings.Replace(whole, "Length=2", "Length=2000000", 1), "!fewer bytes"},
		{"negative length", kind, strings.Replace(whole, "Length=2", "Length=-2", 1), "!no length"},
		{"no length", kind, strings.Replace(whole, ";Length=2", "", 1), "!no length"},
		{"huge signature", kind, strings.Replace(whole, "\x02\x00\x00\x00", "\xff\xff\xff\xff", 1), "!fewer bytes"},
		{"signature beyond the end", kind, strings.Replace(whole, "\x02\x00\x00\x00", "\x90\x00\x00\x00", 1), "!fewer bytes"},
		{"no end", kind, strings.TrimSuffix(whole, end), "!does not end"},
		{"end without line end", kind, strings.TrimSuffix(whole, "\r\n"), "!does not end"},
		{"nothing", kind, "", "!begin with a boundary"},
		{"the end only", kind, end, "!begin with a boundary"},
		{"no bytes", kind, head + end, "!no encrypted part"},
		{"cut in the length", kind, head + open + "\x02\x00", "!ends early"},
		{"something behind", kind, whole + "x", "!follows"},
		{"endless line", kind, "--Encrypted Boundary\r\n" + strings.Repeat("a", 1000) + ":\r\n", "!does not end"},
		{"no field", kind, "--Encrypted Boundary\r\nwhat\r\n", "!no header field"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := sealed.Open(&flip{}, test.kind, []byte(test.body))
			if want, bad := strings.CutPrefix(test.want, "!"); bad {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%q, %v, want %s", m.Body, err, want)
				}
				return
			}
			if err != nil || string(m.Body) != test.want || m.Type != soap || m.Flush != !strings.Contains(test.body, "\t") {
				t.Errorf("%+v, %v", m, err)
			}
		})
	}
}

func FuzzOpen(f *testing.F) {
	contentType, body, err := sealed.Message{Protocol: sealed.Negotiate, Type: soap, Body: []byte("<a/>")}.Seal(&flip{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(contentType, body)
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		m, err := sealed.Open(&flip{}, contentType, body)
		if err == nil && len(m.Body) > len(body) {
			t.Error("there is more in it than it has")
		}
	})
}

func BenchmarkNTLM(b *testing.B) {
	for _, size := range []int{1 << 10, 512 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			client, server := handshake(b)
			m := sealed.Message{Protocol: sealed.Negotiate, Type: soap, Body: make([]byte, size)}
			b.SetBytes(int64(size))
			for b.Loop() {
				t, body, err := m.Seal(client)
				if err == nil {
					_, err = sealed.Open(server, t, body)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// handshake returns both ends of a session of NTLM.
func handshake(tb testing.TB) (client, server *ntlm.Session) {
	ctx := tb.Context()
	hash := ntlm.HashOf("password")
	i := ntlm.Client{User: "alice", Hash: hash}.Initiate()
	a := (&ntlm.Server{Computer: "host", Domain: "openwmi"}).Accept(func(_ context.Context, _ ntlm.Claim, prove func(ntlm.Hash) error) error {
		return prove(hash)
	})
	var reply []byte
	for done := false; !done; {
		token, _, err := i.Step(ctx, reply)
		if err == nil {
			reply, done, err = a.Step(ctx, token)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	return i.Session(), a.Session()
}
