package webhook

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"
)

// A Poster posts what consumers of other kinds have for servers, to those alone
// that the rules allow, and with the same attempts. It may be used by several
// goroutines.
type Poster struct{ c *Consumer }

// NewPoster returns a poster; the error is that of the rules.
func NewPoster(o Options) (*Poster, error) {
	c, err := New(o)
	if err != nil {
		return nil, err
	}
	return &Poster{c}, nil
}

// Close gives connections back. Nothing may be posted afterwards.
func (p *Poster) Close() error { return p.c.Close() }

// Check returns why nothing may be posted to a URL: InvalidParameter or
// AccessDenied.
func (p *Poster) Check(url string) error {
	_, err := p.c.target(url)
	return err
}

// End returns until when attempts are repeated that begin now.
func (p *Poster) End() time.Time { return time.Now().Add(time.Duration(p.c.rules.RetryFor)) }

// A Message is posted. The consumer and the id of the event are for the log.
type Message struct {
	Consumer, ID string
	URL          string
	Header       http.Header
	Body         []byte

	// Judge reads up to 64 KiB of an answer with a status from 200 to 299. Its
	// error is why the server does not have the message, and final.
	Judge func(answer []byte) error
}

// Post posts a message until the server has it, refuses it, or the end has come.
// Errors are those of Consumer.Consume.
func (p *Poster) Post(ctx context.Context, m Message, end time.Time) error {
	u, err := p.c.target(m.URL)
	if err != nil {
		return err
	}
	return p.c.deliver(ctx, m.Consumer, m.ID, end, func() outcome {
		ctx, cancel := context.WithTimeout(ctx, time.Duration(p.c.rules.Timeout))
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(m.Body))
		if err != nil {
			return outcome{err: err}
		}
		r.Header = m.Header.Clone()
		resp, err := p.c.client.Do(r)
		if err != nil {
			return noAnswer(ctx, u, err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		switch {
		case resp.StatusCode/100 != 2:
			return refusal(u, resp, answer)
		case err != nil:
			return noAnswer(ctx, u, err)
		}
		return outcome{err: m.Judge(answer)}
	})
}
