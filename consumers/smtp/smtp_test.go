package smtp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/internal/consumertest"
	"openwmi/consumers/smtp"
	"openwmi/wbem"
)

func newConsumer(t *testing.T, s *server, change func(*smtp.Options)) *smtp.Consumer {
	t.Helper()
	o := smtp.Options{
		Rules:    consumers.SMTPRules{Servers: []string{s.address()}, Timeout: consumers.Duration(time.Minute)},
		Computer: "pc.example",
	}
	if change != nil {
		change(&o)
	}
	c, err := smtp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// logical returns a logical consumer with these properties; "-" is NULL.
func logical(t *testing.T, s *server, values map[string]string) *cim.Instance {
	t.Helper()
	all := map[string]cim.Value{
		"Name": cim.StringValue("mail"), "SMTPServer": cim.StringValue(s.address()),
		"ToLine": cim.StringValue("to@x.example"), "Subject": cim.StringValue("about %Text%"), "Message": cim.StringValue("Hello,\n%Text%"),
	}
	for name, v := range values {
		switch {
		case v == "-":
			delete(all, name)
		case name == "HeaderFields":
			all[name] = cim.StringsValue(strings.Split(v, "|"))
		default:
			all[name] = cim.StringValue(v)
		}
	}
	return consumertest.Instance(t, smtp.Class, all)
}

// parsed returns the header and the decoded body of a mail.
func parsed(t *testing.T, m received) (mail.Header, string) {
	t.Helper()
	msg, err := mail.ReadMessage(strings.NewReader(m.text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, m.text)
	}
	body := msg.Body
	if msg.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		body = quotedprintable.NewReader(body)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return msg.Header, string(b)
}

func TestMail(t *testing.T) {
	s := newServer(t, nil).start()
	consumer := logical(t, s, map[string]string{
		"FromLine":     "Sender <from@%Text%.example>",
		"ReplyToLine":  "reply@x.example",
		"ToLine":       `to@x.example; "Doe, Jane" <jane@x.example>, `,
		"CcLine":       "Zoë <cc@x.example>",
		"BccLine":      "bcc@x.example",
		"HeaderFields": "X-Team: storage|date: Thu, 01 Jan 2026 00:00:00 +0000",
	})
	c := newConsumer(t, s, nil)
	if err := c.Consume(t.Context(), consumer, consumertest.Events(t, "one", "two")); err != nil {
		t.Fatal(err)
	}
	if len(s.got()) != 2 || s.opened() != 1 {
		t.Fatalf("%d mails in %d connections", len(s.got()), s.opened())
	}
	first := s.got()[0]
	if diff := cmp.Diff([]string{"to@x.example", "jane@x.example", "cc@x.example", "bcc@x.example"}, first.to); diff != "" || first.from != "from@one.example" {
		t.Errorf("envelope is from %s, recipients differ:\n%s", first.from, diff)
	}
	h, body := parsed(t, first)
	want := map[string]string{
		"From":                      `"Sender" <from@one.example>`,
		"To":                        `<to@x.example>, "Doe, Jane" <jane@x.example>`,
		"Cc":                        "Zoë <cc@x.example>",
		"Bcc":                       "",
		"Reply-To":                  "<reply@x.example>",
		"Subject":                   "about one",
		"X-Team":                    "storage",
		"Date":                      "Thu, 01 Jan 2026 00:00:00 +0000",
		"Auto-Submitted":            "auto-generated",
		"Mime-Version":              "1.0",
		"Content-Type":              "text/plain; charset=us-ascii",
		"Content-Transfer-Encoding": "7bit",
	}
	for name, value := range want {
		got, err := new(mime.WordDecoder).DecodeHeader(strings.Join(h[name], "|"))
		if err != nil || got != value {
			t.Errorf("%s is %q, %v, want %q", name, got, err, value)
		}
	}
	if body != "Hello,\none\n" {
		t.Errorf("body = %q", body)
	}

	// The same event has the same ID when it comes again, and only then.
	if err := c.Consume(t.Context(), consumer, consumertest.Events(t, "one")); err != nil {
		t.Fatal(err)
	}
	again, _ := parsed(t, s.got()[2])
	other, _ := parsed(t, s.got()[1])
	id := h.Get("Message-Id")
	if id == "" || again.Get("Message-Id") != id || other.Get("Message-Id") == id || !strings.HasSuffix(id, "@pc.example>") {
		t.Errorf("IDs are %s, %s again, %s of another", id, again.Get("Message-Id"), other.Get("Message-Id"))
	}
}

func TestDefaults(t *testing.T) {
	s := newServer(t, nil).start()
	consumer := logical(t, s, map[string]string{"Subject": "-", "Message": "-"})
	if err := newConsumer(t, s, nil).Consume(t.Context(), consumer, consumertest.Events(t, "x")); err != nil {
		t.Fatal(err)
	}
	h, body := parsed(t, s.got()[0])
	if s.got()[0].from != "WinMgmt@pc.example" || h.Get("From") != "<WinMgmt@pc.example>" || body != "" || h["Subject"] != nil {
		t.Errorf("from %s, header %v, body %q", s.got()[0].from, h, body)
	}
	if _, err := h.Date(); err != nil {
		t.Errorf("date: %v", err)
	}
	if s.greeted() != "pc.example" {
		t.Errorf("greeting = %s", s.greeted())
	}
}

// Values of events cannot add anything to the header, nor end the message.
func TestInjection(t *testing.T) {
	s := newServer(t, nil).start()
	text := "x\r\nBcc: evil@x.example\r\n\r\n.\r\nMAIL FROM:<evil@x.example>"
	consumer := logical(t, s, map[string]string{"FromLine": "a@x.example", "ReplyToLine": "%Text% <reply@x.example>"})
	err := newConsumer(t, s, nil).Consume(t.Context(), consumer, consumertest.Events(t, text))
	if !errors.Is(err, wbem.InvalidParameter) || len(s.got()) != 0 {
		t.Fatalf("an address with line ends: %v, %d mails", err, len(s.got()))
	}
	if err := newConsumer(t, s, nil).Consume(t.Context(), logical(t, s, nil), consumertest.Events(t, text)); err != nil {
		t.Fatal(err)
	}
	h, body := parsed(t, s.got()[0])
	if len(s.got()) != 1 || h["Bcc"] != nil || len(s.got()[0].to) != 1 {
		t.Errorf("%d mails, header %v, to %v", len(s.got()), h, s.got()[0].to)
	}
	if got := h.Get("Subject"); got != "about xBcc: evil@x.example.MAIL FROM:<evil@x.example>" {
		t.Errorf("subject = %q", got)
	}
	if want := "Hello,\n" + strings.ReplaceAll(text, "\r\n", "\n") + "\n"; body != want {
		t.Errorf("body = %q, want %q", body, want)
	}
}

func TestBody(t *testing.T) {
	for _, tc := range []struct{ name, text, encoding string }{
		{"ASCII", "plain = text\n.dot\n", "7bit"},
		{"long line", strings.Repeat("x", 998) + "\n", "quoted-printable"},
		{"line that just fits", strings.Repeat("x", 997) + "\n", "7bit"},
		{"other characters", "Zoë = ü\n\n\ttrailing \n", "quoted-printable"},
		{"zero", "a\x00b\n", "quoted-printable"},
	} {
		s := newServer(t, nil).start()
		consumer := logical(t, s, map[string]string{"Message": "%Text%"})
		if err := newConsumer(t, s, nil).Consume(t.Context(), consumer, consumertest.Events(t, tc.text)); err != nil {
			t.Fatal(err)
		}
		h, body := parsed(t, s.got()[0])
		if h.Get("Content-Transfer-Encoding") != tc.encoding || body != tc.text {
			t.Errorf("%s: %s, %q", tc.name, h.Get("Content-Transfer-Encoding"), body)
		}
		for l := range strings.Lines(s.got()[0].text) {
			if len(l) > 1000 {
				t.Errorf("%s: a line has %d bytes", tc.name, len(l))
			}
		}
	}
}

func TestSubject(t *testing.T) {
	for _, text := range []string{"short", strings.Repeat("long ", 1000), "Zoë", strings.Repeat("ünï", 500)} {
		s := newServer(t, nil).start()
		consumer := logical(t, s, map[string]string{"Subject": "%Text%", "Message": "-", "HeaderFields": "Content-Type: text/html"})
		if err := newConsumer(t, s, nil).Consume(t.Context(), consumer, consumertest.Events(t, text)); err != nil {
			t.Fatal(err)
		}
		h, _ := parsed(t, s.got()[0])
		got, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
		if err != nil || got != strings.TrimRight(text, " ") && got != text {
			t.Errorf("subject = %q, %v", got, err)
		}
		if got := h["Content-Type"]; len(got) != 1 || got[0] != "text/html" {
			t.Errorf("type = %q", got)
		}
		for l := range strings.Lines(s.got()[0].text) {
			if len(l) > 250 {
				t.Errorf("a line has %d bytes", len(l))
			}
		}
	}
}

func TestRefused(t *testing.T) {
	s := newServer(t, nil).start()
	many := strings.Repeat("a@x.example,", 101)
	for _, tc := range []struct {
		name   string
		values map[string]string
		status wbem.Status
		text   string
	}{
		// events.md#40
		{"nobody", map[string]string{"ToLine": "-"}, wbem.InvalidParameter, "ToLine, CcLine and BccLine are NULL"},
		{"nobody for this event", map[string]string{"ToLine": "%Inner%"}, wbem.InvalidParameter, "have no address for this event"},
		{"no server", map[string]string{"SMTPServer": "-"}, wbem.InvalidParameter, "SMTPServer"},
		{"other server", map[string]string{"SMTPServer": "Mail.Example"}, wbem.AccessDenied, `smtp.servers in consumers.json, the configuration of consumers, would need the entry "mail.example:25"`},
		{"other port", map[string]string{"SMTPServer": "127.0.0.1"}, wbem.AccessDenied, `"127.0.0.1:25"`},
		{"no address", map[string]string{"ToLine": "a@x.example, not one"}, wbem.InvalidParameter, `ToLine has "not one"`},
		{"two senders", map[string]string{"FromLine": "a@x.example, b@x.example"}, wbem.InvalidParameter, "FromLine has 2 addresses"},
		{"no sender", map[string]string{"FromLine": "%Inner%"}, wbem.InvalidParameter, "FromLine has 0 addresses"},
		{"other characters", map[string]string{"CcLine": "zoë@x.example"}, wbem.InvalidParameter, "CcLine"},
		{"long address", map[string]string{"BccLine": strings.Repeat("x", 1000) + " <a@x.example>"}, wbem.InvalidParameter, "BccLine"},
		{"many", map[string]string{"ToLine": many}, wbem.QuotaViolation, "up to 100"},
		{"field without name", map[string]string{"HeaderFields": "x"}, wbem.InvalidParameter, "HeaderFields"},
		{"two fields", map[string]string{"HeaderFields": "X: y\r\nBcc: a@x.example"}, wbem.InvalidParameter, "HeaderFields"},
		{"blank in a name", map[string]string{"HeaderFields": "Bcc : a@x.example"}, wbem.InvalidParameter, "HeaderFields"},
		{"own field", map[string]string{"HeaderFields": "bcc: a@x.example"}, wbem.InvalidParameter, "HeaderFields has bcc"},
		{"long text", map[string]string{"Message": strings.Repeat("x", consumers.MaxExpansion+1)}, wbem.QuotaViolation, "expansion"},
	} {
		err := newConsumer(t, s, nil).Consume(t.Context(), logical(t, s, tc.values), consumertest.Events(t, "x"))
		if wbem.StatusOf(err) != tc.status || err == nil || !strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s: %v (%v)", tc.name, err, wbem.StatusOf(err))
		}
	}
	if s.opened() != 0 {
		t.Errorf("%d connections were made", s.opened())
	}
	if c, err := smtp.New(smtp.Options{Rules: consumers.SMTPRules{Servers: []string{"a b"}}}); err == nil {
		t.Errorf("New = %v", c)
	}
}

