// Package wmitest gives tests a WMI store or server in one line, as
// net/http/httptest gives them a web server. Everything is gone when the test
// ends.
//
// A new store is ready in some milliseconds, so each test can have its own; tests
// with one each run in parallel.
//
//	func TestInventory(t *testing.T) {
//		srv := wmitest.NewServer(t, wmitest.Options{MOF: `
//			class Disk { [key] string Id; uint64 Size; };
//			instance of Disk { Id = "c"; Size = 500; };`})
//		inventory := client.Dial(srv.WSMan, srv.User, srv.Password)
//		...
//	}
package wmitest

import (
	"context"
	"os"
	"testing"

	"openwmi/internal/ephemeral"
	"openwmi/wbem"
)

// Options say what is in a store. The zero value is an empty one.
type Options struct {
	// Schema and Seed are MOF files, compiled in this order into Namespace.
	// Among Schema may be the directory of one store, which is copied: that is
	// the quick way to a large schema.
	Schema, Seed []string
	// MOF is compiled last.
	MOF string
	// Namespace is where MOF without a pragma goes, made if it does not exist;
	// "" is root\cimv2.
	Namespace string
	// Machine puts the classes of this machine, such as Win32_Process, into
	// root\cimv2. Nothing can be changed through them.
	Machine bool
	// Providers serve dynamic classes; see package provider.
	Providers map[string]any
	// TLS makes the server use TLS, with a certificate of its own.
	TLS bool
	// User and Password are of who may do everything; "" are test and a random
	// one. A user of a store among Schema who has that name becomes this one.
	User, Password string
}

func (o Options) internal() ephemeral.Options {
	return ephemeral.Options{
		Schema: o.Schema, Seed: o.Seed, MOF: []byte(o.MOF), Namespace: o.Namespace, Machine: o.Machine,
		Providers: o.Providers, TLS: o.TLS, User: o.User, Password: o.Password,
	}
}

// NewStore returns a store, which is closed when the test ends. What is wrong with
// the options fails the test at once.
func NewStore(t testing.TB, o Options) wbem.Locator {
	t.Helper()
	return open(t, o).Manager
}

// A Server answers clients.
type Server struct {
	// CIMXML and WSMan are the URLs of the protocols, on this computer, and
	// not encrypted without Options.TLS.
	CIMXML, WSMan string

	// Certificate is that of the server in PEM, nil without Options.TLS; CA is
	// a file with it, for clients that want one, which is there as long as the
	// server.
	Certificate []byte
	CA          string

	User, Password string

	Locator wbem.Locator // the store itself, for its owner
}

// NewServer returns a server over a new store, which ends when the test does.
func NewServer(t testing.TB, o Options) *Server {
	t.Helper()
	s := open(t, o)
	if err := s.Serve(context.Background(), o.internal()); err != nil {
		t.Fatal(err)
	}
	srv := &Server{User: s.User, Password: s.Password, Locator: s.Manager}
	at := "http://" + s.Addresses[0].Address
	if o.TLS {
		at = "https://" + s.Addresses[0].Address
		srv.CA = s.Certificate
		var err error
		if srv.Certificate, err = os.ReadFile(srv.CA); err != nil {
			t.Fatal(err)
		}
	}
	srv.CIMXML, srv.WSMan = at+"/cimom", at+"/wsman"
	return srv
}

func open(t testing.TB, o Options) *ephemeral.Store {
	t.Helper()
	s, err := ephemeral.Open(context.Background(), o.internal())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
