package wsman_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"openwmi/cimom"
	"openwmi/wbem"
	"openwmi/wbem/wbemtest"
	"openwmi/wire/wsman"
)

// serve returns a server over a locator, and its URL.
func serve(t testing.TB, l wbem.Locator, o wsman.Options) (*wsman.Server, string) {
	t.Helper()
	if o.Identity == nil {
		o.Identity = func(*http.Request) (*wbem.Identity, error) { return nil, nil }
	}
	s := wsman.NewServer(l, o)
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
		s.Close()
	})
	return s, h.URL
}

// openMemory returns an object manager that is verified at the end.
func openMemory(t testing.TB) *cimom.Manager {
	t.Helper()
	m, err := cimom.OpenMemory(cimom.Options{Locale: "en-US"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		problems, err := m.Verify(context.Background(), nil)
		for _, p := range problems {
			t.Errorf("verify: %s: %s", p.Object, p.What)
		}
		if err != nil {
			t.Error(err)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// TestConformance runs the conformance tests through a client and a server.
func TestConformance(t *testing.T) {
	wbemtest.Run(t, func(t *testing.T) wbem.Locator {
		_, url := serve(t, openMemory(t), wsman.Options{})
		c, err := wsman.NewClient(url, wsman.ClientOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	})
}
