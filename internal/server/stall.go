package server

import (
	"net/http"
	"time"
)

// stalls bounds how long a peer may neither send the rest of a request nor take a
// part of the answer.
func stalls(next http.Handler, limit time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		if r.ContentLength != 0 {
			_ = c.SetReadDeadline(time.Now().Add(limit))
			r.Body = &patientBody{r.Body, c, limit, time.Now()}
		}
		next.ServeHTTP(&patientWriter{ResponseWriter: w, c: c, limit: limit}, r)
		_ = c.SetReadDeadline(time.Time{})
	})
}

// A patientBody puts the deadline off whenever something comes.
type patientBody struct {
	body interface {
		Read([]byte) (int, error)
		Close() error
	}
	c     *http.ResponseController
	limit time.Duration
	last  time.Time
}

func (b *patientBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if now := time.Now(); err == nil && now.Sub(b.last) > b.limit/8 {
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
