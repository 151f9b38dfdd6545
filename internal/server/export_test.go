package server

import (
	"net/http"
	"net/http/httptest"

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
