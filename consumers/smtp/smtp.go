// Package smtp sends a mail for each event: the standard consumer
// SMTPEventConsumer. events.md 10.5
//
// It talks to the servers that the configuration lists, on port 25 unless they
// have another one, and gives them mail as one server gives it to another. What
// it makes of a consumer and an event is one message, whose header holds nothing
// but what the class has properties for: line ends in values are left out.
package smtp

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"slices"
	"time"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/internal/address"
	"openwmi/consumers/internal/logical"
	"openwmi/provider"
	"openwmi/wbem"
)

// Class is the class of the logical consumers.
const Class = "SMTPEventConsumer"

// Options of a Consumer. The zero value allows no server.
type Options struct {
	Rules  consumers.SMTPRules
	Logger *slog.Logger // nil discards

	// Computer is the name of this computer, in greetings and in the sender
	// by default. "" asks the system.
	Computer string

	// RootCAs are who signs the certificates of servers; nil is whom the
	// system trusts.
	RootCAs *x509.CertPool
}

// A Consumer sends mail. It may be used by several goroutines.
type Consumer struct {
	servers  []string // as address.Of returns them
	rules    consumers.SMTPRules
	computer string
	roots    *x509.CertPool
	log      *slog.Logger
}

var _ provider.EventConsumer = (*Consumer)(nil)

// New returns a consumer; the error is that of the rules.
func New(o Options) (*Consumer, error) {
	if err := o.Rules.Check(); err != nil {
		return nil, err
	}
	c := &Consumer{rules: o.Rules, computer: hostName(o.Computer), roots: o.RootCAs, log: logical.Logger(o.Logger)}
	c.rules.Timeout = consumers.Duration(o.Rules.Timeout.Or(time.Minute))
	for _, s := range o.Rules.Servers {
		address, err := address.Of(s, 25)
		if err != nil {
			return nil, err
		}
		c.servers = append(c.servers, address)
	}
	return c, nil
}

// hostName returns the name of this computer, or localhost if it has none that
// mail servers take.
func hostName(name string) string {
	if name == "" {
		name, _ = os.Hostname()
	}
	if _, err := address.Of(name, 25); err != nil {
		return "localhost"
	}
	return name
}

// Consume implements provider.EventConsumer: a mail for each event, all through
// one connection. The error is AccessDenied for a server that the configuration
// does not list, InvalidParameter for properties that make no mail, Timeout,
// TransportFailure, or Failed with what the server answered.
func (c *Consumer) Consume(ctx context.Context, consumer *cim.Instance, events []provider.Event) error {
	server, err := c.server(logical.Property(consumer, "SMTPServer").Text())
	if err != nil {
		return err
	}
	letter, err := c.letter(consumer)
	if err != nil {
		return err
	}
	s := &session{c: c, ctx: ctx, server: server}
	defer s.quit()
	return logical.Each(ctx, events, func(e *provider.Event) error {
		m, err := letter.message(e)
		if err != nil {
			return err
		}
		return s.send(m)
	})
}

// server returns the address of the server that a consumer names.
func (c *Consumer) server(name string) (string, error) {
	address, err := address.Of(name, 25)
	if err != nil {
		return "", cim.Errorf(wbem.InvalidParameter, "SMTPServer: %v", err)
	}
	if !slices.Contains(c.servers, address) {
		return "", cim.Errorf(wbem.AccessDenied, "the mail server %s may not be used: smtp.servers in consumers.json, the configuration of consumers, would need the entry %q", name, address)
	}
	return address, nil
}

// A session is a connection to a server, made for the first mail.
type session struct {
	c      *Consumer
	ctx    context.Context
	server string

	conn   net.Conn
	client *smtp.Client // nil while there is no connection
	failed error        // why there will be none
}

// send hands a message to the server.
func (s *session) send(m *message) error {
	if s.failed != nil {
		return s.failed
	}
	deadline := time.Now().Add(time.Duration(s.c.rules.Timeout))
	if s.client == nil {
		if err := s.connect(deadline); err != nil {
			s.close()
			s.failed = s.error(err)
			return s.failed
		}
	}
	stop := s.guard(deadline)
	defer stop()
	err := s.transmit(m)
	var answer *textproto.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &answer) || s.client.Reset() != nil:
		s.close() // there is no telling what state it is in
	}
	return s.error(err)
}

// guard makes the connection fail at a deadline, or when the context ends, until
// stop is called.
func (s *session) guard(deadline time.Time) (stop func() bool) {
	conn := s.conn
	_ = conn.SetDeadline(deadline)
	return context.AfterFunc(s.ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
}

func (s *session) connect(deadline time.Time) error {
	dialer := net.Dialer{Deadline: deadline}
	conn, err := dialer.DialContext(s.ctx, "tcp", s.server)
	if err != nil {
		return err
	}
	s.conn = conn
	stop := s.guard(deadline)
	defer stop()
	host, _, _ := net.SplitHostPort(s.server)
	client, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	s.client = client
	if err := client.Hello(s.c.computer); err != nil {
		return err
	}
	secure := s.c.rules.RequireTLS
	if ok, _ := client.Extension("STARTTLS"); ok {
		return client.StartTLS(&tls.Config{
			ServerName: host, RootCAs: s.c.roots,
			// Servers have always taken each other's certificates as they
			// are: an unknown one is still better than none.
			InsecureSkipVerify: !secure,
		})
	}
	if secure {
		return errors.New("it does not offer STARTTLS, and smtp.requireTLS is set in consumers.json, the configuration of consumers")
	}
	return nil
}

func (s *session) transmit(m *message) error {
	if err := s.client.Mail(m.from); err != nil {
		return err
	}
	for _, to := range m.to {
		if err := s.client.Rcpt(to); err != nil {
			return err
		}
	}
	w, err := s.client.Data()
	if err != nil {
		return err
	}
	_, err = w.Write(m.text)
	return cmp.Or(err, w.Close())
}

// error returns why a mail was not sent as an error with a status.
func (s *session) error(err error) error {
	if s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	status := wbem.TransportFailure
	var answer *textproto.Error
	var network net.Error
	switch {
	case errors.As(err, &answer):
		status = wbem.Failed
	case errors.As(err, &network) && network.Timeout():
		status = wbem.Timeout
	}
	return cim.Errorf(status, "mail server %s: %v", s.server, err)
}

// quit takes leave of the server, which has what it was given by then.
func (s *session) quit() {
	if s.client == nil {
		return
	}
	stop := s.guard(time.Now().Add(time.Second))
	defer stop()
	if err := s.client.Quit(); err != nil {
		s.c.log.Debug("mail server did not take leave", "server", s.server, "err", err)
	}
	s.close()
}

func (s *session) close() {
	if s.conn != nil {
		s.conn.Close()
	}
	s.conn, s.client = nil, nil
}
