package webhook_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/internal/consumertest"
	"openwmi/consumers/webhook"
	"openwmi/provider"
	"openwmi/wbem"
)

const key = "0123456789abcdef"

// newConsumer returns a consumer that may post to a server and has the secret
// ops.
func newConsumer(t *testing.T, web *httptest.Server, change func(*webhook.Options)) *webhook.Consumer {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ops.key")
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := webhook.Options{
		Rules: consumers.WebhookRules{
			Hosts: []string{hostOf(t, web)}, Secrets: map[string]string{"ops": file}, RetryFor: consumers.Duration(10 * time.Second),
		},
		Pause: time.Millisecond,
	}
	if cert := web.Certificate(); cert != nil {
		o.RootCAs = x509.NewCertPool()
		o.RootCAs.AddCert(cert)
	}
	if change != nil {
		change(&o)
	}
	c, err := webhook.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func hostOf(t *testing.T, web *httptest.Server) string {
	t.Helper()
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func logical(t *testing.T, target string, values map[string]cim.Value) *cim.Instance {
	t.Helper()
	all := map[string]cim.Value{"Name": cim.StringValue("hook"), "Url": cim.StringValue(target)}
	for name, v := range values {
		all[name] = v
	}
	return consumertest.Instance(t, webhook.Class, all)
}

func serve(t *testing.T, fn http.HandlerFunc) *httptest.Server {
	t.Helper()
	web := httptest.NewUnstartedServer(fn)
	web.Config.ErrorLog = log.New(io.Discard, "", 0) // says what clients do that do not trust it
	web.StartTLS()
	t.Cleanup(web.Close)
	return web
}

func TestPost(t *testing.T) {
	type seen struct {
		Method, Path, Type, Team, ID string
		Verified                     error
		Body                         map[string]any
	}
	var got []seen
	web := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s := seen{
			Method: r.Method, Path: r.URL.String(), Type: r.Header.Get("Content-Type"), Team: strings.Join(r.Header["X-Team"], "|"),
			ID:       r.Header.Get(webhook.EventField),
			Verified: webhook.Verify([]byte(key), r.Header.Get(webhook.SignatureField), body, time.Now(), time.Minute),
		}
		if err := json.Unmarshal(body, &s.Body); err != nil {
			t.Error(err)
		}
		got = append(got, s)
		w.WriteHeader(http.StatusAccepted)
	})
	consumer := logical(t, web.URL+"/in?x=1#part", map[string]cim.Value{
		"Secret": cim.StringValue("ops"), "Headers": cim.StringsValue([]string{"x-team: storage", "X-Team:\tall "}),
	})
	if err := newConsumer(t, web, nil).Consume(t.Context(), consumer, consumertest.Events(t, "a \"b\"", "c")); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[1].ID != "id-1" {
		t.Fatalf("got %+v", got)
	}
	event, _ := got[0].Body["event"].(map[string]any)
	if event["Text"] != `a "b"` || event["__CLASS"] != "TestEvent" {
		t.Errorf("event = %v", event)
	}
	delete(got[0].Body, "event")
	want := seen{
		Method: "POST", Path: "/in?x=1", Type: "application/json", Team: "storage|all", ID: "id-0",
		Body: map[string]any{"id": "id-0", "namespace": `root\cimv2`, "consumer": "hook"},
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("post differs:\n%s", diff)
	}
}

func TestUnsigned(t *testing.T) {
	var header http.Header
	web := serve(t, func(_ http.ResponseWriter, r *http.Request) { header = r.Header })
	if err := newConsumer(t, web, nil).Consume(t.Context(), logical(t, web.URL, nil), consumertest.Events(t, "x")); err != nil {
		t.Fatal(err)
	}
	if header.Get(webhook.SignatureField) != "" || header.Get(webhook.EventField) != "id-0" {
		t.Errorf("header = %v", header)
	}
}

// This computer itself is reached without encryption, and nobody else.
func TestPlainHTTP(t *testing.T) {
	posts := 0
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { posts++ }))
	defer web.Close()
	c := newConsumer(t, web, func(o *webhook.Options) {
		o.Rules.Hosts = append(o.Rules.Hosts, "localhost:"+strings.Split(hostOf(t, web), ":")[1], "example.org:80")
	})
	for _, target := range []string{web.URL, strings.Replace(web.URL, "127.0.0.1", "localhost", 1)} {
		if err := c.Consume(t.Context(), logical(t, target, nil), consumertest.Events(t, "x")); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
	if posts != 2 {
		t.Errorf("%d posts", posts)
	}
	if err := c.Consume(t.Context(), logical(t, "http://example.org", nil), consumertest.Events(t, "x")); !errors.Is(err, wbem.InvalidParameter) {
		t.Errorf("http to another host: %v", err)
	}
}

