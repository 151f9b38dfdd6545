package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"openwmi/cimom"
	"openwmi/internal/audit"
	"openwmi/internal/server"
	"openwmi/wbem"
)

// Operations of clients are counted by what they are.
func TestOperationMetrics(t *testing.T) {
	s := start(t, server.Config{}, cimom.Options{})
	svc := s.alice(t)
	for range 3 {
		if _, err := svc.GetClass(t.Context(), "Disk", wbem.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := svc.GetClass(t.Context(), "NoSuchClass", wbem.Options{}); err == nil {
		t.Fatal("there is no such class")
	}
	for result, want := range map[string]float64{"ok": 3, "failed": 1} {
		line := fmt.Sprintf(`openwmi_operations_seconds_count{namespace="root\\cimv2",operation="GetObject",protocol="cimxml",result="%s"}`, result)
		if got := metric(t, s, line); got != want {
			t.Errorf("%s: %v, want %v", result, got, want)
		}
	}
}

// Names that clients choose do not fill the memory of whoever collects.
func TestMetricNames(t *testing.T) {
	m := server.NewMetrics(nil)
	for i := range 1000 {
		m.Observe(t.Context(), audit.Observation{Operation: "GetObject", Namespace: fmt.Sprintf(`root\n%d`, i)})
		m.Observe(t.Context(), audit.Observation{Provider: fmt.Sprintf("P%d", i)})
	}
	text, err := m.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"openwmi_operations_seconds_count", "openwmi_provider_calls_seconds_count"} {
		if n := strings.Count(text, "\n"+name); n != 65 {
			t.Errorf("%s has %d lines", name, n)
		}
	}
}

// The trace of a request has its operations, with their numbers.
func TestTrace(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
	m := server.NewMetrics(tracer)
	began := time.Now()
	o := audit.Observation{ID: 7, Operation: "GetObject", Namespace: `root\cimv2`, Began: began, Ended: began.Add(time.Second), Status: wbem.NotFound}
	m.Observe(context.Background(), o) // of no request
	ctx, request := tracer.Start(context.Background(), "cimxml")
	m.Observe(ctx, o)
	request.End()
	ended := spans.Ended()
	if len(ended) != 2 {
		t.Fatalf("%d spans", len(ended))
	}
	op := ended[0]
	if op.Name() != "GetObject" || op.Parent().SpanID() != request.SpanContext().SpanID() || op.EndTime().Sub(op.StartTime()) != time.Second {
		t.Errorf("span %s of %v, %v", op.Name(), op.Parent(), op.EndTime().Sub(op.StartTime()))
	}
	if got := fmt.Sprint(op.Attributes()); !strings.Contains(got, "0000000000000007") {
		t.Errorf("attributes %s", got)
	}
}
