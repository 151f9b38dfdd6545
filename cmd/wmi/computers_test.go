package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"openwmi/wbem"
)

// Whoever mistypes a password is asked again when a script connects anew.
func TestWrongPassword(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer s.Close()
	asked := 0
	c := &computers{
		known:   map[string]endpoint{"web01": {URL: strings.Replace(s.URL, "http://", "cimxml://me@", 1)}},
		clients: map[string]wbem.Locator{},
		ask:     func(context.Context, string) (string, error) { asked++; return "wrong", nil },
	}
	for want := 1; want <= 2; want++ {
		if _, err := c.Connect(t.Context(), `\\web01\root\cimv2`, wbem.ConnectOptions{}); !errors.Is(err, wbem.AccessDenied) || asked != want {
			t.Errorf("asked %d times: %v", asked, err)
		}
	}
}

// What computers.json says, with files relative to its directory, and what is wrong there.
func TestReadComputers(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct{ text, want string }{
		{`{"computers": {"Web01": {"url": "cimxmls://me@web01", "ca": "ca.pem", "clientCert": "/etc/me.pem"}}}`, ""},
		{`{"computers": {"web01": {"url": "cimxmls://a"}, "WEB01": {"url": "cimxmls://b"}}}`, "computer web01 stands there twice"},
		{`{"computers": {"web01": {"url": "cimxmls://a"}, "": {"url": "cimxmls://b"}}}`, "a computer has no name"},
		{`{"computers": {"web01": {}}}`, "computer web01 has no url"},
	} {
		if err := os.WriteFile(filepath.Join(dir, computersFile), []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := (&cli{data: dir}).readComputers(nil, nil)
		if test.want != "" {
			if !errors.Is(err, wbem.InvalidParameter) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v, want %s", test.text, err, test.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if e := got.known["web01"]; e.CA != filepath.Join(dir, "ca.pem") || e.ClientCert != "/etc/me.pem" {
			t.Errorf("%s: %+v", test.text, e)
		}
	}
}
