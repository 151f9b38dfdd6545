package server

import (
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what a server counts.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	running  *prometheus.GaugeVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "openwmi_requests_seconds", Help: "How long requests took, by protocol and HTTP status.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 10),
		}, []string{"protocol", "status"}),
		running: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "openwmi_requests_running", Help: "Requests under way, by protocol.",
		}, []string{"protocol"}),
	}
	m.registry.MustRegister(m.requests, m.running, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// count counts the requests of a protocol.
func (m *metrics) count(protocol string, next http.Handler) http.Handler {
	running := m.running.WithLabelValues(protocol)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		running.Inc()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			running.Dec()
			m.requests.WithLabelValues(protocol, strconv.Itoa(seen.status)).Observe(time.Since(began).Seconds())
		}()
		next.ServeHTTP(seen, r)
	})
}

// A statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// serveMetrics answers at the address of the configuration, if there is one.
func (s *Server) serveMetrics() (stop func(), err error) {
	if s.config.Metrics == "" {
		return func() {}, nil
	}
	l, err := net.Listen("tcp", s.config.Metrics)
	if err != nil {
		return func() {}, err
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/healthz", healthy)
	h := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
	go func() {
		if err := h.Serve(l); err != http.ErrServerClosed {
			s.log.Warn("metrics are no longer served", "err", err)
		}
	}()
	return func() { h.Close() }, nil
}