// An answer that is an error fails that event only.
func TestServerErrors(t *testing.T) {
	for _, tc := range []struct {
		name    string
		answers map[string]string
		text    string
		mails   int
		status  wbem.Status
	}{
		{"recipient", map[string]string{"RCPT TO:<bad@x.example>": "550 no such user"}, `550 "no such user"`, 1, wbem.Failed},
		{"sender", map[string]string{"MAIL": "553 go away"}, `553 "go away"`, 0, wbem.Failed},
		{"text", map[string]string{"DATA": "554 no"}, `554 "no"`, 0, wbem.Failed},
		{"connection lost", map[string]string{"DATA": ""}, "EOF", 0, wbem.TransportFailure},
		{"no leave", map[string]string{"QUIT": "500 what"}, "", 2, wbem.OK},
		{"reset", map[string]string{"RCPT TO:<bad@x.example>": "550 no such user", "RSET": "500 what"}, `550 "no such user"`, 1, wbem.Failed},
	} {
		s := newServer(t, tc.answers).start()
		consumer := logical(t, s, map[string]string{"ToLine": "%Text%@x.example"})
		err := newConsumer(t, s, nil).Consume(t.Context(), consumer, consumertest.Events(t, "bad", "good"))
		if wbem.StatusOf(err) != tc.status || err != nil && !strings.Contains(err.Error(), tc.text) || len(s.got()) != tc.mails {
			t.Errorf("%s: %v, %d mails", tc.name, err, len(s.got()))
		}
	}
}

