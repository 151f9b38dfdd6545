package server_test

import (
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"openwmi/cimom"
	"openwmi/internal/config"
	"openwmi/internal/server"
	"openwmi/wbem"
)

// Who waits for events holds up nothing: the wait fails at once.
func TestShutdownWhileWaiting(t *testing.T) {
	s := start(t, server.Config{DrainTimeout: config.Duration(time.Hour)}, cimom.Options{})
	svc := s.alice(t)
	sub, err := svc.Subscribe(t.Context(), "WQL", `SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA "Disk"`, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	failure := make(chan error)
	go func() {
		_, err := sub.Next(t.Context())
		failure <- err
	}()
	for metric(t, s, `openwmi_requests_running{protocol="cimxml"}`) == 0 {
		runtime.Gosched()
	}
	began := time.Now()
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("the end took %v", took)
	}
	if err := <-failure; wbem.StatusOf(err) != wbem.ShuttingDown {
		t.Errorf("the wait: %v", err)
	}
}

// An enumeration that is read slowly is given its time, and then fails with a
// status that says why.
func TestShutdownWhileEnumerating(t *testing.T) {
	for name, c := range map[string]struct {
		drain time.Duration
		want  wbem.Status
	}{
		"it is finished": {time.Hour, wbem.OK},
		"it fails":       {10 * time.Millisecond, wbem.ShuttingDown},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, server.Config{DrainTimeout: config.Duration(c.drain)}, cimom.Options{})
			fill(t, s.store, 1000)
			n, stopped := 0, make(chan error)
			var failure error
			for _, err := range s.alice(t).Instances(t.Context(), "Disk", wbem.Options{}) {
				if failure = err; err != nil {
					break
				}
				if n++; n == 1 {
					go func() { stopped <- s.stop() }()
					// It is ending when it says so.
					for {
						if err := s.Check(t.Context()); err != nil {
							break
						}
					}
					if c.want != wbem.OK {
						<-s.Failing()
					}
				}
			}
			if err := <-stopped; err != nil {
				t.Error(err)
			}
			if c.want != wbem.OK && strings.Contains(s.log.String(), "requests were cut off") {
				t.Skip("this computer is too slow to say why before the server ends")
			}
			if wbem.StatusOf(failure) != c.want && (failure != nil || c.want != wbem.OK) {
				t.Errorf("after %d instances: %v", n, failure)
			}
			if failure == nil && n != 1000 {
				t.Errorf("%d instances", n)
			}
		})
	}
}

// Health is that of the store.
func TestHealth(t *testing.T) {
	s := start(t, server.Config{Metrics: loopback}, cimom.Options{})
	get := func(path string) (int, string) {
		t.Helper()
		r, err := http.Get("http://" + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, string(text)
	}
	for _, at := range []string{s.address(), s.MetricsAddress()} {
		if status, text := get(at + "/healthz"); status != 200 || text != "ok\n" {
			t.Errorf("%s: %d %q", at, status, text)
		}
	}
	if status, _ := get(s.address() + "/metrics"); status != 404 {
		t.Errorf("metrics at the address of clients: %d", status)
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	s.Forget()
	if status, _ := get(s.MetricsAddress() + "/healthz"); status != 503 {
		t.Errorf("without a store: %d", status)
	}
}
