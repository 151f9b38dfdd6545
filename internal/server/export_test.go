package server

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Gather returns the metrics as text.
func (m *Metrics) Gather() (string, error) {
	w := httptest.NewRecorder()
	r, err := http.NewRequest(http.MethodGet, "/metrics", nil)
	if err != nil {
		return "", err
	}
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	return w.Body.String(), nil
}

// Failing is closed when the requests under way fail.
func (s *Server) Failing() <-chan struct{} { return s.base.Done() }

// Forget forgets what the store has answered.
func (s *Server) Forget() {
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	s.health.when = s.health.when.Add(-healthFresh)
}

// Held is how many bytes of bodies there are under way.
func (s *Server) Held() int64 {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	return s.room.all.bytes
}

// Trusts returns until when certificates that a client has shown hold, as the contents
// of files say.
func Trusts(texts [][]byte, shown []*x509.Certificate, now time.Time) (time.Time, error) {
	t, err := parseTrust(texts)
	if err != nil {
		return time.Time{}, err
	}
	return t.verify(shown, now)
}