func TestRetry(t *testing.T) {
	for _, tc := range []struct {
		name     string
		answers  []int // of the attempts; 0 closes the connection
		retryFor time.Duration
		attempts int32
		status   wbem.Status
		text     string
	}{
		{"success", []int{200}, 0, 1, wbem.OK, ""},
		{"no content", []int{204}, 0, 1, wbem.OK, ""},
		{"server fails", []int{500, 503, 429, 408, 200}, 0, 5, wbem.OK, ""},
		{"connection lost", []int{0, 0, 200}, 0, 3, wbem.OK, ""},
		{"refused", []int{403}, 0, 1, wbem.Failed, `answered 403 Forbidden: "answer 1"`},
		{"gone", []int{500, 410}, 0, 2, wbem.Failed, "410 Gone"},
		{"not modified", []int{304}, 0, 1, wbem.Failed, "304"},
		{"no time left", []int{500}, time.Nanosecond, 1, wbem.Failed, "500"},
		{"no time left for a lost connection", []int{0}, time.Nanosecond, 1, wbem.TransportFailure, "EOF"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var attempts atomic.Int32
			web := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				n := attempts.Add(1)
				code := tc.answers[min(int(n), len(tc.answers))-1]
				if code == 0 {
					panic(http.ErrAbortHandler)
				}
				w.WriteHeader(code)
				if code != 204 && code != 304 {
					fmt.Fprintf(w, "answer %d", n)
				}
			})
			c := newConsumer(t, web, func(o *webhook.Options) {
				if tc.retryFor != 0 {
					o.Rules.RetryFor = consumers.Duration(tc.retryFor)
				}
			})
			err := c.Consume(t.Context(), logical(t, web.URL, nil), consumertest.Events(t, "x"))
			if wbem.StatusOf(err) != tc.status || err != nil && !strings.Contains(err.Error(), tc.text) || attempts.Load() != tc.attempts {
				t.Errorf("%d attempts, %v (%v)", attempts.Load(), err, wbem.StatusOf(err))
			}
		})
	}
}

// Events that come together share the time for attempts: all their pauses are in it.
func TestRetryTogether(t *testing.T) {
	var attempts atomic.Int32
	web := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		attempts.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	const retryFor, pause = 300 * time.Millisecond, 100 * time.Millisecond
	c := newConsumer(t, web, func(o *webhook.Options) {
		o.Rules.RetryFor, o.Pause = consumers.Duration(retryFor), pause
	})
	events := consumertest.Events(t, strings.Split("abcdefghijklmnopqrst", "")...)
	err := c.Consume(t.Context(), logical(t, web.URL, nil), events)
	again := int(attempts.Load()) - len(events)
	if most := int(retryFor / (pause / 2)); again < 0 || again > most { // a pause is at least half as long
		t.Errorf("%d events were tried %d times more, at most %d", len(events), again, most)
	}
	var some *provider.Undelivered
	if !errors.As(err, &some) || len(some.Unwrap()) != len(events) {
		t.Errorf("Consume = %v", err)
	}
}

// A server says how long it wants to be left alone: too long for this event.
func TestRetryAfter(t *testing.T) {
	for _, value := range []string{"3600", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)} {
		var attempts atomic.Int32
		web := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			attempts.Add(1)
			w.Header().Set("Retry-After", value)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		err := newConsumer(t, web, nil).Consume(t.Context(), logical(t, web.URL, nil), consumertest.Events(t, "x"))
		if !errors.Is(err, wbem.Failed) || attempts.Load() != 1 {
			t.Errorf("%s: %d attempts, %v", value, attempts.Load(), err)
		}
	}
}

func TestRedirect(t *testing.T) {
	other := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("another server was asked") })
	posts := 0
	web := serve(t, func(w http.ResponseWriter, r *http.Request) {
		code, to, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if code == "" {
			if r.Method == http.MethodPost {
				posts++
			}
			return
		}
		if to == "other" {
			to = other.URL
		} else {
			to = "/" + to
		}
		status, err := strconv.Atoi(code)
		if err != nil {
			t.Error(err)
		}
		http.Redirect(w, r, to, status)
	})
	c := newConsumer(t, web, nil)
	for path, ok := range map[string]bool{
		"/307/": true, "/308/": true, "/307/308/": true, "/307/307/307/307/307/": false,
		"/301/": false, "/302/": false, "/303/": false,
		"/307/other": false, "/308/other": false, "/302/other": false,
	} {
		posts = 0
		err := c.Consume(t.Context(), logical(t, web.URL+path, nil), consumertest.Events(t, "x"))
		if ok && (err != nil || posts != 1) || !ok && (!errors.Is(err, wbem.Failed) || posts != 0) {
			t.Errorf("%s: %d posts, %v", path, posts, err)
		}
	}
}

