package smtp_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"sync"
	"testing"
)

// A server is a mail server that keeps what it gets.
type server struct {
	t       *testing.T
	l       net.Listener
	tls     *tls.Config       // offers STARTTLS if not nil
	answers map[string]string // to a command, or to one with an argument, instead of success; "" is none
	ended   sync.WaitGroup

	mu          sync.Mutex // guards what follows
	mails       []received
	greeting    string // of the last client
	connections int
}

type received struct {
	from    string
	to      []string
	text    string
	secured bool
}

func newServer(t *testing.T, answers map[string]string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, l: l, answers: answers}
	t.Cleanup(func() { l.Close(); s.ended.Wait() })
	return s
}

func (s *server) address() string { return s.l.Addr().String() }

// start serves connections until the test ends.
func (s *server) start() *server {
	s.ended.Go(func() {
		for {
			conn, err := s.l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.connections++
			s.mu.Unlock()
			s.ended.Go(func() { s.serve(conn) })
		}
	})
	return s
}

// certificate returns one for 127.0.0.1, and who has signed it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	return &tls.Config{Certificates: web.TLS.Certificates}, roots
}

func (s *server) serve(conn net.Conn) {
	defer func() { conn.Close() }()
	c := textproto.NewConn(conn)
	var m received
	if _, silent := s.answers["greeting"]; silent {
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	_ = c.PrintfLine("220 test")
	for {
		command, err := c.ReadLine()
		if err != nil {
			return
		}
		verb, arg, _ := strings.Cut(command, " ")
		answer, ok := s.answers[command]
		if !ok {
			answer, ok = s.answers[verb]
		}
		if ok && answer == "" {
			return
		}
		if ok {
			_ = c.PrintfLine("%s", answer)
			continue
		}
		switch verb {
		case "EHLO":
			s.mu.Lock()
			s.greeting = arg
			s.mu.Unlock()
			if s.tls != nil && !m.secured {
				_ = c.PrintfLine("250-test")
				_ = c.PrintfLine("250 STARTTLS")
				continue
			}
		case "STARTTLS":
			_ = c.PrintfLine("220 go on")
			secured := tls.Server(conn, s.tls)
			if secured.Handshake() != nil {
				return
			}
			conn, c = secured, textproto.NewConn(secured)
			m.secured = true
			continue
		case "MAIL":
			m.from, m.to = path(arg), nil
		case "RCPT":
			m.to = append(m.to, path(arg))
		case "DATA":
			_ = c.PrintfLine("354 go on")
			text, err := c.ReadDotBytes()
			if err != nil {
				return
			}
			m.text = string(text)
			s.mu.Lock()
			s.mails = append(s.mails, m)
			s.mu.Unlock()
		case "QUIT":
			_ = c.PrintfLine("221 bye")
			return
		}
		_ = c.PrintfLine("250 ok")
	}
}

// path returns the address in FROM:<a@b> BODY=8BITMIME.
func path(arg string) string {
	_, arg, _ = strings.Cut(arg, "<")
	arg, _, _ = strings.Cut(arg, ">")
	return arg
}

// got returns the mails that have come.
func (s *server) got() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mails
}

// greeted returns as what the last client has greeted.
func (s *server) greeted() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.greeting
}

// opened returns how many connections were made.
func (s *server) opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}
