package cimxml_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"openwmi/cimom"
	"openwmi/wbem"
	"openwmi/wbem/wbemtest"
	"openwmi/wire/cimxml"
)

// serve returns a server over a locator, and its URL.
func serve(t testing.TB, l wbem.Locator) string {
	t.Helper()
	s := cimxml.NewServer(l, cimxml.Options{Identity: func(*http.Request) (*wbem.Identity, error) { return nil, nil }})
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
		s.Close()
	})
	return h.URL
}

// TestConformance runs the conformance tests through a client and a server.
func TestConformance(t *testing.T) {
	wbemtest.Run(t, func(t *testing.T) wbem.Locator {
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
		c, err := cimxml.NewClient(serve(t, m), cimxml.ClientOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	})
}