func TestRefused(t *testing.T) {
	posts := 0
	web := serve(t, func(http.ResponseWriter, *http.Request) { posts++ })
	short := filepath.Join(t.TempDir(), "short.key")
	if err := os.WriteFile(short, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	headers := func(s string) map[string]cim.Value {
		return map[string]cim.Value{"Headers": cim.StringsValue([]string{s})}
	}
	secret := func(s string) map[string]cim.Value { return map[string]cim.Value{"Secret": cim.StringValue(s)} }
	for _, tc := range []struct {
		name, url string
		values    map[string]cim.Value
		status    wbem.Status
		text      string
	}{
		{"nothing", "", nil, wbem.InvalidParameter, "no https URL"},
		{"no URL", "https://a b/", nil, wbem.InvalidParameter, "no https URL"},
		{"no host", "https:///x", nil, wbem.InvalidParameter, "no https URL"},
		{"file", "file:///etc/passwd", nil, wbem.InvalidParameter, "no https URL"},
		{"user", "https://u:p@example.org/", nil, wbem.InvalidParameter, "Url has a user"},
		{"port", "https://example.org:0/", nil, wbem.InvalidParameter, "port"},
		{"other host", "https://Example.org/", nil, wbem.AccessDenied, `webhook.hosts in consumers.json, the configuration of consumers, would need the entry "example.org:443"`},
		{"other port", "https://127.0.0.1/", nil, wbem.AccessDenied, `"127.0.0.1:443"`},
		{"header without name", web.URL, headers("x"), wbem.InvalidParameter, "Headers"},
		{"two lines", web.URL, headers("X: a\r\nY: b"), wbem.InvalidParameter, "Headers"},
		{"blank in a name", web.URL, headers("X Y: a"), wbem.InvalidParameter, "Headers"},
		{"own field", web.URL, headers("host: example.org"), wbem.InvalidParameter, "Headers has Host"},
		{"signature", web.URL, headers("openwmi-signature: x"), wbem.InvalidParameter, "Headers has"},
		{"no such secret", web.URL, secret("dev"), wbem.AccessDenied, "webhook.secrets"},
		{"short secret", web.URL, secret("short"), wbem.Failed, "less than 16 bytes"},
		{"missing secret", web.URL, secret("missing"), wbem.Failed, `the secret "missing" cannot be read`},
		{"directory as secret", web.URL, secret("directory"), wbem.Failed, "is none of up to"},
	} {
		c := newConsumer(t, web, func(o *webhook.Options) {
			o.Rules.Secrets["short"], o.Rules.Secrets["missing"], o.Rules.Secrets["directory"] = short, short+".missing", filepath.Dir(short)
		})
		err := c.Consume(t.Context(), logical(t, tc.url, tc.values), consumertest.Events(t, "x"))
		if wbem.StatusOf(err) != tc.status || !strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s: %v (%v)", tc.name, err, wbem.StatusOf(err))
		}
		if strings.Contains(err.Error(), filepath.Dir(short)) {
			t.Errorf("%s: the error names a file: %v", tc.name, err)
		}
	}
	err := newConsumer(t, web, nil).Consume(t.Context(), logical(t, web.URL, nil), consumertest.Events(t, strings.Repeat("x", webhook.MaxBody)))
	if !errors.Is(err, wbem.QuotaViolation) {
		t.Errorf("large event: %v", err)
	}
	err = newConsumer(t, web, func(o *webhook.Options) { o.RootCAs, o.Rules.RetryFor = nil, 1 }).
		Consume(t.Context(), logical(t, web.URL, nil), consumertest.Events(t, "x"))
	if !errors.Is(err, wbem.TransportFailure) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("unknown certificate: %v", err)
	}
	if posts != 0 {
		t.Errorf("%d posts", posts)
	}
	if c, err := webhook.New(webhook.Options{Rules: consumers.WebhookRules{Hosts: []string{"https://x"}}}); err == nil {
		t.Errorf("New = %v", c)
	}
}

// A large answer, or one that never ends, holds nobody up.
func TestAnswer(t *testing.T) {
	web := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/silent" {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			panic(http.ErrAbortHandler) // without an answer
		}
		w.WriteHeader(http.StatusForbidden)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 4096)); err != nil {
				return
			}
		}
	})
	err := newConsumer(t, web, nil).Consume(t.Context(), logical(t, web.URL, nil), consumertest.Events(t, "x"))
	if !errors.Is(err, wbem.Failed) || len(err.Error()) > 2000 {
		t.Errorf("endless answer: %v", err)
	}
	silent := logical(t, web.URL+"/silent", nil)
	c := newConsumer(t, web, func(o *webhook.Options) {
		o.Rules.Timeout, o.Rules.RetryFor = consumers.Duration(50*time.Millisecond), 1
	})
	if err := c.Consume(t.Context(), silent, consumertest.Events(t, "x")); !errors.Is(err, wbem.Timeout) {
		t.Errorf("no answer: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := newConsumer(t, web, nil).Consume(ctx, silent, consumertest.Events(t, "x")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("no answer, and nobody who waits for it: %v", err)
	}
}

// The pause after a failure ends with the context.
func TestCancelledPause(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	web := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		time.AfterFunc(20*time.Millisecond, cancel)
	})
	c := newConsumer(t, web, func(o *webhook.Options) {
		o.Pause, o.Rules.RetryFor = time.Hour, consumers.Duration(24*time.Hour)
	})
	if err := c.Consume(ctx, logical(t, web.URL, nil), consumertest.Events(t, "x")); !errors.Is(err, context.Canceled) {
		t.Errorf("Consume = %v", err)
	}
}
