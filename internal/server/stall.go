package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"openwmi/wbem"
)

// stalls bounds how long a peer may neither send the rest of a request nor take a
// part of the answer. How long the request takes in between is not bounded: then
// nothing is read but that the peer has gone away.
func stalls(next http.Handler, limit time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		out := &patientWriter{ResponseWriter: w, c: c, limit: limit}
		// The request of net/http keeps its own body: by that it sees whether
		// reading the rest is worth while.
		r = r.WithContext(context.WithValue(r.Context(), passageKey{}, &passage{}))
		if len(r.Header["Expect"]) > 0 { // net/http answers that by itself
			out.goOn()
		}
		if r.ContentLength != 0 {
			now := time.Now()
			_ = c.SetReadDeadline(now.Add(limit))
			body := &patientBody{body: r.Body, c: c, limit: limit, last: now}
			r.Body = body
			defer func() {
				if !body.whole {
					_ = c.SetReadDeadline(time.Now().Add(limit))
				}
			}()
		}
		next.ServeHTTP(out, r)
		out.goOn() // the rest is sent after this
	})
}

// A passage is what becomes known of a request on its way to who answers it. It is in
// the context of the request, and changes no more when it has arrived there.
type passage struct {
	protocol string         // "" for none of those that carry operations
	id       *wbem.Identity // nil before anybody was authenticated
}

type passageKey struct{}

// passageOf returns that of a request, or one that knows nothing.
func passageOf(ctx context.Context) *passage {
	if p, ok := ctx.Value(passageKey{}).(*passage); ok {
		return p
	}
	return &passage{}
}

// A patientBody puts the deadline off whenever something comes.
type patientBody struct {
	body  io.ReadCloser
	c     *http.ResponseController
	limit time.Duration
	last  time.Time
	whole bool
}

func (b *patientBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	switch now := time.Now(); {
	case errors.Is(err, io.EOF):
		if !b.whole {
			b.whole = true
			_ = b.c.SetReadDeadline(time.Time{})
		}
	case err == nil && now.Sub(b.last) > b.limit/8:
		b.last = now
		_ = b.c.SetReadDeadline(now.Add(b.limit))
	}
	return n, err
}

func (b *patientBody) Close() error { return b.body.Close() }

// A patientWriter puts the deadline off with the parts of the answer. There is none at
// first: net/http takes that of the request before away.
type patientWriter struct {
	http.ResponseWriter
	c     *http.ResponseController
	limit time.Duration
	last  time.Time
}

func (w *patientWriter) Write(p []byte) (int, error) {
	w.goOn()
	return w.ResponseWriter.Write(p)
}

// goOn puts the deadline off, unless that was done a moment ago.
func (w *patientWriter) goOn() {
	if now := time.Now(); now.Sub(w.last) > w.limit/8 {
		w.last = now
		_ = w.c.SetWriteDeadline(now.Add(w.limit))
	}
}

// Unwrap is for http.ResponseController.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
