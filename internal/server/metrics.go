package server

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"openwmi/internal/audit"
	"openwmi/wbem"
)

// Metrics are what a server counts, and the traces that it makes. NewMetrics
// returns them before there is a store, whose observer is Observe.
type Metrics struct {
	registry   *prometheus.Registry
	requests   *prometheus.HistogramVec
	running    *prometheus.GaugeVec
	operations *prometheus.HistogramVec
	providers  *prometheus.HistogramVec
	logons     *prometheus.CounterVec
	refused    *prometheus.CounterVec
	tls        prometheus.Counter

	tracer trace.Tracer // nil for none

	mu    sync.Mutex // guards names
	names map[string]map[string]bool
}

// maxNames is how many namespaces and how many providers have counters of their
// own. Who may create namespaces could otherwise fill the memory of the one who
// collects the metrics; further ones are counted together as "other".
const maxNames = 64

// NewMetrics returns counters that are zero. A nil tracer makes no traces.
func NewMetrics(tracer trace.Tracer) *Metrics {
	seconds := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: name, Help: help, Buckets: prometheus.ExponentialBuckets(0.0001, 4, 10),
		}, labels)
	}
	count := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	m := &Metrics{
		registry:   prometheus.NewRegistry(),
		requests:   seconds("openwmi_requests_seconds", "How long requests took, by protocol and HTTP status.", "protocol", "status"),
		operations: seconds("openwmi_operations_seconds", "How long operations took, by protocol (none for those of this process), operation, namespace and whether they succeeded.", "protocol", "operation", "namespace", "result"),
		providers:  seconds("openwmi_provider_calls_seconds", "How long calls of providers took, by provider and whether they succeeded.", "provider", "result"),
		running: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "openwmi_requests_running", Help: "Requests under way, by protocol.",
		}, []string{"protocol"}),
		logons:  count("openwmi_logon_failures_total", "Logons that failed, by scheme.", "scheme"),
		refused: count("openwmi_refused_total", "Connections and requests that were one too many.", "what"),
		tls: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "openwmi_tls_failures_total", Help: "Connections whose TLS handshake failed.",
		}),
		tracer: tracer,
		names:  map[string]map[string]bool{"namespace": {}, "provider": {}},
	}
	m.registry.MustRegister(m.requests, m.running, m.operations, m.providers, m.logons, m.refused, m.tls,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// label returns the name of something as a label, of which there are not too many.
// WMI's names are the same in upper and lower case.
func (m *Metrics) label(kind, name string) string {
	name = strings.ToLower(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.names[kind]
	if !known[name] {
		if len(known) >= maxNames {
			return "other"
		}
		known[name] = true
	}
	return name
}

// Observe counts an operation, or the call of a provider, and adds it to the trace
// of its request.
func (m *Metrics) Observe(ctx context.Context, o audit.Observation) {
	result := "ok"
	if o.Status != wbem.OK {
		result = "failed"
	}
	took := o.Ended.Sub(o.Began).Seconds()
	if o.Provider != "" {
		m.providers.WithLabelValues(m.label("provider", o.Provider), result).Observe(took)
	} else {
		m.operations.WithLabelValues(passageOf(ctx).protocol, o.Operation, m.label("namespace", o.Namespace), result).Observe(took)
	}
	if m.tracer == nil || !trace.SpanFromContext(ctx).IsRecording() {
		return
	}
	name := o.Operation
	attributes := []attribute.KeyValue{attribute.String("wbem.namespace", o.Namespace)}
	if o.Provider != "" {
		name = "provider " + o.Provider
	} else {
		attributes = append(attributes, attribute.String("wbem.operation.id", o.ID.String()))
	}
	_, span := m.tracer.Start(ctx, name, trace.WithTimestamp(o.Began), trace.WithAttributes(attributes...))
	if o.Status != wbem.OK {
		span.SetStatus(codes.Error, o.Status.String())
	}
	span.End(trace.WithTimestamp(o.Ended))
}

// count counts the requests of a protocol, and traces them.
func (m *Metrics) count(protocol string, next http.Handler) http.Handler {
	running := m.running.WithLabelValues(protocol)
	good := sync.OnceValue(func() prometheus.Observer { return m.requests.WithLabelValues(protocol, "200") })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		running.Inc()
		passageOf(r.Context()).protocol = protocol
		var span trace.Span
		if m.tracer != nil {
			var ctx context.Context
			ctx, span = m.tracer.Start(r.Context(), protocol, trace.WithSpanKind(trace.SpanKindServer))
			r = r.WithContext(ctx)
		}
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		status := "aborted" // by a panic, which ends the connection
		defer func() {
			running.Dec()
			took := time.Since(began).Seconds()
			if status == "200" {
				good().Observe(took)
			} else {
				m.requests.WithLabelValues(protocol, status).Observe(took)
			}
			if span != nil {
				span.SetAttributes(attribute.Int("http.response.status_code", seen.status))
				span.End()
			}
		}()
		next.ServeHTTP(seen, r)
		if status = "200"; seen.status != http.StatusOK {
			status = strconv.Itoa(seen.status)
		}
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

// listenMetrics listens at the address of the configuration, if there is one.
func (s *Server) listenMetrics() error {
	if s.config.Metrics == "" {
		return nil
	}
	l, err := net.Listen("tcp", s.config.Metrics)
	if err != nil {
		return err
	}
	s.metricsListener = l
	return nil
}

// serveMetrics answers at that address.
func (s *Server) serveMetrics() (stop func()) {
	l := s.metricsListener
	if l == nil {
		return func() {}
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	mux.HandleFunc("/healthz", s.healthy)
	h := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, ErrorLog: s.http.ErrorLog}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := h.Serve(l); err != http.ErrServerClosed {
			s.log.Warn("metrics are no longer served", "err", err)
		}
	}()
	return func() {
		h.Close()
		<-done
	}
}
