package server

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// stalls bounds how long a peer may neither send the rest of a request nor take a
// part of the answer. How long the request takes in between is not bounded: then
// nothing is read but that the peer has gone away.
func stalls(next http.Handler, limit time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		// That of the request before may be over.
		_ = c.SetWriteDeadline(time.Now().Add(limit))
		if r.ContentLength != 0 {
			_ = c.SetReadDeadline(time.Now().Add(limit))
			// The request of net/http keeps its own body: by that it sees
			// whether reading the rest is worth while.
			r = r.WithContext(r.Context())
			body := &patientBody{body: r.Body, c: c, limit: limit, last: time.Now()}
			r.Body = body
			defer func() {
				if !body.whole {
					_ = c.SetReadDeadline(time.Now().Add(limit))
				}
			}()
		}
		next.ServeHTTP(&patientWriter{ResponseWriter: w, c: c, limit: limit}, r)
		_ = c.SetWriteDeadline(time.Now().Add(limit)) // the rest is sent after this
	})
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

// A patientWriter puts the deadline off with each part of the answer.
type patientWriter struct {
	http.ResponseWriter
	c     *http.ResponseController
	limit time.Duration
}

func (w *patientWriter) Write(p []byte) (int, error) {
	_ = w.c.SetWriteDeadline(time.Now().Add(w.limit))
	return w.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