func TestNoServer(t *testing.T) {
	s := newServer(t, nil)
	s.l.Close()
	err := newConsumer(t, s, nil).Consume(t.Context(), logical(t, s, nil), consumertest.Events(t, "x", "y"))
	if !errors.Is(err, wbem.TransportFailure) || !strings.Contains(err.Error(), s.address()) {
		t.Errorf("Consume = %v", err)
	}
}

// A server that says nothing holds nobody up for longer than Timeout, or than
// the caller waits.
func TestSilence(t *testing.T) {
	s := newServer(t, map[string]string{"greeting": ""}).start()
	c := newConsumer(t, s, func(o *smtp.Options) { o.Rules.Timeout = consumers.Duration(20 * time.Millisecond) })
	err := c.Consume(t.Context(), logical(t, s, nil), consumertest.Events(t, "x", "y", "z"))
	if !errors.Is(err, wbem.Timeout) || s.opened() > 1 {
		t.Errorf("Consume = %v after %d connections", err, s.opened())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := newConsumer(t, s, nil).Consume(ctx, logical(t, s, nil), consumertest.Events(t, "x")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Consume = %v", err)
	}
}

func TestTLS(t *testing.T) {
	config, roots := certificate(t)
	for _, tc := range []struct {
		offered, required, trusted bool
		ok                         bool
	}{
		{offered: true, ok: true},
		{offered: true, trusted: true, ok: true},
		{offered: true, required: true, trusted: true, ok: true},
		{offered: true, required: true},
		{required: true, trusted: true},
	} {
		t.Run(fmt.Sprintf("%+v", tc), func(t *testing.T) {
			s := newServer(t, nil)
			if tc.offered {
				s.tls = config
			}
			s.start()
			c := newConsumer(t, s, func(o *smtp.Options) {
				o.Rules.RequireTLS = tc.required
				if tc.trusted {
					o.RootCAs = roots
				}
			})
			err := c.Consume(t.Context(), logical(t, s, nil), consumertest.Events(t, "x"))
			if tc.ok != (err == nil) || err != nil && !errors.Is(err, wbem.TransportFailure) {
				t.Fatalf("Consume = %v", err)
			}
			if tc.ok && (len(s.got()) != 1 || !s.got()[0].secured) {
				t.Errorf("got %+v", s.got())
			}
		})
	}
}
